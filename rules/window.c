/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/window_state.h"

#include <assert.h>

struct value_seen {
	struct hash128 hash;
	uint64_t time_ns;
	uint32_t older, newer; /* index + 1 */
	uint32_t chain;	       /* same bucket, or next free */
};

struct number_seen {
	double number;
	uint64_t time_ns;
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

/* Counts and measures keep the latest steps for the report, and with the last one what the owner wants. */
static size_t trail_init(struct window_shape *s, size_t at)
{
	s->trail_at = at;
	at += s->trail * sizeof(struct step);
	s->keep_at = at;
	return at + s->keep_size;
}

void window_shape_init(struct window_shape *s, const struct corr_spec *spec, size_t keep_size)
{
	size_t at = round8(sizeof(struct window));

	*s = (struct window_shape){
		.type = spec->type,
		.timespan_ns = spec->timespan_ns,
		.count = spec->count,
		.number = spec->number,
		.percentile = spec->percentile,
		.n_rules = spec->n_rules,
		.begins = ~0ULL,
		.keep_size = keep_size,
		.step_size = sizeof(struct step) + keep_size,
	};

	switch (s->type) {
	case CORR_EVENT_COUNT:
		s->at_end = s->count.at_end;
		s->n = (uint32_t)measure_max(&s->count);
		s->trail = MIN(s->at_end ? TL_ALERT_STEPS : s->n, TL_ALERT_STEPS);
		at = trail_init(s, at);
		s->ring_at = at;
		at += s->at_end ? 0 : s->n * sizeof(uint64_t);
		break;
	case CORR_VALUE_COUNT:
		s->at_end = s->count.at_end;
		s->n = (uint32_t)measure_max(&s->count);
		s->trail = TL_ALERT_STEPS;
		at = trail_init(s, at);
		s->ring_at = at;
		at += s->n * sizeof(struct value_seen);
		for (s->buckets = 1; s->buckets < s->n;)
			s->buckets *= 2;
		s->bucket_at = at;
		at += s->buckets * sizeof(uint32_t);
		break;
	case CORR_VALUE_SUM:
	case CORR_VALUE_AVG:
	case CORR_VALUE_PERCENTILE:
		s->at_end = s->type != CORR_VALUE_SUM || (s->number.has & ~(unsigned)(CORR_GT | CORR_GTE));
		s->trail = TL_ALERT_STEPS;
		at = trail_init(s, at);
		s->ring_at = at;
		if (s->type == CORR_VALUE_PERCENTILE || !s->at_end)
			s->n = TL_CORR_NUMBERS;
		at += s->n * sizeof(struct number_seen);
		break;
	case CORR_TEMPORAL:
	case CORR_TEMPORAL_ORDERED:
		at = sequence_shape_init(s, spec, at);
		break;
	}
	s->size = round8(at);
}

/* ---- trail: the latest contributing events, for the report ---- */

static void trail_add(const struct window_shape *s, struct window *w, const struct window_hit *hit)
{
	struct step *trail = window_at(w, s->trail_at);

	trail[w->trail_next] = hit->step;
	trail[w->trail_next].part = (uint8_t)__builtin_ctzll(hit->parts);
	w->trail_next = (w->trail_next + 1) % s->trail;
	if (w->trail_n < s->trail)
		w->trail_n++;
	if (!s->keep_size || (hit->step.time_ns == w->keep_ns && hit->step.origin < w->keep_origin))
		return;
	w->keep_ns = hit->step.time_ns;
	w->keep_origin = hit->step.origin;
	memcpy(window_at(w, s->keep_at), hit->keep, s->keep_size);
}

/* Steps older than @from_ns no longer contribute. */
static void trail_report(const struct window_shape *s, struct window *w, uint64_t from_ns, struct window_result *r)
{
	const struct step *trail = window_at(w, s->trail_at);

	for (uint32_t i = 0; i < w->trail_n; i++) {
		const struct step *step = &trail[(w->trail_next + s->trail - w->trail_n + i) % s->trail];

		if (step->time_ns >= from_ns)
			step_report(step, r);
	}
	r->keep = window_at(w, s->keep_at);
}

/* ---- event_count ---- */

static bool count_judge(const struct corr_count *c, uint64_t n)
{
	return n > 0 && (!c->has_min || n >= c->min) && (!c->has_max || n <= c->max) && (!c->has_neq || n != c->neq);
}

static bool event_count_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit,
			    struct window_result *r)
{
	uint64_t *ring = window_at(w, s->ring_at), now = hit->step.time_ns, oldest;

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
	uint32_t *bucket = window_at(w, s->bucket_at);

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
	struct value_seen *v = window_at(w, s->ring_at);
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
	struct value_seen *v = window_at(w, s->ring_at);
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
	const struct value_seen *v = window_at(w, s->ring_at);
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

/* ---- value_sum, value_avg, value_percentile ---- */

static bool number_judge(const struct corr_number *c, double x)
{
	return (!(c->has & CORR_GT) || x > c->gt) && (!(c->has & CORR_GTE) || x >= c->gte) &&
	       (!(c->has & CORR_LT) || x < c->lt) && (!(c->has & CORR_LTE) || x <= c->lte) &&
	       (!(c->has & CORR_EQ) || x == c->eq) && (!(c->has & CORR_NEQ) || x != c->neq);
}

static void number_add(const struct window_shape *s, struct window *w, double number, struct window_hit *hit)
{
	struct number_seen *ring = window_at(w, s->ring_at), *to = &ring[w->ring_next];

	w->sum += number;
	w->numbers++;
	if (!s->n)
		return;
	if (w->ring_n < s->n)
		w->ring_n++;
	else if (s->at_end || within(s, to->time_ns, hit->step.time_ns))
		hit->lost++;
	*to = (struct number_seen){ number, hit->step.time_ns };
	w->ring_next = (w->ring_next + 1) % s->n;
}

/* Added up anew each time: a running sum of fractions would drift. */
static double window_sum(const struct window_shape *s, struct window *w, uint64_t now, uint64_t *ret_oldest)
{
	const struct number_seen *ring = window_at(w, s->ring_at);
	double sum = 0;

	*ret_oldest = now;
	for (uint32_t i = 0; i < w->ring_n; i++) {
		const struct number_seen *n = &ring[(w->ring_next + s->n - w->ring_n + i) % s->n];

		if (!within(s, n->time_ns, now))
			continue;
		sum += n->number;
		*ret_oldest = MIN(*ret_oldest, n->time_ns);
	}
	return sum;
}

static bool numbers_hit(const struct window_shape *s, struct window *w, struct window_hit *hit, struct window_result *r)
{
	uint64_t now = hit->step.time_ns, oldest;

	for (uint32_t i = 0; i < hit->n_numbers; i++)
		number_add(s, w, hit->number[i], hit);
	trail_add(s, w, hit);
	if (s->at_end || !number_judge(&s->number, window_sum(s, w, now, &oldest)))
		return false;
	*r = (struct window_result){ .time_ns = now, .start_ns = oldest };
	trail_report(s, w, oldest, r);
	window_clear(s, w);
	return true;
}

static int number_order(const void *a, const void *b)
{
	const struct number_seen *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Sorts what it is given: the window ends here. */
static double numbers_measure(const struct window_shape *s, struct window *w)
{
	struct number_seen *ring = window_at(w, s->ring_at);

	if (s->type == CORR_VALUE_SUM)
		return w->sum;
	if (s->type == CORR_VALUE_AVG)
		return w->sum / (double)w->numbers;
	qsort(ring, w->ring_n, sizeof(*ring), number_order);
	return ring[((uint64_t)w->ring_n * s->percentile + 99) / 100 - 1].number; /* nearest rank */
}

/* ---- all ---- */

bool window_begins(const struct window_shape *s, uint64_t parts)
{
	return parts & s->begins;
}

bool window_hit(const struct window_shape *s, struct window *w, struct window_hit *hit,
		struct window_result *ret_result)
{
	if (!w->events)
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
	case CORR_VALUE_SUM:
	case CORR_VALUE_AVG:
	case CORR_VALUE_PERCENTILE:
		return numbers_hit(s, w, hit, ret_result);
	case CORR_TEMPORAL:
		return temporal_hit(s, w, hit, ret_result);
	case CORR_TEMPORAL_ORDERED:
		return ordered_hit(s, w, hit, ret_result);
	}
	return false;
}

static bool measure_holds(const struct window_shape *s, struct window *w)
{
	switch (s->type) {
	case CORR_EVENT_COUNT:
		return count_judge(&s->count, w->events);
	case CORR_VALUE_COUNT:
		return count_judge(&s->count, w->values);
	case CORR_VALUE_SUM:
	case CORR_VALUE_AVG:
	case CORR_VALUE_PERCENTILE:
		return number_judge(&s->number, numbers_measure(s, w));
	case CORR_TEMPORAL:
	case CORR_TEMPORAL_ORDERED:
		break;
	}
	return false;
}

bool window_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *ret_result)
{
	bool fires;

	assert(s->at_end);
	if (s->type == CORR_TEMPORAL_ORDERED)
		return ordered_close(s, w, end_ns, ret_result);
	if (s->type == CORR_TEMPORAL) {
		fires = temporal_close(s, w, end_ns, ret_result);
	} else {
		fires = measure_holds(s, w);
		if (fires) {
			*ret_result = (struct window_result){ .time_ns = end_ns, .start_ns = w->first_ns };
			trail_report(s, w, 0, ret_result);
		}
	}
	window_clear(s, w);
	return fires;
}

uint64_t window_expiry(const struct window_shape *s, struct window *w)
{
	if (s->type == CORR_TEMPORAL_ORDERED)
		return ordered_expiry(s, w);
	if (!w->events)
		return 0;
	return add_sat(s->at_end ? w->first_ns : w->latest_ns, s->timespan_ns);
}

void window_clear(const struct window_shape *s, struct window *w)
{
	if (s->type == CORR_VALUE_COUNT)
		while (w->values)
			value_drop_oldest(s, w);
	*w = (struct window){ 0 };
}
