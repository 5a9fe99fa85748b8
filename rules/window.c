/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/window.h"

#include <assert.h>

struct window {
	uint64_t first_ns;  /* of the window (at the end) */
	uint64_t latest_ns; /* hit */
	uint64_t events;    /* at the end: how many */
	uint64_t chains;    /* temporal_ordered: bit k: the chain of k + 1 events is pending */
	uint32_t trail_n, trail_next;
	uint32_t ring_n, ring_next;	/* event_count: times */
	uint32_t values, fresh, free;	/* value_count: live; never used from here on; index + 1 */
	uint32_t oldest, latest;	/* value_count: list by time, index + 1 */
};

struct value_seen {
	struct hash128 hash;
	uint64_t time_ns;
	uint32_t older, newer; /* index + 1 */
	uint32_t chain;	       /* same bucket, or next free */
};

static size_t round8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* A larger measure than this decides nothing more. */
static uint64_t measure_max(const struct corr_count *c)
{
	uint64_t n = 1;

	if (c->has_min)
		n = MAX(n, c->min);
	if (c->has_max)
		n = MAX(n, MIN(c->max, TL_CORR_COUNT_MAX) + 1);
	if (c->has_neq)
		n = MAX(n, MIN(c->neq, TL_CORR_COUNT_MAX) + 1);
	return MIN(n, TL_CORR_COUNT_MAX + 1);
}

void window_shape_init(struct window_shape *s, const struct corr_spec *spec)
{
	size_t at = round8(sizeof(struct window));

	*s = (struct window_shape){
		.type = spec->type,
		.timespan_ns = spec->timespan_ns,
		.count = spec->count,
		.n_rules = spec->n_rules,
		.at_end = spec->type != CORR_TEMPORAL_ORDERED && spec->count.at_end,
	};

	switch (s->type) {
	case CORR_EVENT_COUNT:
		s->n = (uint32_t)measure_max(&s->count);
		s->trail = MIN(s->at_end ? TL_ALERT_STEPS : s->n, TL_ALERT_STEPS);
		s->trail_at = at;
		at += s->trail * sizeof(struct step);
		s->ring_at = at;
		at += s->at_end ? 0 : s->n * sizeof(uint64_t);
		break;
	case CORR_VALUE_COUNT:
		s->n = (uint32_t)measure_max(&s->count);
		s->trail = TL_ALERT_STEPS;
		s->trail_at = at;
		at += s->trail * sizeof(struct step);
		s->ring_at = at;
		at += s->n * sizeof(struct value_seen);
		for (s->buckets = 1; s->buckets < s->n;)
			s->buckets *= 2;
		s->bucket_at = at;
		at += s->buckets * sizeof(uint32_t);
		break;
	case CORR_TEMPORAL_ORDERED:
		s->ring_at = at; /* chain of k + 1 events at k (k + 1) / 2 */
		at += (size_t)s->n_rules * (s->n_rules - 1) / 2 * sizeof(struct step);
		break;
	}
	s->size = round8(at);
}

static void *at_offset(struct window *w, size_t at)
{
	return (char *)w + at;
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* Inclusive, as Sigma's timespan is. Hits come in order: @now is never before @then. */
static bool within(const struct window_shape *s, uint64_t then, uint64_t now)
{
	return now - then <= s->timespan_ns;
}

/* ---- trail: the latest contributing events, for the report ---- */

static void trail_add(const struct window_shape *s, struct window *w, const struct window_hit *hit)
{
	struct step *trail = at_offset(w, s->trail_at);

	trail[w->trail_next] = hit->step;
	trail[w->trail_next].part = (uint8_t)__builtin_ctzll(hit->parts);
	w->trail_next = (w->trail_next + 1) % s->trail;
	if (w->trail_n < s->trail)
		w->trail_n++;
}

/* Steps older than @from_ns no longer contribute. */
static void trail_report(const struct window_shape *s, struct window *w, uint64_t from_ns,
			 struct window_result *r)
{
	const struct step *trail = at_offset(w, s->trail_at);

	for (uint32_t i = 0; i < w->trail_n; i++) {
		const struct step *step = &trail[(w->trail_next + s->trail - w->trail_n + i) % s->trail];

		if (step->time_ns < from_ns)
			continue;
		r->step[r->n_steps++] = *step;
		r->start_ns = MIN(r->start_ns, step->start_ns);
	}
}

/* ---- event_count ---- */

static bool count_judge(const struct corr_count *c, uint64_t n)
{
	return n > 0 && (!c->has_min || n >= c->min) && (!c->has_max || n <= c->max) &&
	       (!c->has_neq || n != c->neq);
}

static bool event_count_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit,
			    struct window_result *r)
{
	uint64_t *ring = at_offset(w, s->ring_at), now = hit->step.time_ns, oldest;

	trail_add(s, w, hit);
	ring[w->ring_next] = now;
	w->ring_next = (w->ring_next + 1) % s->n;
	if (w->ring_n < s->n)
		w->ring_n++;
	if (w->ring_n < s->n)
		return false;

	oldest = ring[w->ring_next];
	if (!within(s, oldest, now))
		return false;
	*r = (struct window_result){ .time_ns = now, .start_ns = oldest };
	trail_report(s, w, oldest, r);
	window_clear(s, w);
	return true;
}

/* ---- value_count: a hash table of values, and a list of them by latest time ---- */

static uint32_t *bucket_of(const struct window_shape *s, struct window *w, struct hash128 hash)
{
	uint32_t *bucket = at_offset(w, s->bucket_at);

	return &bucket[hash.lo & (s->buckets - 1)];
}

static void list_remove(struct window *w, struct value_seen *v, uint32_t i)
{
	if (v[i].older)
		v[v[i].older - 1].newer = v[i].newer;
	else
		w->oldest = v[i].newer;
	if (v[i].newer)
		v[v[i].newer - 1].older = v[i].older;
	else
		w->latest = v[i].older;
}

static void list_append(struct window *w, struct value_seen *v, uint32_t i)
{
	v[i].older = w->latest;
	v[i].newer = 0;
	if (w->latest)
		v[w->latest - 1].newer = i + 1;
	else
		w->oldest = i + 1;
	w->latest = i + 1;
}

static void value_drop_oldest(const struct window_shape *s, struct window *w)
{
	struct value_seen *v = at_offset(w, s->ring_at);
	uint32_t i = w->oldest - 1;
	uint32_t *link = bucket_of(s, w, v[i].hash);

	while (*link != i + 1)
		link = &v[*link - 1].chain;
	*link = v[i].chain;
	list_remove(w, v, i);
	v[i].chain = w->free;
	w->free = i + 1;
	w->values--;
}

static void value_add(const struct window_shape *s, struct window *w, struct hash128 hash, uint64_t now)
{
	struct value_seen *v = at_offset(w, s->ring_at);
	uint32_t *bucket = bucket_of(s, w, hash), i;

	for (i = *bucket; i; i = v[i - 1].chain)
		if (v[i - 1].hash.lo == hash.lo && v[i - 1].hash.hi == hash.hi)
			break;
	if (i) {
		i--;
		list_remove(w, v, i);
	} else {
		if (w->values == s->n)
			return; /* enough to decide */
		if (w->free) {
			i = w->free - 1;
			w->free = v[i].chain;
		} else {
			i = w->fresh++;
		}
		v[i].hash = hash;
		v[i].chain = *bucket;
		*bucket = i + 1;
		w->values++;
	}
	v[i].time_ns = now;
	list_append(w, v, i);
}

static bool value_count_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit,
			    struct window_result *r)
{
	const struct value_seen *v = at_offset(w, s->ring_at);
	uint64_t now = hit->step.time_ns;

	while (!s->at_end && w->oldest && !within(s, v[w->oldest - 1].time_ns, now))
		value_drop_oldest(s, w);
	for (uint32_t i = 0; i < hit->n_values; i++)
		value_add(s, w, hit->value[i], now);
	trail_add(s, w, hit);
	if (s->at_end || w->values < s->n)
		return false;

	*r = (struct window_result){ .time_ns = now, .start_ns = v[w->oldest - 1].time_ns };
	trail_report(s, w, now - MIN(now, s->timespan_ns), r);
	window_clear(s, w);
	return true;
}

/* ---- temporal_ordered ---- */

static struct step *chain_at(const struct window_shape *s, struct window *w, unsigned k)
{
	return (struct step *)at_offset(w, s->ring_at) + (size_t)k * (k + 1) / 2;
}

static bool chains_share(const struct step *a, unsigned n_a, const struct step *b, unsigned n_b)
{
	for (unsigned i = 0; i < n_a; i++)
		for (unsigned j = 0; j < n_b; j++)
			if (a[i].event == b[j].event)
				return true;
	return false;
}

static void chain_report(const struct step *chain, unsigned n, const struct step *last, struct window_result *r)
{
	unsigned skip = n + 1 > TL_ALERT_STEPS ? n + 1 - TL_ALERT_STEPS : 0;

	*r = (struct window_result){ .time_ns = last->time_ns, .start_ns = last->start_ns };
	for (unsigned i = 0; i < n; i++) {
		r->start_ns = MIN(r->start_ns, chain[i].start_ns);
		if (i >= skip)
			r->step[r->n_steps++] = chain[i];
	}
	r->step[r->n_steps++] = *last;
}

/* No event is in two alerts: chains that share one with the reported chain @k go, that one among them. */
static void chains_spend(const struct window_shape *s, struct window *w, unsigned k)
{
	uint64_t left = w->chains;

	for (uint64_t m = w->chains; m; m &= m - 1) {
		unsigned j = (unsigned)__builtin_ctzll(m);

		if (chains_share(chain_at(s, w, j), j + 1, chain_at(s, w, k), k + 1))
			left &= ~(1ULL << j);
	}
	w->chains = left;
}

static bool ordered_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit,
			struct window_result *r)
{
	uint64_t now = hit->step.time_ns;

	/* From the last step to the first, so that one event never is two steps of a chain. */
	for (unsigned k = s->n_rules; k-- > 0;) {
		struct step last = hit->step, *chain, *before;

		if (!(hit->parts >> k & 1))
			continue;
		last.part = (uint8_t)k;
		if (k == 0) {
			if (s->n_rules == 1) {
				chain_report(NULL, 0, &last, r);
				return true;
			}
			*chain_at(s, w, 0) = last;
			w->chains |= 1;
			return false;
		}

		if (!(w->chains >> (k - 1) & 1))
			continue;
		before = chain_at(s, w, k - 1);
		if (!within(s, before[0].time_ns, now)) {
			w->chains &= ~(1ULL << (k - 1));
			continue;
		}
		if (k == s->n_rules - 1) {
			chain_report(before, k, &last, r);
			chains_spend(s, w, k - 1);
			return true;
		}
		chain = chain_at(s, w, k);
		if ((w->chains >> k & 1) && chain[0].event > before[0].event)
			continue;
		memcpy(chain, before, k * sizeof(*chain));
		chain[k] = last;
		w->chains |= 1ULL << k;
	}
	return false;
}

/* ---- all ---- */

bool window_begins(const struct window_shape *s, uint64_t parts)
{
	return s->type != CORR_TEMPORAL_ORDERED || (parts & 1);
}

bool window_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit,
		struct window_result *ret_result)
{
	if (s->at_end && !w->events)
		w->first_ns = hit->step.time_ns;
	w->latest_ns = hit->step.time_ns;
	w->events++;

	switch (s->type) {
	case CORR_EVENT_COUNT:
		if (!s->at_end)
			return event_count_hit(s, w, hit, ret_result);
		trail_add(s, w, hit);
		return false;
	case CORR_VALUE_COUNT:
		return value_count_hit(s, w, hit, ret_result);
	case CORR_TEMPORAL_ORDERED:
		return ordered_hit(s, w, hit, ret_result);
	}
	return false;
}

bool window_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *ret_result)
{
	uint64_t measure = s->type == CORR_VALUE_COUNT ? w->values : w->events;
	bool fires = count_judge(&s->count, measure);

	assert(s->at_end);
	if (fires) {
		*ret_result = (struct window_result){ .time_ns = end_ns, .start_ns = w->first_ns };
		trail_report(s, w, 0, ret_result);
	}
	window_clear(s, w);
	return fires;
}

uint64_t window_expiry(const struct window_shape *s, const struct window *w)
{
	uint64_t latest_first = 0;

	if (s->at_end)
		return w->events ? add_sat(w->first_ns, s->timespan_ns) : 0;
	if (s->type != CORR_TEMPORAL_ORDERED)
		return w->events ? add_sat(w->latest_ns, s->timespan_ns) : 0;

	if (!w->chains)
		return 0;
	for (uint64_t m = w->chains; m; m &= m - 1) {
		unsigned k = (unsigned)__builtin_ctzll(m);

		latest_first = MAX(latest_first, chain_at(s, (struct window *)w, k)[0].time_ns);
	}
	return add_sat(latest_first, s->timespan_ns);
}

void window_clear(const struct window_shape *s, struct window *w)
{
	if (s->type == CORR_VALUE_COUNT)
		while (w->values)
			value_drop_oldest(s, w);
	*w = (struct window){ 0 };
}
