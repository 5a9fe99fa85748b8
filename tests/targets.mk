# The tests of the tree itself, and targets beside `make check`: check-vm, fuzz, tidy.
tree_tests = tests/includes.t tests/words.t
TESTS += $(tree_tests)
EXTRA_DIST += $(tree_tests) tests/total.awk

vm_scripts = tests/vm/guest.sh tests/vm/init tests/vm/kernel tests/vm/run tests/vm/story.sh tests/vm/vm.t
EXTRA_DIST += $(vm_scripts) tests/vm/report.awk tests/vm/tests.list

# The tests that need a kernel of their own, in guests; no root. Not part of `make check`: it fetches kernels.
check-vm: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/vm/vm.t TEST_SUITE_LOG=tests/vm/suite.log

# Each fuzz target for a while (./configure --enable-fuzzing CC=clang). A finding stays in tests/fuzz/.
FUZZ_SECONDS = 60
if FUZZING
fuzz_built = $(FUZZ_TARGETS)
else
fuzz_built =
endif
fuzz: all
	@test -n '$(fuzz_built)' || { echo 'no fuzz target here: configure with --enable-fuzzing CC=clang' >&2; exit 1; }
	@for target in $(fuzz_built); do \
		name=$$(basename $$target _fuzz); \
		$(MKDIR_P) tests/fuzz/new-$$name || exit 1; \
		echo "$$name: $(FUZZ_SECONDS) s"; \
		$$target -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
			-artifact_prefix=tests/fuzz/$$name- tests/fuzz/new-$$name $(srcdir)/tests/fuzz/corpus/$$name \
			>tests/fuzz/$$name.fuzz.log 2>&1 || { tail -n 40 tests/fuzz/$$name.fuzz.log; exit 1; }; \
		sed -n 's/^stat::number_of_executed_units: */  runs: /p' tests/fuzz/$$name.fuzz.log; \
	done
clean-local: clean-tests
clean-tests:
	-rm -rf tests/fuzz/new-* tests/fuzz/*.fuzz.log tests/fuzz/*-crash-* tests/fuzz/*-timeout-* tests/fuzz/*-oom-*

# The static analyser over what is not a test; needs clang-tidy and takes a minute or two.
tidy: $(BUILT_SOURCES)
	@printf '%s\n' -std=gnu17 $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) >compile_flags.txt
	cd $(srcdir) && find core rules outputs sensor -name '*.c' -print0 | \
		xargs -0 -P 2 -n 1 clang-tidy --quiet -p '$(abs_top_builddir)'
CLEANFILES += compile_flags.txt
EXTRA_DIST += .clang-tidy .clang-format .editorconfig quickstart doc/design.md
# What `make check` would run.
print-tests:
	@echo $(TESTS)
.PHONY: print-tests check-vm fuzz clean-tests tidy
