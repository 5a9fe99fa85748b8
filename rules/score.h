/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* score.h - which hits become alerts, and what made the number
 *
 * Every hit has points: of its level, or of `tripline: {score: N}`. A lineage (related processes, see sensor/proctab.h) keeps a
 * sum that halves every half-life: of each rule the latest hit counts, so that one noisy rule cannot add itself up. A correlation's
 * hit takes the place of the hits of its parts. An alert leaves when its level reaches alert_level, or when the lineage's sum
 * reaches lineage_threshold (once; armed again when the sum has fallen below half of the threshold).
 * Integers only; event time only; no allocation.
 */
#pragma once
#include "core/alert.h"
#include "rules/ruleset.h"

#define TL_LINEAGE_RULES 16
#define TL_LINEAGE_NAME	 64

/* Zeroed memory is an empty lineage. Rule identities are copied, so that it outlives a ruleset. */
struct lineage {
	unsigned n;
	bool fired;
	struct lineage_rule {
		char rule[TL_LINEAGE_NAME]; /* identity, cut */
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
	bool alert, by_lineage;
	unsigned score, lineage_score;
	unsigned n_parts;
	struct alert_part part[TL_ALERT_PARTS]; /* the lineage's largest parts, this hit first; .rule points into @l */
};

extern const struct score_config score_default;

/* Points of the rule, decayed: points * 2^-(age / half_life), linear between halvings. */
unsigned score_decay(unsigned points, uint64_t age_ns, uint64_t half_life_ns);
/* Takes one reported hit into the lineage (@l may be NULL: no lineage known) and judges it. */
void score_hit(const struct score_config *c, struct lineage *l, const struct rule_meta *rule, uint64_t time_ns,
	       struct verdict *ret_verdict);
