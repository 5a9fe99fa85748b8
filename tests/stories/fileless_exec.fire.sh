# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A program runs from memory, another from a file that has no name any more, and a script from memory (execveat).
cp /usr/bin/true /tmp/job
perl -e 'my $name = "x"; my $fd = syscall(319, $name, 0); open(my $out, ">&=", $fd) or die; open(my $in, "<", "/usr/bin/true");
	local $/; binmode $out; print $out scalar <$in>; $out->flush; exec {"/proc/self/fd/$fd"} "job"'
exec 3</tmp/job
rm /tmp/job
/proc/self/fd/3
perl -e '$^F = 99; my ($name, $empty) = ("x", ""); my $fd = syscall(319, $name, 0); open(my $out, ">&=", $fd) or die;
	print $out "#!/bin/sh\ntrue\n"; $out->flush; my $argv = pack("pQ", $name, 0); my $envp = pack("Q", 0);
	syscall(322, $fd, $empty, $argv, $envp, 0x1000)'
true
