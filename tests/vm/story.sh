#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# story.sh - the sensor's whole way on a kernel of its own: start, give everything up, alert, account, stop
#
# Runs in a guest as root, in an empty directory, with busybox alone. The shipped rules are in $TL_SRCDIR/rules/packs.
set -u

count=0
ok() { # status, name
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
	fi
}

# Tries COMMAND ten times a second, for SECONDS at most.
within() { # seconds, command...
	tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		usleep 100000
	done
}

alerted() { # rule name or word of the line
	grep -q -- "$1" alerts.json
}

workload=$TL_BUILDDIR/tests/bpf/workload

"$TL_BUILDDIR/tripline" run --rules "$TL_SRCDIR/rules/packs" --record-file "$PWD/alerts.json" --cef-file "$PWD/alerts.cef" \
	--terminal true >terminal 2>messages </dev/null &
pid=$!
within 40 grep -q 'started as user' messages
ok $? 'the sensor starts'
sed 's/^/# /' messages

# What it said it gave up, the kernel must confirm.
status=/proc/$pid/status
grep -qE '^Uid:[[:space:]]+[1-9][0-9]*[[:space:]]+[1-9]' $status
ok $? 'it is not root'
[ "$(grep -cE '^Cap(Prm|Eff|Bnd|Amb|Inh):[[:space:]]+0+$' $status)" -eq 5 ]
ok $? 'all five capability sets are empty'
grep -qE '^NoNewPrivs:[[:space:]]+1$' $status
ok $? 'it cannot gain privileges'
grep -qE '^Seccomp:[[:space:]]+2$' $status
ok $? 'its system calls are filtered'
grep -q 'self-test: bpf killed, execve killed, socket killed' messages
ok $? 'its self-test saw bpf, execve and socket die'
for fd in "/proc/$pid/fd"/*; do
	readlink "$fd"
done >fds
! grep -q 'bpf.prog' fds
ok $? 'it holds no BPF program'
[ "$(grep -c 'bpf.map' fds)" -eq 1 ]
ok $? 'and one BPF map, the ring that it waits for'

"$workload" memfd >/dev/null 2>&1
within 20 alerted 'Execution of a memory file'
ok $? 'a memory file that runs is an alert'

"$workload" deleted >/dev/null 2>&1
within 20 alerted 'Execution of a deleted file'
ok $? 'a deleted file that runs is an alert'

wget -q -O - http://127.0.0.1:9/ 2>/dev/null | sh
within 20 alerted 'Download piped into a shell'
ok $? 'a download that runs into a shell is an alert'

before=$(wc -l <alerts.json)
cp /bin/busybox ./busybox
i=0
while [ $i -lt 50 ]; do
	./busybox true
	i=$((i + 1))
done
usleep 500000
[ "$(wc -l <alerts.json)" -eq "$before" ]
ok $? 'fifty harmless programs are none'

kill -TERM $pid
within 20 grep -q 'stopped: emitted' messages
ok $? 'it stops when told to'
wait $pid
ok $? 'with exit status 0'
tail -n 1 messages | sed 's/^/# /'

# The promise of the whole program, in its own last words.
tail -n 1 messages | sed -n 's/.*emitted \([0-9]*\) = delivered \([0-9]*\) + lost \([0-9]*\) + queued \([0-9]*\);.*/\1 \2 \3 \4/p' >sum
read -r emitted delivered lost queued <sum
[ "${emitted:-0}" -gt 50 ] && [ "$emitted" -eq $((delivered + lost + queued)) ]
ok $? 'emitted = delivered + lost + queued'
[ "${lost:-1}" -eq 0 ]
ok $? 'nothing was lost'

[ "$(wc -l <alerts.json)" -eq "$(wc -l <alerts.cef)" ]
ok $? 'CEF and JSON tell the same number of alerts'
[ "$(grep -cE '^\{"@timestamp":".*\}$' alerts.json)" -eq "$(wc -l <alerts.json)" ]
ok $? 'each line of the record is an object'
grep -q 'Execution of a memory file' terminal
ok $? 'the terminal shows alerts'
echo "1..$count"
