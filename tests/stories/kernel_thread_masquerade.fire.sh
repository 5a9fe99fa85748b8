# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# Three disguises: a new name for the task, a name in brackets as first argument, a file called like a kernel thread.
perl -e '$0 = "kworker/u4:2"'
bash -c 'exec -a "[kworker/0:1]" true'
cp /usr/bin/true kswapd0
"$PWD/kswapd0"
true
