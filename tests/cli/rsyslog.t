#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# rsyslog.t - the syslog output and a real rsyslogd: hostile text arrives intact, a restart of the logger loses nothing
#
# An instance of its own, with its socket and file in a temporary directory; ended by its pid.
set -u

send=$TL_BUILDDIR/tests/outputs/syslog_send
PATH=$PATH:/usr/sbin:/sbin
if ! command -v rsyslogd >/dev/null 2>&1; then
	[ -z "${TL_REQUIRE_TOOLS-}" ] || {
		echo "Bail out! no rsyslogd here"
		exit 1
	}
	echo "1..0 # SKIP no rsyslogd here"
	exit 0
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/tl-rsyslog.XXXXXX") || exit 1
logger=
stop_logger() {
	[ -z "$logger" ] && return
	kill "$logger" 2>/dev/null
	wait "$logger" 2>/dev/null
	logger=
}
trap 'stop_logger; rm -rf "$dir"' EXIT

cat >"$dir/rsyslog.conf" <<END
global(workDirectory="$dir")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$dir/log" RateLimit.Interval="0")
template(name="text" type="string" string="%syslogfacility-text%.%syslogseverity-text% %syslogtag%%msg%\n")
action(type="omfile" file="$dir/out" template="text")
END

start_logger() {
	rsyslogd -n -f "$dir/rsyslog.conf" -i "$dir/pid" >>"$dir/rsyslogd.err" 2>&1 &
	logger=$!
}

# lines N - waits until the logger has written N lines
lines() {
	i=0
	while [ "$(wc -l <"$dir/out" 2>/dev/null || echo 0)" -lt "$1" ] && [ $i -lt 300 ]; do
		i=$((i + 1))
		sleep 0.1
	done
}

count=0
ok() { # status name
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

: >"$dir/want"
start_logger
TZ=UTC0 "$send" "$dir/log" 1 60 >>"$dir/want" 2>/dev/null
ok $? "sent to a logger that is just starting"
lines 60
stop_logger

# Nobody listens: the alerts wait, and go to the logger that comes back.
TZ=UTC0 "$send" "$dir/log" 61 300 >"$dir/want2" 2>"$dir/send.err" &
sender=$!
i=0
while ! grep -q waiting "$dir/send.err" && [ $i -lt 300 ]; do
	i=$((i + 1))
	sleep 0.1
done
grep -q waiting "$dir/send.err"
ok $? "logger gone: noticed, alerts are kept"
start_logger
wait "$sender"
ok $? "logger back: everything sent"
cat "$dir/want2" >>"$dir/want"
lines 300
stop_logger

[ "$(wc -l <"$dir/out")" -eq 300 ]
ok $? "300 alerts, 300 lines"
[ "$(grep -c '^authpriv\.err tripline\[42\]: CEF:0|Tripline|tripline|' "$dir/out")" -eq 300 ]
ok $? "facility, severity and tag as meant"
sed 's/^authpriv\.err tripline\[42\]: //' "$dir/out" >"$dir/got"
cmp -s "$dir/got" "$dir/want"
same=$?
ok $same "every CEF line intact and in order"
[ $same -eq 0 ] || { diff "$dir/want" "$dir/got" | head -n 6 | cat -v | sed 's/^/# /'; sed 's/^/# /' "$dir/rsyslogd.err"; }

# liblognorm is what rsyslog itself reads CEF with (mmnormalize).
if command -v lognormalizer >/dev/null 2>&1; then
	printf 'version=2\nrule=:%%f:cef%%\n' >"$dir/rules"
	lognormalizer -r "$dir/rules" -e json <"$dir/got" >"$dir/parsed" 2>/dev/null
	[ "$(grep -c '"msg": "\\/tmp\\/.x run by www-data" } } }$' "$dir/parsed")" -eq 300 ]
	ok $? "liblognorm reads every line to its last pair"
else
	count=$((count + 1))
	echo "ok $count # SKIP no lognormalizer here"
fi
echo "1..$count"
