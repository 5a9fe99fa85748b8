/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/group.h"

#include <assert.h>
#include <errno.h>

static struct group *entry(const struct group_table *t, uint32_t index)
{
	return (struct group *)(t->entries + t->stride * index);
}

static uint32_t index_of(const struct group_table *t, const struct group *g)
{
	return (uint32_t)((size_t)((const char *)g - t->entries) / t->stride);
}

/* Slots: a power of two, between 4/3 and 8/3 of the entries. */
static uint64_t slots_for(uint64_t cap)
{
	uint64_t n = 4;

	while (n < cap + cap / 3 + 1)
		n *= 2;
	return n;
}

static uint64_t bytes_for(uint64_t cap, size_t stride)
{
	return cap * (stride + sizeof(struct group_expiry)) + slots_for(cap) * sizeof(struct group_slot);
}

int group_table_init(struct group_table *t, size_t stride, uint64_t memory)
{
	uint64_t low = 1, high = MIN(memory / (stride + sizeof(struct group_expiry)) + 1, TL_GROUPS_MAX);

	while (low < high) {
		uint64_t mid = low + (high - low + 1) / 2;

		if (bytes_for(mid, stride) <= memory)
			low = mid;
		else
			high = mid - 1;
	}

	*t = (struct group_table){ .stride = stride, .cap = (uint32_t)low };
	t->mask = (uint32_t)slots_for(low) - 1;
	/* Large blocks of calloc(3) are fresh pages: they cost nothing until they are used. */
	t->entries = calloc(t->cap, stride);
	t->slot = calloc((size_t)t->mask + 1, sizeof(*t->slot));
	t->heap = calloc(t->cap, sizeof(*t->heap));
	if (!t->entries || !t->slot || !t->heap) {
		group_table_done(t);
		return -ENOMEM;
	}
	return 0;
}

void group_table_done(struct group_table *t)
{
	free(t->entries);
	free(t->slot);
	free(t->heap);
	*t = (struct group_table){ 0 };
}

/* ---- heap: the nearest expiry on top ---- */

static bool sooner(const struct group_table *t, const struct group_expiry *a, const struct group_expiry *b)
{
	if (a->expiry_ns != b->expiry_ns)
		return a->expiry_ns < b->expiry_ns;
	return entry(t, a->index)->order < entry(t, b->index)->order;
}

static void heap_put(struct group_table *t, uint32_t at, struct group_expiry e)
{
	t->heap[at] = e;
	entry(t, e.index)->heap = at;
}

static void heap_settle(struct group_table *t, uint32_t at)
{
	struct group_expiry e = t->heap[at];

	while (at > 0 && sooner(t, &e, &t->heap[(at - 1) / 2])) {
		heap_put(t, at, t->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= t->live)
			break;
		if (child + 1 < t->live && sooner(t, &t->heap[child + 1], &t->heap[child]))
			child++;
		if (!sooner(t, &t->heap[child], &e))
			break;
		heap_put(t, at, t->heap[child]);
		at = child;
	}
	heap_put(t, at, e);
}

/* ---- table: linear probing, no tombstones ---- */

/* The bits of the key that choose the slot are not those of the tag. */
static uint32_t home(const struct group_table *t, struct hash128 key)
{
	return (uint32_t)key.lo & t->mask;
}

static uint32_t tag_of(struct hash128 key)
{
	return (uint32_t)key.hi;
}

static bool key_eq(struct hash128 a, struct hash128 b)
{
	return a.lo == b.lo && a.hi == b.hi;
}

static uint32_t slot_find(const struct group_table *t, struct hash128 key)
{
	uint32_t s = home(t, key);

	while (t->slot[s].index) {
		if (t->slot[s].tag == tag_of(key) && key_eq(entry(t, t->slot[s].index - 1)->key, key))
			return s;
		s = (s + 1) & t->mask;
	}
	return s;
}

/* Entries behind the hole move up where their way from home leads over it. */
static void slot_clear(struct group_table *t, uint32_t hole)
{
	uint32_t s = hole;

	for (;;) {
		uint32_t from;

		s = (s + 1) & t->mask;
		if (!t->slot[s].index)
			break;
		from = home(t, entry(t, t->slot[s].index - 1)->key);
		if (((s - from) & t->mask) < ((s - hole) & t->mask))
			continue;
		t->slot[hole] = t->slot[s];
		hole = s;
	}
	t->slot[hole] = (struct group_slot){ 0 };
}

struct group *group_find(const struct group_table *t, struct hash128 key)
{
	uint32_t s = slot_find(t, key);

	return t->slot[s].index ? entry(t, t->slot[s].index - 1) : NULL;
}

struct group *group_open(struct group_table *t, struct hash128 key, uint64_t expiry_ns)
{
	uint32_t s = slot_find(t, key), index;
	struct group *g;

	assert(!group_full(t) && !t->slot[s].index);
	if (t->free) {
		index = t->free - 1;
		t->free = entry(t, index)->next;
	} else {
		index = t->fresh++;
	}

	g = entry(t, index);
	g->key = key;
	g->expiry_ns = expiry_ns;
	g->order = t->opened++;
	t->slot[s] = (struct group_slot){ .tag = tag_of(key), .index = index + 1 };
	t->heap[t->live] = (struct group_expiry){ expiry_ns, index };
	t->live++;
	heap_settle(t, t->live - 1);
	return g;
}

void group_expire_at(struct group_table *t, struct group *g, uint64_t expiry_ns)
{
	g->expiry_ns = expiry_ns;
	t->heap[g->heap].expiry_ns = expiry_ns;
	heap_settle(t, g->heap);
}

void group_drop(struct group_table *t, struct group *g)
{
	uint32_t hole = g->heap, last = --t->live;

	slot_clear(t, slot_find(t, g->key));
	if (hole != last) {
		heap_put(t, hole, t->heap[last]);
		heap_settle(t, hole);
	}
	g->next = t->free;
	t->free = index_of(t, g) + 1;
}

struct group *group_first(const struct group_table *t)
{
	return t->live ? group_at(t, 0) : NULL;
}
