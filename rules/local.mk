noinst_LIBRARIES += librules.a
librules_a_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS) $(HS_CFLAGS)
librules_a_SOURCES = \
	core/arena.c core/arena.h \
	core/yaml.c core/yaml.h \
	rules/atom.c rules/atom.h \
	rules/carried.c \
	rules/compile.c rules/compile.h \
	rules/cond.c rules/cond.h \
	rules/correlate.c rules/correlate.h \
	rules/correlator.c rules/correlator.h \
	rules/correlation.c rules/correlation.h \
	rules/encode.c \
	rules/eval.c \
	rules/expand.c \
	rules/fieldtext.c rules/fieldtext.h \
	rules/group.c rules/group.h \
	rules/item.h \
	rules/link.c \
	rules/lint.c rules/lint.h \
	rules/load.c \
	rules/match.c rules/match.h \
	rules/modifier.c rules/modifier.h rules/modifiers.def \
	rules/predicate.c \
	rules/regex.c rules/regex.h \
	rules/ruleset.h \
	rules/score.c rules/score.h \
	rules/sigma.c rules/sigma.h \
	rules/values.c rules/values.h \
	rules/sequence.c \
	rules/window.c rules/window.h rules/window_state.h
