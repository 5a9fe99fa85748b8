#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# What the sensor says live, `tripline test` says again of the recording: the same rules and processes, and byte for byte the
# same output whenever, wherever, as whoever and under whatever locale and time zone it is run.
. "$TL_SRCDIR/tests/cli/lib.sh"
need_live

acts=$TL_BUILDDIR/tests/cli/acts
pack=$TL_SRCDIR/rules/packs
place=$(mktemp -d /tmp/tripline-place.XXXXXX) || exit 99
trap 'rm -rf "$place"; cleanup' EXIT
chmod 755 "$tmp" "$place"
cp "$acts" "$place/program"
cp "$tripline" "$tmp/tripline"
cp -R "$pack" "$tmp/rules"
chmod -R a+rX "$tmp/rules" "$tmp/tripline"

"$acts" listen "$tmp/port" &
pids=$!
wait_for 500 test -s "$tmp/port"
record=$tmp/log/alerts.json
"$tripline" run --rules "$pack" --record-file "$record" --terminal false --lineage-threshold 0 >"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
pids="$pids $pid"
wait_for 3000 grep -q '"tripline.start"' "$record"
check $? "the sensor starts" "$tmp/err"

cat >"$tmp/story" <<END
$place/program call $(cat "$tmp/port")
/bin/sh -c 'exec 3<>/dev/null; /bin/true'
cp /bin/true $place/gone
$place/program call 1
$place/program call $(cat "$tmp/port")
true
END
"$tripline" record --output "$tmp/story.jsonl" -- /bin/sh "$tmp/story" 2>"$tmp/record.err"
is $? 0 "the story is recorded" "$tmp/record.err"
seen() { # what the alerts of the story in the record file say: rule and process
	grep '"kind":"alert"' "$record" | grep -F "\"executable\":\"$place/program\"" |
		sed -E 's/.*"executable".*"rule":\{.*"id":"([^"]*)","name".*"group":\{"ProcessGuid":"([^"]*)".*/\1 \2/'
}
three() { [ "$(seen | wc -l)" -ge 3 ]; }
wait_for 500 three
check $? "the sensor alerts of it, live" "$record"
kill "$pid"
wait "$pid"
is $? 0 "a clean end" "$tmp/err"

"$tripline" test --rules "$pack" "$tmp/story.jsonl" >"$tmp/first" 2>"$tmp/first.err"
is $? 0 "the recording is evaluated" "$tmp/first.err"
is "$(wc -l <"$tmp/first")" 3 "three hits" "$tmp/first"
seen | sort >"$tmp/live"
sed -nE 's/.*"rule": "([^"]*)".*"ProcessGuid": "([^"]*)".*/\1 \2/p' "$tmp/first" | sort >"$tmp/again"
[ -s "$tmp/live" ] && cmp -s "$tmp/live" "$tmp/again"
check $? "the same rules and processes as live" "$tmp/again"

same() { # name
	cmp -s "$tmp/first" "$tmp/second" && cmp -s "$tmp/first.err" "$tmp/second.err"
	check $? "$1" "$tmp/second"
}
"$tripline" test --rules "$pack" "$tmp/story.jsonl" >"$tmp/second" 2>"$tmp/second.err"
same "a second time: the same bytes"
for locale in C tr_TR.UTF-8 de_DE.ISO-8859-1; do
	for zone in UTC0 Asia/Kathmandu "<+14>-14"; do
		LC_ALL=$locale LANG=$locale TZ=$zone "$tripline" test --rules "$pack" "$tmp/story.jsonl" >"$tmp/second" 2>"$tmp/second.err"
		same "locale $locale, time zone $zone: the same bytes"
	done
done
mkdir "$tmp/elsewhere"
(cd "$tmp/elsewhere" && exec "$tmp/tripline" test --rules ../rules ../story.jsonl) >"$tmp/second" 2>"$tmp/second.err"
same "in another directory, with a copy of the rules: the same bytes"
if command -v setpriv >/dev/null 2>&1; then
	chmod 644 "$tmp/story.jsonl"
	(cd / && exec env -i setpriv --reuid 54321 --regid 54321 --clear-groups "$tmp/tripline" test --rules "$tmp/rules" "$tmp/story.jsonl") \
		>"$tmp/second" 2>"$tmp/second.err"
	same "as another user, without an environment: the same bytes"
	unshare --uts --net sh -c 'hostname another-host && exec "$@"' sh "$tmp/tripline" test --rules "$tmp/rules" "$tmp/story.jsonl" \
		>"$tmp/second" 2>"$tmp/second.err"
	same "on a host of another name, without a network: the same bytes"
fi
"$tripline" test --rules "$pack" --format text "$tmp/story.jsonl" >"$tmp/first" 2>"$tmp/first.err"
LC_ALL=tr_TR.UTF-8 TZ=Asia/Kathmandu "$tripline" test --rules "$tmp/rules" --format text "$tmp/story.jsonl" >"$tmp/second" 2>"$tmp/second.err"
same "as text, too"
done_testing
