# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A shell on a pipe that nobody asked to be interactive, and an interactive one that reads nothing.
echo true | sh
echo true | bash -s
sh -i </dev/null
true
