# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the tables of tripline-events(5) out of core/events.def.
# awk -v part=fields|categories|records -f man/fields.awk core/events.def

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

function trim(s) {
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

# Text that mdoc(7) must not read as a macro or escape.
function roff(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	if (s ~ /^[.']/) s = "\\\&" s
	return s
}

# One sentence a line, as mdoc wants it; abbreviations and versions do not occur in the table.
function sentences(s) {
	s = roff(s)
	gsub(/\. +/, ".\n", s)
	return s
}

function block(title) {
	printf ".Ss %s\n.Bl -tag -width Ds\n", title
	open = 1
}

function close_block() {
	if (open) print ".El"
	open = 0
}

part == "categories" && /^CATEGORY\(/ {
	if (!open) { print ".Bl -tag -width Ds"; open = 1 }
	row($0)
	printf ".It Cm %s\n%s\n", a[1], sentences(a[2])
}

part == "fields" && /^\/\* ---- .* ---- \*\/$/ {
	t = $0
	sub(/^\/\* ---- /, "", t); sub(/ ---- \*\/$/, "", t); sub(/:.*/, "", t)
	pending = toupper(substr(t, 1, 1)) substr(t, 2)
}

part == "fields" && /^FIELD\(/ {
	if (pending != "") { close_block(); block(pending); pending = "" }
	row($0)
	printf ".It Va \\&%s Pq %s", a[3], a[2]
	print ""
	print sentences(a[6])
	printf "Key\n.Ql %s", a[1]
	if (a[4] != "") printf " ,\nECS\n.Ql %s", roff(a[4])
	if (a[5] != "") printf " ,\nCEF\n.Ql %s", a[5]
	print " ."
}

part == "records" && /^RECORD\(/ {
	if (!open) { print ".Bl -tag -width Ds"; open = 1 }
	row($0)
	printf ".It Cm %s Pq kind %s, gadget %s\n%s\n", a[1], a[2], a[3], sentences(a[4])
}

END { close_block() }
