# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# total.awk - sum what `make check` left in its .trs files: one line "N passed, N failed, N skipped"
#
# An expected failure counts as skipped, an unexpected pass and a hard error as failed. -v label=TEXT goes before the
# line. Exit status 1 when anything failed or nothing passed.

/^:test-result: PASS/ { passed++ }
/^:test-result: (SKIP|XFAIL)/ { skipped++ }
/^:test-result: (FAIL|XPASS|ERROR)/ {
	failed++
	name = FILENAME
	sub(/\.trs$/, "", name)
	print "  failed: " name ": " substr($0, 15) > "/dev/stderr"
}
END {
	printf "%s%d passed, %d failed, %d skipped\n", label, passed, failed, skipped
	exit failed > 0 || passed == 0
}
