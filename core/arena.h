/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* arena.h - memory that is taken piece by piece and given back at once
 *
 * For what is built once and then only read: YAML trees, rules, compiled rulesets. Zeroed, aligned to 16 bytes.
 * Start with zeroed memory; arena_done gives everything back. One thread.
 */
#pragma once
#include "core/base.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	size_t bytes; /* handed out so far */
};

/* @n zeroed bytes, or NULL when out of memory. Never NULL for n = 0. */
void *arena_alloc(struct arena *a, size_t n);
/* An array; NULL also when n * size overflows. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* A copy of @s that ends in NUL. */
char *arena_str(struct arena *a, struct slice s);
/* Makes room for one more element: returns the array, perhaps moved (the old place is not given back, so growth is
 * by doubling), or NULL. @elem: size of an element. *cap is updated. */
void *arena_grow(struct arena *a, void *array, size_t n, size_t *cap, size_t elem);
void arena_done(struct arena *a);
