/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* strpool.h - shared, reference-counted strings in one bounded arena
 *
 * A buddy system of power-of-two blocks (Knuth 1973, 2.5): what is freed is merged again, so that a flood of short
 * strings cannot wear the arena out for long ones. Equal strings are one. Nothing is allocated after strpool_init();
 * the arena is untouched zero pages until it is used. One thread.
 */
#pragma once
#include "core/base.h"
#include "core/hash.h"

#define STRPOOL_MIN_ORDER 6  /* smallest block: 64 bytes, header included */
#define STRPOOL_MAX_ORDER 14 /* largest: 16 KiB */
#define STRPOOL_ORDERS	  (STRPOOL_MAX_ORDER + 1)
#define STRPOOL_TEXT_MAX  ((1U << STRPOOL_MAX_ORDER) - 32)

struct strpool {
	char *mem;
	size_t size;	  /* multiple of the largest block */
	size_t brk;	  /* blocks below have been handed out at least once */
	size_t used;	  /* bytes in blocks that are taken */
	uint32_t *bucket; /* chains of equal hash */
	uint32_t bucket_mask;
	uint32_t free_list[STRPOOL_ORDERS];
	struct siphash_key key;
};

/* A handle is the block's offset in units of the smallest block, plus 1; 0 = no string. */
typedef uint32_t strpool_t;

int strpool_init(struct strpool *sp, size_t size);
void strpool_done(struct strpool *sp);
/* One more reference to the string @s, or 0 if it is empty, too long or the arena is full. @flags are kept beside the text. */
strpool_t strpool_get(struct strpool *sp, struct slice s, uint8_t flags);
strpool_t strpool_ref(struct strpool *sp, strpool_t h);
void strpool_unref(struct strpool *sp, strpool_t h);
struct slice strpool_text(const struct strpool *sp, strpool_t h);
uint8_t strpool_flags(const struct strpool *sp, strpool_t h);
