/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* encoders.h - the encoders behind outputs.def, and what they have in common
 *
 * Include only inside outputs/ and its tests; everyone else asks encoder_by_name().
 * Pure functions of their arguments: no descriptor, no clock, no lock (json sorts its keys once, under pthread_once(3)).
 * Only the caller's struct buf is written.
 */
#pragma once
#include "outputs/output.h"

#define ENCODER(name, function, doc) encoder_fn function;
#include "outputs/outputs.def"

/* CEF severity, 0-10: that of the level, or round(score / 10) where the rule set a score of its own. */
unsigned alert_severity(const struct alert *a);

/* How an alert's category is called elsewhere. */
struct category_view {
	const char *cef_cat;	 /* CEF "cat"; NULL = none */
	const char *ecs;	 /* event.category */
	const char *ecs_type[2]; /* event.type, NULL ended unless both are set */
};

struct category_view alert_category(const struct alert *a);
/* "success" or "failure" of what was attempted, NULL if not known. */
const char *alert_outcome(const struct alert *a);
/* One human sentence about the alert, of foreign bytes too: clean or escape it like any value.
 * Parts are cut so that all of them show within the room of @b (give it TL_SENTENCE_MAX). */
#define TL_SENTENCE_MAX 2048
void alert_sentence(struct buf *b, const struct alert *a);

/* CEF with smaller caps, for transports that carry less. Level 0 is the full line; CEF_SQUEEZE_MAX keeps only
 * what identifies the alert. Returns 0, 1 (something was cut) or -E2BIG (it did not fit; nothing appended). */
#define CEF_SQUEEZE_MAX 9
int cef_put(struct buf *b, const struct alert *a, const struct agent *agent, unsigned squeeze);
