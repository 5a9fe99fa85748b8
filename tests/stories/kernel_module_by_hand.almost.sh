# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The file is only looked at, and a module of the system is asked for.
printf 'no module\n' >/tmp/driver.ko
cat /tmp/driver.ko
cd /tmp
busybox lsmod
busybox insmod /lib/modules/missing.ko
true
