# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# What is fetched is read, what is run was there before or was sent away; nothing fetched is made executable.
cp /usr/bin/true /tmp/other
printf 'true\n' >/tmp/other.sh
curl -s -o /tmp/data "http://$REMOTE/data"
/tmp/other
wget -q -O /tmp/list.sh "http://$REMOTE/setup.sh"
sh /tmp/other.sh
grep -c true /tmp/list.sh
curl -s -T /tmp/other "http://$REMOTE/upload"
/tmp/other
cd /tmp
wget -q "http://$REMOTE/tool"
./other
true
