#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# tripline record on this kernel: one command and what descends from it, nothing else, nothing lost.
. "$TL_SRCDIR/tests/cli/lib.sh"
need_live

record() {
	timeout -k 5 60 "$tripline" record "$@" 2>"$tmp/err" </dev/null
}

has() { # text, name
	grep -qF -e "$1" "$tmp/r.jsonl"
	check $? "$2" "$tmp/r.jsonl"
}

# Noise of others while it records.
(while :; do /bin/true noise; done) &
pids=$!
record --output "$tmp/r.jsonl" -- /bin/sh -c '/bin/ls / >/dev/null; (exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null; exit 7'
is $? 7 "the exit status is the command's" "$tmp/err"
kill "$pids" 2>/dev/null
wait "$pids" 2>/dev/null
pids=
has '"category":"process_creation"' "its exec is recorded"
has '"Args":["/bin/ls","/"]' "a child's exec too"
has '"category":"process_fork"' "and its fork"
has '"category":"process_termination"' "and its exit"
has '"ExitCode":7' "and the command's own end"
grep '"Args":\["/bin/ls","/"\]' "$tmp/r.jsonl" | grep -q '"ParentCommandLine":"/bin/sh -c '
check $? "the child knows its parent" "$tmp/r.jsonl"
! grep -q '"Args":\[[^]]*noise' "$tmp/r.jsonl"
check $? "nothing of others is in it"
first=$(head -n 1 "$tmp/r.jsonl" | sed 's/.*"ProcessGuid":"\([^"]*\)".*/\1/')
[ -n "$first" ] && ! grep -v "\"LineageGuids\":\[[^]]*\"$first\"" "$tmp/r.jsonl" | grep -q .
check $? "every event descends from the command" "$tmp/r.jsonl"
sums='emitted ([0-9]+) = delivered ([0-9]+) [+] lost ([0-9]+) [+] queued ([0-9]+)'
set -- $(sed -nE "s/.*$sums.*/\1 \2 \3 \4/p" "$tmp/err")
[ $# -eq 4 ] && [ "$1" -eq $(($2 + $3 + $4)) ] && [ "$3" -eq 0 ] && [ "$4" -eq 0 ]
check $? "every record is accounted for, none is lost" "$tmp/err"
is "$(wc -l <"$tmp/r.jsonl")" "$(sed -n 's/^tripline: \([0-9]*\) events recorded.*/\1/p' "$tmp/err")" "as many lines as events"

record --gadget exec --output "$tmp/r.jsonl" -- /bin/sh -c '/bin/ls / >/dev/null; :'
! grep -v '"Action":"exec"' "$tmp/r.jsonl" | grep -q .
check $? "--gadget exec records nothing else" "$tmp/r.jsonl"
is "$(grep -c . "$tmp/r.jsonl")" 2 "two programs, two lines" "$tmp/r.jsonl"

record --gadget exec -- /bin/sh -c 'exit 0' >"$tmp/r.jsonl"
has '"category":"process_creation"' "standard output is the default"

# What is recorded is what rules see: the same engine reads it again.
cat >"$tmp/rule.yml" <<'RULE'
title: Recorded
id: 5d0f6f0e-2a55-4b57-9b51-6f0d5a3b7c02
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Args: /bin/ls
    CommandLine: /bin/ls /
    ParentCommandLine|startswith: /bin/sh -c
    UserId: 0
    PreExisting: false
  condition: selection
level: high
RULE
record --gadget exec --output "$tmp/r.jsonl" -- /bin/sh -c '/bin/ls / >/dev/null; :'
"$tripline" test --rules "$tmp/rule.yml" "$tmp/r.jsonl" >"$tmp/out" 2>"$tmp/err"
grep -qF '{"event": 1, "rule": "5d0f6f0e-2a55-4b57-9b51-6f0d5a3b7c02"' "$tmp/out"
check $? "tripline test reads what was recorded" "$tmp/out"
is "$(wc -l <"$tmp/out")" 1 "and sees one event of the two"

# The live view: one line an event, whatever a process puts into its arguments.
nasty=$(printf 'a\nb\033[31mred\342\200\256x')
record --format text --gadget exec -- /bin/true "$nasty" >"$tmp/text"
is "$(wc -l <"$tmp/text")" 1 "a newline in an argument makes no line" "$tmp/text"
! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\033\342]')" "$tmp/text"
check $? "no control and no bidi character gets through" "$tmp/text"
grep -qF 'exe="/usr/bin/true"' "$tmp/text" || grep -qF 'exe="/bin/true"' "$tmp/text"
check $? "it shows the program" "$tmp/text"

record -- /nonexistent/program >"$tmp/r.jsonl"
is $? 127 "a command that is not there" "$tmp/err"
has '"category":"process_exec_failed"' "is recorded as a failure"
record --output /dev/null -- /bin/sh -c 'kill -9 $$'
is $? 137 "a command that is killed"

# As the user who called sudo(8).
SUDO_UID=54321 SUDO_GID=54321 timeout 60 "$tripline" record --output /dev/null -- /usr/bin/id -u >"$tmp/out" 2>/dev/null
is "$(cat "$tmp/out")" 54321 "the command runs as the calling user"
mkdir "$tmp/root"
chmod 755 "$tmp"
chmod 700 "$tmp/root"
SUDO_UID=54321 SUDO_GID=54321 timeout 60 "$tripline" record --output "$tmp/root/r" -- /bin/true >"$tmp/out" 2>"$tmp/err"
[ $? -ne 0 ] && [ ! -e "$tmp/root/r" ]
check $? "and root does not write where that user could not" "$tmp/err"

chmod 770 "$tmp/root"
SUDO_UID=54321 SUDO_GID=54321 timeout 60 setpriv --groups 0 "$tripline" record --output "$tmp/root/r" -- /bin/true >"$tmp/out" 2>"$tmp/err"
[ $? -ne 0 ] && [ ! -e "$tmp/root/r" ]
check $? "nor where root's group could" "$tmp/err"

# Without a command: until it is told to stop.
"$tripline" record --output "$tmp/all.jsonl" 2>"$tmp/err" </dev/null &
pid=$!
pids=$pid
wait_for 2000 grep -q 'recording' "$tmp/err"
check $? "recording of all begins" "$tmp/err"
/bin/true marker-of-this-test
wait_for 500 grep -q marker-of-this-test "$tmp/all.jsonl"
check $? "what anyone does is recorded" "$tmp/err"
for task in /proc/"$pid"/task/*; do
	cat "$task/status"
done >"$tmp/status"
grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb):' "$tmp/status" | awk '$2 != "0000000000000000" { bad = 1 } END { exit bad || NR == 0 }'
check $? "the recorder has no capability" "$tmp/status"
kill "$pid"
wait "$pid"
is $? 0 "SIGTERM ends it" "$tmp/err"
pids=
done_testing
