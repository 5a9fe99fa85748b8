EXTRA_DIST += tests/tap.h tests/event_equal.h
include tests/targets.mk
