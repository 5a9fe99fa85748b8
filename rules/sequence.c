/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/window_state.h"

static struct step *chain_at(const struct window_shape *s, struct window *w, unsigned k)
{
	return step_at(s, window_at(w, s->ring_at), (size_t)k * (k + 1) / 2);
}

static struct step *waiting_at(const struct window_shape *s, struct window *w, unsigned j)
{
	return step_at(s, window_at(w, s->waiting_at), (size_t)j * s->n_steps);
}

/* The last of the chain of k + 1 events. */
static struct step *chain_last(const struct window_shape *s, struct window *w, unsigned k)
{
	return step_at(s, chain_at(s, w, k), k);
}

/* Per chain of k + 1 events: the latest leading negated hit before its first event; serial number 0 = none. */
struct lead {
	uint64_t time_ns, event;
};

static struct lead *lead_at(const struct window_shape *s, struct window *w, unsigned k)
{
	return (struct lead *)window_at(w, s->bucket_at) + k;
}

static bool has_not(const struct corr_spec *spec)
{
	for (unsigned i = 0; i < spec->n_expr; i++)
		if (spec->expr[i] == CORR_NOT)
			return true;
	return false;
}

static void steps_init(struct window_shape *s, const struct corr_spec *spec)
{
	s->until = spec->until ? 1ULL << (spec->until - 1) : 0;
	s->gap_ns = spec->gap_ns ? spec->gap_ns : UINT64_MAX;
	for (unsigned i = 0; i < spec->n_rules; i++) {
		uint64_t bit = 1ULL << i;

		if (s->until & bit)
			continue;
		if (spec->negated & bit)
			s->not_before[s->n_steps] |= bit;
		else
			for (unsigned r = MAX(spec->runs[i], 1); r > 0 && s->n_steps < TL_CORR_RULES; r--)
				s->step_part[s->n_steps++] = (uint8_t)i;
	}
	s->begins = 1ULL << s->step_part[0] | s->not_before[0];
	s->at_end = s->not_before[s->n_steps] != 0;
}

size_t sequence_shape_init(struct window_shape *s, const struct corr_spec *spec, size_t at)
{
	s->spec = spec;
	s->ring_at = at;
	if (s->type == CORR_TEMPORAL) {
		s->at_end = has_not(spec);
		return at + s->n_rules * s->step_size;
	}

	steps_init(s, spec);
	at += (size_t)s->n_steps * (s->n_steps + 1) / 2 * s->step_size; /* chain of k + 1 at k (k + 1) / 2 */
	s->waiting_at = at;
	at += s->at_end ? (size_t)TL_CORR_WAITING * s->n_steps * s->step_size : 0;
	s->bucket_at = at;
	at += s->not_before[0] ? s->n_steps * sizeof(struct lead) : 0;
	return at;
}

/* ---- temporal ---- */

static bool expr_holds(const struct corr_spec *spec, uint64_t seen)
{
	bool stack[TL_CORR_EXPR] = { false };
	unsigned n = 0;

	for (unsigned i = 0; i < spec->n_expr; i++) {
		switch (spec->expr[i]) {
		case CORR_AND:
			n--;
			stack[n - 1] = stack[n - 1] && stack[n];
			break;
		case CORR_OR:
			n--;
			stack[n - 1] = stack[n - 1] || stack[n];
			break;
		case CORR_NOT:
			stack[n - 1] = !stack[n - 1];
			break;
		default:
			stack[n++] = seen >> spec->expr[i] & 1;
		}
	}
	return n && stack[0];
}

static bool temporal_holds(const struct window_shape *s, uint64_t seen)
{
	unsigned need = s->count.has_min ? (unsigned)s->count.min : s->n_rules;

	if (s->spec->n_expr)
		return expr_holds(s->spec, seen);
	return (unsigned)__builtin_popcountll(seen) >= need;
}

static struct step *last_hit(const struct window_shape *s, struct window *w, unsigned part)
{
	return step_at(s, window_at(w, s->ring_at), part);
}

/* The last hit of each rule that was seen, in the order of events. */
static void temporal_report(const struct window_shape *s, struct window *w, uint64_t time_ns, struct window_result *r)
{
	uint64_t left = w->seen;
	unsigned skip = (unsigned)__builtin_popcountll(left);

	skip -= MIN(skip, TL_ALERT_STEPS);
	*r = (struct window_result){ .time_ns = time_ns, .start_ns = time_ns };
	while (left) {
		unsigned next = (unsigned)__builtin_ctzll(left);

		for (uint64_t m = left; m; m &= m - 1)
			if (step_before(last_hit(s, w, (unsigned)__builtin_ctzll(m)), last_hit(s, w, next)))
				next = (unsigned)__builtin_ctzll(m);
		left &= ~(1ULL << next);
		if (skip)
			skip--;
		else
			step_report(last_hit(s, w, next), r);
	}
}

bool temporal_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit, struct window_result *r)
{
	uint64_t now = hit->step.time_ns;

	for (uint64_t m = hit->parts; m; m &= m - 1) {
		unsigned part = (unsigned)__builtin_ctzll(m);

		step_put(s, last_hit(s, w, part), hit, part);
		w->seen |= 1ULL << part;
	}
	if (s->at_end)
		return false;
	for (uint64_t m = w->seen; m; m &= m - 1)
		if (!within(s, last_hit(s, w, (unsigned)__builtin_ctzll(m))->time_ns, now))
			w->seen &= ~(m & -m);
	if (!temporal_holds(s, w->seen))
		return false;
	temporal_report(s, w, now, r);
	window_clear(s, w);
	return true;
}

bool temporal_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *r)
{
	if (!temporal_holds(s, w->seen))
		return false;
	temporal_report(s, w, end_ns, r);
	return true;
}

/* ---- temporal_ordered ---- */

static bool chain_has(const struct window_shape *s, struct step *chain, unsigned n, uint64_t event)
{
	for (unsigned i = 0; i < n; i++)
		if (step_at(s, chain, i)->event == event)
			return true;
	return false;
}

static bool chains_share(const struct window_shape *s, struct step *a, unsigned n_a, struct step *b, unsigned n_b)
{
	for (unsigned i = 0; i < n_a; i++)
		if (chain_has(s, b, n_b, step_at(s, a, i)->event))
			return true;
	return false;
}

static void chain_report(const struct window_shape *s, struct step *chain, unsigned n, uint64_t time_ns,
			 struct window_result *r)
{
	unsigned skip = n > TL_ALERT_STEPS ? n - TL_ALERT_STEPS : 0;

	*r = (struct window_result){ .time_ns = time_ns, .start_ns = chain->start_ns };
	for (unsigned i = skip; i < n; i++)
		step_report(step_at(s, chain, i), r);
}

/* No event is in two alerts: pending chains that share one with @chain go. Itself it stays in its place until that is
 * filled again. */
static void chains_spend(const struct window_shape *s, struct window *w, struct step *chain, unsigned n)
{
	uint64_t left = w->chains;

	for (uint64_t m = w->chains; m; m &= m - 1) {
		unsigned j = (unsigned)__builtin_ctzll(m);

		if (chains_share(s, chain_at(s, w, j), j + 1, chain, n))
			left &= ~(1ULL << j);
	}
	w->chains = left;
}

/* Where a completed chain waits whether a negated rule follows; of too many, the one nearest to its alert goes, counted. */
static struct step *waiting_take(const struct window_shape *s, struct window *w, struct window_hit *hit)
{
	unsigned place = 0;

	if (w->waiting == ~0ULL) {
		for (unsigned j = 1; j < TL_CORR_WAITING; j++)
			if (waiting_at(s, w, j)->event < waiting_at(s, w, place)->event)
				place = j;
		hit->lost++;
	} else {
		place = (unsigned)__builtin_ctzll(~w->waiting);
	}
	w->waiting |= 1ULL << place;
	return waiting_at(s, w, place);
}

/* Whether a hit of a leading negated rule, before the first event, is within timespan of @now. */
static bool lead_forbids(const struct window_shape *s, struct lead lead, uint64_t now)
{
	return lead.event && within(s, lead.time_ns, now);
}

/* The chain before step @k, if an event at @now may continue it. */
static struct step *ordered_before(const struct window_shape *s, struct window *w, unsigned k, uint64_t now)
{
	struct step *before = chain_at(s, w, k - 1);

	if (!(w->chains >> (k - 1) & 1))
		return NULL;
	if (within(s, before->time_ns, now) && now - chain_last(s, w, k - 1)->time_ns <= s->gap_ns)
		return before;
	w->chains &= ~(1ULL << (k - 1)); /* nor will a later one */
	return NULL;
}

/* The event at the last step. @chain: room for all steps, filled but for the last. */
static void ordered_complete(const struct window_shape *s, struct window *w, struct window_hit *hit, struct step *chain,
			     struct window_result *r)
{
	unsigned n = s->n_steps;

	step_put(s, step_at(s, chain, n - 1), hit, s->step_part[n - 1]);
	chains_spend(s, w, chain, n);
	if (s->at_end)
		memcpy(waiting_take(s, w, hit), chain, n * s->step_size);
	else
		chain_report(s, chain, n, hit->step.time_ns, r);
}

/* One event at one step. Returns true if that completed a chain: then it is spent, reported or waiting. */
static bool ordered_step(const struct window_shape *s, struct window *w, struct window_hit *hit, unsigned k,
			 struct window_result *r)
{
	struct step *before = NULL, *chain = chain_at(s, w, k);
	struct lead lead = { w->lead_ns, w->lead_event };
	bool last = k + 1 == s->n_steps;

	if (k > 0) {
		before = ordered_before(s, w, k, hit->step.time_ns);
		if (!before)
			return false;
		if (s->not_before[0])
			lead = *lead_at(s, w, k - 1);
	}
	if (last && s->not_before[0] && lead_forbids(s, lead, hit->step.time_ns))
		return false;
	if (!last && before && (w->chains >> k & 1) && chain->event > before->event)
		return false;

	if (before)
		memcpy(chain, before, k * s->step_size);
	if (last) {
		ordered_complete(s, w, hit, chain, r);
		return true;
	}
	step_put(s, step_at(s, chain, k), hit, s->step_part[k]);
	if (s->not_before[0])
		*lead_at(s, w, k) = lead;
	w->chains |= 1ULL << k;
	return false;
}

/* Negated rules kill what waits at their place, but not what this very event put there. */
static void ordered_negate(const struct window_shape *s, struct window *w, const struct window_hit *hit)
{
	uint64_t event = hit->step.event;

	for (uint64_t m = w->chains; m; m &= m - 1) {
		unsigned k = (unsigned)__builtin_ctzll(m);

		if ((hit->parts & s->not_before[k + 1]) && chain_last(s, w, k)->event != event)
			w->chains &= ~(1ULL << k);
	}
	if (hit->parts & s->not_before[s->n_steps])
		for (uint64_t m = w->waiting; m; m &= m - 1) {
			unsigned j = (unsigned)__builtin_ctzll(m);

			if (step_at(s, waiting_at(s, w, j), s->n_steps - 1)->event != event)
				w->waiting &= ~(1ULL << j);
		}
	if (hit->parts & s->not_before[0]) {
		w->lead_ns = hit->step.time_ns;
		w->lead_event = event;
	}
}

bool ordered_hit(const struct window_shape *s, struct window *w, struct window_hit *hit, struct window_result *r)
{
	bool completed = false;

	if (hit->parts & s->until)
		w->chains = w->waiting = 0;
	/* From the last step to the first, so that one event never is two steps of a chain. */
	for (unsigned k = s->n_steps; k-- > 0 && !completed;)
		if (hit->parts >> s->step_part[k] & 1)
			completed = ordered_step(s, w, hit, k, r);
	ordered_negate(s, w, hit);
	return completed && !s->at_end;
}

/* What waited for @end_ns is told, one at a time; what can no longer complete is forgotten. */
bool ordered_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *r)
{
	unsigned first = TL_CORR_WAITING;

	for (uint64_t m = w->chains; m; m &= m - 1) {
		unsigned k = (unsigned)__builtin_ctzll(m);

		if (add_sat(chain_at(s, w, k)->time_ns, s->timespan_ns) <= end_ns)
			w->chains &= ~(1ULL << k);
	}
	if (w->lead_event && add_sat(w->lead_ns, s->timespan_ns) <= end_ns)
		w->lead_event = 0;
	for (uint64_t m = w->waiting; m; m &= m - 1) {
		unsigned j = (unsigned)__builtin_ctzll(m);

		if (add_sat(waiting_at(s, w, j)->time_ns, s->timespan_ns) <= end_ns &&
		    (first == TL_CORR_WAITING || waiting_at(s, w, j)->event < waiting_at(s, w, first)->event))
			first = j;
	}
	if (first == TL_CORR_WAITING)
		return false;
	chain_report(s, waiting_at(s, w, first), s->n_steps, end_ns, r);
	w->waiting &= ~(1ULL << first);
	return true;
}

uint64_t ordered_expiry(const struct window_shape *s, struct window *w)
{
	uint64_t latest = 0, soonest = UINT64_MAX;

	for (uint64_t m = w->waiting; m; m &= m - 1)
		soonest = MIN(soonest, waiting_at(s, w, (unsigned)__builtin_ctzll(m))->time_ns);
	if (w->waiting)
		return add_sat(soonest, s->timespan_ns);

	if (w->lead_event)
		latest = w->lead_ns;
	for (uint64_t m = w->chains; m; m &= m - 1)
		latest = MAX(latest, chain_at(s, w, (unsigned)__builtin_ctzll(m))->time_ns);
	return w->chains || w->lead_event ? add_sat(latest, s->timespan_ns) : 0;
}
