/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/parse.h"

#include <errno.h>

#include "core/buf.h"
#include "tests/tap.h"

static void test_time(void)
{
	static const struct {
		const char *text;
		int r;
		uint64_t ns;
	} row[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "2026-11-20T12:00:00.123456789Z", 0, 1795176000123456789ULL },
		{ "2026-11-20t12:00:00.1z", 0, 1795176000100000000ULL },
		{ "2026-11-20 13:30:00+01:30", 0, 1795176000000000000ULL },
		{ "2026-11-20T02:00:00-10:00", 0, 1795176000000000000ULL },
		{ "2026-11-20T12:00:00-00:00", 0, 1795176000000000000ULL },
		{ "2000-02-29T00:00:00Z", 0, 951782400000000000ULL },
		{ "2024-02-29T23:59:59Z", 0, 1709251199000000000ULL },
		{ "2016-12-31T23:59:60Z", 0, 1483228800000000000ULL },
		{ "2017-01-01T00:59:60+01:00", 0, 1483228800000000000ULL },
		{ "2554-07-21T23:34:33.709551615Z", 0, UINT64_MAX },
		{ "2554-07-21T23:34:33.709551616Z", -ERANGE, 0 },
		{ "2554-07-21T23:34:34Z", -ERANGE, 0 },
		{ "9999-12-31T23:59:59Z", -ERANGE, 0 },
		{ "1969-12-31T23:59:59.999999999Z", -ERANGE, 0 },
		{ "1970-01-01T00:00:00+00:01", -ERANGE, 0 },
		{ "0000-01-01T00:00:00Z", -ERANGE, 0 },
		{ "2016-12-31T22:59:60Z", -EINVAL, 0 },
		{ "2100-02-29T00:00:00Z", -EINVAL, 0 },
		{ "2023-02-29T00:00:00Z", -EINVAL, 0 },
		{ "2024-02-30T00:00:00Z", -EINVAL, 0 },
		{ "2024-04-31T00:00:00Z", -EINVAL, 0 },
		{ "2024-00-01T00:00:00Z", -EINVAL, 0 },
		{ "2024-13-01T00:00:00Z", -EINVAL, 0 },
		{ "2024-01-00T00:00:00Z", -EINVAL, 0 },
		{ "2024-01-32T00:00:00Z", -EINVAL, 0 },
		{ "2024-01-01T24:00:00Z", -EINVAL, 0 },
		{ "2024-01-01T00:60:00Z", -EINVAL, 0 },
		{ "2024-01-01T00:00:61Z", -EINVAL, 0 },
		{ "1970-01-01T00:00:01", 0, 1000000000 }, /* UTC */
		{ "1970-01-01 00:00:01.5", 0, 1500000000 },
		{ "2024-01-01T00:00:00 ", -EINVAL, 0 },
		{ "2024-01-01T00:00:00+", -EINVAL, 0 },
		{ "2024-01-01T00:00:00.Z", -EINVAL, 0 },
		{ "2024-01-01T00:00:00,5Z", -EINVAL, 0 },
		{ "2024-01-01T00:00:00.1234567890Z", -EINVAL, 0 },
		{ "2024-01-01T00:00:00+0100", -EINVAL, 0 },
		{ "2024-01-01T00:00:00+01:60", -EINVAL, 0 },
		{ "2024-01-01T00:00:00+24:00", -EINVAL, 0 },
		{ "2024-01-01T00:00:00ZZ", -EINVAL, 0 },
		{ "2024-1-01T00:00:00Z", -EINVAL, 0 },
		{ "+024-01-01T00:00:00Z", -EINVAL, 0 },
		{ "2024-01-01", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};
	static const char whole[] = "2026-11-20T12:00:00.123456789+01:00";
	unsigned accepted = 0;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint64_t ns = 4711;
		int r = parse_time(slice_of(row[i].text), &ns);

		ok(r == row[i].r && ns == (r ? 4711 : row[i].ns), "time \"%s\" (%d)", row[i].text,
		   r);
	}
	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		accepted += parse_time((struct slice){ whole, n }, &(uint64_t){ 0 }) == 0;
	is_u64(accepted, 10, "cut at each byte: a time where only offset and digits of the fraction are missing");
	ok(parse_time((struct slice){ "1970-01-01T00:00:00Z\0", 21 }, &(uint64_t){ 0 }) == -EINVAL,
	   "NUL behind it");
}

static void test_time_back(void)
{
	uint64_t x = 88172645463325252ULL;
	bool same = true;

	for (unsigned i = 0; i < 20000; i++) {
		char mem[64];
		struct buf b = BUF_OF(mem);
		uint64_t back = 0;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		buf_put_time(&b, x, 9);
		same = same && parse_time((struct slice){ b.p, b.n }, &back) == 0 && back == x;
	}
	ok(same, "what buf_put_time writes is read back");
}

static void test_ip(void)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "2001:DB8:0::1", "2001:db8::1" },
		{ "::", "::" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "1.2.3", NULL },
		{ "1.2.3.256", NULL },
		{ "01.2.3.4", NULL },
		{ "1.2.3.4 ", NULL },
		{ "", NULL },
		{ ":", NULL },
		{ "1::2::3", NULL },
		{ "fe80::1%lo", NULL },
		{ "localhost", NULL },
		{ "[::1]", NULL },
		{ "12345::", NULL },
		{ "0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255" },
		{ "0000:0000:0000:0000:0000:ffff:255.255.255.2555", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint8_t addr[16];
		char mem[64];
		struct buf b = BUF_OF(mem);

		if (parse_ip(slice_of(row[i].in), addr) < 0) {
			is_str(NULL, row[i].out, row[i].in);
			continue;
		}
		buf_put_ip(&b, addr);
		is_slice((struct slice){ b.p, b.n }, slice_of(row[i].out), row[i].in);
	}
	ok(parse_ip((struct slice){ "::1\0", 4 }, (uint8_t[16]){ 0 }) == -EINVAL,
	   "address with NUL");
}

static void test_dev(void)
{
	static const struct {
		const char *text;
		int r;
		uint64_t dev;
	} row[] = {
		{ "8:1", 0, 8 << 20 | 1 },
		{ "0:0", 0, 0 },
		{ "4095:1048575", 0, 0xffffffff },
		{ "4096:0", -ERANGE, 0 },
		{ "0:1048576", -ERANGE, 0 },
		{ "8", -EINVAL, 0 },
		{ "8:", -EINVAL, 0 },
		{ ":1", -EINVAL, 0 },
		{ "8:1:2", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "-8:1", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint64_t dev = 4711;
		int r = parse_dev(slice_of(row[i].text), &dev);

		ok(r == row[i].r && dev == (r ? 4711 : row[i].dev), "device \"%s\"", row[i].text);
	}
}

static void test_i64(void)
{
	static const struct {
		const char *text;
		int r;
		int64_t value;
	} row[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "-1", 0, -1 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "-18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "--1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		int64_t v = 4711;
		int r = parse_i64(slice_of(row[i].text), &v);

		ok(r == row[i].r && v == (r ? 4711 : row[i].value), "number \"%s\"", row[i].text);
	}
}

int main(void)
{
	test_time();
	test_time_back();
	test_ip();
	test_dev();
	test_i64();
	return done_testing();
}
