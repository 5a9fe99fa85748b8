# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The same tools on other files, and other tools on the same files.
cp /etc/passwd /var/log/wtmp
cp /etc/passwd /var/log/build.log.1
shred -u /var/log/build.log.1
busybox tail -c 1 /var/log/wtmp
ln -s /var/log/wtmp "$PWD/wtmp"
rm "$PWD/wtmp"
true
