EXTRA_DIST += tests/tap.h tests/event_equal.h tests/oom.h tests/random.h
include tests/targets.mk
