#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# words.t - what no file of the tree may hold, and what each must: debts without a name, paths and hosts of some
# machine, trailing blanks, a missing last newline; a licence line in every source
set -u

work=$(mktemp -d "${TMPDIR:-/tmp}/tripline-words.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$TL_SRCDIR" || exit 1

# The files of a checkout are those that git knows; a release has no others.
if [ -e .git ] && git -c safe.directory="$TL_SRCDIR" ls-files >"$work/tracked" 2>/dev/null && [ -s "$work/tracked" ]; then
	while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done <"$work/tracked" >"$work/files"
else
	find bpf core data man outputs rules sensor tests Makefile.am configure.ac autogen.sh m4 -type f \
		! -name '*.o' ! -name '*.log' ! -name '*.trs' ! -path 'm4/l[it]*.m4' >"$work/files"
fi

count=0
check() { # name; what is wrong is in $work/wrong
	count=$((count + 1))
	if [ -s "$work/wrong" ]; then
		echo "not ok $count - $1"
		head -n 40 "$work/wrong" | sed 's/^/# /'
	else
		echo "ok $count - $1"
	fi
}

# Written apart, so that this file does not find itself.
debts='\bTO''DO\b|\bFIX''ME\b|\bX''XX\b'
places='(^|[^[:alnum:]])/wor''k/|deb[.]deb''ian[.]org|secur''ity[.]debian[.]org|/ro''ot/[.]cache|/tmp/b''-[a-z]'

text() { # the text files among them
	xargs grep -lI '' <"$work/files"
}
text >"$work/text"

: >"$work/wrong"
[ "$(wc -l <"$work/text")" -gt 50 ] || echo "only $(wc -l <"$work/text") files seen" >"$work/wrong"
check 'the files of the tree are seen'
xargs grep -nE "$debts" <"$work/text" >"$work/wrong"
check 'no debt without a decision'
xargs grep -nE "$places" <"$work/text" >"$work/wrong"
check 'no place of one machine and no host of a mirror'
# Fixtures and corpora may hold any bytes.
grep -vE '^tests/(fixtures|fuzz)/|[.]jsonl$' "$work/text" >"$work/prose"
xargs grep -nE '[ 	]+$' <"$work/prose" >"$work/wrong"
check 'no trailing blanks'
while read -r file; do
	[ -z "$(tail -c 1 "$file")" ] || echo "$file"
done <"$work/prose" >"$work/wrong"
check 'each file ends with a newline'
grep -E '[.](c|h|def|awk|t|sh|ac)$|^(autogen.sh|quickstart|Makefile.am|[.]ci/run)$|^tests/vm/(run|kernel|init)$' "$work/text" |
	while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || echo "$file"
	done >"$work/wrong"
check 'each source names its licence'
grep -E '[.](c|h|def)$' "$work/text" | while read -r file; do
	head -n 4 "$file" | grep -q 'Copyright (C) 2026 The tripline authors' || echo "$file"
done >"$work/wrong"
check 'each source names its authors'
echo "1..$count"
