/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/jsonl_scan.h"

#include "core/utf8.h"

bool scan_fail(struct scan *s, const char *at, const char *fmt, ...)
{
	va_list ap;

	s->err->col = (unsigned)(at - s->line) + 1;
	va_start(ap, fmt);
	(void)vsnprintf(s->err->text, sizeof(s->err->text), fmt, ap);
	va_end(ap);
	return false;
}

/* First byte from @p on that is no plain character of a string: quote, backslash, control
 * character or not ASCII. */
static char *plain_end(char *p, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint64_t one = 0x0101010101010101ULL, top = 0x8080808080808080ULL;

	for (; end - p >= 8; p += 8) {
		uint64_t w, quote, back, hit;

		memcpy(&w, p, 8);
		quote = w ^ one * '"';
		back = w ^ one * '\\';
		/* A borrow can mark bytes above a true hit, never below: the lowest mark is
		 * right. */
		hit = (((quote - one) & ~quote) | ((back - one) & ~back) | ((w - one * 0x20) & ~w) | w) & top;
		if (hit)
			return p + (__builtin_ctzll(hit) >> 3);
	}
#endif
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

static bool hex4(const struct scan *s, const char *p, uint32_t *ret_unit)
{
	uint32_t v = 0;

	if (s->end - p < 4)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - (unsigned)'0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | ((c | 0x20) - (unsigned)'a' + 10);
		else
			return false;
	}
	*ret_unit = v;
	return true;
}

/* At the backslash of \u. Moves behind the escape, or behind the two of a surrogate pair. */
static bool scan_unicode(struct scan *s, uint32_t *ret_char)
{
	uint32_t c, low;

	if (!hex4(s, s->p + 2, &c))
		return scan_fail(s, s->p, "\\u needs four hexadecimal digits");
	if (c < 0xd800 || c > 0xdfff) {
		s->p += 6;
		*ret_char = c;
		return true;
	}
	if (c > 0xdbff || s->end - s->p < 12 || s->p[6] != '\\' || s->p[7] != 'u' || !hex4(s, s->p + 8, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return scan_fail(s, s->p, "half of a surrogate pair");
	s->p += 12;
	*ret_char = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* At a backslash: appends what it stands for to *@w. */
static bool scan_escape(struct scan *s, char **w)
{
	static const char simple[128] = {
		['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
	};
	unsigned char c = s->end - s->p >= 2 ? (unsigned char)s->p[1] : 0;
	uint32_t u = 0;

	if (c < 128 && simple[c]) {
		*(*w)++ = simple[c];
		s->p += 2;
		return true;
	}
	if (c != 'u')
		return scan_fail(s, s->p, "unknown escape");
	if (!scan_unicode(s, &u))
		return false;
	*w += utf8_put(*w, u);
	return true;
}

bool scan_string(struct scan *s, struct slice *ret)
{
	char *begin = s->p + 1, *w;

	s->p = w = plain_end(begin, s->end);
	for (;;) {
		char *run;
		uint32_t c;
		unsigned len;

		if (s->p == s->end)
			return scan_fail(s, begin - 1, "the string has no end");
		if (*s->p == '"')
			break;
		if (*s->p == '\\') {
			if (!scan_escape(s, &w))
				return false;
		} else if ((unsigned char)*s->p < 0x20) {
			return scan_fail(s, s->p, "control character in a string");
		} else {
			len = utf8_next(s->p, (size_t)(s->end - s->p), &c);
			if (len == 0)
				return scan_fail(s, s->p, "invalid UTF-8");
			memmove(w, s->p, len);
			w += len;
			s->p += len;
		}
		run = plain_end(s->p, s->end);
		if (w != s->p)
			memmove(w, s->p, (size_t)(run - s->p));
		w += run - s->p;
		s->p = run;
	}
	s->p++;
	*ret = (struct slice){ begin, (size_t)(w - begin) };
	return true;
}

static bool skip_digits(struct scan *s)
{
	if (!scan_at_digit(s))
		return scan_fail(s, s->p, "expected a digit");
	while (scan_at_digit(s))
		s->p++;
	return true;
}

/* RFC 8259 section 6. *ret_integer: neither fraction nor exponent. */
static bool scan_number(struct scan *s, struct slice *ret, bool *ret_integer)
{
	char *begin = s->p;
	bool integer = true;

	if (*s->p == '-')
		s->p++;
	if (scan_at(s, '0')) {
		s->p++;
		if (scan_at_digit(s))
			return scan_fail(s, begin, "a number must not begin with 0");
	} else if (!skip_digits(s)) {
		return false;
	}
	if (scan_at(s, '.')) {
		integer = false;
		s->p++;
		if (!skip_digits(s))
			return false;
	}
	if (scan_at(s, 'e') || scan_at(s, 'E')) {
		integer = false;
		s->p++;
		if (scan_at(s, '+') || scan_at(s, '-'))
			s->p++;
		if (!skip_digits(s))
			return false;
	}
	*ret = (struct slice){ begin, (size_t)(s->p - begin) };
	*ret_integer = integer;
	return true;
}

static bool scan_word(struct scan *s, struct slice word)
{
	if ((size_t)(s->end - s->p) < word.n || memcmp(s->p, word.p, word.n) != 0)
		return scan_fail(s, s->p, "expected a value");
	s->p += word.n;
	return true;
}

bool scan_scalar(struct scan *s, enum token t, struct slice *ret, bool *ret_integer)
{
	struct slice word;

	*ret_integer = false;
	if (t == TOKEN_STRING)
		return scan_string(s, ret);
	if (t == TOKEN_NUMBER)
		return scan_number(s, ret, ret_integer);
	if (t != TOKEN_TRUE && t != TOKEN_FALSE && t != TOKEN_NULL)
		return scan_fail(s, s->p, "expected a value");
	word = t == TOKEN_TRUE ? SLICE("true") : t == TOKEN_FALSE ? SLICE("false") : SLICE("null");
	*ret = (struct slice){ s->p, word.n };
	return scan_word(s, word);
}

bool scan_key(struct scan *s, struct slice *ret)
{
	if (!scan_at(s, '"'))
		return scan_fail(s, s->p, "expected a key in quotes");
	if (!scan_string(s, ret))
		return false;
	scan_space(s);
	if (!scan_at(s, ':'))
		return scan_fail(s, s->p, "expected ':'");
	s->p++;
	scan_space(s);
	return true;
}

/* ---- values that nobody reads ---- */

/* After an opening bracket: what comes next is an element, a key, or the end of an empty one. */
static bool skip_open(struct scan *s, bool object, bool *ret_closed)
{
	struct slice key;

	s->p++;
	scan_space(s);
	*ret_closed = scan_at(s, object ? '}' : ']');
	if (*ret_closed) {
		s->p++;
		return true;
	}
	return !object || scan_key(s, &key);
}

/* Any value, checked but not kept. One bit per open bracket says whether it is an object; bit 0
 * belongs to the line's own. */
bool scan_skip(struct scan *s)
{
	unsigned objects = 0, depth = 1;

	for (;;) {
		enum token t = scan_token(s);
		struct slice text;
		bool integer, closed = true;

		if (t == TOKEN_ARRAY || t == TOKEN_OBJECT) {
			bool object = t == TOKEN_OBJECT;

			if (depth == TL_JSON_DEPTH)
				return scan_fail(s, s->p, "nested deeper than %d", TL_JSON_DEPTH);
			if (!skip_open(s, object, &closed))
				return false;
			if (!closed) {
				objects = (objects & ~(1U << depth)) | (unsigned)object << depth;
				depth++;
			}
		} else if (!scan_scalar(s, t, &text, &integer)) {
			return false;
		}
		while (closed && depth > 1) {
			bool object = objects >> (depth - 1) & 1;

			scan_space(s);
			if (scan_at(s, ',')) {
				s->p++;
				scan_space(s);
				if (object && !scan_key(s, &text))
					return false;
				break;
			}
			if (!scan_at(s, object ? '}' : ']'))
				return scan_fail(s, s->p, "expected ',' or '%c'", object ? '}' : ']');
			s->p++;
			depth--;
		}
		if (closed && depth == 1)
			return true;
	}
}
