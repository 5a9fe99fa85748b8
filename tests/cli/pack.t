#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# The shipped rules: sound, each with a recorded story that fires and one that almost does, and the same result every time.
set -u

tripline=$TL_BUILDDIR/tripline
pack=$TL_SRCDIR/rules/packs
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0

ok()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		[ -z "${3-}" ] || sed 's/^/# /' "$3"
	fi
}

"$tripline" check --strict "$pack" >"$tmp/check" 2>&1
ok $? "every rule of the pack is sound" "$tmp/check"

grep 'warning:' "$tmp/check" >"$tmp/warnings"
[ ! -s "$tmp/warnings" ]
ok $? "no rule of the pack is warned of" "$tmp/warnings"

"$tripline" test --rules "$pack" "$pack" >"$tmp/first" 2>"$tmp/errors"
status=$?
cat "$tmp/errors" >>"$tmp/first"
ok $status "all stories end as expected" "$tmp/first"

"$tripline" test --rules "$pack" "$pack" >"$tmp/second" 2>"$tmp/errors"
cat "$tmp/errors" >>"$tmp/second"
cmp "$tmp/first" "$tmp/second" >"$tmp/diff" 2>&1
ok $? "a second run says the same" "$tmp/diff"

# An identity that alerts is the id of its document; one that stands in no expectation has never been seen to fire.
find "$pack" -name '*.yml' | sort >"$tmp/rules"
: >"$tmp/unheard"
: >"$tmp/alone"
: >"$tmp/unlisted"
while read -r rule; do
	base=${rule%.yml}
	for story in fire almost; do
		[ -s "$base.$story.jsonl" ] && [ -s "$base.$story.expect.yaml" ] || echo "$base: no $story story" >>"$tmp/alone"
	done
	sed -n 's/^id: //p' "$rule" | while read -r id; do
		grep -q "rule: $id" "$base.fire.expect.yaml" || echo "$base: $id never fires" >>"$tmp/unheard"
		title=$(grep -B 1 "^id: $id" "$rule" | sed -n 's/^title: //p')
		grep -q -F "| $title |" "$pack/README.md" || echo "$base: $id is not listed" >>"$tmp/unlisted"
	done
done <"$tmp/rules"
[ -s "$tmp/rules" ] && [ ! -s "$tmp/alone" ]
ok $? "every rule file has a story that fires and one that almost does" "$tmp/alone"
[ ! -s "$tmp/unheard" ]
ok $? "every identity fires in a story of its own file" "$tmp/unheard"
[ ! -s "$tmp/unlisted" ]
ok $? "README.md lists every rule" "$tmp/unlisted"

# Expectations are only worth something if they can fail: an almost-story must not pass for a firing one.
story=$pack/discovery/port_scan
mkdir "$tmp/swapped"
cp "$story.almost.jsonl" "$tmp/swapped/story.jsonl"
cp "$story.fire.expect.yaml" "$tmp/swapped/story.expect.yaml"
! "$tripline" test --rules "$pack" "$tmp/swapped" >"$tmp/swap" 2>&1
ok $? "a story with the expectations of another fails" "$tmp/swap"

set -- "$pack"/honest/*.jsonl
[ -s "$1" ]
ok $? "honest days are recorded"
for day in "$@"; do
	"$tripline" test --rules "$pack" "$day" >"$tmp/day" 2>&1 && ! grep -q '"rule"' "$tmp/day"
	ok $? "no rule fires on $(basename "$day" .jsonl)" "$tmp/day"
done

echo "1..$n"
