/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* window.h - what one group of a correlation remembers, and when it fires
 *
 * The arithmetic of Sigma correlations, without groups, fields or memory: the state lies in a block of window_shape.size
 * bytes of the caller, zero before its first use. Hits come in order of (time, arrival).
 *
 *   event_count       the latest n times (immediate); a number (at the end)
 *   value_count       the latest time of each of up to n values
 *   temporal_ordered  per step the pending chain whose first event is the latest: if any chain can still complete
 *                     in time, this one can
 */
#pragma once
#include "core/alert.h"
#include "core/hash.h"
#include "rules/correlate.h"

#define TL_STEP_GUID 60

/* One contributing hit, as the alert shows it. */
struct step {
	uint64_t time_ns;
	uint64_t start_ns; /* earlier than time_ns if the part is itself a correlation */
	uint64_t seq;
	uint64_t event; /* serial number of the event in the correlator: equal = the same event */
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
	unsigned n_rules;
	uint32_t n;	/* event_count: times kept; value_count: values kept */
	uint32_t trail; /* steps kept */
	uint32_t buckets;
	size_t trail_at, ring_at, bucket_at, size; /* offsets in the state */
};

struct window;

/* What an event brings to one group. */
struct window_hit {
	uint64_t parts;		      /* bit i: rule[i] of the correlation was hit */
	struct step step;	      /* .part is filled in here */
	const struct hash128 *value; /* value_count: what it brings; at least one */
	uint32_t n_values;
};

/* Why it fired. */
struct window_result {
	uint64_t time_ns, start_ns;
	unsigned n_steps;
	struct step step[TL_ALERT_STEPS]; /* the latest, oldest first */
};

/* The measure is limited so that the state is: thresholds up to TL_CORR_COUNT_MAX. */
void window_shape_init(struct window_shape *s, const struct corr_spec *spec);
/* Whether a hit of these parts begins something in a group that holds nothing. */
bool window_begins(const struct window_shape *s, uint64_t parts);
/* Takes in a hit. True if the group fires now; its state then is what remains (window_expiry() tells whether anything does). */
bool window_hit(const struct window_shape *s, struct window *w, const struct window_hit *hit, struct window_result *ret_result);
/* At-the-end types: judges the window that ended at @end_ns. */
bool window_close(const struct window_shape *s, struct window *w, uint64_t end_ns, struct window_result *ret_result);
/* Event time after which nothing of it counts any more (at-the-end types: at which it must be judged); 0 = it is empty. */
uint64_t window_expiry(const struct window_shape *s, const struct window *w);
/* Back to empty, in time proportional to what it holds. */
void window_clear(const struct window_shape *s, struct window *w);
