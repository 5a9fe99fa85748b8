EXTRA_DIST += tests/tap.h
