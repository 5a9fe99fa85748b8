# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A developer configures, builds and tests a small project below /tmp, keeps it in git, and packs it up.
mkdir /tmp/build
cd /tmp/build
cat >configure <<'EOF'
#!/bin/sh
echo 'int main(void) { return 0; }' >conftest.c
cc -o conftest conftest.c && ./conftest && rm -f conftest conftest.c
printf 'prog: prog.c\n\tcc -o prog prog.c\ncheck: prog\n\t./prog\n\tsh check.sh\n' >Makefile
EOF
echo 'int main(void) { return 0; }' >prog.c
echo 'test -x ./prog' >check.sh
chmod +x configure
git init -q .
git add .
git -c user.name=dev -c user.email=dev@example.org commit -q -m first
./configure
make -s check
tar -czf /tmp/prog.tar.gz prog
git status --short
rm -rf /tmp/build
