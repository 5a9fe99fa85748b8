# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# One end of a socket pair becomes the standard input of an interactive shell, as itself, as a copy
# under another name, and with another first argument.
cp /bin/sh helper
run()
{
	perl -MSocket -e 'socketpair(my $near, my $far, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
		if (!fork) { open(STDIN, "<&", $far); open(STDOUT, ">&", $far); exec {$ARGV[0]} @ARGV[1 .. $#ARGV] }
		syswrite($near, "exit\n"); shutdown($near, 1); wait' "$@"
}
run /bin/sh sh -i
run "$PWD/helper" helper -i
run /bin/sh 'web worker'
true
