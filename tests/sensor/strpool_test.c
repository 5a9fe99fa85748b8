/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/strpool.h"

#include "tests/tap.h"

#define POOL (1U << 20)

static uint64_t rng = 88172645463325252ULL;

static uint64_t next_random(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	return rng ^= rng << 17;
}

static void test_sharing(void)
{
	struct strpool sp;
	strpool_t a, b, c;

	is_i64(strpool_init(&sp, POOL), 0, "a pool");
	a = strpool_get(&sp, SLICE("/usr/bin/bash"), 0);
	b = strpool_get(&sp, SLICE("/usr/bin/bash"), 0);
	c = strpool_get(&sp, SLICE("/usr/bin/bash"), 1);
	ok(a && a == b, "equal strings are one");
	ok(c && c != a, "other flags are another string");
	is_slice(strpool_text(&sp, a), SLICE("/usr/bin/bash"), "its text");
	is_u64(strpool_flags(&sp, c), 1, "its flags");
	strpool_unref(&sp, a);
	is_slice(strpool_text(&sp, b), SLICE("/usr/bin/bash"), "one reference is left");
	strpool_unref(&sp, b);
	strpool_unref(&sp, c);
	is_u64(sp.used, 0, "everything is given back");
	ok(strpool_get(&sp, (struct slice){ 0 }, 0) == 0, "no text is no string");
	ok(strpool_text(&sp, 0).n == 0, "no string has no text");
	strpool_done(&sp);
}

static void test_limits(void)
{
	static char text[STRPOOL_TEXT_MAX + 1];
	struct strpool sp;
	strpool_t h;

	(void)strpool_init(&sp, POOL);
	memset(text, 'x', sizeof(text));
	ok(strpool_get(&sp, (struct slice){ text, sizeof(text) }, 0) == 0, "one byte too long is refused");
	h = strpool_get(&sp, (struct slice){ text, STRPOOL_TEXT_MAX }, 0);
	ok(h && strpool_text(&sp, h).n == STRPOOL_TEXT_MAX, "the longest fits");
	strpool_done(&sp);
}

/* Short strings wear the arena out; once they are gone, long ones must fit as if nothing had been. */
static void test_merging(void)
{
	static char text[STRPOOL_TEXT_MAX];
	static strpool_t h[POOL >> STRPOOL_MIN_ORDER];
	struct strpool sp;
	unsigned n = 0, m = 0;

	(void)strpool_init(&sp, POOL);
	for (; n < ARRAY_SIZE(h); n++) {
		char s[16];
		int len = snprintf(s, sizeof(s), "%u", n);

		h[n] = strpool_get(&sp, (struct slice){ s, (size_t)len }, 0);
		if (!h[n])
			break;
	}
	is_u64(n, POOL >> STRPOOL_MIN_ORDER, "short strings use every block");
	ok(strpool_get(&sp, SLICE("one more"), 0) == 0, "a full arena refuses");
	for (unsigned i = 0; i < n; i++) /* odd ones first: nothing can merge until the end */
		if (i % 2)
			strpool_unref(&sp, h[i]);
	for (unsigned i = 0; i < n; i += 2)
		strpool_unref(&sp, h[i]);
	for (;; m++) {
		memcpy(text, &m, sizeof(m));
		if (!strpool_get(&sp, (struct slice){ text, sizeof(text) }, 0))
			break;
	}
	is_u64(m, POOL >> STRPOOL_MAX_ORDER, "afterwards the arena is whole again");
	strpool_done(&sp);
}

/* Against a model: what was put in stands there until it is taken out. */
static void test_random(void)
{
	enum { SLOTS = 300, ROUNDS = 60000 };
	static struct {
		strpool_t h;
		unsigned seed, len;
	} slot[SLOTS];
	static char text[STRPOOL_TEXT_MAX];
	struct strpool sp;
	bool same = true;

	(void)strpool_init(&sp, POOL);
	for (unsigned r = 0; r < ROUNDS; r++) {
		unsigned i = (unsigned)(next_random() % SLOTS);
		unsigned top = next_random() % 8 ? 200 : 9000;

		if (slot[i].h) {
			struct slice got = strpool_text(&sp, slot[i].h);

			same &= got.n == slot[i].len;
			for (size_t k = 0; k < got.n; k++)
				same &= got.p[k] == (char)(slot[i].seed + k % 7);
			strpool_unref(&sp, slot[i].h);
		}
		slot[i].seed = (unsigned)(next_random() % 20);
		slot[i].len = 1 + (unsigned)(next_random() % top);
		for (unsigned k = 0; k < slot[i].len; k++)
			text[k] = (char)(slot[i].seed + k % 7);
		slot[i].h = strpool_get(&sp, (struct slice){ text, slot[i].len }, 0);
	}
	ok(same, "%d random steps keep every text", ROUNDS);
	for (unsigned i = 0; i < SLOTS; i++)
		strpool_unref(&sp, slot[i].h);
	is_u64(sp.used, 0, "and leak no block");
	strpool_done(&sp);
}

int main(void)
{
	test_sharing();
	test_limits();
	test_merging();
	test_random();
	return done_testing();
}
