# see Makefile.am

check_PROGRAMS += tests/rules/correlate_test
TESTS += tests/rules/correlate_test
tests_rules_correlate_test_LDADD = librules.a libcore.a

check_PROGRAMS += tests/rules/score_test
TESTS += tests/rules/score_test
tests_rules_score_test_LDADD = librules.a libcore.a
