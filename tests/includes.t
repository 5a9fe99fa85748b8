#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
#
# includes.t - who may include whom: the rooms and their arrows, and one file for each library
#
# Two tables, read by one scan. A quoted include names its room, from the top directory; `config.h` is for all.
set -u

# files of ours: what they may include. The first row that fits counts.
rooms='
bpf/*                   bpf/* core/events.def
core/*                  core/*
rules/*                 rules/* core/*
outputs/*               outputs/* core/*
sensor/main.c           sensor/* core/*
sensor/cmd*             sensor/* core/* rules/* outputs/* bpf/wire.h
sensor/story.*          sensor/* core/* rules/*
sensor/worker.*         sensor/* core/* rules/ruleset.h rules/correlate.h rules/score.h outputs/output.h bpf/wire.h
sensor/loop.*           sensor/* core/* rules/ruleset.h rules/correlate.h rules/score.h outputs/output.h bpf/wire.h
sensor/probe.c          sensor/* core/* bpf/wire.h bpf/tripline.skel.h
sensor/*                sensor/* core/* bpf/wire.h
'

# headers of libraries: the only files that may see them
libraries='
bpf/bpf_*.h             bpf/* sensor/probe.c
bpf/*                   sensor/probe.c
hs.h                    rules/match.c
hs/*                    rules/match.c
yaml.h                  core/yaml.c
cap-ng.h                sensor/sandbox.c
seccomp.h               sensor/sandbox.c
jansson.h               -
systemd/*               -
'

# scan DIR - one line for each include that no row permits
scan() {
	(cd "$1" && find bpf core rules outputs sensor -name '*.[ch]' -o -name '*.def' 2>/dev/null) | sort |
		while read -r file; do
			sed -n 's/^[ \t]*#[ \t]*include[ \t]*\(["<][^">]*\).*/\1/p' "$1/$file" | sed "s|^|$file |"
		done | awk -v rooms="$rooms" -v libraries="$libraries" '
		function fits(name, pattern) {
			gsub(/\./, "[.]", pattern)
			gsub(/\*/, ".*", pattern)
			return name ~ ("^" pattern "$")
		}
		function permitted(name, row, from,    words, n, i) {
			n = split(row, words, " ")
			for (i = from; i <= n; i++)
				if (fits(name, words[i]))
					return 1
			return 0
		}
		BEGIN {
			nrooms = split(rooms, room, "\n")
			nlibs = split(libraries, lib, "\n")
		}
		{
			file = $1
			kind = substr($2, 1, 1)
			name = substr($2, 2)
			if (kind == "\"") {
				if (name == "config.h")
					next
				for (i = 1; i <= nrooms; i++) {
					split(room[i], word, " ")
					if (room[i] != "" && fits(file, word[1])) {
						if (!permitted(name, room[i], 2))
							print file " must not include \"" name "\""
						break
					}
				}
				next
			}
			for (i = 1; i <= nlibs; i++) {
				split(lib[i], word, " ")
				if (lib[i] != "" && fits(name, word[1])) {
					if (!permitted(file, lib[i], 2))
						print file " must not include <" name ">"
					break
				}
			}
		}'
}

work=$(mktemp -d "${TMPDIR:-/tmp}/tripline-includes.XXXXXX")
trap 'rm -rf "$work"' EXIT
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

# A scan that sees nothing would pass for ever: show it every kind of wrong first.
wrong() { # file, include
	mkdir -p "$work/bad/$(dirname "$1")"
	echo "#include $2" >>"$work/bad/$1"
}
for room in bpf core rules outputs sensor; do
	mkdir -p "$work/bad/$room"
done
wrong core/a.c '"rules/ruleset.h"'
wrong core/b.c '<yaml.h>'
wrong rules/a.c '"outputs/output.h"'
wrong rules/b.h '"bpf/wire.h"'
wrong outputs/a.c '"sensor/ring.h"'
wrong outputs/b.c '<systemd/sd-daemon.h>'
wrong sensor/ring.c '"rules/ruleset.h"'
wrong sensor/loop.c '<bpf/libbpf.h>'
wrong sensor/worker.c '"rules/sigma.h"'
wrong sensor/main.c '"main.h"'
wrong bpf/a.bpf.c '"core/event.h"'
wrong core/yaml.c '<seccomp.h>'
planted=$(find "$work/bad" -type f | wc -l)
printf '#include "config.h"\n#include "core/buf.h"\n' >"$work/bad/rules/right.c"
found=$(scan "$work/bad" | wc -l)
: >"$work/wrong"
[ "$found" -eq "$planted" ] || echo "$planted forbidden includes planted, $found found" >"$work/wrong"
check 'the scan finds what it is for'

scan "$TL_SRCDIR" >"$work/all"
for room in bpf core rules outputs sensor; do
	grep "^$room/" "$work/all" | grep '"$' >"$work/wrong"
	check "$room/ includes only what its row permits"
done
grep '>$' "$work/all" >"$work/wrong"
check 'each library is seen by its own file only'
echo "1..$count"
