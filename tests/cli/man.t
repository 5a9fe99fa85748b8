#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The manual pages are well formed, name every mode, option and field, and their examples do what they say.
set -u
src=${TL_SRCDIR:?} build=${TL_BUILDDIR:?}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0

ok() { # ok RESULT NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# Every line of the here document occurs in the page.
names_all() { # names_all PAGE
	status=0
	while IFS= read -r word; do
		grep -qF -- "$word" "$1" || {
			echo "# $1 lacks: $word"
			status=1
		}
	done
	return $status
}

pages="$src/man/tripline.1 $src/man/tripline-security.7 $build/man/tripline-rules.7 $build/man/tripline-events.5 $build/man/tripline.yaml.5"

if command -v mandoc >/dev/null 2>&1; then
	for page in $pages; do
		mandoc -T lint -W warning "$page" >"$tmp/lint" 2>&1
		r=$?
		sed 's/^/# /' "$tmp/lint"
		ok $r "${page##*/} is well formed"
	done
else
	for page in $pages; do
		n=$((n + 1))
		echo "ok $n - ${page##*/} is well formed # SKIP no mandoc"
	done
fi

"$build/tripline" --help | awk '/^Modes:/ { on = 1; next } on && NF == 0 { on = 0 } on { print $1 }' |
	sed 's/^/.Ss /' | names_all "$src/man/tripline.1"
ok $? "tripline.1 has every mode"

# The options of the configuration are in tripline.yaml(5); tripline.1 says so.
sed -n 's/^OPTION(\([a-z_]*\),.*/--\1/p' "$src/sensor/config.def" | tr _ - >"$tmp/options"
for mode in run record test check; do
	"$build/tripline" "$mode" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u | grep -vx -e --help | grep -vxF -f "$tmp/options" |
		sed 's/^--/Fl Fl /' | names_all "$src/man/tripline.1"
	ok $? "tripline.1 has every option of $mode"
done

sed -n 's/^FIELD([^"]*"\([^"]*\)".*/\1/p' "$src/core/events.def" | names_all "$build/man/tripline-events.5"
ok $? "tripline-events.5 has every field"
sed -n 's/^OPTION(\([a-z_]*\),.*/Va \1/p' "$src/sensor/config.def" | names_all "$build/man/tripline.yaml.5"
ok $? "tripline.yaml.5 has every option"
sed -n 's/^MODIFIER(\([a-z0-9_]*\),.*/\1/p' "$src/rules/modifiers.def" | names_all "$build/man/tripline-rules.7"
ok $? "tripline-rules.7 has every modifier"

# The example rules of tripline-rules(7), taken out of the page, make one set without an error.
mkdir "$tmp/rules"
awk '/^\.Bd -literal/ { on = 1; file++; next } /^\.Ed/ { on = 0 } on && !/^\$/ { print > (dir "/" file) }' dir="$tmp/rules" "$build/man/tripline-rules.7"
for f in "$tmp"/rules/*; do
	if grep -q '^title:' "$f"; then mv "$f" "$f.yml"; else rm "$f"; fi
done
cat >"$tmp/rules/parts.yml" <<'EOF'
title: Part
name: exec_from_tmp
logsource: {category: process_creation, product: linux}
detection: {s: {Image|startswith: /tmp/}, condition: s}
---
title: Part
name: outbound_connect
logsource: {category: network_connection, product: linux}
detection: {s: {Initiated: true}, condition: s}
EOF
"$build/tripline" check "$tmp/rules" >"$tmp/out" 2>&1
r=$?
sed 's/^/# /' "$tmp/out"
ok $r "the examples of tripline-rules.7 are rules"

# The example line of tripline-events(5) is an event, and the example rule fires on it.
grep '^{"@timestamp"' "$build/man/tripline-events.5" >"$tmp/story.jsonl"
"$build/tripline" test --rules "$tmp/rules" "$tmp/story.jsonl" >"$tmp/out" 2>"$tmp/err"
r=$?
sed 's/^/# /' "$tmp/err"
[ $r -eq 0 ] && grep -q '"event": *0' "$tmp/out"
ok $? "the example of tripline-events.5 is an event that the example rule finds"

echo "1..$n"
