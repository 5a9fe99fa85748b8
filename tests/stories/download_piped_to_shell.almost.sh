# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A script is fetched into a file that a shell then reads through a pipe; another download goes into a shell that has
# its own command, and one to the reader.
curl -s -o setup.sh "http://$REMOTE/setup.sh"
sh -c 'cat setup.sh | sh; true'
curl -s "http://$REMOTE/setup.sh" | sh -c 'wc -l'
curl -s "http://$REMOTE/setup.sh" | cat
