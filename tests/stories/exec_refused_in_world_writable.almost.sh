# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# Three refusals in such places, one elsewhere, and a file that does not exist.
for file in /tmp/a /var/tmp/a /dev/shm/a "$PWD/a"; do
	cp /usr/bin/true "$file"
	chmod 644 "$file"
	"$file"
done
/tmp/missing
true
