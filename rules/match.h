/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* match.h - many patterns over one text at once
 *
 * The only file that sees libhs (Hyperscan or Vectorscan; hs(3) has no page, the reference is its developer guide). A
 * matcher is immutable and may be shared by threads; a scratch belongs to one. No allocation while scanning.
 */
#pragma once
#include "rules/atom.h"

enum {
	MATCH_CASELESS = 1, /* ASCII letters; not together with MATCH_UTF8 */
	MATCH_DOTALL = 2,
	MATCH_MULTILINE = 4,
	MATCH_UTF8 = 8, /* one dot is one character; the text must be valid UTF-8 */
	MATCH_ALLOWEMPTY = 16,
};

struct match_pattern {
	const char *text;
	unsigned flags;
	uint32_t id; /* told when it matches */
};

struct matcher;
struct match_scratch;

typedef void match_fn(void *context, uint32_t id);

/* Writes a text or regex atom for libhs. Returns 0 or -ENOMEM. */
int match_pattern_of(struct arena *a, const struct atom *atom, struct match_pattern *ret_pattern);
/* Whether libhs takes this one pattern: 0, -EINVAL with its reason in @why, or -ENOMEM. */
int match_check(const struct match_pattern *p, char *why, size_t why_size);
/* Returns 0, -EINVAL (one of them is refused) or -ENOMEM. */
int matcher_new(const struct match_pattern *p, unsigned n, struct matcher **ret_matcher);
void matcher_free(struct matcher *m);
/* Makes *@s fit for @m too; starts from NULL. */
int match_scratch_add(struct match_scratch **s, const struct matcher *m);
void match_scratch_free(struct match_scratch *s);
/* Calls @fn once for each pattern that matches. */
void matcher_scan(const struct matcher *m, struct match_scratch *s, struct slice text, match_fn *fn, void *context);
