# see Makefile.am

dist_check_SCRIPTS += tests/cli/help.t tests/cli/bad_input.t tests/cli/loss.t tests/cli/record.t tests/cli/run.t
TESTS += tests/cli/help.t tests/cli/bad_input.t tests/cli/loss.t tests/cli/record.t tests/cli/run.t
EXTRA_DIST += tests/cli/lib.sh

dist_check_SCRIPTS += tests/cli/conformance.t tests/cli/test_check.t
TESTS += tests/cli/conformance.t tests/cli/test_check.t

# acts does what the others watch.
check_PROGRAMS += tests/cli/acts
tests_cli_acts_SOURCES = tests/cli/acts.c
dist_check_SCRIPTS += tests/cli/bad_lines.t tests/cli/first_light.t tests/cli/identical.t tests/cli/soak.t tests/cli/storm.t
TESTS += tests/cli/bad_lines.t tests/cli/first_light.t tests/cli/identical.t tests/cli/soak.t tests/cli/storm.t
