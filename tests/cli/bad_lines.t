#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# Lines of a recording that are cut, too long, not text or nested without end: each refused with its place, the others used;
# and a kernel that does not tell its types.
. "$TL_SRCDIR/tests/cli/lib.sh"

good=$TL_SRCDIR/rules/packs/discovery/port_scan.fire.jsonl
"$tripline" test --rules "$TL_SRCDIR/rules/packs" "$good" >"$tmp/want" 2>"$tmp/err"
is $? 0 "the recording alone is fine" "$tmp/err"
[ -s "$tmp/want" ]
check $? "and hits"

refused() { # name; the bad line is in $tmp/bad
	cat "$good" "$tmp/bad" >"$tmp/story.jsonl"
	"$tripline" test --rules "$TL_SRCDIR/rules/packs" "$tmp/story.jsonl" >"$tmp/got" 2>"$tmp/err"
	is $? 65 "$1: exit status" "$tmp/err"
	cmp -s "$tmp/want" "$tmp/got"
	check $? "$1: the other lines count" "$tmp/got"
	is "$(grep -c "story.jsonl:$(($(wc -l <"$good") + 1)):" "$tmp/err")" 1 "$1: one line tells the place" "$tmp/err"
}
head -n 1 "$good" | cut -c 1-200 >"$tmp/bad"
refused "a line that is cut"
{ printf '{"category":"process_creation","CommandLine":"'; head -c 1100000 /dev/zero | tr '\0' x; printf '"}\n'; } >"$tmp/bad"
refused "a line of more than a MiB"
printf '{"category":"process_creation","CommandLine":"\377\300\257"}\n' >"$tmp/bad"
refused "a line that is not UTF-8"
{ printf '{"category":'; head -c 100000 /dev/zero | tr '\0' '['; printf '\n'; } >"$tmp/bad"
refused "a line that is nested without end"

# Nor does a kernel without type information get more than one line.
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null && [ -d /sys/kernel/btf ]; then
	timeout 60 unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs tmpfs /sys/kernel/btf && exec "$@"' sh \
		"$tripline" run --rules "$TL_SRCDIR/rules/packs" --record-file "$tmp/none/alerts.json" >"$tmp/out" 2>"$tmp/err" </dev/null
	is $? 77 "no BTF: exit status" "$tmp/err"
	is "$(wc -l <"$tmp/err")" 1 "no BTF: one line" "$tmp/err"
	grep -q CONFIG_DEBUG_INFO_BTF "$tmp/err"
	check $? "no BTF: what is missing" "$tmp/err"
fi
done_testing
