# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A program connects and runs a command by a shell; the shell that waits for commands is none of its children.
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, sockaddr_in(4444, inet_aton($ARGV[0]))) or die;
	system("true; true")' "$REMOTE"
echo true | sh
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, sockaddr_in(4445, inet_aton("127.0.0.1")));
	open(my $shell, "|-", "/bin/sh"); print $shell "exit\n"; close $shell'
true
