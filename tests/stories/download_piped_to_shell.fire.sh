# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The one-line installer, and the same with the shell started first.
curl -s "http://$REMOTE/setup.sh" | { sleep 0.2; sh; }
mkfifo pipe
exec 3<>pipe
sh <&3 3<&- &
sleep 0.2
wget -q -O - "http://$REMOTE/setup.sh" >&3
echo exit >&3
wait
