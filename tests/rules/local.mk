# see Makefile.am

check_PROGRAMS += tests/rules/correlate_test
TESTS += tests/rules/correlate_test
tests_rules_correlate_test_LDADD = librules.a libcore.a

check_PROGRAMS += tests/rules/score_test
TESTS += tests/rules/score_test
tests_rules_score_test_LDADD = librules.a libcore.a

check_PROGRAMS += tests/rules/yaml_test
TESTS += tests/rules/yaml_test
tests_rules_yaml_test_LDADD = librules.a libcore.a $(YAML_LIBS)

check_PROGRAMS += tests/rules/cond_test
TESTS += tests/rules/cond_test
tests_rules_cond_test_LDADD = librules.a libcore.a

check_PROGRAMS += tests/rules/match_test
TESTS += tests/rules/match_test
tests_rules_match_test_LDADD = librules.a libcore.a $(HS_LIBS)

check_PROGRAMS += tests/rules/modifier_test
TESTS += tests/rules/modifier_test
tests_rules_modifier_test_SOURCES = tests/rules/modifier_test.c tests/rules/rules.h
tests_rules_modifier_test_LDADD = librules.a libcore.a $(HS_LIBS) $(YAML_LIBS)

check_PROGRAMS += tests/rules/sigma_test
TESTS += tests/rules/sigma_test
tests_rules_sigma_test_SOURCES = tests/rules/sigma_test.c tests/rules/rules.h
tests_rules_sigma_test_LDADD = librules.a libcore.a $(HS_LIBS) $(YAML_LIBS)

check_PROGRAMS += tests/rules/eval_test
TESTS += tests/rules/eval_test
tests_rules_eval_test_SOURCES = tests/rules/eval_test.c tests/rules/rules.h
tests_rules_eval_test_LDADD = librules.a libcore.a $(HS_LIBS) $(YAML_LIBS)

check_PROGRAMS += tests/rules/differential_test
TESTS += tests/rules/differential_test
tests_rules_differential_test_SOURCES = tests/rules/differential_test.c tests/rules/plain_rules.h
tests_rules_differential_test_LDADD = librules.a libcore.a $(HS_LIBS) $(YAML_LIBS)
tests_rules_differential_test_LDFLAGS = $(AM_LDFLAGS) $(oom_wrap)
