outputs_tests = tests/outputs/backlog_test tests/outputs/golden_test tests/outputs/hostile_test tests/outputs/mitre_test \
	tests/outputs/nasty_test tests/outputs/writer_test
check_PROGRAMS += $(outputs_tests)
TESTS += $(outputs_tests)
tests_outputs_backlog_test_SOURCES = tests/outputs/backlog_test.c tests/tap.h
tests_outputs_backlog_test_LDADD = liboutputs.a libcore.a
tests_outputs_mitre_test_SOURCES = tests/outputs/mitre_test.c tests/tap.h
tests_outputs_mitre_test_LDADD = liboutputs.a libcore.a
tests_outputs_golden_test_SOURCES = tests/outputs/golden_test.c tests/outputs/sample.h tests/tap.h
tests_outputs_golden_test_LDADD = liboutputs.a libcore.a -lpthread
tests_outputs_hostile_test_SOURCES = tests/outputs/hostile_test.c tests/outputs/sample.h tests/hostile.h tests/tap.h
tests_outputs_hostile_test_LDADD = liboutputs.a libcore.a -lpthread
if HAVE_JANSSON
tests_outputs_hostile_test_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -DHAVE_JANSSON=1
tests_outputs_hostile_test_LDADD += $(JANSSON_LIBS)
endif
tests_outputs_nasty_test_SOURCES = tests/outputs/nasty_test.c tests/outputs/sample.h tests/tap.h
tests_outputs_nasty_test_LDADD = liboutputs.a libcore.a -lpthread
tests_outputs_writer_test_SOURCES = tests/outputs/writer_test.c tests/outputs/sample.h tests/tap.h
tests_outputs_writer_test_LDADD = liboutputs.a libcore.a -lpthread
EXTRA_DIST += tests/outputs/nasty.tsv

# driven by tests/cli/rsyslog.t
check_PROGRAMS += tests/outputs/syslog_send
tests_outputs_syslog_send_SOURCES = tests/outputs/syslog_send.c tests/outputs/sample.h tests/hostile.h
tests_outputs_syslog_send_LDADD = liboutputs.a libcore.a -lpthread
dist_check_SCRIPTS += tests/cli/rsyslog.t
TESTS += tests/cli/rsyslog.t
