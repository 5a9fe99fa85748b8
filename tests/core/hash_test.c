/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/hash.h"

#include "tests/tap.h"

/* The key and message of the paper, appendix A: bytes 00 01 02 ... */
static const struct siphash_key key = { { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL } };

static void test_vectors(void)
{
	unsigned char m[64];

	for (unsigned i = 0; i < sizeof(m); i++)
		m[i] = (unsigned char)i;
	is_u64(siphash64(&key, m, 15), 0xa129ca6149be45e5ULL, "SipHash-2-4 of the paper");
	is_u64(siphash64(&key, m, 0), 0x726fdb47dd0e0e31ULL, "of nothing");
	is_u64(siphash64(&key, m, 1), 0x74f839c593dc67fdULL, "of one byte");

	struct hash128 h = siphash128(&key, m, 0);

	ok(h.lo == 0xe6a825ba047f81a3ULL && h.hi == 0x930255c71472f66dULL, "128 bit, of nothing");
}

static void test_pieces(void)
{
	unsigned char m[64];
	bool same = true;

	for (unsigned i = 0; i < sizeof(m); i++)
		m[i] = (unsigned char)(i * 7 + 1);
	for (size_t n = 0; n <= sizeof(m); n++)
		for (size_t a = 0; a <= n; a++)
			for (size_t b = a; b <= n; b += 3) {
				struct hash128 one = siphash128(&key, m, n), two;
				struct siphash h;

				siphash_init128(&h, &key);
				siphash_update(&h, m, a);
				siphash_update(&h, m + a, b - a);
				siphash_update(&h, m + b, n - b);
				two = siphash_final128(&h);
				same = same && one.lo == two.lo && one.hi == two.hi;
			}
	ok(same, "pieces hash as the whole");
}

static struct hash128 parts(struct slice a, struct slice b)
{
	struct siphash h;

	siphash_init128(&h, &key);
	siphash_update_part(&h, a);
	siphash_update_part(&h, b);
	return siphash_final128(&h);
}

static void test_parts(void)
{
	struct hash128 x = parts(SLICE("ab"), SLICE("c")), y = parts(SLICE("a"), SLICE("bc"));
	struct hash128 z = parts(SLICE("ab"), SLICE("c"));

	ok(x.lo != y.lo && x.hi != y.hi, "(ab, c) is not (a, bc)");
	ok(x.lo == z.lo && x.hi == z.hi, "(ab, c) is (ab, c)");
}

static void test_random(void)
{
	struct siphash_key a = { { 0 } }, b = { { 0 } };

	siphash_key_random(&a);
	siphash_key_random(&b);
	ok(a.k[0] != b.k[0] && a.k[1] != b.k[1], "two keys differ");
}

int main(void)
{
	test_vectors();
	test_pieces();
	test_parts();
	test_random();
	return done_testing();
}
