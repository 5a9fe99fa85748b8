/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* random.h - the same random numbers in each run, so that a failure can be seen again */
#pragma once
#include <stdint.h>

struct random {
	uint64_t x; /* not 0 */
};

/* xorshift64, Marsaglia 2003 */
static inline uint64_t random_u64(struct random *r)
{
	r->x ^= r->x << 13;
	r->x ^= r->x >> 7;
	r->x ^= r->x << 17;
	return r->x;
}

static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_u64(r) >> 32) * n >> 32);
}
