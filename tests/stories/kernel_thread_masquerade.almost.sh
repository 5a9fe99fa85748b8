# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A daemon renames itself like daemons do; the test command has brackets but no name in them; a login shell has its dash.
perl -e '$0 = "kdeconnectd"'
/usr/bin/[ -f /etc/passwd ]
bash -c 'exec -a -true true'
true
