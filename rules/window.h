/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* window.h - what one group of a correlation remembers, and when it fires
 *
 * The arithmetic of Sigma correlations, without groups, fields or memory: the state lies in a block of window_shape.size
 * bytes of the caller, zero before its first use. Hits come in order of (time, arrival).
 *
 *   event_count       the latest n times (immediate); a number (at the end)
 *   value_count       the latest time of each of up to n values
 *   value_sum ...     the latest TL_CORR_NUMBERS numbers; at the end their sum and count, but for percentiles
 *   temporal          the last hit of each rule
 *   temporal_ordered  per step the pending chain whose first event is the latest: if any chain can still complete
 *                     in time, this one can
 */
#pragma once
#include "core/alert.h"
#include "core/hash.h"
#include "rules/correlate.h"

#define TL_STEP_GUID 52

/* One contributing hit, as the alert shows it. */
struct step {
	uint64_t time_ns;
	uint64_t start_ns; /* earlier than time_ns if the part is itself a correlation */
	uint64_t seq;
	uint64_t event;	 /* serial number in the correlator of the event, or of the window's end: equal = the same */
	uint64_t origin; /* of the last event behind it; differs from .event after a window's end */
	uint16_t cpu;
	uint8_t part; /* of corr_spec.rule */
	uint8_t guid_n;
	char guid[TL_STEP_GUID];
};

/* What follows from the rule alone. */
struct window_shape {
	enum corr_type type;
	bool at_end;
	uint64_t timespan_ns;
	struct corr_count count;
	struct corr_number number;
	unsigned percentile;
	unsigned n_rules;
	uint64_t begins; /* parts whose hit begins something in an empty group */
	uint32_t n;	 /* event_count: times kept; value_count: values kept; sums: numbers kept */
	uint32_t trail;	 /* steps kept */
	uint32_t buckets;
	size_t keep_size; /* bytes of the owner that go with the last hit, in sequences with each step */
	size_t step_size;
	size_t trail_at, keep_at, ring_at, bucket_at, waiting_at, size; /* offsets in the state */
	const struct corr_spec *spec;					/* temporal: expr */
	/* temporal_ordered: steps are the rules that are neither negated nor `until` */
	unsigned n_steps;
	uint8_t step_part[TL_CORR_RULES];
	uint64_t not_before[TL_CORR_RULES + 1]; /* negated rules right before step k; [n_steps]: after the last */
	uint64_t until;
	uint64_t gap_ns;
};

struct window;

/* What an event brings to one group. */
struct window_hit {
	uint64_t parts;		     /* bit i: rule[i] of the correlation was hit */
	struct step step;	     /* .part is filled in here */
	const void *keep;	     /* what goes with it */
	const struct hash128 *value; /* value_count: what it brings; at least one */
	uint32_t n_values;
	const double *number; /* value_sum, value_avg, value_percentile: the same */
	uint32_t n_numbers;
	unsigned lost; /* returned: what a full state let go */
};

/* Why it fired. */
struct window_result {
	uint64_t time_ns, start_ns;
	unsigned n_steps;
	struct step step
		[TL_ALERT_STEPS]; /* the latest, oldest first; the end of a window stands before later events of its time */
	const void *keep;	  /* of the last step; in the state, valid until that is touched again */
};

/* The measure is limited so that the state is: thresholds up to TL_CORR_COUNT_MAX. @keep_size: a multiple of 8. */
void window_shape_init(struct window_shape *s, const struct corr_spec *spec, size_t keep_size);
/* Whether a hit of these parts begins something in a group that holds nothing. */
bool window_begins(const struct window_shape *s, uint64_t parts);
/* Takes in a hit. True if the group fires now; its state then is what remains (window_expiry() tells whether anything does). */
bool window_hit(const struct window_shape *s, struct window *w, struct window_hit *hit,
		struct window_result *ret_result);
/* at_end: judges the window, or the first of those, that ended at @end_ns, the expiry. What remains has a later expiry. */
bool window_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *ret_result);
/* Event time after which nothing of it counts any more (at_end: after which it must be judged); 0 = it is empty. */
uint64_t window_expiry(const struct window_shape *s, struct window *w);
/* Back to empty, in time proportional to what it holds. */
void window_clear(const struct window_shape *s, struct window *w);
