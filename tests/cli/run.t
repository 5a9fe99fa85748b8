#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# The sensor on this kernel: what it gave up, a story from exec to alert, reload, rotation, a clean end with exact sums.
. "$TL_SRCDIR/tests/cli/lib.sh"
need_live

record=$tmp/log/alerts.json
chmod 755 "$tmp"
mkdir "$tmp/rules" "$tmp/place"
cp /bin/bash "$tmp/place/prog" 2>/dev/null || skip_all "needs bash"

rules() { # title of the first
	cat >"$tmp/rules/story.yml" <<RULE
title: $1
id: 7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a01
name: strange_place
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Image|startswith: $tmp/place/
  condition: selection
level: high
---
title: Connects
name: connects
logsource:
  category: network_connection
  product: linux
detection:
  selection:
    Initiated: true
    DestinationIp|cidr: 127.0.0.0/8
  condition: selection
level: low
---
title: Strange program connects
id: 7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a02
correlation:
  type: temporal_ordered
  rules:
    - strange_place
    - connects
  group-by:
    - ProcessGuid
  timespan: 10s
  generate: true
level: critical
RULE
}

alerts() { # how many of rule $1
	grep -c "\"id\":\"$1\"" "$record" 2>/dev/null
}

alerted() { # more than $2 alerts of rule $1
	[ "$(alerts "$1")" -gt "$2" ]
}

rules "From a strange place"
"$tripline" run --rules "$tmp/rules" --record-file "$record" --cef-file "$tmp/log/alerts.cef" --terminal true --heartbeat 1s --lineage-threshold 0 \
	>"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
pids=$pid
wait_for 3000 grep -q '"tripline.start"' "$record"
check $? "the sensor starts" "$tmp/err"
kill -0 "$pid" || exit 1

# ---- what it gave up ----
for task in /proc/"$pid"/task/*; do
	cat "$task/status"
done >"$tmp/status"
threads=3
grep -q '^TL_CFLAGS = .*-fsanitize=thread' "$TL_BUILDDIR/Makefile" 2>/dev/null && threads=4 # the sanitizer has one of its own
is "$(grep -c '^Name:' "$tmp/status")" $threads "three threads"
all() { # name, awk condition that must hold for each line of /^NAME/
	awk -v n="$1" "index(\$1, n) == 1 { seen++; if (!($2)) bad = 1 } END { exit bad || !seen }" "$tmp/status"
	check $? "$3" "$tmp/status"
}
all Uid: '$2 && $3 && $4 && $5 && $2 == $3 && $3 == $4 && $4 == $5' "no thread is root, in any of its ids"
all Gid: '$2 && $3 && $4 && $5' "nor of root's group"
all Groups: 'NF == 1' "no further groups"
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	all $set: '$2 == "0000000000000000"' "$set is empty"
done
all NoNewPrivs: '$2 == 1' "no new privileges"
all Seccomp: '$2 == 2' "every thread has the system call filter"
[ "$(stat -c %a "$record")" = 640 ]
check $? "the record file is for its user and group only"
is "$(stat -c %u "$record")" "$(awk '/^Uid:/ { print $2; exit }' "$tmp/status")" "and belongs to the sensor's user"
grep '"tripline.start"' "$record" | grep -q '"self_test":"bpf killed, execve killed, socket killed'
check $? "the start event carries the self-test" "$record"

# ---- the story ----
# A machine with much to do may be slow once: the best of three counts.
best=99999
for round in 1 2 3; do
	before=$(alerts 7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a02)
	"$tmp/place/prog" -c 'exec 3<>/dev/tcp/127.0.0.1/1' 2>/dev/null
	began=$(date +%s%N)
	wait_for 500 alerted 7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a02 "$before"
	took=$((($(date +%s%N) - began) / 1000000))
	[ "$took" -ge "$best" ] || best=$took
done
[ "$best" -le 1000 ]
check $? "an alert is in the record file within a second ($best ms)" "$record"
is "$(alerts 7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a01)" 3 "three programs from a strange place" "$record"
is "$(alerts 7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a02)" 3 "three connections of them" "$record"
is "$(grep -c '"name":"Connects"' "$record")" 0 "a low rule alone is no alert"
grep '"id":"7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a01"' "$record" | head -n 1 >"$tmp/one"
grep -qF "\"executable\":\"$tmp/place/prog\"" "$tmp/one"
check $? "the alert names the program" "$tmp/one"
grep -qF '"command_line":"'"$tmp/place/prog -c exec 3<>/dev/tcp/127.0.0.1/1\"" "$tmp/one"
check $? "and its command line" "$tmp/one"
grep -q '"chain":\[.*"exe".*"exe"' "$tmp/one"
check $? "and where it came from" "$tmp/one"
grep '"id":"7b1f3c52-95b0-4c3e-8f3c-0d8f6d8f1a02"' "$record" | head -n 1 | grep -q '"ip":"127.0.0.1"'
check $? "the correlation names the destination" "$record"
wait_for 300 grep -q '"tripline.heartbeat"' "$record"
check $? "a sign of life" "$record"
wait_for 300 grep -q 'From a strange place' "$tmp/log/alerts.cef"
check $? "the CEF copy has it" "$tmp/log/alerts.cef"
! grep -q 'tripline.heartbeat' "$tmp/log/alerts.cef"
check $? "but no heartbeats"
wait_for 300 grep -q 'From a strange place' "$tmp/out"
check $? "and the terminal" "$tmp/out"

# ---- reload and rotation ----
rules "Renamed while it ran"
mv "$record" "$record.1"
kill -HUP "$pid"
wait_for 1000 grep -q '"tripline.reload"' "$record"
check $? "SIGHUP reloads, and opens the files again" "$tmp/err"
"$tmp/place/prog" -c : 2>/dev/null
wait_for 500 grep -q 'Renamed while it ran' "$record"
check $? "the new rules count" "$record"
printf 'title: [\n' >"$tmp/rules/story.yml"
kill -HUP "$pid"
wait_for 1000 grep -q 'the old rules stay' "$record"
check $? "broken rules are refused and told" "$record"
before=$(grep -c 'Renamed while it ran' "$record")
"$tmp/place/prog" -c : 2>/dev/null
more() { [ "$(grep -c 'Renamed while it ran' "$record")" -gt "$before" ]; }
wait_for 500 more
check $? "the old ones go on" "$record"

# ---- numbers: no alert is missing ----
kill "$pid"
wait "$pid"
is $? 0 "SIGTERM ends it cleanly" "$tmp/err"
pids=
cat "$record.1" "$record" | sed -n 's/.*"number":\([0-9]*\).*/\1/p' >"$tmp/numbers"
awk '$1 != NR { bad = 1 } END { exit bad || NR < 10 }' "$tmp/numbers"
check $? "alerts are numbered without a gap" "$tmp/numbers"
tail -n 1 "$record" >"$tmp/last"
detail() { sed -n "s/.*\"$1\":\"\([0-9]*\)\".*/\1/p" "$tmp/last"; }
grep -q '"tripline.stop"' "$tmp/last"
check $? "the last one tells the stop" "$tmp/last"
[ "$(detail emitted)" -eq $(($(detail delivered) + $(detail lost) + $(detail queued))) ] && [ "$(detail queued)" -eq 0 ]
check $? "emitted = delivered + lost, to the record" "$tmp/last"
is "$(detail lost)" 0 "none was lost"
is "$(detail alerts)" "$(wc -l <"$tmp/numbers")" "it knows how many alerts there were"
grep -q "stopped: emitted $(detail emitted) = delivered" "$tmp/err"
check $? "and says so on standard error" "$tmp/err"

# A checkout of root's own, say: the sensor's user cannot go where its files are, and need not.
mkdir -m 700 "$tmp/closed"
mkdir "$tmp/closed/log" "$tmp/good"
cat >"$tmp/good/any.yml" <<'RULE'
title: Any
logsource: {category: process_creation, product: linux}
detection: {selection: {Args: marker-of-this-test}, condition: selection}
level: high
RULE
chmod -R a+rX "$tmp/good"
"$tripline" run --rules "$tmp/good" --record-file "$tmp/closed/log/alerts.json" --terminal false >"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
pids=$pid
wait_for 3000 grep -q '"tripline.start"' "$tmp/closed/log/alerts.json"
check $? "writes below a directory that only root may enter" "$tmp/err"
kill "$pid"
wait "$pid"
is $? 0 "and ends well" "$tmp/err"
pids=
done_testing
