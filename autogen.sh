#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes ./configure from a checkout. Run it once, then: ./configure && make
set -eu
cd "$(dirname "$0")"
missing=
for tool in autoreconf automake pkg-config; do
	command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "autogen.sh: missing:$missing (Debian: apt-get install autoconf automake pkg-config)" >&2
	exit 1
fi
exec autoreconf -fi
