# SPDX-License-Identifier: GPL-2.0-or-later
# What the makers of manual tables share: taking a row of a .def file apart, and text that mdoc(7) reads as text.

function trim(s) {
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

# The row between the outer parentheses, split at commas outside quotes, into a[1..n].
function row(line,    i, c, q, s, n) {
	sub(/^[A-Z_]+\(/, "", line)
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
	return n
}

# Text that mdoc(7) must not read as a macro or escape.
function roff(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	if (s ~ /^[.']/) s = "\\\&" s
	return s
}

# One sentence a line, as mdoc wants it; abbreviations and versions do not occur in the tables.
function sentences(s) {
	s = roff(s)
	gsub(/\. +/, ".\n", s)
	return s
}
