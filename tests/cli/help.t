#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# What the program says of itself: modes, options, slips of the finger. Needs no privilege.
. "$TL_SRCDIR/tests/cli/lib.sh"

run() { # status into $status, output into $tmp/out and $tmp/err
	"$tripline" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

says() { # text, file, name
	grep -qF -e "$1" "$2"
	check $? "$3" "$2"
}

run --help
is "$status" 0 "--help"
for mode in run record test check; do
	says "  $mode" "$tmp/out" "--help names the mode $mode"
done
run --version
is "$status" 0 "--version"
is "$(wc -l <"$tmp/out")" 1 "--version is one line"
grep -qE '^tripline [0-9]+\.[0-9]+\.[0-9]+$' "$tmp/out"
check $? "--version is name and version" "$tmp/out"
run
is "$status" 64 "no mode"
says "Usage:" "$tmp/err" "no mode: usage on standard error"
run rnu
is "$status" 64 "unknown mode"
says "did you mean run?" "$tmp/err" "unknown mode: the nearest"
run recrod
says "did you mean record?" "$tmp/err" "unknown mode: two letters swapped"
run frobnicate
is "$status" 64 "unknown mode, nothing near"
! grep -q "did you mean" "$tmp/err"
check $? "nothing near: no guess" "$tmp/err"
run help help-me
is "$status" 64 "help of an unknown mode"

# The table, the help and the shipped file name the same options.
sed -n 's/^OPTION(\([a-z_]*\),.*/\1/p' "$TL_SRCDIR/sensor/config.def" >"$tmp/options"
[ "$(wc -l <"$tmp/options")" -gt 10 ]
check $? "the option table is seen" "$tmp/options"
for mode in run record; do
	run help "$mode"
	is "$status" 0 "help $mode"
	: >"$tmp/missing"
	while read -r option; do
		grep -qE -e "^  --$(echo "$option" | tr _ -)[ =]" "$tmp/out" || echo "$option" >>"$tmp/missing"
	done <"$tmp/options"
	[ ! -s "$tmp/missing" ]
	check $? "help $mode shows every option" "$tmp/missing"
done
sed -n 's/^#\([a-z_]*\):.*/\1/p' "$TL_SRCDIR/data/tripline.yaml" >"$tmp/shipped"
cmp "$tmp/options" "$tmp/shipped" >"$tmp/diff" 2>&1
check $? "the shipped configuration has every option, in order" "$tmp/diff"

run run --alert-levle high
is "$status" 64 "unknown option"
says "did you mean --alert-level?" "$tmp/err" "unknown option: the nearest"
run run --alert-level
is "$status" 64 "an option without its value"
says "needs a value" "$tmp/err" "an option without its value: told"
run run --alert-level=urgent
is "$status" 64 "a wrong value"
says "informational, low, medium, high or critical" "$tmp/err" "a wrong value: what is right"
run run surplus
is "$status" 64 "a surplus argument"
run record --format xml
is "$status" 64 "record: unknown format"
run record --gadget exec,tpc
is "$status" 64 "record: unknown gadget"
says "tpc" "$tmp/err" "record: which"
done_testing
