# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# report.awk - what guest.sh printed, as one TAP stream
#
# -v label=TEXT goes before each name, -v first=N is the number of the first line. A test program that dies, prints no
# plan, or another number of results than planned is a failure of its own. Last line: "# next N".

function result(good, text) {
	printf "%s %d - %s%s\n", good ? "ok" : "not ok", first++, label, text
}

function close_test(status) {
	if (plan == "skip") {
		result(0, test ": skipped itself in a guest made for it: " why)
	} else if (status != 0) {
		result(0, test ": ended with status " status (status == 137 ? " (out of time)" : ""))
	} else if (plan == "") {
		result(0, test ": printed no plan")
	} else if (plan != seen) {
		result(0, test ": planned " plan " results, printed " seen)
	}
	test = ""
}

{ sub(/\r$/, "") }

/^TLT: begin / {
	test = $3
	plan = ""
	seen = 0
	next
}
/^TLT: end / {
	if (test != "")
		close_test($4)
	print "# " label $3 " ended at " $5 " s"
	next
}
/^TLT: / {
	print "# " label substr($0, 6)
	next
}
test == "" {
	print "# " $0
	next
}
/^1\.\.0/ {
	plan = "skip"
	why = $0
	next
}
/^1\.\.[0-9]+/ {
	plan = substr($1, 4) + 0
	next
}
/^(not )?ok([ \t]|$)/ {
	text = $0
	sub(/^(not )?ok[ \t]*[0-9]*[ \t]*(- )?/, "", text)
	result($0 !~ /^not/, test ": " text)
	seen++
	next
}
/^Bail out!/ {
	result(0, test ": " $0)
	next
}
{ print "# " $0 }

END {
	if (test != "")
		result(0, test ": no end: the guest died in it")
	print "# next " first
}
