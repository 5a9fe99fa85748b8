#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# A busy minute under the real filter: processes and connections all the time, and meanwhile rules that change and break, files
# that are rotated away, a disk for the record that fills up and is freed again, a logger that goes and comes back. The sensor lives through it and no alert is
# missing from the record.
#
# TL_SOAK_S is the length in seconds; default 60.
if [ "$(id -u)" -eq 0 ] && [ "${1-}" != --inside ] && unshare -m true 2>/dev/null; then
	exec unshare -m sh "$0" --inside
fi
. "$TL_SRCDIR/tests/cli/lib.sh"
need_live
[ "${1-}" = --inside ] || skip_all "needs mount name spaces"

acts=$TL_BUILDDIR/tests/cli/acts
seconds=${TL_SOAK_S:-60}
chmod 755 "$tmp"
mkdir "$tmp/rules" "$tmp/log" "$tmp/old" "$tmp/socket"
mount --make-rprivate /
mount -t tmpfs -o size=512k,mode=755 tmpfs "$tmp/log" || skip_all "cannot mount a small disk"
trap 'umount -l "$tmp/log"; cleanup' EXIT
record=$tmp/log/own/alerts.json

rules() { # title
	cat >"$tmp/rules/marker.yml" <<RULE
title: $1
id: 0b6a2a53-0d7c-4a0e-8d52-0f2f2f9d8c12
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Args|startswith: marker-
  condition: selection
level: high
RULE
}
PATH=$PATH:/usr/sbin:/sbin
logger=
command -v rsyslogd >/dev/null 2>&1 && with_logger=1 || with_logger=
cat >"$tmp/rsyslog.conf" <<END
global(workDirectory="$tmp" maxMessageSize="64k")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$tmp/socket/log" RateLimit.Interval="0")
template(name="text" type="string" string="%msg%\n")
action(type="omfile" file="$tmp/messages" template="text")
END
start_logger() {
	[ -n "$with_logger" ] || return 0
	rsyslogd -n -f "$tmp/rsyslog.conf" -i "$tmp/rsyslog.pid" >>"$tmp/rsyslogd.err" 2>&1 &
	logger=$!
	pids="$pids $logger"
	wait_for 1000 test -S "$tmp/socket/log"
}
stop_logger() {
	[ -n "$logger" ] || return 0
	kill "$logger"
	wait "$logger" 2>/dev/null
	logger=
}
sent() { # lines of markers that the logger wrote
	grep -c '^ CEF:.*/bin/true marker-' "$tmp/messages" 2>/dev/null
}
all_sent() {
	[ "$(sent)" -ge $marked ]
}
start_logger
rules "Marker"
"$tripline" run --rules "$tmp/rules" --record-file "$record" --cef-file "$tmp/log/own/alerts.cef" --terminal true --heartbeat 1s --syslog --syslog-socket "$tmp/socket/log" \
	--lineage-threshold 0 >"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
pids=$pid
wait_for 3000 grep -q '"tripline.start"' "$record"
check $? "the sensor starts" "$tmp/err"
kill -0 "$pid" || exit 1

"$acts" mix "$seconds" >"$tmp/mixed" 2>"$tmp/mix.err" &
mix=$!
pids="$pids $mix"

marked=0
mark() { # how many
	last=$((marked + $1))
	while [ $marked -lt $last ]; do
		marked=$((marked + 1))
		/bin/true "marker-$marked" "$filler"
	done
}
shown() { # the terminal has seen as many
	[ "$(grep -c '"/bin/true marker-' "$tmp/out")" -ge $marked ]
}
recorded() {
	cat "$tmp"/old/* "$record" 2>/dev/null | grep -c '"args":\["/bin/true","marker-'
}
all_recorded() {
	[ "$(recorded)" -ge $marked ]
}
# Arguments long enough to fill the disk in a few dozen alerts.
filler=$(printf '%3000s' '' | tr ' ' x)
round=0 stuck=0
while kill -0 $mix 2>/dev/null; do
	round=$((round + 1))
	# Rotation as logrotate(8) does it: rename, then SIGHUP; other rules at the same time, every third time broken ones.
	mark 5
	mv "$record" "$tmp/log/moved"
	mv "$tmp/log/own/alerts.cef" "$tmp/log/moved.cef" 2>/dev/null
	case $((round % 3)) in
	0) printf 'title: [\n' >"$tmp/rules/broken.yml" ;;
	1) rules "Marker of round $round" ;;
	*) rm -f "$tmp/rules/broken.yml" ;;
	esac
	kill -HUP "$pid"
	wait_for 1000 test -s "$record" || { stuck=1; break; }
	mark 1
	cp "$tmp/log/moved" "$tmp/old/$round" && rm -f "$tmp/log/moved" "$tmp/log/moved.cef"
	# The disk is full from here on: what is alerted now has to wait.
	dd if=/dev/zero of="$tmp/log/ballast" bs=4k 2>/dev/null
	stop_logger
	mark 12
	wait_for 1000 shown || { stuck=1; break; }
	rm -f "$tmp/log/ballast"
	start_logger
	wait_for 2000 all_recorded || { stuck=1; break; }
	[ -z "$with_logger" ] || wait_for 2000 all_sent || { stuck=2; break; }
done
[ $stuck -ne 1 ]
check $? "every alert reaches the record once the disk is free again ($round rounds)" "$tmp/err"
[ $stuck -ne 2 ]
check $? "and the logger once it is back" "$tmp/err"
[ "$round" -gt 0 ]
check $? "there was time for a round"
grep -q 'output record fails: No space left' "$tmp/err"
check $? "the disk was really full" "$tmp/err"
wait $mix
is $? 0 "the load goes through" "$tmp/mix.err"
kill -0 "$pid" 2>/dev/null
check $? "the sensor is alive" "$tmp/err"
kill "$pid"
wait "$pid"
is $? 0 "and ends cleanly: nothing it does is against its filter" "$tmp/err"
stop_logger
pids=

cat "$tmp"/old/* "$record" >"$tmp/all"
! grep -vqE '^\{"@timestamp".*\}$' "$tmp/all"
check $? "no line of the record is torn" "$tmp/err"
sed -nE 's/.*"args":\["\/bin\/true","marker-([0-9]+)".*/\1/p' "$tmp/all" | sort -n >"$tmp/got"
seq $marked >"$tmp/want"
cmp -s "$tmp/want" "$tmp/got"
check $? "each of $marked markers is recorded exactly once" "$tmp/err"
if [ -n "$with_logger" ]; then
	sed -nE 's/^ CEF:.*\/bin\/true marker-([0-9]+) .*/\1/p' "$tmp/messages" | sort -n >"$tmp/got"
	cmp -s "$tmp/want" "$tmp/got"
	check $? "and sent to the logger exactly once" "$tmp/err"
fi
sed -n 's/.*"number":\([0-9]*\).*/\1/p' "$tmp/all" | sort -n | awk '$1 != NR { print NR, $1; exit }' >"$tmp/gap"
[ ! -s "$tmp/gap" ]
check $? "alerts are numbered without a gap, self-alerts too" "$tmp/gap"
grep '"kind":"alert"' "$tmp/all" | sed -E 's/.*"event":\{[^}]*"id":"([^"]*)".*/\1/' | sort >"$tmp/ids"
sed -nE 's/.* id ([-0-9a-f]{36})$/\1/p' "$tmp/out" | sort -u >"$tmp/shown"
[ -s "$tmp/ids" ] && [ "$(grep -cxFf "$tmp/shown" "$tmp/ids")" -eq "$(wc -l <"$tmp/ids")" ]
check $? "every alert was on the terminal" "$tmp/err"
grep -q '"tripline.reload"' "$tmp/all"
check $? "rules were reloaded"
[ "$round" -lt 3 ] || grep -q 'the old rules stay\|"rule_errors":"1"' "$tmp/all"
check $? "and broken ones told"
tail -n 1 "$record" >"$tmp/last"
detail() { sed -n "s/.*\"$1\":\"\([0-9]*\)\".*/\1/p" "$tmp/last"; }
[ "$(detail emitted)" -eq $(($(detail delivered) + $(detail lost) + $(detail queued))) ]
check $? "emitted = delivered + lost + queued, to the last record" "$tmp/last"
echo "# $(cat "$tmp/mixed") turns of load, $marked markers, $round rounds: $(tail -n 1 "$tmp/err")"
done_testing
