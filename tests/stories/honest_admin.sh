# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# An administrator looks around, reads logs, asks the package tools, and becomes another user for one command.
id -un
uname -r
df /
echo 'entry' >/var/log/syslog
tail -n 1 /var/log/syslog
grep -c entry /var/log/syslog
dpkg-query --show dash
apt-get --version
setpriv --reuid=65534 --regid=65534 --clear-groups id -un
su -c true
bash -ic true </dev/null
cp /var/log/syslog /var/log/syslog.1
gzip /var/log/syslog.1
env TERM=dumb ls /
