/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* group.h - the groups of one correlation: found by key, ordered by expiry, never more than a fixed number
 *
 * An open-addressing table of indices, a binary heap by expiry and one block of equally long entries, all taken in
 * group_table_init() and touched only as far as they are used. A full table gives up the group that is nearest to its
 * expiry. Keys come from a keyed hash, so that nobody outside can choose collisions.
 */
#pragma once
#include "core/hash.h"

/* Head of an entry; what follows it belongs to the owner and is never written here. It is zero when the entry
 * is used for the first time, and as group_drop() left it later. */
struct group {
	struct hash128 key;
	uint64_t expiry_ns; /* event time after which the group cannot matter (or must be judged) */
	uint64_t order;	    /* of its opening: equal expiries go oldest first */
	uint32_t heap;	    /* place in the heap */
	uint32_t next;	    /* of the free list, index + 1 */
};

struct group_slot {
	uint32_t tag;	/* of the key, spares a look at the entry */
	uint32_t index; /* + 1; 0 = free */
};

struct group_expiry {
	uint64_t expiry_ns;
	uint32_t index;
};

struct group_table {
	char *entries;
	size_t stride;
	uint32_t cap, live, fresh; /* fresh: entries never used begin here */
	uint32_t free;		   /* index + 1 */
	uint32_t mask;
	struct group_slot *slot;
	struct group_expiry *heap;
	uint64_t opened;
};

#define TL_GROUPS_MAX (1U << 24)

/* As many entries of @stride bytes as fit into @memory with their share of table and heap; at least one. 0 or -ENOMEM. */
int group_table_init(struct group_table *t, size_t stride, uint64_t memory);
void group_table_done(struct group_table *t);

struct group *group_find(const struct group_table *t, struct hash128 key);
/* @key must not be there, the table not be full. */
struct group *group_open(struct group_table *t, struct hash128 key, uint64_t expiry_ns);
void group_expire_at(struct group_table *t, struct group *g, uint64_t expiry_ns);
void group_drop(struct group_table *t, struct group *g);
/* Nearest to its expiry; NULL if there is none. */
struct group *group_first(const struct group_table *t);

static inline bool group_full(const struct group_table *t)
{
	return t->live == t->cap;
}

/* @i-th entry of the heap, in no useful order; for walks over all. */
static inline struct group *group_at(const struct group_table *t, uint32_t i)
{
	return (struct group *)(t->entries + t->stride * t->heap[i].index);
}
