#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# vm.t - the tests of tests.list, each on kernels of their own (TL_VM_KERNELS, default "6.1 6.12"), as TAP
#
# Not part of `make check`: `make check-vm` runs it. Without qemu or a kernel it skips, or fails when TL_REQUIRE_LIVE
# is set. It needs no root.
set -u

vm=$TL_SRCDIR/tests/vm
kernels=${TL_VM_KERNELS:-6.1 6.12}
work=$(mktemp -d "${TMPDIR:-/tmp}/tripline-vm-t.XXXXXX")
trap 'rm -rf "$work"' EXIT
payload=$work/payload
mkdir -p "$payload"
count=1

report() { # ok|not ok, text
	echo "$1 $count - $2"
	count=$((count + 1))
}

copy() { # from top, to top, path or pattern below it
	(cd "$1" && find . -path "./$3" -type f -print) >"$work/files"
	[ -s "$work/files" ] || return 1
	while read -r file; do
		mkdir -p "$2/$(dirname "$file")"
		cp "$1/$file" "$2/$file"
	done <"$work/files"
}

while read -r what path _; do
	case $what in
	src) from=$TL_SRCDIR ;;
	build) from=$TL_BUILDDIR ;;
	*) continue ;;
	esac
	copy "$from" "$payload/$what" "$path" || report 'not ok' "payload: $path is not in the $what tree"
done <"$vm/tests.list"
copy "$TL_SRCDIR" "$payload/src" 'tests/vm/*'
cp "$vm/guest.sh" "$payload/guest.sh"

for kernel in $kernels; do
	start=$(date +%s)
	"$vm/run" -k "$kernel" -t "${TL_VM_SECONDS:-900}" -l "$work/console" "$payload" guest.sh \
		>"$work/tap" 2>"$work/errors"
	status=$?
	awk -v label="$kernel " -v first="$count" -f "$vm/report.awk" "$work/tap" >"$work/report"
	sed '/^# next /d' "$work/report"
	sed 's/^/# /' "$work/errors"
	count=$(sed -n 's/^# next //p' "$work/report")
	if [ "$status" -eq 0 ]; then
		report ok "$kernel the guest gave its verdict"
	elif [ "$status" -eq 77 ] && [ -z "${TL_REQUIRE_LIVE:-}" ]; then
		report ok "$kernel the guest gave its verdict # SKIP no qemu or no kernel image"
		continue
	else
		report 'not ok' "$kernel the guest gave its verdict (status $status)"
	fi
	# A slow emulator makes the watchdogs complain; that says nothing of ours.
	if grep -aE 'BUG:|WARNING:|Oops|general protection|KASAN' "$work/console" | grep -avE 'soft lockup|rcu' >"$work/bad"; then
		report 'not ok' "$kernel the kernel has nothing to complain about"
		sed 's/^/# /' "$work/bad"
	else
		report ok "$kernel the kernel has nothing to complain about"
	fi
	echo "# $kernel took $(($(date +%s) - start)) s"
done
echo "1..$((count - 1))"
