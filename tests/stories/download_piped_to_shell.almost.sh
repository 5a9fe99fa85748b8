# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The download goes into a file that a shell then reads through a pipe, and another into a shell that has its own command.
curl -s -o setup.sh "http://$REMOTE/setup.sh"
cat setup.sh | sh
curl -s "http://$REMOTE/setup.sh" | sh -c 'wc -l'
curl -s "http://$REMOTE/setup.sh" | cat
