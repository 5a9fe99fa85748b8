#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# The conformance cases of the rule language, where they are at hand (CONFORMANCE: the directory that holds run.py and cases/;
# default: shared/conformance/sigma beside the source directory). TL_REQUIRE_SHARED=1: it is a failure if they are not there.
. "$TL_SRCDIR/tests/cli/lib.sh"

cases=${CONFORMANCE:-$TL_SRCDIR/../shared/conformance/sigma}
python=$(command -v python3)

if [ ! -r "$cases/run.py" ] || [ -z "$python" ]; then
	if [ "${TL_REQUIRE_SHARED-}" = 1 ]; then
		echo "not ok 1 - the conformance cases and python3 are at hand"
		echo "1..1"
	else
		echo "1..0 # SKIP no conformance cases, or no python3"
	fi
	exit 0
fi

# What this version does not do: a pattern of case names, and why. Everything else must pass, and a case listed here that passes is a
# failure too, so that the list cannot outlive its reasons.
cat >"$tmp/later" <<'END'
hand_auditd_*	rules for auditd need the audit view of native events
sigmahq_lnx_auditd_*	rules for auditd need the audit view of native events
sigmahq_all_rules	has rules for auditd among the others
END

later() {
	while IFS='	' read -r pattern why; do
		# shellcheck disable=SC2254 # a pattern
		case $1 in
		$pattern)
			echo "$why"
			return 0
			;;
		esac
	done <"$tmp/later"
	return 1
}

"$python" "$cases/run.py" -v -- "$tripline" test --rules '{rules}' --placeholders '{placeholders}' '{events}' >"$tmp/out" 2>"$tmp/err"

# Lines: FAIL name, its reasons indented; then per topic "topic N passed N failed".
: >"$tmp/unexpected"
listed=0
for name in $(sed -n 's/^FAIL //p' "$tmp/out"); do
	if later "$name" >/dev/null; then
		listed=$((listed + 1))
	else
		sed -n "/^FAIL $name\$/,/^[^ ]/p" "$tmp/out" | sed '$d' >>"$tmp/unexpected"
	fi
done
awk '$3 == "passed" && $1 != "total" { print $1, $2, $4 }' "$tmp/out" >"$tmp/topics"
[ -s "$tmp/topics" ]
check $? "the runner ran" "$tmp/err"
! [ -s "$tmp/unexpected" ]
check $? "no case fails that should pass" "$tmp/unexpected"
while read -r topic passed failed; do
	echo "# $topic: $passed passed, $failed failed"
done <"$tmp/topics"
while IFS='	' read -r pattern why; do
	found=1
	for name in $(sed -n 's/^FAIL //p' "$tmp/out"); do
		# shellcheck disable=SC2254 # a pattern
		case $name in $pattern) found=0 ;; esac
	done
	check $found "still needed: $pattern ($why)"
done <"$tmp/later"
passed=$(awk '$1 == "total" { print $2 }' "$tmp/out")
[ "${passed:-0}" -ge 480 ]
check $? "${passed:-0} cases pass, $listed are for later"
done_testing
