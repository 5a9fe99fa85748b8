dist_man_MANS += man/tripline.1 man/tripline-rules.7 man/tripline-security.7
nodist_man_MANS = man/tripline-events.5 man/tripline.yaml.5
EXTRA_DIST += man/fields.awk man/options.awk man/tripline-events.5.in man/tripline.yaml.5.in
CLEANFILES += $(nodist_man_MANS)

# The tables of these pages are made of the tables of the program.
man/tripline-events.5: man/tripline-events.5.in man/fields.awk core/events.def
	$(AM_V_GEN)$(MKDIR_P) man && d='$(top_srcdir)' && \
	while IFS= read -r line; do case $$line in \
	@categories@|@fields@|@records@) part=$${line#@}; \
		$(AWK) -v part=$${part%@} -f $$d/man/fields.awk $$d/core/events.def || exit 1 ;; \
	*) printf '%s\n' "$$line" ;; esac; done < $$d/man/tripline-events.5.in > $@.tmp && mv $@.tmp $@

man/tripline.yaml.5: man/tripline.yaml.5.in man/options.awk sensor/config.def
	$(AM_V_GEN)$(MKDIR_P) man && d='$(top_srcdir)' && \
	while IFS= read -r line; do case $$line in \
	@options@) $(AWK) -f $$d/man/options.awk $$d/sensor/config.def || exit 1 ;; \
	*) printf '%s\n' "$$line" ;; esac; done < $$d/man/tripline.yaml.5.in > $@.tmp && mv $@.tmp $@
