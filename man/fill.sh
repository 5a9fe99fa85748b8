#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# Writes a manual page to standard output, a line @part@ replaced by the table that is made of a .def file.
# fill.sh AWK SOURCE_DIR PAGE.in
set -eu
awk=$1 src=$2 page=$3

while IFS= read -r line; do
	case $line in
	@options@)
		"$awk" -f "$src/man/row.awk" -f "$src/man/options.awk" "$src/sensor/config.def"
		;;
	@modifiers@)
		"$awk" -f "$src/man/row.awk" -f "$src/man/modifiers.awk" "$src/rules/modifiers.def"
		;;
	@categories@ | @fields@ | @records@)
		part=${line#@}
		"$awk" -v "part=${part%@}" -f "$src/man/row.awk" -f "$src/man/fields.awk" "$src/core/events.def"
		;;
	*)
		printf '%s\n' "$line"
		;;
	esac
done <"$page"
