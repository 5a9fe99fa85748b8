# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# An ordinary user runs a packaged set-user-ID program; a daemon that root started gives up its rights and takes them back.
cp /usr/bin/perl daemon
setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/su --version
./daemon -e '$> = 65534; $> = 0;'
true
