/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* correlate.h - hits over time: counts, measures of values, rules that meet, rules in order
 *
 * Sigma Correlation Rules 2.1.0 as decided by tripline-rules(7). Event time only; exact within bounds; state is taken at
 * correlator_new() and a full table evicts the group nearest to its expiry, of the same correlation only, counted.
 */
#pragma once
#include "core/event.h"
#include "rules/ruleset.h"

enum corr_type {
	CORR_EVENT_COUNT,
	CORR_VALUE_COUNT,
	CORR_TEMPORAL_ORDERED,
	CORR_TEMPORAL,
	CORR_VALUE_SUM,
	CORR_VALUE_AVG,
	CORR_VALUE_PERCENTILE, /* value_median: percentile 50 */
};

#define TL_CORR_RULES	  64
#define TL_CORR_FIELDS	  8
#define TL_CORR_COUNT_MAX 10000 /* largest threshold */
#define TL_CORR_NUMBERS                                                                                                \
	1024 /* value_sum (immediate), value_percentile: latest numbers of a window that are kept; more are counted as evicted */
#define TL_CORR_EXPR	       128 /* operands and operators of a temporal text condition */
#define TL_CORR_WAITING	       64 /* temporal_ordered that ends in a negated rule: completed chains that wait side by side */
#define TL_CORR_GROUPS_PER_HIT 64 /* list-valued group-by: combinations looked at per hit */

/* Where a group-by name is read for one part: from a field of the event, or, when the part is a correlation,
 * from its group (index), else from the event that completed it. */
struct corr_source {
	enum field field; /* F_MAX: not a field */
	int part_group;	  /* index into the part's group-by names, -1 = none; tried first */
};

/* A count condition, all given operators hold together. Immediate if only gt/gte; else judged at the window's end. */
struct corr_count {
	bool has_min, has_max; /* min <= n <= max */
	uint64_t min, max;
	bool has_neq;
	uint64_t neq;
	bool at_end; /* any of lt lte eq neq, or a range */
};

/* The condition of value_sum, value_avg, value_percentile: all given operators hold together. */
enum { CORR_GT = 1, CORR_GTE = 2, CORR_LT = 4, CORR_LTE = 8, CORR_EQ = 16, CORR_NEQ = 32 };

struct corr_number {
	unsigned has; /* CORR_GT | ... */
	double gt, gte, lt, lte, eq, neq;
};

/* A temporal text condition in postfix: >= 0: that entry of rule[] was hit. */
enum { CORR_AND = -1, CORR_OR = -2, CORR_NOT = -3 };

struct corr_spec {
	enum corr_type type;
	uint64_t timespan_ns;
	unsigned n_rules;
	uint32_t rule
		[TL_CORR_RULES]; /* rule numbers of the ruleset, detection or correlation; order matters for ordered */
	unsigned n_group;
	const char *group_name[TL_CORR_FIELDS]; /* as the rule writes them */
	struct corr_source source[TL_CORR_RULES][TL_CORR_FIELDS];
	unsigned n_value;
	struct corr_source value[TL_CORR_FIELDS]; /* value_count; the other value types: one */
	struct corr_count
		count; /* event_count, value_count; temporal without a text condition: .min different rules suffice */
	struct corr_number number; /* value_sum: immediate if only gt/gte; avg, percentile: always at the end */
	unsigned percentile;	   /* 1-100, nearest rank */
	unsigned n_expr;	   /* temporal: 0 = no text condition. With a CORR_NOT: judged at the window's end */
	int8_t expr[TL_CORR_EXPR];
	uint64_t
		negated; /* temporal_ordered: bit i: rule[i] must not occur at its place; at least one other is not negated */
	unsigned
		until; /* temporal_ordered: index + 1 into rule[] of a rule that is no step and empties the group; 0 = none */
	uint8_t runs
		[TL_CORR_RULES]; /* temporal_ordered: that many events in a row make the step; 0 as 1; all together at most TL_CORR_RULES */
	uint64_t gap_ns; /* temporal_ordered: longest time between consecutive steps; 0 = any */
	uint32_t self;	 /* rule number of the correlation */
};

/* One hit of a detection rule, silenced or not. */
struct corr_hit {
	uint32_t rule;
	const struct hit *hit; /* NULL; hits of correlations find their wholes without the caller's help */
};

struct correlator;

/* @specs in dependency order (parts before wholes); borrowed for the correlator's life. @metas: by rule number. @memory: bytes for
 * all groups together; each correlation gets an equal share, at least one group. */
int correlator_new(const struct corr_spec *const *specs, unsigned n, const struct rule_meta *const *metas,
		   uint64_t memory, struct correlator **ret_correlator);
void correlator_free(struct correlator *c);

/* Feeds all detection-rule hits of one event; appends the hits of correlations that fire (in dependency order, chained ones too) to @out.
 * Also closes windows that ended before the event's time (at-end types), whose hits come first, in time order.
 * @time_ns: the event's time, or the newest seen if it is late (the caller counts). Must be called for every event, also without
 * hits, unless correlator_next_deadline() is not before the event. Silenced correlations are reported to their wholes but not put into @out.
 * What finds no room in @out waits for the next call (the deadline is 0 then); .dropped counts what could not wait either.
 * The event a correlation's hit belongs to is its last step: step[n_steps - 1].seq; a window's end has no event of its own. Texts and
 * guids in @out live until the next call. */
void correlator_event(struct correlator *c, const struct event *ev, uint64_t time_ns, const struct corr_hit *hits,
		      unsigned n_hits, struct hits *out);
/* End of input of a replay: closes every open window, in time order; call until it returns false (nothing was left). */
bool correlator_finish(struct correlator *c, struct hits *out);
uint64_t correlator_next_deadline(const struct correlator *c); /* UINT64_MAX: none */
/* Takes over the groups of correlations whose rule hash is equal. Before the first event of @c. */
void correlator_inherit(struct correlator *c, struct correlator *old);
/* Groups held now (some may have expired unnoticed); groups given up before they expired, or not had. */
void correlator_stats(const struct correlator *c, uint64_t *ret_groups, uint64_t *ret_evicted);
