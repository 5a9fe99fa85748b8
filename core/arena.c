/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/arena.h"

#define CHUNK_BYTES (64 * 1024)
#define ALIGNMENT   16

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char data[];
};

static struct arena_chunk *chunk_new(size_t size)
{
	size_t all;
	struct arena_chunk *c;

	if (__builtin_add_overflow(size, sizeof(*c), &all))
		return NULL;
	c = calloc(1, all);
	if (c)
		c->size = size;
	return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->head;
	size_t need;

	if (__builtin_add_overflow(n ? n : 1, ALIGNMENT - 1, &need))
		return NULL;
	need &= ~(size_t)(ALIGNMENT - 1);

	if (!c || c->size - c->used < need) {
		c = chunk_new(MAX(need, (size_t)CHUNK_BYTES));
		if (!c)
			return NULL;
		/* A large piece goes behind the head, so that the head's room is still used. */
		if (a->head && need > CHUNK_BYTES / 4) {
			c->next = a->head->next;
			a->head->next = c;
		} else {
			c->next = a->head;
			a->head = c;
		}
	}
	void *p = c->data + c->used;

	c->used += need;
	a->bytes += need;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all))
		return NULL;
	return arena_alloc(a, all);
}

char *arena_str(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

void *arena_grow(struct arena *a, void *array, size_t n, size_t *cap, size_t elem)
{
	if (n < *cap)
		return array;

	size_t more = *cap ? *cap * 2 : 8;
	void *p = arena_array(a, more, elem);

	if (!p)
		return NULL;
	if (n)
		memcpy(p, array, n * elem);
	*cap = more;
	return p;
}

void arena_done(struct arena *a)
{
	while (a->head) {
		struct arena_chunk *next = a->head->next;

		free(a->head);
		a->head = next;
	}
	*a = (struct arena){ 0 };
}
