# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the option list of tripline.yaml(5) out of sensor/config.def:
# awk -f man/row.awk -f man/options.awk sensor/config.def

BEGIN { print ".Bl -tag -width Ds" }
/^OPTION\(/ {
	n = row($0)
	printf ".It Va %s Pq %s\n%s\n", a[1], a[2], sentences(a[n])
	if (a[3] != "") printf "Default:\n.Ql %s .\n", roff(a[3])
}
END { print ".El" }
