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
