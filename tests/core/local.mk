check_PROGRAMS += tests/core/base_test
TESTS += tests/core/base_test
tests_core_base_test_LDADD = libcore.a

check_PROGRAMS += tests/core/buf_test
TESTS += tests/core/buf_test
tests_core_buf_test_LDADD = libcore.a

check_PROGRAMS += tests/core/utf8_test
TESTS += tests/core/utf8_test
tests_core_utf8_test_LDADD = libcore.a

check_PROGRAMS += tests/core/hash_test
TESTS += tests/core/hash_test
tests_core_hash_test_LDADD = libcore.a

check_PROGRAMS += tests/core/event_test
TESTS += tests/core/event_test
tests_core_event_test_LDADD = libcore.a

check_PROGRAMS += tests/core/parse_test
TESTS += tests/core/parse_test
tests_core_parse_test_LDADD = libcore.a

check_PROGRAMS += tests/core/queue_test
TESTS += tests/core/queue_test
tests_core_queue_test_LDADD = libcore.a
tests_core_queue_test_LDFLAGS = $(AM_LDFLAGS) -pthread

check_PROGRAMS += tests/core/log_test
TESTS += tests/core/log_test
tests_core_log_test_LDADD = libcore.a

check_PROGRAMS += tests/core/alert_test
TESTS += tests/core/alert_test
tests_core_alert_test_LDADD = libcore.a

check_PROGRAMS += tests/core/lines_test
TESTS += tests/core/lines_test
tests_core_lines_test_LDADD = libcore.a

check_PROGRAMS += tests/core/jsonl_test
TESTS += tests/core/jsonl_test
tests_core_jsonl_test_LDADD = libcore.a

if HAVE_JANSSON
check_PROGRAMS += tests/core/jsonl_jansson_test
TESTS += tests/core/jsonl_jansson_test
endif
tests_core_jsonl_jansson_test_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_core_jsonl_jansson_test_LDADD = libcore.a $(JANSSON_LIBS)

# Allocations of our code pass through tests/oom.h.
oom_wrap = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup \
	-Wl,--wrap=vasprintf,--wrap=__vasprintf_chk

check_PROGRAMS += tests/core/oom_test
TESTS += tests/core/oom_test
tests_core_oom_test_LDADD = libcore.a
tests_core_oom_test_LDFLAGS = $(AM_LDFLAGS) $(oom_wrap)
