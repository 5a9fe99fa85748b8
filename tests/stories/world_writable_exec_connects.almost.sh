# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The same relay only tells how it is used, and the calls to the other host and to this one come from a packaged relay that
# is no child of it, and from a command of a shell that merely works there. A script there lets the packaged relay call this
# host.
cp /usr/bin/nc /tmp/update
/tmp/update -h
nc -w 1 "$REMOTE" 4444 </dev/null
nc -w 1 127.0.0.1 4445 </dev/null
cd /tmp
sh -c 'nc -w 1 "$0" 4444 </dev/null; true' "$REMOTE"
printf '#!/bin/sh\nnc -w 1 127.0.0.1 4445 </dev/null\ntrue\n' >/var/tmp/sync
chmod 755 /var/tmp/sync
/var/tmp/sync
true
