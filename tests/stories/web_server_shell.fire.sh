# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A server and an application server, played by copies of an interpreter, run a command line, one of them under timeout.
cp /usr/bin/perl nginx
./nginx -e 'system("id; true")'
./nginx -e 'system("timeout", "5", "sh", "-c", "id; true")'
perl -e 'system("id; true")' starman --workers 1
true
