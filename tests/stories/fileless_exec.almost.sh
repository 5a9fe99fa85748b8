# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A memory file that is only data, a program deleted while it runs, and one run by descriptor that still has its name.
perl -e 'my $name = "x"; my $fd = syscall(319, $name, 0); open(my $out, ">&=", $fd) or die; print $out "data"'
cp /usr/bin/sleep /tmp/job
/tmp/job 0.4 &
sleep 0.2
rm /tmp/job
wait
exec 3</usr/bin/true
/proc/self/fd/3
bash -c '. /dev/fd/4' 4</dev/null
true
