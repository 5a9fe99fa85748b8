# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# lib.sh - what the shell tests of the live modes share: TAP, bounded waiting, leave to skip
# Sourced. Sets tripline, tmp; the caller ends with done_testing.
set -u
# A sanitizer looks for leaks by tracing the program, which the sandbox of the live modes forbids.
ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0
export ASAN_OPTIONS
tripline=$TL_BUILDDIR/tripline
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tripline-test.XXXXXX") || exit 99
count=0
pids=

cleanup() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# check STATUS NAME [FILE] - one line of TAP; FILE tells more when it fails
check() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		[ -z "${3-}" ] || head -n 30 "$3" | cut -c 1-400 | sed 's/^/# /'
	fi
}

# is GOT WANT NAME [FILE]
is() {
	[ "$1" = "$2" ]
	check $? "$3 (got $1, want $2)" "${4-}"
}

# Until COMMAND succeeds, at most $1 hundredths of a second.
wait_for() {
	tries=$1
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.01
	done
}

# TL_REQUIRE_LIVE=1 turns the leave to skip into a failure.
skip_all() {
	if [ -n "${TL_REQUIRE_LIVE-}" ]; then
		echo "Bail out! $1"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

# A tool that only this test wants may be absent on a user's machine, never in CI (TL_REQUIRE_TOOLS=1).
need_tool() {
	command -v "$1" >/dev/null 2>&1 && return
	[ -z "${TL_REQUIRE_TOOLS-}" ] || TL_REQUIRE_LIVE=1 skip_all "needs $1"
	echo "1..0 # SKIP needs $1"
	exit 0
}

# Live modes need root and a kernel that takes the programs.
need_live() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	"$tripline" record --output /dev/null -- true >"$tmp/probe" 2>&1 || {
		sed 's/^/# /' "$tmp/probe"
		skip_all "the kernel does not take the programs"
	}
}

done_testing() {
	echo "1..$count"
}
