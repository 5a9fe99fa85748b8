# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The shell opens the connection itself.
bash -c 'exec 3<>"/dev/tcp/$0/4444"' "$REMOTE"
true
