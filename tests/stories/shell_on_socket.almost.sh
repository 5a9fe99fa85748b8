# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# As runtimes do it: a command or a script on a socket; and as an ssh server without a terminal does it.
printf 'true\n' >script.sh
cp /usr/bin/perl sshd-session
run='use Socket; socketpair(my $near, my $far, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
	if (!fork) { open(STDIN, "<&", $far); exec @ARGV } shutdown($near, 1); wait'
perl -e "$run" sh -c true
perl -e "$run" bash -lic true
perl -e "$run" sh script.sh
./sshd-session -e "$run" sh
true
