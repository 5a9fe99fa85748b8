#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# A storm of short-lived processes, seen by three sensors at once: one that alerts, one that records, and one whose ring is
# too small. Every record is accounted for; what is recorded is true: each process, its arguments, its parent.
# TL_STORM is the number of processes; default 4000.
. "$TL_SRCDIR/tests/cli/lib.sh"
need_live

acts=$TL_BUILDDIR/tests/cli/acts
n=${TL_STORM:-4000}
chmod 755 "$tmp"
mkdir "$tmp/rules"
cat >"$tmp/rules/any.yml" <<'RULE'
title: Marker
id: 0b6a2a53-0d7c-4a0e-8d52-0f2f2f9d8c11
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Args: marker-of-this-test
  condition: selection
level: high
RULE

sensor() { # name, further options; sets pid
	name=$1
	shift
	"$tripline" run --rules "$tmp/rules" --record-file "$tmp/$name/alerts.json" --terminal false "$@" \
		>"$tmp/$name.out" 2>"$tmp/$name.err" </dev/null &
	pid=$!
	pids="$pids $pid"
	wait_for 3000 grep -q '"tripline.start"' "$tmp/$name/alerts.json"
	check $? "$name: starts" "$tmp/$name.err"
}

sensor default
default=$pid
sensor small --ring-bytes 64K --loss-interval 1s
small=$pid
"$tripline" record --gadget exec --output "$tmp/all.jsonl" 2>"$tmp/record.err" </dev/null &
recorder=$!
pids="$pids $recorder"
wait_for 3000 grep -q recording "$tmp/record.err"
check $? "record: starts" "$tmp/record.err"

# However fast the machine, the small ring has to overflow: its reader is held up at first.
kill -STOP "$small"
"$acts" spawn 500 "$tmp/first" 2>"$tmp/acts.err"
check $? "500 processes while one sensor stands still" "$tmp/acts.err"
kill -CONT "$small"
"$acts" spawn "$n" "$tmp/account" 2>"$tmp/acts.err"
check $? "$n processes" "$tmp/acts.err"
/bin/true marker-of-this-test
for name in default small; do
	wait_for 3000 grep -q '"name":"Marker"' "$tmp/$name/alerts.json"
	check $? "$name: sees what comes after" "$tmp/$name.err"
done
wait_for 1000 grep -q '"tripline.loss"' "$tmp/small/alerts.json"
check $? "small: the loss is told" "$tmp/small.err"
# shellcheck disable=SC2086
kill $pids
for pid in $pids; do
	wait "$pid"
	is $? 0 "a clean end"
done
pids=

sums() { # file; sets emitted delivered lost queued
	set -- $(sed -nE 's/.*emitted ([0-9]+) = delivered ([0-9]+) [+] lost ([0-9]+) [+] queued ([0-9]+).*/\1 \2 \3 \4/p' "$1")
	emitted=${1-0} delivered=${2-1} lost=${3-0} queued=${4-0}
}
for name in default small record; do
	sums "$tmp/$name.err"
	[ "$emitted" -ge "$n" ] && [ "$emitted" -eq $((delivered + lost + queued)) ]
	check $? "$name: emitted = delivered + lost + queued, to the last record" "$tmp/$name.err"
	is "$queued" 0 "$name: nothing is left in the ring"
	if [ $name = small ]; then
		[ "$lost" -gt 0 ]
		check $? "$name: something was lost" "$tmp/$name.err"
		is "$(sed -n 's/.*"tripline.stop".*"lost":"\([0-9]*\)".*/\1/p' "$tmp/small/alerts.json")" "$lost" "$name: the record says how much"
	else
		is "$lost" 0 "$name: nothing was lost" "$tmp/$name.err"
	fi
done

# The account of who started what, against the recording. One line a process; both are in order of nothing.
cat "$tmp/first" "$tmp/account" | awk '{ print $2, $3, "number-" $1 }' | sort >"$tmp/want"
parents=$(cat "$tmp/first" "$tmp/account" | awk '{ print $3 }' | sort -u | paste -sd '|')
grep '"category":"process_creation".*"Args":\["/bin/true","spawned-by-acts","' "$tmp/all.jsonl" |
	grep -E "\"ParentProcessId\":($parents)," >"$tmp/seen" # others may start some beside this test
sed -nE 's/.*"ProcessId":([0-9]+),"ThreadId".*"Args":\["[^"]*","[^"]*","(number-[0-9]+)"\].*"ParentProcessId":([0-9]+),.*/\1 \3 \2/p' \
	"$tmp/seen" | sort >"$tmp/got"
is "$(wc -l <"$tmp/got")" "$(wc -l <"$tmp/want")" "as many programs recorded as started"
diff "$tmp/want" "$tmp/got" >"$tmp/diff"
check $? "each with its own arguments and its right parent" "$tmp/diff"
! sed -E 's/.*"ProcessGuid":"([^"]*)".*"ParentProcessGuid":"([^"]*)".*"LineageGuids":\["([^"]*)","([^"]*)".*/\1 \2 \3 \4/' "$tmp/seen" |
	awk '$1 != $3 || $2 != $4' | grep . >"$tmp/lines"
check $? "every lineage is the process, its parent, and so on" "$tmp/lines"
sed -E 's/.*"LineageGuids":\["[^"]*",([^]]*)\].*/\1/' "$tmp/seen" | sort | uniq -c >"$tmp/lines"
is "$(wc -l <"$tmp/lines")" 2 "and goes on the same for all children of one parent" "$tmp/lines"
is "$(sed -E 's/.*"ProcessGuid":"([^"]*)".*/\1/' "$tmp/seen" | sort -u | wc -l)" "$(wc -l <"$tmp/want")" "no two processes share an identity"
! grep '"category":"process_creation"' "$tmp/all.jsonl" | grep -qE '"Args":\[("")?\]'
check $? "no empty argument vector" "$tmp/all.jsonl"
done_testing
