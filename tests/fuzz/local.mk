# Fuzz targets: each defines LLVMFuzzerTestOneInput and aborts on a fault. To add target x:
#   tests/fuzz/x_fuzz.c     the target
#   tests/fuzz/corpus/x/    its seeds (shipped as they are, no list to keep)
# and four lines at the end of this file, as for jsonl.
#
# --enable-fuzzing (CC=clang) links libFuzzer: tests/fuzz/x_fuzz -max_total_time=60 NEWDIR tests/fuzz/corpus/x
# Otherwise `make check` runs the seeds, whole, cut and spoiled, through the same target (tests/fuzz/replay_main.c).
FUZZ_TARGETS =
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/replay_main.c
if FUZZING
noinst_PROGRAMS += $(FUZZ_TARGETS)
FUZZ_MAIN =
fuzz_link = $(AM_LDFLAGS) -fsanitize=fuzzer
else
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
FUZZ_MAIN = tests/fuzz/replay_main.c tests/tap.h
fuzz_link = $(AM_LDFLAGS)
endif

FUZZ_TARGETS += tests/fuzz/jsonl_fuzz
tests_fuzz_jsonl_fuzz_SOURCES = tests/fuzz/jsonl_fuzz.c tests/event_equal.h $(FUZZ_MAIN)
tests_fuzz_jsonl_fuzz_LDFLAGS = $(fuzz_link)
tests_fuzz_jsonl_fuzz_LDADD = libcore.a

FUZZ_TARGETS += tests/fuzz/decode_fuzz
tests_fuzz_decode_fuzz_SOURCES = tests/fuzz/decode_fuzz.c $(FUZZ_MAIN)
tests_fuzz_decode_fuzz_LDFLAGS = $(fuzz_link)
tests_fuzz_decode_fuzz_LDADD = libsensor.a libcore.a

FUZZ_TARGETS += tests/fuzz/rules_fuzz
tests_fuzz_rules_fuzz_SOURCES = tests/fuzz/rules_fuzz.c $(FUZZ_MAIN)
tests_fuzz_rules_fuzz_LDFLAGS = $(fuzz_link)
tests_fuzz_rules_fuzz_LDADD = librules.a libcore.a $(HS_LIBS) $(YAML_LIBS)
