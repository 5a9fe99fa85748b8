# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A program fetches data from another host and from its own, and a script waits for a service that is not there yet.
curl -s -o data "http://$REMOTE/data"
wget -q -O - "http://$REMOTE/data" | cat
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, sockaddr_in(80, inet_aton($ARGV[0]))) or die;
	syswrite($s, "GET /data HTTP/1.0\r\n\r\n"); print <$s>; close $s; system("cat data | wc -c")' "$REMOTE"
for try in 1 2 3; do
	nc -z -w 1 127.0.0.1 5432
done
bash -c '(exec 3<>/dev/tcp/127.0.0.1/5432) 2>/dev/null || true'
tar -cf archive.tar data
gzip archive.tar
