#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# A sensor that is held up loses records: each is counted, told as an event, and the sums stay exact.
. "$TL_SRCDIR/tests/cli/lib.sh"
need_live

record=$tmp/log/alerts.json
chmod 755 "$tmp"
mkdir "$tmp/rules"
cat >"$tmp/rules/any.yml" <<'RULE'
title: Marker
id: 5d0f6f0e-2a55-4b57-9b51-6f0d5a3b7c01
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Args: marker-of-this-test
  condition: selection
level: high
RULE
"$tripline" run --rules "$tmp/rules" --record-file "$record" --terminal false --ring-bytes 64K --loss-interval 1s \
	>"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
pids=$pid
wait_for 3000 grep -q '"tripline.start"' "$record"
check $? "the sensor starts with a small ring" "$tmp/err"
kill -0 "$pid" || exit 1

kill -STOP "$pid"
i=0
while [ $i -lt 400 ]; do
	/bin/true some words to fill the ring with, so that it overflows soon
	i=$((i + 1))
done
kill -CONT "$pid"
wait_for 1000 grep -q '"tripline.loss"' "$record"
check $? "the loss is told as an event" "$tmp/err"
grep '"tripline.loss"' "$record" | tail -n 1 >"$tmp/loss"
detail() { sed -n "s/.*\"$1\":\"\([0-9]*\)\".*/\1/p" "$2"; }
[ "$(detail lost "$tmp/loss")" -gt 0 ]
check $? "with a number" "$tmp/loss"
is "$(detail unaccounted "$tmp/loss")" 0 "every missing number has a cause" "$tmp/loss"
/bin/true marker-of-this-test
wait_for 500 grep -q '"name":"Marker"' "$record"
check $? "afterwards the sensor sees again" "$record"
grep '"name":"Marker"' "$record" | grep -q "\"lost\":[1-9]"
check $? "and its alerts say that records were lost" "$record"
kill "$pid"
wait "$pid"
is $? 0 "a clean end" "$tmp/err"
pids=
tail -n 1 "$record" >"$tmp/last"
[ "$(detail emitted "$tmp/last")" -eq $(($(detail delivered "$tmp/last") + $(detail lost "$tmp/last"))) ]
check $? "emitted = delivered + lost" "$tmp/last"
[ "$(detail lost "$tmp/last")" -ge "$(detail lost "$tmp/loss")" ]
check $? "the total only grows" "$tmp/last"
done_testing
