/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* SipHash-2-4 after Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), sections
 * 2.1-2.4; the 128-bit variant differs by 0xee in v1 at the start and in v2 at the end, and by a
 * second output of four rounds. */
#include "config.h"

#include "core/hash.h"

#include <errno.h>
#include <sys/random.h>

void siphash_key_random(struct siphash_key *ret_key)
{
	ssize_t r;

	do
		r = getrandom(ret_key, sizeof(*ret_key), 0);
	while (r < 0 && errno == EINTR);
	/* Up to 256 bytes come whole once the pool is ready, getrandom(2). A guessable key would
	 * open the tables to flooding, so there is no fallback. */
	if (r != sizeof(*ret_key)) {
		fprintf(stderr, "tripline: cannot draw a hash key: %s\n", strerror(r < 0 ? errno : EIO));
		abort();
	}
}

static inline uint64_t rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static inline uint64_t load_le64(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static inline void sip_block(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

static inline void sip_end(uint64_t v[4], uint64_t mark)
{
	v[2] ^= mark;
	for (unsigned i = 0; i < 4; i++)
		sip_round(v);
}

static inline void sip_begin(uint64_t v[4], const struct siphash_key *k)
{
	v[0] = k->k[0] ^ 0x736f6d6570736575ULL;
	v[1] = k->k[1] ^ 0x646f72616e646f6dULL;
	v[2] = k->k[0] ^ 0x6c7967656e657261ULL;
	v[3] = k->k[1] ^ 0x7465646279746573ULL;
}

/* The last block: up to 7 bytes, the length (mod 256) on top. */
static inline uint64_t sip_tail(const unsigned char *p, size_t total)
{
	uint64_t m = (uint64_t)total << 56;

	for (size_t i = 0; i < (total & 7); i++)
		m |= (uint64_t)p[i] << (8 * i);
	return m;
}

uint64_t siphash64(const struct siphash_key *k, const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t v[4];

	sip_begin(v, k);
	for (size_t i = 0; i + 8 <= n; i += 8)
		sip_block(v, load_le64(s + i));
	sip_block(v, sip_tail(n ? s + (n & ~(size_t)7) : NULL, n));
	sip_end(v, 0xff);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void siphash_init128(struct siphash *h, const struct siphash_key *k)
{
	*h = (struct siphash){ 0 };
	sip_begin(h->v, k);
	h->v[1] ^= 0xee;
}

void siphash_update(struct siphash *h, const void *p, size_t n)
{
	const unsigned char *s = p;
	size_t fill = h->n & 7;

	h->n += n;
	for (; fill != 0 && n > 0; n--) {
		h->tail |= (uint64_t)*s++ << (8 * fill);
		fill = (fill + 1) & 7;
		if (fill == 0) {
			sip_block(h->v, h->tail);
			h->tail = 0;
		}
	}
	for (; n >= 8; n -= 8, s += 8)
		sip_block(h->v, load_le64(s));
	for (; n > 0; n--)
		h->tail |= (uint64_t)*s++ << (8 * fill++);
}

void siphash_update_part(struct siphash *h, struct slice s)
{
	uint64_t n = s.n;
	unsigned char le[8];

	for (unsigned i = 0; i < 8; i++)
		le[i] = (unsigned char)(n >> (8 * i));
	siphash_update(h, le, sizeof(le));
	siphash_update(h, s.p, s.n);
}

struct hash128 siphash_final128(struct siphash *h)
{
	struct hash128 r;

	sip_block(h->v, h->tail | (uint64_t)h->n << 56);
	sip_end(h->v, 0xee);
	r.lo = h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
	h->v[1] ^= 0xdd;
	sip_end(h->v, 0);
	r.hi = h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
	return r;
}

struct hash128 siphash128(const struct siphash_key *k, const void *p, size_t n)
{
	struct siphash h;

	siphash_init128(&h, k);
	siphash_update(&h, p, n);
	return siphash_final128(&h);
}
