# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the tables of tripline-events(5) out of core/events.def.
# awk -f man/row.awk -v part=fields|categories|records -f man/fields.awk core/events.def

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
