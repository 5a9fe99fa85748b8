/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/buf.h"

#include <arpa/inet.h>
#include <time.h>

#include "tests/tap.h"

static struct slice text(const struct buf *b)
{
	return (struct slice){ b->p, b->n };
}

static void test_numbers(void)
{
	char mem[256];
	struct buf b = BUF_OF(mem);

	buf_put_u64(&b, 0);
	buf_putc(&b, ' ');
	buf_put_u64(&b, UINT64_MAX);
	buf_putc(&b, ' ');
	buf_put_i64(&b, INT64_MIN);
	buf_putc(&b, ' ');
	buf_put_i64(&b, INT64_MAX);
	buf_putc(&b, ' ');
	buf_put_i64(&b, -1);
	buf_putc(&b, ' ');
	buf_put_hex(&b, 0xABC, 5);
	buf_putc(&b, ' ');
	buf_put_hex(&b, UINT64_MAX, 16);
	buf_putc(&b, ' ');
	buf_put_hex(&b, 0x123, 2);
	buf_printf(&b, " %s%d", "x", 5);
	is_slice(text(&b),
		 SLICE("0 18446744073709551615 -9223372036854775808 9223372036854775807 -1 00abc "
		       "ffffffffffffffff 23 x5"),
		 "numbers");
}

/* RFC 4648 section 10. */
static void test_base64(void)
{
	static const char *const row[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char mem[16];
		struct buf b = BUF_OF(mem);

		buf_put_base64(&b, slice_of(row[i][0]));
		is_slice(text(&b), slice_of(row[i][1]), row[i][1]);
	}
}

/* outputs.md 4 names the bytes; the others are the edges of each class. */
static void test_json(void)
{
	static const struct {
		struct slice in;
		const char *out;
	} row[] = {
#define ROW(in_, out_) { { in_, sizeof(in_) - 1 }, out_ }
		ROW("", "\"\""),
		ROW("a|b", "\"a|b\""),
		ROW("a=b c=d", "\"a=b c=d\""),
		ROW("C:\\x", "\"C:\\\\x\""),
		ROW("l1\nl2", "\"l1\\nl2\""),
		ROW("l1\r\nl2", "\"l1\\r\\nl2\""),
		ROW("\x1b[31mred", "\"\\u001b[31mred\""),
		ROW("\x1b]0;t\x07", "\"\\u001b]0;t\\u0007\""),
		ROW("\b\f\t/\"", "\"\\b\\f\\t/\\\"\""),
		ROW("a\0b", "\"a\\u0000b\""),
		ROW("\xff\xfe", "\"\\ufffd\\ufffd\""),
		ROW("\xc0\xaf", "\"\\ufffd\\ufffd\""),
		ROW("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""),
		ROW("\xe2\x82", "\"\\ufffd\\ufffd\""),
		ROW("caf\xc3\xa9", "\"caf\xc3\xa9\""),
		ROW("\xc2\x9b"
		    "31m",
		    "\"\\u009b31m\""),
		ROW("gpj.\xe2\x80\xae"
		    "exe",
		    "\"gpj.\\u202eexe\""),
		ROW("\xe2\x80\xa8", "\"\\u2028\""),
		ROW("\x7f", "\"\\u007f\""),
		ROW("\xf3\xa0\x80\x81", "\"\\udb40\\udc01\""),
		ROW("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""),
		ROW("\xef\xbf\xbd", "\"\xef\xbf\xbd\""),
		ROW("\xef\xbb\xbf", "\"\\ufeff\""),
		ROW("\xc2\xa0", "\"\xc2\xa0\""),
		ROW("%s${jndi:x}<13>", "\"%s${jndi:x}<13>\""),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char mem[64];
		struct buf b = BUF_OF(mem);

		buf_put_json(&b, row[i].in);
		is_slice(text(&b), slice_of(row[i].out), "JSON string");
	}
}

#define TOKENS 9

static void put_token(struct buf *b, unsigned which)
{
	static const uint8_t ip6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

	/* clang-format off */
	switch (which) {
	case 0: buf_put_u64(b, 12345); break;
	case 1: buf_put_i64(b, -12345); break;
	case 2: buf_put_hex(b, 0xabc, 6); break;
	case 3: buf_printf(b, "%s-%d", "abc", 9); break;
	case 4: buf_put_base64(b, SLICE("abcde")); break;
	case 5: buf_put_json(b, SLICE("a\n\xff\xc3\xa9z")); break;
	case 6: buf_put_time(b, 1, 9); break;
	case 7: buf_put_ip(b, ip6); break;
	case 8: buf_puts(b, "text"); break;
	}
	/* clang-format on */
}

/* At every size too small: refused, nothing written behind the end, and nothing after it either. */
static void test_overflow(void)
{
	for (unsigned which = 0; which < TOKENS; which++) {
		char whole[64], mem[64];
		struct buf want = BUF_OF(whole), b;
		bool refused = true;

		put_token(&want, which);
		for (size_t cap = 0; cap < want.n; cap++) {
			memset(mem, '#', sizeof(mem));
			b = (struct buf){ .p = mem, .cap = cap };
			put_token(&b, which);
			refused = refused && b.overflow && b.n == 0 && mem[cap] == '#';
			buf_putc(&b, 'x');
			refused = refused && b.n == 0;
		}
		ok(refused, "token %u: what does not fit is refused whole, and all that follows",
		   which);
		b = (struct buf){ .p = mem, .cap = want.n };
		put_token(&b, which);
		ok(!b.overflow && slice_eq(text(&b), text(&want)),
		   "token %u: what fits exactly is written", which);
	}

	char mem[4];
	struct buf b = BUF_OF(mem);
	size_t mark;

	buf_puts(&b, "ab");
	mark = buf_mark(&b);
	buf_puts(&b, "cde");
	ok(b.overflow && b.n == 2, "a cut leaves what was there");
	buf_reset(&b, mark);
	buf_puts(&b, "cd");
	is_slice(text(&b), SLICE("abcd"), "after a reset it goes on");
	is_u64(buf_room(&b), 0, "and is full");
}

static void test_time(void)
{
	static const uint64_t day[] = {
		0,
		86399,
		86400,
		951782399,
		951782400,
		951868800,
		1709164800,
		1709251199,
		1709251200,
		1735689599,
		4107542399,
		4107542400,
		13569465600,
		253402300799 % 18446744073ULL,
		18446744073ULL,
	};
	bool same = true;
	char mem[64];

	for (size_t i = 0; i < ARRAY_SIZE(day) + 20000; i++) {
		/* days and odd seconds all over the range */
		uint64_t s = i < ARRAY_SIZE(day) ? day[i]
						 : (i * 922337ULL + i * i * 41) % 18446744073ULL;
		time_t t = (time_t)s;
		struct buf b = BUF_OF(mem);
		char want[64];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		buf_put_time(&b, s * NSEC_PER_SEC, 0);
		if (!slice_eqs(text(&b), want)) {
			tap_show("got", text(&b));
			tap_show("want", slice_of(want));
			same = false;
			break;
		}
	}
	ok(same, "dates agree with gmtime_r(3)");

	static const char *const want[] = { [0] = "2026-11-20T12:00:00Z",
					    [3] = "2026-11-20T12:00:00.123Z",
					    [6] = "2026-11-20T12:00:00.123456Z",
					    [9] = "2026-11-20T12:00:00.123456789Z" };

	for (unsigned digits = 0; digits <= 9; digits += 3) {
		struct buf b = BUF_OF(mem);

		buf_put_time(&b, 1795176000123456789ULL, digits);
		is_slice(text(&b), slice_of(want[digits]), "fraction");
	}
	struct buf b = BUF_OF(mem);

	buf_put_time(&b, UINT64_MAX, 9);
	is_slice(text(&b), SLICE("2554-07-21T23:34:33.709551615Z"), "the last nanosecond");
}

static void test_ip(void)
{
	/* RFC 5952 sections 4 and 5 */
	static const char *const row[] = {
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:db8:0:1:1:1:1:1",
		"2001:0:0:1::1",
		"2001:db8::1:0:0:1",
		"fe80::a:b:c:d",
		"1:2:3:4:5:6:7:8",
		"0:1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:0",
		"::2:3:4:5:6:7",
		"abcd:ef01:10:1::",
		"192.0.2.33",
		"0.0.0.0",
		"255.255.255.255",
	};
	uint64_t x = 88172645463325252ULL;
	bool back = true;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };
		char mem[64];
		struct buf b = BUF_OF(mem);

		if (strchr(row[i], ':'))
			inet_pton(AF_INET6, row[i], addr);
		else
			inet_pton(AF_INET, row[i], addr + 12);
		buf_put_ip(&b, addr);
		is_slice(text(&b), slice_of(row[i]), row[i]);
	}
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t addr[16], again[16];
		char mem[64];
		struct buf b = BUF_OF(mem);

		for (unsigned g = 0; g < 8; g++) { /* half of the groups zero, some short */
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			addr[2 * g] = x & 1 ? 0 : x & 2 ? 0 : (uint8_t)(x >> 8);
			addr[2 * g + 1] = x & 1 ? 0 : (uint8_t)(x >> 16);
		}
		buf_put_ip(&b, addr);
		buf_putc(&b, '\0');
		back = back && inet_pton(AF_INET6, mem, again) == 1 &&
		       memcmp(addr, again, 16) == 0 && b.n <= 40;
	}
	ok(back, "inet_pton(3) reads back what was written");
}

int main(void)
{
	test_numbers();
	test_base64();
	test_json();
	test_overflow();
	test_time();
	test_ip();
	return done_testing();
}
