# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# What is fetched is read, what is run was there before or was sent away; nothing fetched is made executable.
# At last a program is fetched in one login session and run in another.
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
login()
{
	sh -c 'echo 1000 >/proc/self/loginuid; exec "$@"' login "$@"
}
login curl -s -o /tmp/later "http://$REMOTE/tool"
chmod 755 /tmp/later
login /tmp/later
true
