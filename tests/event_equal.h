/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* event_equal.h - whether two events say the same to a rule: fields, their text after repair,
 * time and log source */
#pragma once
#include "core/event.h"

#define EQUAL_TEXT_MAX (3 * 1024 * 1024 + 64)

/* Buffers for repaired text: malloc'ed once, EQUAL_TEXT_MAX each. */
struct event_equal {
	char *a, *b;
};

static inline bool equal_init(struct event_equal *e)
{
	e->a = malloc(EQUAL_TEXT_MAX);
	e->b = malloc(EQUAL_TEXT_MAX);
	return e->a && e->b;
}

static inline void equal_done(struct event_equal *e)
{
	free(e->a);
	free(e->b);
}

static inline bool equal_value(struct event_equal *e, enum value_type t, const struct value *a,
			       const struct value *b)
{
	return slice_eq(value_text(t, a, e->a, EQUAL_TEXT_MAX),
			value_text(t, b, e->b, EQUAL_TEXT_MAX));
}

/* Name of the first thing that differs, or NULL. */
static inline const char *event_differs(struct event_equal *e, const struct event *a,
					const struct event *b)
{
	if (a->time_ns != b->time_ns)
		return "@timestamp";
	if (a->category != b->category || !slice_eq(a->category_text, b->category_text))
		return "category";
	if (!slice_eq(a->product, b->product))
		return "product";
	if (!slice_eq(a->service, b->service))
		return "service";
	for (enum field f = 0; f < F_MAX; f++) {
		if (event_has(a, f) != event_has(b, f))
			return field_desc[f].sigma;
		if (event_has(a, f) && !equal_value(e, field_desc[f].type, &a->v[f], &b->v[f]))
			return field_desc[f].sigma;
	}
	return NULL;
}
