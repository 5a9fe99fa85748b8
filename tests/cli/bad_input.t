#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# Bad configuration, bad rules, no permission: one clear line and the exit status that the manual gives.
. "$TL_SRCDIR/tests/cli/lib.sh"

run() {
	timeout -k 5 60 "$tripline" run --record-file "$tmp/log/alerts.json" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

says() {
	grep -qE -e "$1" "$tmp/err"
	check $? "$2" "$tmp/err"
}

# ---- configuration: read before anything else, so no privilege is needed ----
printf 'alert_level: high\nring_byte: 1M\n' >"$tmp/c.yaml"
run --config "$tmp/c.yaml"
is "$status" 78 "a misspelt option" "$tmp/err"
says "c.yaml:2:1: error: unknown option ring_byte \(did you mean ring_bytes\?\)" "file, line, column and the nearest name"

printf 'half_life: forever\n' >"$tmp/c.yaml"
run --config "$tmp/c.yaml"
is "$status" 78 "a wrong value"
says "c.yaml:1:12: error: half_life must be a time" "its place and what it must be"

printf 'rules: [\n' >"$tmp/c.yaml"
run --config "$tmp/c.yaml"
is "$status" 78 "broken YAML"
says "c.yaml:[0-9]+:[0-9]+: error:" "its place"

run --config "$tmp/nothing.yaml"
is "$status" 78 "a configuration that is not there"
says "nothing.yaml" "its name"

printf 'syslog: false\n' >"$tmp/c.yaml"
chmod 666 "$tmp/c.yaml"
run --config "$tmp/c.yaml"
is "$status" 78 "a configuration that anyone may write"
says "chmod go-w" "what to do"
chmod 644 "$tmp/c.yaml"
ln -s c.yaml "$tmp/link.yaml"
run --config "$tmp/link.yaml"
is "$status" 78 "a configuration behind a symbolic link"
says "symbolic link" "why"
run --config "$tmp"
is "$status" 78 "a directory as configuration"

# ---- no permission to load programs ----
chmod 755 "$tmp"
cp "$tripline" "$tmp/tripline"
chmod 755 "$tmp/tripline"
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid 54321 --regid 54321 --clear-groups"
	$as true 2>/dev/null || as=skip
else
	as=
fi
if [ "$as" = skip ]; then
	check 0 "without permission # SKIP no setpriv(1)"
else
	timeout 60 $as "$tmp/tripline" run --rules "$tmp" --record-file "$tmp/x.json" >"$tmp/out" 2>"$tmp/err" </dev/null
	is $? 77 "without permission" "$tmp/err"
	is "$(wc -l <"$tmp/err")" 1 "without permission: one line" "$tmp/err"
	says "CAP_BPF|root" "without permission: what is needed"
	[ ! -e "$tmp/x.json" ]
	check $? "without permission: nothing is made"
fi

# ---- rules and users: read by the sensor itself ----
if [ "$(id -u)" -ne 0 ] || ! "$tripline" record --output /dev/null -- true >"$tmp/probe" 2>&1; then
	[ -z "${TL_REQUIRE_LIVE-}" ] || check 1 "the sensor can start here" "$tmp/probe"
	check 0 "bad rules # SKIP the sensor cannot start here"
	done_testing
	exit 0
fi

run --user root --rules "$tmp"
is "$status" 78 "root as the user to become" "$tmp/err"
says "root" "says why"
run --user no-such-user --rules "$tmp"
is "$status" 78 "a user that is not there" "$tmp/err"

mkdir "$tmp/empty" "$tmp/broken" "$tmp/mixed" "$tmp/closed" "$tmp/closed/rules"
chmod 700 "$tmp/closed"
run --rules "$tmp/closed/rules"
is "$status" 78 "rules that the sensor's user cannot reach" "$tmp/err"
says "cannot open .*/closed/rules" "which, and who cannot"
run --rules "$tmp/empty"
is "$status" 78 "no rule file" "$tmp/err"
says "no rule file in .*/empty" "no rule file: told"
run --rules "$tmp/not-there"
is "$status" 78 "no rule directory" "$tmp/err"
says "rule directory .*/not-there is not there" "no rule directory: which"

cat >"$tmp/broken/bad.yml" <<'RULE'
title: Broken
logsource:
  category: process_creation
detection:
  selection:
    Imaeg: /bin/false
  condition: selection
RULE
run --rules "$tmp/broken"
is "$status" 78 "nothing good among the rules" "$tmp/err"
says "bad.yml:6:[0-9]+: error:" "nothing good: the place of what is wrong"
says "nothing good" "nothing good: told"

cp "$tmp/broken/bad.yml" "$tmp/mixed"
cat >"$tmp/mixed/good.yml" <<'RULE'
title: Good
id: 2cd2f2c5-6e1d-4c0f-9d4a-1d7a4f1f3a10
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Image: /nonexistent/program
  condition: selection
level: high
RULE
mkdir -p "$tmp/log"
rm -f "$tmp/log/alerts.json"
"$tripline" run --rules "$tmp/mixed" --record-file "$tmp/log/alerts.json" --terminal false >"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
pids=$pid
wait_for 3000 grep -q '"tripline.start"' "$tmp/log/alerts.json"
check $? "a bad rule beside a good one does not stop the start" "$tmp/err"
says "bad.yml:6:[0-9]+: error:" "it is reported"
grep '"tripline.start"' "$tmp/log/alerts.json" | grep -q '"rule_errors":"1"'
check $? "and told as an event" "$tmp/log/alerts.json"
grep '"tripline.start"' "$tmp/log/alerts.json" | grep -q '"rules":"1"'
check $? "the good one is loaded" "$tmp/log/alerts.json"

# ---- one record file, one sensor ----
mv "$tmp/log/alerts.json" "$tmp/log/alerts.json.1"
timeout -k 5 60 "$tripline" run --rules "$tmp/mixed" --record-file "$tmp/log/alerts.json" --terminal false >"$tmp/out" 2>"$tmp/err2" </dev/null
is $? 1 "a second sensor with the same record file, rotated or not" "$tmp/err2"
grep -q "another sensor writes $tmp/log/alerts.json" "$tmp/err2"
check $? "says why it does not start" "$tmp/err2"
kill "$pid"
wait "$pid"
is $? 0 "clean end" "$tmp/err"
pids=

: >"$tmp/log/roots.json"
chmod 640 "$tmp/log/roots.json"
run --rules "$tmp/mixed" --terminal false --record-file "$tmp/log/roots.json"
is "$status" 78 "a record file that the sensor's user cannot write" "$tmp/err"
says "user [^ ]*, which the program becomes, cannot write $tmp/log/roots.json: Permission denied" "which, and who cannot"
ln -s roots.json "$tmp/log/link.json"
run --rules "$tmp/mixed" --terminal false --record-file "$tmp/log/link.json"
is "$status" 78 "a record file that is a symbolic link" "$tmp/err"
says "symbolic link" "says so"
done_testing
