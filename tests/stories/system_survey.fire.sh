# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# First questions on a foreign machine.
id
whoami
uname -a
hostname
ps
df
