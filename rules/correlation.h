/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* correlation.h - correlation rules as written, and their references once every rule is known
 *
 * Sigma Correlation Rules 2.1.0 as decided by tripline-rules(7). What they do at run time is rules/correlate.h.
 */
#pragma once
#include "rules/correlate.h"
#include "rules/sigma.h"

struct corr_doc {
	struct corr_spec spec;	   /* all but references */
	bool generate, percentile; /* percentile: the type takes that key */
	const struct yaml_node *until;
	const struct yaml_node *ref[TL_CORR_RULES]; /* rules, as written */
	struct rule_doc *part[TL_CORR_RULES];	    /* resolved */
	const struct yaml_node *group[TL_CORR_FIELDS];
	const struct yaml_node *value[TL_CORR_FIELDS];
	const struct yaml_node *aliases;
};

/* Reads the value of `correlation`. Returns 0, -EINVAL (told) or -ENOMEM. */
int correlation_parse(struct rule_source *s, struct arena *keep, struct rule_doc *d);
/* Resolves the references of all correlations among @docs: those that name a missing or broken rule, or go round in a
 * circle, are told and marked broken. Marks silenced rules. Returns 0 or -ENOMEM. */
int correlation_link(struct rule_source *s, struct rule_doc *docs);
/* Once rules have numbers, in dependency order: fills .rule, .self and .group_name (in @keep) of the specification. 0 or -ENOMEM. */
int correlation_number(struct rule_source *s, struct arena *keep, struct rule_doc *d);
