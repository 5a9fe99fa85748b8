# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A program runs from memory; another from a file that has no name any more.
cp /usr/bin/true /tmp/job
perl -e 'my $name = "x"; my $fd = syscall(319, $name, 0); open(my $out, ">&=", $fd) or die; open(my $in, "<", "/usr/bin/true");
	local $/; binmode $out; print $out scalar <$in>; $out->flush; exec {"/proc/self/fd/$fd"} "job"'
exec 3</tmp/job
rm /tmp/job
/proc/self/fd/3
true
