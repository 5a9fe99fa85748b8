/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* score.h - which hits become alerts, and what made the number
 *
 * Every hit has points: of its level, or of `tripline: {score: N}`. A lineage (related processes, see sensor/proctab.h) keeps a
 * sum that halves every half-life: of each rule the latest hit counts, so that one noisy rule cannot add itself up. A correlation's
 * hit takes the place of the hits of its parts. An alert leaves when its level reaches alert_level (no level counts as medium), or
 * its points reach those of alert_level (so a `score:` can lift a rule, never sink it), or the lineage's sum reaches
 * lineage_threshold (once; armed again when a hit finds the sum below half of the threshold).
 * Integers only; event time only, a late hit has age 0; no allocation.
 */
#pragma once
#include "core/alert.h"
#include "rules/ruleset.h"

#define TL_LINEAGE_RULES 16
#define TL_LINEAGE_NAME	 64

/* Zeroed memory is an empty lineage. Rule identities are copied, so that it outlives a ruleset. */
struct lineage {
	unsigned n;
	bool fired; /* told of its sum; not armed */
	struct lineage_rule {
		char rule[TL_LINEAGE_NAME]; /* identity, cut, NUL at the end */
		uint64_t hash;		    /* of the whole identity */
		uint64_t time_ns;
		unsigned points;
	} rule[TL_LINEAGE_RULES];
};

struct score_config {
	enum level alert_level;	    /* default medium */
	unsigned lineage_threshold; /* default 90; 0 = off */
	uint64_t half_life_ns;	    /* default 10 min */
};

struct verdict {
	bool alert;
	bool by_lineage; /* would not have left by itself */
	unsigned score, lineage_score;
	unsigned n_parts;
	struct alert_part
		part[TL_ALERT_PARTS]; /* this hit, then the lineage's largest; .rule points into @rule and @l */
};

extern const struct score_config score_default;

/* Points of the rule, decayed: points * 2^-(age / half_life), linear between halvings, rounded half up. */
unsigned score_decay(unsigned points, uint64_t age_ns, uint64_t half_life_ns);
/* Before score_hit() of a correlation's hit: the hits of its parts (rules among its steps) leave the sum. @l may be NULL. */
void score_replace(struct lineage *l, const struct hit *correlation);
/* Takes one reported hit into the lineage (@l may be NULL: no lineage known) and judges it. */
void score_hit(const struct score_config *c, struct lineage *l, const struct rule_meta *rule, uint64_t time_ns,
	       struct verdict *ret_verdict);
