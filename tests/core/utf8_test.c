/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/utf8.h"

#include "tests/tap.h"

static void test_all_characters(void)
{
	uint32_t bad = 0, length[5] = { 0 };

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char s[4];
		uint32_t back = 0;
		unsigned n;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		n = utf8_put(s, c);
		length[n]++;
		bad += utf8_next(s, n, &back) != n || back != c || !utf8_valid(s, n);
		for (unsigned cut = 1; cut < n; cut++)
			bad += utf8_next(s, cut, &back) != 0 || utf8_valid(s, cut);
	}
	is_u64(bad, 0, "every character comes back, and no part of one");
	ok(length[1] == 0x80 && length[2] == 0x780 && length[3] == 0xf800 - 0x800 &&
		   length[4] == 0x100000,
	   "as many of each length as RFC 3629 has");
}

/* Among all byte pairs and triples exactly the encodings of characters are accepted: counting is
 * enough, since each character was seen to be accepted above. */
static void test_all_sequences(void)
{
	unsigned two = 0, three = 0, four = 0;
	uint32_t c;
	char s[4];

	for (unsigned i = 0; i < 1U << 16; i++) {
		s[0] = (char)(i >> 8);
		s[1] = (char)i;
		two += utf8_next(s, 2, &c) == 2;
	}
	is_u64(two, 0x780, "two bytes");
	for (unsigned i = 0; i < 1U << 24; i++) {
		s[0] = (char)(i >> 16);
		s[1] = (char)(i >> 8);
		s[2] = (char)i;
		three += utf8_next(s, 3, &c) == 3;
	}
	is_u64(three, 0xf800 - 0x800, "three bytes");
	s[3] = (char)0x80; /* the last byte of four: one of 64 tails */
	for (unsigned i = 0xf0 << 16; i < 1U << 24; i++) {
		s[0] = (char)(i >> 16);
		s[1] = (char)(i >> 8);
		s[2] = (char)i;
		four += utf8_next(s, 4, &c) == 4;
	}
	is_u64(four, 0x100000 / 64, "four bytes");
	s[0] = (char)0xf0;
	s[1] = (char)0x9f;
	s[2] = (char)0x98;
	four = 0;
	for (unsigned i = 0; i < 256; i++) {
		s[3] = (char)i;
		four += utf8_next(s, 4, &c) == 4;
	}
	is_u64(four, 64, "last of four bytes");
}

static void test_valid(void)
{
	static const char ascii[] = "0123456789abcdef0123456789abcdef";
	char s[64];
	bool good = true;

	for (size_t at = 0; at < 32; at++)
		for (size_t n = at + 1; n <= 32; n++) {
			memcpy(s, ascii, 32);
			good = good && utf8_valid(s, n);
			s[at] = (char)0x80;
			good = good && !utf8_valid(s, n);
		}
	ok(good, "one wrong byte at each place of each length");
	ok(utf8_valid(NULL, 0), "nothing is valid");
	ok(utf8_valid("a\0b", 3), "NUL is a character");
}

static void test_cut(void)
{
	static const char s[] = "a\xc3\xa9"
				"b\xe2\x82\xac"
				"c\xf0\x9f\x98\x80"
				"d";
	static const uint8_t want[] = { 0, 1, 1, 3, 4, 4, 4, 7, 8, 8, 8, 8, 12, 13, 13 };
	bool good = true;

	for (size_t max = 0; max < ARRAY_SIZE(want); max++)
		good = good && utf8_cut(s, sizeof(s) - 1, max) == want[max];
	ok(good, "no character is cut");
	is_u64(utf8_cut("\x80\x80\x80\x80\x80", 5, 3), 3, "tails alone are cut anywhere");
	is_u64(utf8_cut("ab\xe2\x82", 4, 3), 3, "a part of a character is no character");
	is_u64(utf8_cut("ab\xe2\x82\xac", 5, 4), 2, "a whole one is");
	is_u64(utf8_cut("", 0, 5), 0, "nothing to cut");
}

static void test_repair(void)
{
	static const struct {
		struct slice in, out;
	} row[] = {
#define ROW(in, out)                                                                               \
	{                                                                                          \
		{ in, sizeof(in) - 1 },                                                            \
		{                                                                                  \
			out, sizeof(out) - 1                                                       \
		}                                                                                  \
	}
#define R "\xef\xbf\xbd"
		ROW("", ""),
		ROW("plain text longer than eight", "plain text longer than eight"),
		ROW("\xff", R),
		ROW("a\xffz", "a" R "z"),
		ROW("\xc0\xaf", R R),
		ROW("\xed\xa0\x80", R R R),
		ROW("\xe2\x82", R R),
		ROW("\xf4\x90\x80\x80", R R R R),
		ROW("\xf0\x9f\x98\x80\x80", "\xf0\x9f\x98\x80" R),
		ROW("12345678\xe9"
		    "12345678",
		    "12345678" R "12345678"),
#undef R
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char out[128];
		size_t n = utf8_repair(row[i].in, out);

		is_slice((struct slice){ out, n }, row[i].out, "repair");
		ok(utf8_valid(out, n) && n <= 3 * row[i].in.n,
		   "is valid then, and within three times the bytes");
	}
}

static void test_steering(void)
{
	static const uint32_t in[] = { 0x80,   0x9b,   0x9f,   0x61c,  0x200b, 0x200f,	0x2028,
				       0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0xe0000, 0xe007f };
	static const uint32_t not_in[] = { 0,	   0x1b,    0x7f,    0xa0,    0x61b,
					   0x61d,  0x200a,  0x2010,  0x2027,  0x202f,
					   0x205f, 0x2061,  0x2065,  0x206a,  0xfefe,
					   0xff00, 0xdffff, 0xe0080, 0x10ffff };
	unsigned total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		ok(utf8_steering(in[i]), "U+%04X steers", in[i]);
	for (size_t i = 0; i < ARRAY_SIZE(not_in); i++)
		ok(!utf8_steering(not_in[i]), "U+%04X does not", not_in[i]);
	for (uint32_t c = 0; c <= 0x10ffff; c++)
		total += utf8_steering(c);
	is_u64(total, 32 + 1 + 5 + 7 + 1 + 4 + 1 + 128, "and no others");
}

int main(void)
{
	test_all_characters();
	test_all_sequences();
	test_valid();
	test_cut();
	test_repair();
	test_steering();
	return done_testing();
}
