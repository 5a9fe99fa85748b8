# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# What a scheduler starts: a shell with a command on a pipe, a script from a packaged place, a cleaning job in /tmp.
: | env -i HOME=/ PATH=/usr/bin:/bin SHELL=/bin/sh sh -c 'test -x /usr/sbin/missing || true'
: | env -i HOME=/ PATH=/usr/bin:/bin SHELL=/bin/sh sh -c 'cd / && run-parts --report /etc/cron.missing; true'
touch /tmp/old
find /tmp -name old -delete
mkdir spool
printf '#!/bin/sh\nexec find "$1" -type f -mtime +30\n' >spool/clean
chmod 755 spool/clean
"$PWD/spool/clean" /var/tmp
: | sh -c 'date | cat'
