# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# One closed port again and again, a few more, and ports of two other addresses.
for try in 1 2 3 4 5 6; do
	nc -z -w 1 "$REMOTE" 5001
done
nc -z -w 1 "$REMOTE" 5002-5011
nc -z -w 1 127.0.0.1 5012-5015
nc -z -w 1 127.0.0.2 5012-5015
true
