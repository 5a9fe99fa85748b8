#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# tripline test and check as commands: what they print, where, and with which exit status.
. "$TL_SRCDIR/tests/cli/lib.sh"

mkdir "$tmp/rules" "$tmp/bad" "$tmp/stories"
cat >"$tmp/rules/a.yml" <<'END'
title: Shell
id: shell
level: low
logsource: {category: process_creation, product: linux}
detection: {s: {Image|endswith: /sh}, condition: s}
---
title: Two shells
id: two
level: high
correlation: {type: event_count, rules: [shell], group-by: [User], timespan: 10s, generate: true, condition: {gte: 2}}
END
cat >"$tmp/bad/b.yml" <<'END'
title: Bad
logsource: {category: process_creation}
detection: {s: {Imag: x}, condition: s}
END
cat >"$tmp/e.jsonl" <<'END'
{"@timestamp": 2000000000, "category": "process_creation", "Image": "/bin/sh", "User": "a\"b"}
{"@timestamp": 1000000000, "category": "process_creation", "Image": "/bin/SH", "User": "a\"b"}

{"category": "process_creation", "Image": "/bin/cat", "User": "x"}
END

go() {
	"$tripline" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

go test --rules "$tmp/rules" "$tmp/e.jsonl"
is "$status" 0 "test ends well" "$tmp/err"
cat >"$tmp/want" <<'END'
{"event": 1, "rule": "shell"}
{"event": 0, "rule": "shell"}
{"event": 0, "rule": "two", "group": {"User": "a\"b"}}
END
cmp "$tmp/out" "$tmp/want" >/dev/null
check $? "hits in the order of time, with group and line" "$tmp/out"

go test --rules "$tmp/rules" --format text "$tmp/e.jsonl"
grep -q 'line 1 .*high .*Two shells (two)  User="a\\"b"' "$tmp/out"
check $? "as text" "$tmp/out"

go test --rules "$tmp/rules" --rules "$tmp/bad" "$tmp/e.jsonl"
is "$status" 2 "some rules are bad"
grep -q '^b.yml:3:17: error: unknown field' "$tmp/err"
check $? "the place of the bad rule" "$tmp/err"
cmp "$tmp/out" "$tmp/want" >/dev/null
check $? "the good rules are used" "$tmp/out"

go test --rules "$tmp/bad" "$tmp/e.jsonl"
is "$status" 78 "no good rule" "$tmp/err"
go test --rules "$tmp/nothing" "$tmp/e.jsonl"
is "$status" 78 "no rule directory" "$tmp/err"
go test --rules "$tmp/rules"
is "$status" 64 "no recording" "$tmp/err"
go test --rules "$tmp/rules" --format xml "$tmp/e.jsonl"
is "$status" 64 "unknown format" "$tmp/err"
go test --rules "$tmp/rules" "$tmp/nothing.jsonl"
is "$status" 1 "no such recording" "$tmp/err"

# Lines arrive in their order, also where their times say otherwise: line 1 ends a window at the very time of line 0.
mkdir "$tmp/order"
cat >"$tmp/order/a.yml" <<'END'
title: One
id: one
level: low
logsource: {category: process_creation}
detection: {s: {UserId: 1}, condition: s}
---
title: Two
id: two
level: low
logsource: {category: process_creation}
detection: {s: {UserId: 2}, condition: s}
---
title: Mean of one
id: mean
level: low
correlation: {type: value_avg, rules: [one], timespan: 3s, condition: {field: ProcessId, gte: 0}}
---
title: Mean of both
id: both
level: low
correlation: {type: value_avg, rules: [mean, two], timespan: 9s, condition: {field: ProcessId, gte: 0}}
END
cat >"$tmp/order.jsonl" <<'END'
{"@timestamp": 4000000000, "category": "process_creation", "UserId": 2, "ProcessId": 7}
{"@timestamp": 1000000000, "category": "process_creation", "UserId": 1, "ProcessId": 7}
END
go test --rules "$tmp/order" "$tmp/order.jsonl"
is "$(cat "$tmp/out")" '{"event": 1, "rule": "both", "group": {}}' "of two hits at one time the last to arrive is told" "$tmp/err"

{ echo '{"category": "process_creation", "Image": 5x}'; cat "$tmp/e.jsonl"; } >"$tmp/broken.jsonl"
go test --rules "$tmp/rules" "$tmp/broken.jsonl"
is "$status" 65 "a bad line"
grep -q "^$tmp/broken.jsonl:1:[0-9]*: error: " "$tmp/err"
check $? "the place of the bad line" "$tmp/err"
is "$(grep -c rule "$tmp/out")" 3 "the other lines count" "$tmp/out"

# ---- stories ----
cp "$tmp/e.jsonl" "$tmp/stories/s.jsonl"
cat >"$tmp/stories/s.expect.yaml" <<'END'
- {rule: shell, event: 0}
- {rule: shell, event: 1}
- {rule: two, event: 0, group: {User: 'a"b'}}
END
go test --rules "$tmp/rules" "$tmp/stories"
is "$status" 0 "a story as expected" "$tmp/out"
grep -q '^ok 1 - ' "$tmp/out" && grep -q '^1\.\.1$' "$tmp/out"
check $? "is told in TAP" "$tmp/out"
for change in 's/event: 1/event: 3/' 's/rule: two/rule: one/' "s/a\"b/ab/" '/shell, event: 1/d' '$a - {rule: shell, event: 0}'; do
	sed "$change" "$tmp/stories/s.expect.yaml" >"$tmp/other.yaml"
	go test --rules "$tmp/rules" --expect "$tmp/other.yaml" "$tmp/e.jsonl"
	is "$status" 1 "not as expected: $change" "$tmp/out"
done
echo '- {rule: shell, evnt: 0}' >"$tmp/other.yaml"
go test --rules "$tmp/rules" --expect "$tmp/other.yaml" "$tmp/e.jsonl"
is "$status" 1 "a misspelt expectation"
grep -q 'other.yaml:1:17: error:' "$tmp/err"
check $? "its place" "$tmp/err"

# ---- check ----
go check "$tmp/rules"
is "$status" 0 "check of good rules" "$tmp/err"
is "$(cat "$tmp/out")" "2 rules (1 detection, 1 correlation), 0 errors, 0 warnings" "its summary" "$tmp/err"
go check "$tmp/rules" "$tmp/bad/b.yml"
is "$status" 1 "check with errors"
grep -q "b.yml:3:17: error:" "$tmp/err"
check $? "their place, for a file given by name" "$tmp/err"
go check --strict "$tmp/rules" "$tmp/bad"
is "$status" 1 "check --strict with errors"
printf 'title: T\nlevel: low\nlogsource: {category: process_creation}\ndetection: {s: {Image: "%05000d*x"}, condition: s}\n' 0 |
	sed 's/0/?/g' >"$tmp/wild.yml"
go check "$tmp/wild.yml"
grep -q 'wild.yml:4:24: error: a text with wildcards is longer than' "$tmp/err"
check $? "a text of 5000 wildcards is refused before the matching engine spends seconds on it" "$tmp/err"
sed -i '/^level: low/d' "$tmp/rules/a.yml"
go check --strict "$tmp/rules"
is "$status" 0 "warnings do not count"
grep -q 'a.yml:1:1: warning: the rule has no level' "$tmp/err"
check $? "but are told" "$tmp/err"
for mode in test check; do
	go $mode --help
	is "$status" 0 "$mode --help"
	grep -q "^Usage: tripline $mode" "$tmp/out"
	check $? "says how to use it"
	go $mode --frobnicate
	is "$status" 64 "$mode with an unknown option"
done
done_testing
