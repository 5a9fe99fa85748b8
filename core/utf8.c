/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/utf8.h"

static bool tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

unsigned utf8_next(const char *p, size_t n, uint32_t *ret_char)
{
	const unsigned char *s = (const unsigned char *)p;
	uint32_t c = s[0];

	if (c < 0x80) {
		*ret_char = c;
		return 1;
	}
	if (c < 0xc2) /* a tail, or C0 and C1 which only overlong forms begin with */
		return 0;
	if (c < 0xe0) {
		if (n < 2 || !tail(s[1]))
			return 0;
		*ret_char = (c & 0x1f) << 6 | (s[1] & 0x3f);
		return 2;
	}
	if (c < 0xf0) {
		if (n < 3 || !tail(s[1]) || !tail(s[2]))
			return 0;
		c = (c & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
		if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*ret_char = c;
		return 3;
	}
	if (c > 0xf4 || n < 4 || !tail(s[1]) || !tail(s[2]) || !tail(s[3]))
		return 0;
	c = (c & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 | (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
	if (c < 0x10000 || c > 0x10ffff)
		return 0;
	*ret_char = c;
	return 4;
}

unsigned utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Bytes of ASCII at the start, in steps of 8: nearly all text that passes here is only that. */
static size_t ascii_run(const char *p, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		if (w & 0x8080808080808080ULL)
			break;
	}
	while (i < n && !((unsigned char)p[i] & 0x80))
		i++;
	return i;
}

bool utf8_valid(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint32_t c;
		unsigned len;

		i += ascii_run(p + i, n - i);
		if (i == n)
			break;
		len = utf8_next(p + i, n - i, &c);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

size_t utf8_cut(const char *p, size_t n, size_t max)
{
	if (n <= max)
		return n;
	/* A lead byte is never the tail of another character, so a valid one found here stands
	 * for itself. */
	for (size_t back = 1; back <= 3 && back <= max; back++) {
		uint32_t c;
		size_t at = max - back;

		if (tail((unsigned char)p[at]))
			continue;
		return utf8_next(p + at, n - at, &c) > back ? at : max;
	}
	return max;
}

bool utf8_steering(uint32_t c)
{
	if (c < 0x80)
		return false;
	if (c < 0x2000)
		return c <= 0x9f || c == 0x061c;
	if (c < 0x2070)
		return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || c == 0x2060 ||
		       (c >= 0x2066 && c <= 0x2069);
	return c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

size_t utf8_repair(struct slice s, char *out)
{
	size_t i = 0, o = 0;

	while (i < s.n) {
		uint32_t c;
		unsigned len;
		size_t run = ascii_run(s.p + i, s.n - i);

		memcpy(out + o, s.p + i, run);
		i += run;
		o += run;
		if (i == s.n)
			break;
		len = utf8_next(s.p + i, s.n - i, &c);
		if (len == 0) {
			o += utf8_put(out + o, 0xfffd);
			i++;
			continue;
		}
		memcpy(out + o, s.p + i, len);
		i += len;
		o += len;
	}
	return o;
}
