# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A copied relay in /tmp calls the other host; then a script in /var/tmp lets a packaged relay call for it, by its path and by
# its name in the working directory. At last the copied relay calls this host itself, by either family of addresses.
cp /usr/bin/nc /tmp/update
/tmp/update -w 1 "$REMOTE" 4444 </dev/null
printf '#!/bin/sh\nnc -w 1 %s 4444 </dev/null\ntrue\n' "$REMOTE" >/var/tmp/sync
chmod 755 /var/tmp/sync
/var/tmp/sync
cd /var/tmp
sh sync
/tmp/update -w 1 127.0.0.1 4445 </dev/null
/tmp/update -w 1 ::1 4445 </dev/null
true
