# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The same relay stays on this host, and the call to the other host comes from a packaged relay that is no child of it,
# and from a command of a shell that merely works there.
cp /usr/bin/nc /tmp/update
/tmp/update -w 1 127.0.0.1 4445 </dev/null
nc -w 1 "$REMOTE" 4444 </dev/null
cd /tmp
sh -c 'nc -w 1 "$0" 4444 </dev/null; true' "$REMOTE"
