/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* hash.h - keyed hashes for tables that an attacker can feed
 *
 * SipHash-2-4 (Aumasson, Bernstein 2012), 64 and 128 bit; the key is drawn once per start.
 */
#pragma once
#include "core/base.h"

struct siphash_key {
	uint64_t k[2];
};

struct hash128 {
	uint64_t lo, hi;
};

/* From getrandom(2); ends the program if the kernel gives none. */
void siphash_key_random(struct siphash_key *ret_key);
uint64_t siphash64(const struct siphash_key *k, const void *p, size_t n);
struct hash128 siphash128(const struct siphash_key *k, const void *p, size_t n);

/* Incremental, for tuples: feed parts, each preceded by its length so that ("ab","c") != ("a","bc"). */
struct siphash {
	uint64_t v[4], tail;
	size_t n;
};

void siphash_init128(struct siphash *h, const struct siphash_key *k);
void siphash_update(struct siphash *h, const void *p, size_t n);
void siphash_update_part(struct siphash *h, struct slice s);
struct hash128 siphash_final128(struct siphash *h);

/* Mixes a 64-bit integer; for integers that an attacker cannot choose. */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ (x >> 33);
}
