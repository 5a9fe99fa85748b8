# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# Logins are shredded, a log is emptied, the history of commands goes to nowhere.
mkdir home
cp /etc/passwd /var/log/wtmp
cp /etc/passwd /var/log/auth.log
shred -u /var/log/wtmp
busybox truncate -s 0 /var/log/auth.log
ln -sf /dev/null "$PWD/home/.bash_history"
