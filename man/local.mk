dist_man_MANS += man/tripline.1 man/tripline-security.7
nodist_man_MANS = man/tripline-rules.7 man/tripline-events.5 man/tripline.yaml.5
man_makers = man/fill.sh man/row.awk man/fields.awk man/modifiers.awk man/options.awk
EXTRA_DIST += $(man_makers) $(nodist_man_MANS:=.in)
CLEANFILES += $(nodist_man_MANS)

# The tables of these pages are made of the tables of the program.
man_fill = $(AM_V_GEN)$(MKDIR_P) man && $(SHELL) $(top_srcdir)/man/fill.sh '$(AWK)' '$(top_srcdir)' \
	$(top_srcdir)/$@.in > $@.tmp && mv $@.tmp $@
man/tripline-events.5: man/tripline-events.5.in $(man_makers) core/events.def
	$(man_fill)
man/tripline-rules.7: man/tripline-rules.7.in $(man_makers) rules/modifiers.def
	$(man_fill)
man/tripline.yaml.5: man/tripline.yaml.5.in $(man_makers) sensor/config.def
	$(man_fill)

dist_check_SCRIPTS += tests/cli/man.t
TESTS += tests/cli/man.t
