# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# Twelve ports of the other host, all closed.
nc -z -w 1 "$REMOTE" 5001-5012
true
