/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/buf.h"

#include "core/utf8.h"

static const char hex_digit[16] = "0123456789abcdef";

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (b->overflow || n > buf_room(b)) {
		b->overflow = true;
		return;
	}
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	if (b->overflow || b->n == b->cap) {
		b->overflow = true;
		return;
	}
	b->p[b->n++] = c;
}

void buf_put_slice(struct buf *b, struct slice s)
{
	buf_put(b, s.p, s.n);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	char tmp[20];
	size_t i = sizeof(tmp);

	for (; v >= 100; v /= 100) { /* half the divisions */
		unsigned two = (unsigned)(v % 100);

		tmp[--i] = (char)('0' + two % 10);
		tmp[--i] = (char)('0' + two / 10);
	}
	if (v >= 10) {
		tmp[--i] = (char)('0' + v % 10);
		v /= 10;
	}
	tmp[--i] = (char)('0' + v);
	buf_put(b, tmp + i, sizeof(tmp) - i);
}

void buf_put_i64(struct buf *b, int64_t v)
{
	size_t mark = buf_mark(b);

	if (v < 0)
		buf_putc(b, '-');
	buf_put_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
	if (b->overflow)
		b->n = mark;
}

void buf_put_hex(struct buf *b, uint64_t v, unsigned digits)
{
	char tmp[16];

	digits = MIN(digits, 16U);
	for (unsigned i = 0; i < digits; i++)
		tmp[i] = hex_digit[v >> (4 * (digits - 1 - i)) & 15];
	buf_put(b, tmp, digits);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char exact[1024];
	va_list ap;
	int r;

	if (b->overflow)
		return;
	va_start(ap, fmt);
	r = vsnprintf(b->p + b->n, buf_room(b), fmt, ap);
	va_end(ap);
	if (r >= 0 && (size_t)r < buf_room(b)) {
		b->n += (size_t)r;
		return;
	}
	if (r < 0 || (size_t)r != buf_room(b) || (size_t)r >= sizeof(exact)) {
		b->overflow = true;
		return;
	}
	/* It fits to the byte, but vsnprintf wants one more for its NUL. */
	va_start(ap, fmt);
	(void)vsnprintf(exact, sizeof(exact), fmt, ap);
	va_end(ap);
	buf_put(b, exact, (size_t)r);
}

void buf_put_base64(struct buf *b, struct slice s)
{
	static const char digit[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)s.p;
	char *o;

	/* 4 * ceil(n / 3), without overflow: n is at most the room */
	if (b->overflow || s.n > buf_room(b) || (s.n + 2) / 3 > buf_room(b) / 4) {
		b->overflow = true;
		return;
	}
	o = b->p + b->n;
	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t w =
			(uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);

		*o++ = digit[w >> 18];
		*o++ = digit[w >> 12 & 63];
		*o++ = left > 1 ? digit[w >> 6 & 63] : '=';
		*o++ = left > 2 ? digit[w & 63] : '=';
	}
	b->n = (size_t)(o - b->p);
}

static bool json_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_json_unit(struct buf *b, uint32_t unit)
{
	buf_put(b, "\\u", 2);
	buf_put_hex(b, unit, 4);
}

/* \uXXXX, as a surrogate pair above the BMP (RFC 8259 section 7). */
static void put_json_u(struct buf *b, uint32_t c)
{
	if (c < 0x10000) {
		put_json_unit(b, c);
		return;
	}
	c -= 0x10000;
	put_json_unit(b, 0xd800 + (c >> 10));
	put_json_unit(b, 0xdc00 + (c & 0x3ff));
}

static void put_json_ascii(struct buf *b, unsigned char c)
{
	static const char short_form[128] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\',
	};
	char pair[2] = { '\\', short_form[c] };

	if (pair[1])
		buf_put(b, pair, 2);
	else
		put_json_u(b, c);
}

void buf_put_json(struct buf *b, struct slice s)
{
	size_t mark = buf_mark(b), i = 0;

	buf_putc(b, '"');
	while (i < s.n) {
		size_t run = i;
		uint32_t c;
		unsigned len;

		while (run < s.n && json_plain((unsigned char)s.p[run]))
			run++;
		buf_put(b, s.p + i, run - i);
		i = run;
		if (i == s.n)
			break;
		len = utf8_next(s.p + i, s.n - i, &c);
		if (len == 0)
			put_json_u(b, 0xfffd);
		else if (len == 1)
			put_json_ascii(b, (unsigned char)c);
		else if (utf8_steering(c))
			put_json_u(b, c);
		else
			buf_put(b, s.p + i, len);
		i += len ? len : 1;
	}
	buf_putc(b, '"');
	if (b->overflow)
		b->n = mark; /* no half string */
}

static void put_2(char *o, unsigned v)
{
	o[0] = (char)('0' + v / 10);
	o[1] = (char)('0' + v % 10);
}

void buf_put_time(struct buf *b, uint64_t ns, unsigned digits)
{
	uint64_t secs = ns / NSEC_PER_SEC, frac = ns % NSEC_PER_SEC;
	unsigned day_secs = (unsigned)(secs % 86400), year, month, day;
	/* Days of a year that starts on 1 March, so that the leap day comes last; 719468 days
	 * from 1 March 0000 to 1970. An era is 400 years of 146097 days. 2^64 ns end in 2554:
	 * era and year are small. */
	unsigned days = (unsigned)(secs / 86400) + 719468;
	unsigned era = days / 146097, doe = days % 146097;
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	char o[] = "0000-00-00T00:00:00.000000000Z";

	day = doy - (153 * mp + 2) / 5 + 1;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = era * 400 + yoe + (month <= 2);
	put_2(o, year / 100);
	put_2(o + 2, year % 100);
	put_2(o + 5, month);
	put_2(o + 8, day);
	put_2(o + 11, day_secs / 3600);
	put_2(o + 14, day_secs / 60 % 60);
	put_2(o + 17, day_secs % 60);
	for (unsigned i = 9; i > 0; i--) {
		o[19 + i] = (char)('0' + frac % 10);
		frac /= 10;
	}
	digits = MIN(digits, 9U);
	o[digits ? 20 + digits : 19] = 'Z';
	buf_put(b, o, (digits ? 20 + digits : 19) + 1);
}

static void put_ipv4(struct buf *b, const uint8_t *a)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			buf_putc(b, '.');
		buf_put_u64(b, a[i]);
	}
}

/* RFC 5952 section 4: lower case, no leading zeros, the longest run of at least two zero groups
 * as "::", the first of equals. */
static void put_ipv6(struct buf *b, const uint8_t *a)
{
	unsigned group[8], run_at = 8, run_len = 1;

	for (unsigned i = 0; i < 8; i++)
		group[i] = (unsigned)a[2 * i] << 8 | a[2 * i + 1];
	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;

		while (i + n < 8 && group[i + n] == 0)
			n++;
		if (n > run_len) {
			run_at = i;
			run_len = n;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned g = group[i];

		if (i == run_at) {
			buf_puts(b, "::");
			i += run_len - 1;
			continue;
		}
		if (i > 0 && i != run_at + run_len)
			buf_putc(b, ':');
		buf_put_hex(b, g, g > 0xfff ? 4 : g > 0xff ? 3 : g > 0xf ? 2 : 1);
	}
}

void buf_put_ip(struct buf *b, const uint8_t *addr)
{
	static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t mark = buf_mark(b);

	if (memcmp(addr, v4_mapped, sizeof(v4_mapped)) == 0)
		put_ipv4(b, addr + 12);
	else
		put_ipv6(b, addr);
	if (b->overflow)
		b->n = mark;
}
