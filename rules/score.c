/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/score.h"

#include <assert.h>

#include "core/utf8.h"

#define HALVINGS_MAX 33 /* of a 32-bit number: nothing is left, rounded */

const struct score_config score_default = {
	.alert_level = LEVEL_MEDIUM,
	.lineage_threshold = 90,
	.half_life_ns = 600 * NSEC_PER_SEC,
};

unsigned score_decay(unsigned points, uint64_t age_ns, uint64_t half_life_ns)
{
	uint64_t halvings, rest;
	unsigned __int128 num, den;

	if (!half_life_ns)
		return age_ns ? 0 : points;
	halvings = age_ns / half_life_ns;
	rest = age_ns % half_life_ns;
	if (halvings > HALVINGS_MAX)
		return 0;

	/* points / 2^halvings * (1 - rest / half_life / 2) */
	num = (unsigned __int128)points * (((unsigned __int128)half_life_ns << 1) - rest);
	den = (unsigned __int128)half_life_ns << (halvings + 1);
	return (unsigned)((num + den / 2) / den);
}

/* FNV-1a; identities come from the administrator's rules, so nobody outside chooses collisions. */
static uint64_t identity_hash(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ULL;
	return h;
}

static uint64_t age(const struct lineage_rule *r, uint64_t now_ns)
{
	return now_ns > r->time_ns ? now_ns - r->time_ns : 0;
}

static unsigned points_now(const struct score_config *c, const struct lineage_rule *r, uint64_t now_ns)
{
	return score_decay(r->points, age(r, now_ns), c->half_life_ns);
}

static void lineage_remove(struct lineage *l, unsigned i)
{
	l->rule[i] = l->rule[--l->n];
}

static unsigned lineage_find(const struct lineage *l, uint64_t hash)
{
	unsigned i = 0;

	while (i < l->n && l->rule[i].hash != hash)
		i++;
	return i;
}

static unsigned lineage_sum(const struct score_config *c, const struct lineage *l, uint64_t now_ns)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < l->n; i++)
		sum += points_now(c, &l->rule[i], now_ns);
	return sum > UINT32_MAX ? UINT32_MAX : (unsigned)sum;
}

/* The smallest contribution goes, of equal ones the oldest. */
static unsigned lineage_weakest(const struct score_config *c, const struct lineage *l, uint64_t now_ns)
{
	unsigned weakest = 0;

	for (unsigned i = 1; i < l->n; i++) {
		unsigned a = points_now(c, &l->rule[i], now_ns), b = points_now(c, &l->rule[weakest], now_ns);

		if (a < b || (a == b && l->rule[i].time_ns < l->rule[weakest].time_ns))
			weakest = i;
	}
	return weakest;
}

/* Returns the place of the rule in the lineage. */
static unsigned lineage_take(const struct score_config *c, struct lineage *l, const struct rule_meta *rule,
			     uint64_t time_ns)
{
	struct slice identity = slice_of(rule->identity);
	uint64_t hash = identity_hash(identity);
	unsigned i = lineage_find(l, hash);
	struct lineage_rule *r;

	assert(identity.p);
	if (i == l->n && l->n == TL_LINEAGE_RULES) {
		i = lineage_weakest(c, l, time_ns);
		l->rule[i].hash = 0;
		l->rule[i].time_ns = 0;
	} else if (i == l->n) {
		l->rule[i].time_ns = 0;
		l->n++;
	}
	r = &l->rule[i];
	if (r->hash != hash || !r->rule[0]) {
		size_t n = utf8_cut(identity.p, identity.n, TL_LINEAGE_NAME - 1);

		memcpy(r->rule, identity.p, n);
		r->rule[n] = '\0';
		r->hash = hash;
	}
	r->time_ns = MAX(r->time_ns, time_ns);
	r->points = rule->score;
	return i;
}

void score_replace(struct lineage *l, const struct hit *correlation)
{
	if (!l)
		return;
	for (unsigned i = 0; i < correlation->n_steps; i++) {
		unsigned at = lineage_find(l, identity_hash(correlation->step[i].rule));

		if (at < l->n)
			lineage_remove(l, at);
	}
}

static bool rule_alerts(const struct score_config *c, const struct rule_meta *rule)
{
	enum level level = rule->level == LEVEL_NONE ? LEVEL_MEDIUM : rule->level;

	return level >= c->alert_level || rule->score >= level_score(c->alert_level);
}

/* Insertion into a list that is sorted by points behind its first element. */
static void part_add(struct verdict *v, struct alert_part part)
{
	unsigned at = v->n_parts < TL_ALERT_PARTS ? v->n_parts++ : TL_ALERT_PARTS - 1;

	if (at == TL_ALERT_PARTS - 1 && v->part[at].rule.p && v->part[at].points >= part.points)
		return;
	for (; at > 1 && v->part[at - 1].points < part.points; at--)
		v->part[at] = v->part[at - 1];
	v->part[at] = part;
}

static void parts_list(const struct score_config *c, const struct lineage *l, unsigned own, uint64_t now_ns,
		       struct verdict *v)
{
	for (unsigned i = 0; i < l->n; i++) {
		struct alert_part part = {
			.rule = slice_of(l->rule[i].rule),
			.points = points_now(c, &l->rule[i], now_ns),
			.age_ns = age(&l->rule[i], now_ns),
		};

		if (i != own && part.points)
			part_add(v, part);
	}
}

void score_hit(const struct score_config *c, struct lineage *l, const struct rule_meta *rule, uint64_t time_ns,
	       struct verdict *ret_verdict)
{
	struct verdict v = { .score = rule->score, .lineage_score = rule->score };
	unsigned own;

	v.alert = rule_alerts(c, rule);
	v.part[v.n_parts++] = (struct alert_part){ .rule = slice_of(rule->identity), .points = rule->score };
	if (!l) {
		*ret_verdict = v;
		return;
	}

	if (l->fired && (uint64_t)lineage_sum(c, l, time_ns) * 2 < c->lineage_threshold)
		l->fired = false;
	own = lineage_take(c, l, rule, time_ns);
	v.lineage_score = lineage_sum(c, l, time_ns);
	parts_list(c, l, own, time_ns, &v);

	if (c->lineage_threshold && v.lineage_score >= c->lineage_threshold && !l->fired) {
		l->fired = true;
		v.by_lineage = !v.alert;
		v.alert = true;
	}
	*ret_verdict = v;
}
