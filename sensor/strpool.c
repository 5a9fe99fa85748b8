/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/strpool.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

/* Header of every block, taken or free. A buddy's header is always readable: its address starts either the
 * buddy itself or the first piece it was split into. */
struct block {
	uint32_t refs; /* 0 = free */
	uint32_t next; /* taken: chain of the bucket; free: list of its order */
	uint32_t prev; /* free: list of its order */
	uint32_t len;
	uint64_t hash;
	uint8_t order, flags;
	uint8_t pad[6];
	char text[];
};

_Static_assert(offsetof(struct block, text) == 32, "STRPOOL_TEXT_MAX counts on it");

#define BUCKETS_MIN 1024

static struct block *block_of(const struct strpool *sp, uint32_t h)
{
	return (struct block *)(void *)(sp->mem + ((size_t)(h - 1) << STRPOOL_MIN_ORDER));
}

static uint32_t handle_of(const struct strpool *sp, const struct block *b)
{
	return (uint32_t)(((const char *)b - sp->mem) >> STRPOOL_MIN_ORDER) + 1;
}

int strpool_init(struct strpool *sp, size_t size)
{
	size_t n = BUCKETS_MIN;

	*sp = (struct strpool){ 0 };
	size &= ~(size_t)((1U << STRPOOL_MAX_ORDER) - 1);
	if (size == 0 || size >> STRPOOL_MIN_ORDER >= UINT32_MAX)
		return -EINVAL;
	while (n < size / 256)
		n *= 2;
	sp->mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sp->mem == MAP_FAILED) {
		sp->mem = NULL;
		return -ENOMEM;
	}
	sp->bucket = calloc(n, sizeof(*sp->bucket));
	if (!sp->bucket) {
		munmap(sp->mem, size);
		sp->mem = NULL;
		return -ENOMEM;
	}
	sp->size = size;
	sp->bucket_mask = (uint32_t)n - 1;
	siphash_key_random(&sp->key);
	return 0;
}

void strpool_done(struct strpool *sp)
{
	if (sp->mem)
		munmap(sp->mem, sp->size);
	free(sp->bucket);
	*sp = (struct strpool){ 0 };
}

static void list_push(struct strpool *sp, struct block *b)
{
	uint32_t h = handle_of(sp, b), head = sp->free_list[b->order];

	b->refs = 0;
	b->prev = 0;
	b->next = head;
	if (head)
		block_of(sp, head)->prev = h;
	sp->free_list[b->order] = h;
}

static void list_remove(struct strpool *sp, struct block *b)
{
	if (b->prev)
		block_of(sp, b->prev)->next = b->next;
	else
		sp->free_list[b->order] = b->next;
	if (b->next)
		block_of(sp, b->next)->prev = b->prev;
}

/* A block of @order that is on no list, or NULL. */
static struct block *block_take(struct strpool *sp, unsigned order)
{
	struct block *b;
	unsigned o = order;

	while (o <= STRPOOL_MAX_ORDER && !sp->free_list[o])
		o++;
	if (o <= STRPOOL_MAX_ORDER) {
		b = block_of(sp, sp->free_list[o]);
		list_remove(sp, b);
	} else if (sp->brk < sp->size) {
		b = (struct block *)(void *)(sp->mem + sp->brk);
		sp->brk += 1U << STRPOOL_MAX_ORDER;
		o = STRPOOL_MAX_ORDER;
	} else {
		return NULL;
	}
	while (o > order) {
		struct block *half;

		o--;
		half = (struct block *)(void *)((char *)b + ((size_t)1 << o));
		half->order = (uint8_t)o;
		list_push(sp, half);
	}
	b->order = (uint8_t)order;
	sp->used += (size_t)1 << order;
	return b;
}

static void block_give(struct strpool *sp, struct block *b)
{
	size_t off = (size_t)((char *)b - sp->mem);

	sp->used -= (size_t)1 << b->order;
	while (b->order < STRPOOL_MAX_ORDER) {
		size_t buddy_off = off ^ (size_t)1 << b->order;
		struct block *buddy = (struct block *)(void *)(sp->mem + buddy_off);
		uint8_t order = b->order;

		if (buddy->refs || buddy->order != order)
			break;
		list_remove(sp, buddy);
		off = MIN(off, buddy_off);
		b = (struct block *)(void *)(sp->mem + off);
		b->order = order + 1;
	}
	list_push(sp, b);
}

static unsigned order_for(size_t n)
{
	unsigned order = STRPOOL_MIN_ORDER;

	while (((size_t)1 << order) - offsetof(struct block, text) < n)
		order++;
	return order;
}

strpool_t strpool_get(struct strpool *sp, struct slice s, uint8_t flags)
{
	struct block *b;
	uint32_t *head;
	uint64_t hash;

	if (s.n == 0 || s.n > STRPOOL_TEXT_MAX)
		return 0;
	hash = siphash64(&sp->key, s.p, s.n);
	head = &sp->bucket[hash & sp->bucket_mask];
	for (uint32_t h = *head; h; h = b->next) {
		b = block_of(sp, h);
		if (b->hash == hash && b->len == s.n && b->flags == flags && memcmp(b->text, s.p, s.n) == 0 &&
		    b->refs < UINT32_MAX) {
			b->refs++;
			return h;
		}
	}
	b = block_take(sp, order_for(s.n));
	if (!b)
		return 0;
	b->refs = 1;
	b->len = (uint32_t)s.n;
	b->hash = hash;
	b->flags = flags;
	memcpy(b->text, s.p, s.n);
	b->next = *head;
	*head = handle_of(sp, b);
	return *head;
}

strpool_t strpool_ref(struct strpool *sp, strpool_t h)
{
	struct block *b;

	if (!h)
		return 0;
	b = block_of(sp, h);
	assert(b->refs > 0);
	if (b->refs == UINT32_MAX) /* more than any table can hold: a copy */
		return strpool_get(sp, (struct slice){ b->text, b->len }, b->flags);
	b->refs++;
	return h;
}

void strpool_unref(struct strpool *sp, strpool_t h)
{
	struct block *b;
	uint32_t *at;

	if (!h)
		return;
	b = block_of(sp, h);
	assert(b->refs > 0);
	if (--b->refs)
		return;
	at = &sp->bucket[b->hash & sp->bucket_mask];
	while (*at != h)
		at = &block_of(sp, *at)->next;
	*at = b->next;
	block_give(sp, b);
}

struct slice strpool_text(const struct strpool *sp, strpool_t h)
{
	const struct block *b;

	if (!h)
		return (struct slice){ 0 };
	b = block_of(sp, h);
	return (struct slice){ b->text, b->len };
}

uint8_t strpool_flags(const struct strpool *sp, strpool_t h)
{
	return h ? block_of(sp, h)->flags : 0;
}
