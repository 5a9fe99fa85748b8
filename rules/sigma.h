/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* sigma.h - a YAML document becomes a rule as written: detection, correlation or filter
 *
 * Sigma Rules Specification 2.1.0, Filters 2.1.0. References to other rules are not resolved here (rules/correlation.h).
 * Documents live in the arena of their rule_source, what outlives the load (struct rule_meta) in @keep.
 */
#pragma once
#include "rules/modifier.h"
#include "rules/ruleset.h"

enum doc_kind { DOC_DETECTION, DOC_CORRELATION, DOC_FILTER };

struct logsource {
	struct slice category, product, service; /* lower case; .n 0 = not named */
};

struct corr_doc; /* rules/correlation.h */

struct rule_doc {
	enum doc_kind kind;
	struct rule_meta *meta;
	const char *file;
	const struct yaml_node *root, *body; /* body: value of detection, correlation or filter */
	struct logsource logsource;
	struct expr expr;      /* detection, filter */
	struct corr_doc *corr; /* correlation */
	bool keyword_only;     /* for lint */
	bool broken;	       /* found later: refers to what is not there */
	uint32_t no;	       /* rule number once all are known */
	unsigned mark;	       /* scratch of whoever walks the references */
	struct rule_doc *next;
};

/* Returns 0, -EINVAL (told) or -ENOMEM. */
int sigma_parse(struct rule_source *s, struct arena *keep, const struct yaml_node *root, struct rule_doc **ret_doc);
/* Whether @f (a filter) covers the detection @d. */
bool sigma_filter_covers(const struct rule_doc *f, const struct rule_doc *d);
