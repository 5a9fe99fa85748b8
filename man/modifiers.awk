# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the modifier list of tripline-rules(7) out of rules/modifiers.def:
# awk -f man/row.awk -f man/modifiers.awk rules/modifiers.def

BEGIN { print ".Bl -tag -width Ds" }
/^MODIFIER\(/ {
	n = row($0)
	printf ".It Cm \\&%s\n%s\n", a[1], sentences(a[n])
}
END { print ".El" }
