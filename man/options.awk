# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the option list of tripline.yaml(5) out of sensor/config.def:
# OPTION(name, type, default, min, max, reload, "doc")

function trim(s) {
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

function roff(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	if (s ~ /^[.']/) s = "\\\&" s
	gsub(/\. +/, ".\n", s)
	return s
}

BEGIN { print ".Bl -tag -width Ds" }
/^OPTION\(/ {
	line = $0
	sub(/^OPTION\(/, "", line)
	sub(/\)[ \t]*$/, "", line)
	n = 1; s = ""; q = 0
	delete a
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "\"" && substr(line, i - 1, 1) != "\\") { q = !q; continue }
		if (c == "," && !q) { a[n++] = trim(s); s = ""; continue }
		s = s c
	}
	a[n] = trim(s)
	printf ".It Va %s Pq %s\n%s\n", a[1], a[2], roff(a[n])
	if (a[3] != "") printf "Default:\n.Ql %s .\n", roff(a[3])
}
END { print ".El" }
