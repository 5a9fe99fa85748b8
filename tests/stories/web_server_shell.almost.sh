# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# The server runs a program without a shell, sends mail, rotates its log and answers by a packaged script.
cp /usr/bin/perl nginx
./nginx -e 'system("id")'
./nginx -e 'system("/bin/sh", "-c", "/usr/sbin/sendmail -t -i")' </dev/null
./nginx -e 'system("/bin/sh", "-c", "exec /usr/bin/logger --version")'
./nginx -e 'system("timeout", "5", "id")'
perl -e 'system("id; true")' prefork --workers 1
true
