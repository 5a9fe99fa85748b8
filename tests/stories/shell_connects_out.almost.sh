# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The shell connects to its own host only; another host is called by a tool that the shell runs.
bash -c 'exec 3<>/dev/tcp/127.0.0.1/4445'
bash -c 'nc -w 1 "$0" 4444 </dev/null; true' "$REMOTE"
true
