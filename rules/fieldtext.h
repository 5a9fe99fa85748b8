/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* fieldtext.h - the texts of an event's fields by hash, worked out once per event however many correlations ask
 *
 * A text's identity is the keyed 128-bit hash of all of its bytes; for the reader its first TL_FIELDTEXT bytes are kept.
 */
#pragma once
#include "core/event.h"
#include "core/hash.h"

#define TL_FIELDTEXT	  256 /* bytes */
#define TL_FIELDTEXT_LIST 64  /* distinct items of a list that are looked at */

struct fieldtext {
	struct hash128 hash;
	const char *p; /* valid until the next fieldtext_reset() */
	uint32_t n;
};

struct fieldtexts;

int fieldtexts_new(const struct siphash_key *key, struct fieldtexts **ret_texts);
void fieldtexts_free(struct fieldtexts *t);
void fieldtexts_key(struct fieldtexts *t, const struct siphash_key *key);
/* Before each event. */
void fieldtexts_reset(struct fieldtexts *t);
/* The texts of a field: none (absent, an empty list), one, or the first TL_FIELDTEXT_LIST distinct items of a list. */
unsigned fieldtexts_get(struct fieldtexts *t, const struct event *ev, enum field f, const struct fieldtext **ret_texts);
/* Hashes of every value, of a list also repeated ones; at most @max. */
uint32_t fieldtexts_values(struct fieldtexts *t, const struct event *ev, enum field f, struct hash128 *ret_hash,
			   uint32_t max);
/* Every value that is a number, decimal with or without fraction and exponent; at most @max. */
uint32_t fieldtexts_numbers(struct fieldtexts *t, const struct event *ev, enum field f, double *ret_number,
			    uint32_t max);
/* Whether all of @text is such a number. */
bool fieldtext_number(struct slice text, double *ret_number);
