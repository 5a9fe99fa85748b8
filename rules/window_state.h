/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* window_state.h - what rules/window.c (counts, measures) and rules/sequence.c (rules that meet, in order) share */
#pragma once
#include "rules/window.h"

struct window {
	uint64_t first_ns;	       /* of the window (at the end) */
	uint64_t latest_ns;	       /* hit */
	uint64_t events;	       /* since it was empty */
	double sum;		       /* value_sum at the end, value_avg */
	uint64_t numbers;	       /* summed up */
	uint64_t seen;		       /* temporal: bit i: step[i] holds the last hit of rule[i] */
	uint64_t chains;	       /* temporal_ordered: bit k: the chain of k + 1 events is pending */
	uint64_t waiting;	       /* bit j: waiting place j holds a completed chain */
	uint64_t lead_ns;	       /* the latest hit of a leading negated rule */
	uint64_t lead_event;	       /* its serial number, 0 = none */
	uint64_t keep_ns, keep_origin; /* of the step whose keep is kept */
	uint32_t trail_n, trail_next;
	uint32_t ring_n, ring_next;   /* event_count: times; sums, percentile: numbers */
	uint32_t values, fresh, free; /* value_count: live; never used from here on; index + 1 */
	uint32_t oldest, latest;      /* value_count: list by time, index + 1 */
};

static inline void *window_at(struct window *w, size_t at)
{
	return (char *)w + at;
}

static inline uint64_t add_sat(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* Inclusive, as Sigma's timespan is. Hits come in order: @now is never before @then. */
static inline bool within(const struct window_shape *s, uint64_t then, uint64_t now)
{
	return now - then <= s->timespan_ns;
}

/* In sequences steps are step_size apart: what the owner keeps with a step stands behind it. */
static inline struct step *step_at(const struct window_shape *s, struct step *first, size_t i)
{
	return (struct step *)((char *)first + i * s->step_size);
}

static inline void step_put(const struct window_shape *s, struct step *to, const struct window_hit *hit, unsigned part)
{
	*to = hit->step;
	to->part = (uint8_t)part;
	if (s->keep_size)
		memcpy(to + 1, hit->keep, s->keep_size);
}

/* By time, then arrival of the last event: a window's end is noticed after later events of the same time. */
static inline bool step_before(const struct step *a, const struct step *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	return a->origin != b->origin ? a->origin < b->origin : a->event < b->event;
}

static inline void step_report(const struct step *step, struct window_result *r)
{
	unsigned at = r->n_steps++;

	for (; at > 0 && step_before(step, &r->step[at - 1]); at--)
		r->step[at] = r->step[at - 1];
	r->step[at] = *step;
	if (at + 1 == r->n_steps)
		r->keep = step + 1;
	r->start_ns = MIN(r->start_ns, step->start_ns);
}

/* rules/sequence.c: the same as the functions of rules/window.h, for their types. */
size_t sequence_shape_init(struct window_shape *s, const struct corr_spec *spec, size_t at);
bool temporal_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit,
		  struct window_result *r);
bool temporal_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *r);
bool ordered_hit(const struct window_shape *s, struct window *w, struct window_hit *hit, struct window_result *r);
bool ordered_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *r);
uint64_t ordered_expiry(const struct window_shape *s, struct window *w);
