#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# guest.sh - in the guest, run each `test` line of tests.list; the output is framed for report.awk on the host
export TL_SRCDIR=/payload/src TL_BUILDDIR=/payload/build TL_REQUIRE_LIVE=1 TL_GUEST=1

while read -r what name seconds command; do
	[ "$what" = test ] || continue
	echo "TLT: begin $name"
	work=/tmp/$name
	mkdir -p "$work"
	(
		cd "$work" || exit 125
		eval "exec timeout -s KILL $seconds $command"
	) </dev/null 2>&1
	echo "TLT: end $name $? $(cut -d' ' -f1 /proc/uptime)"
done <src/tests/vm/tests.list
exit 0
