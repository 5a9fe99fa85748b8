# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# Two attempts to load a file that is no module: by its path, and from the directory it lies in.
printf 'no module\n' >/tmp/driver.ko
busybox insmod /tmp/driver.ko
cd /tmp
busybox insmod driver.ko
true
