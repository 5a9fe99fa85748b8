/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/jsonl.h"

#include <errno.h>

#include "core/parse.h"
#include "core/utf8.h"

/* One pass. The read position is always the place in the line as it came (columns are right); what is rewritten lies before it:
 * a resolved escape is never longer than its source, a list item and its NUL never longer than the item and the bracket or
 * comma before it. */
struct scan {
	struct event *ev;
	struct json_error *err;
	char *line, *p, *end;
	uint64_t seen[FIELD_WORDS]; /* keys met, those with null too */
	unsigned seen_meta;	    /* 1 << enum meta */
};

enum meta { META_TIME, META_CATEGORY, META_PRODUCT, META_SERVICE, META_NONE };

PRINTF(3, 4)
static bool fail(struct scan *s, const char *at, const char *fmt, ...)
{
	va_list ap;

	s->err->col = (unsigned)(at - s->line) + 1;
	va_start(ap, fmt);
	(void)vsnprintf(s->err->text, sizeof(s->err->text), fmt, ap);
	va_end(ap);
	return false;
}

static bool fail_field(struct scan *s, const char *at, enum field f, const char *what)
{
	return fail(s, at, "%s: expected %s", field_desc[f].sigma, what);
}

static inline void skip_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
		s->p++;
}

static inline bool at_char(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

/* ---- tokens ---- */

/* First byte from @p on that is no plain character of a string: quote, backslash, control character or not ASCII. */
static char *plain_end(char *p, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint64_t one = 0x0101010101010101ULL, top = 0x8080808080808080ULL;

	for (; end - p >= 8; p += 8) {
		uint64_t w, quote, back, hit;

		memcpy(&w, p, 8);
		quote = w ^ one * '"';
		back = w ^ one * '\\';
		/* A borrow can mark bytes above a true hit, never below: the lowest mark is right. */
		hit = (((quote - one) & ~quote) | ((back - one) & ~back) | ((w - one * 0x20) & ~w) | w) &
		      top;
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
		return fail(s, s->p, "\\u needs four hexadecimal digits");
	if (c < 0xd800 || c > 0xdfff) {
		s->p += 6;
		*ret_char = c;
		return true;
	}
	if (c > 0xdbff || s->end - s->p < 12 || s->p[6] != '\\' || s->p[7] != 'u' ||
	    !hex4(s, s->p + 8, &low) || low < 0xdc00 || low > 0xdfff)
		return fail(s, s->p, "half of a surrogate pair");
	s->p += 12;
	*ret_char = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* At a backslash: appends what it stands for to *@w. */
static bool scan_escape(struct scan *s, char **w)
{
	static const char simple[128] = {
		['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
	};
	unsigned char c = s->end - s->p >= 2 ? (unsigned char)s->p[1] : 0;
	uint32_t u = 0;

	if (c < 128 && simple[c]) {
		*(*w)++ = simple[c];
		s->p += 2;
		return true;
	}
	if (c != 'u')
		return fail(s, s->p, "unknown escape");
	if (!scan_unicode(s, &u))
		return false;
	*w += utf8_put(*w, u);
	return true;
}

/* At the opening quote. The slice lies in the line; its closing quote, at or behind .p + .n, is consumed. */
static bool scan_string(struct scan *s, struct slice *ret)
{
	char *begin = s->p + 1, *w;

	s->p = w = plain_end(begin, s->end);
	for (;;) {
		char *run;
		uint32_t c;
		unsigned len;

		if (s->p == s->end)
			return fail(s, begin - 1, "the string has no end");
		if (*s->p == '"')
			break;
		if (*s->p == '\\') {
			if (!scan_escape(s, &w))
				return false;
		} else if ((unsigned char)*s->p < 0x20) {
			return fail(s, s->p, "control character in a string");
		} else {
			len = utf8_next(s->p, (size_t)(s->end - s->p), &c);
			if (len == 0)
				return fail(s, s->p, "invalid UTF-8");
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

static inline bool at_digit(const struct scan *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static bool skip_digits(struct scan *s)
{
	if (!at_digit(s))
		return fail(s, s->p, "expected a digit");
	while (at_digit(s))
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
	if (at_char(s, '0')) {
		s->p++;
		if (at_digit(s))
			return fail(s, begin, "a number must not begin with 0");
	} else if (!skip_digits(s)) {
		return false;
	}
	if (at_char(s, '.')) {
		integer = false;
		s->p++;
		if (!skip_digits(s))
			return false;
	}
	if (at_char(s, 'e') || at_char(s, 'E')) {
		integer = false;
		s->p++;
		if (at_char(s, '+') || at_char(s, '-'))
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
		return fail(s, s->p, "expected a value");
	s->p += word.n;
	return true;
}

/* What a value is, by its first byte; 0 if none begins with it. */
enum token { TOKEN_NONE, TOKEN_STRING, TOKEN_NUMBER, TOKEN_TRUE, TOKEN_FALSE, TOKEN_NULL, TOKEN_ARRAY, TOKEN_OBJECT };

static enum token token_at(const struct scan *s)
{
	if (s->p == s->end)
		return TOKEN_NONE;
	switch (*s->p) {
	case '"':
		return TOKEN_STRING;
	case 't':
		return TOKEN_TRUE;
	case 'f':
		return TOKEN_FALSE;
	case 'n':
		return TOKEN_NULL;
	case '[':
		return TOKEN_ARRAY;
	case '{':
		return TOKEN_OBJECT;
	default:
		return *s->p == '-' || at_digit(s) ? TOKEN_NUMBER : TOKEN_NONE;
	}
}

/* A value that is neither array nor object; its text (of a string the resolved one). */
static bool scan_scalar(struct scan *s, enum token t, struct slice *ret, bool *ret_integer)
{
	struct slice word;

	*ret_integer = false;
	if (t == TOKEN_STRING)
		return scan_string(s, ret);
	if (t == TOKEN_NUMBER)
		return scan_number(s, ret, ret_integer);
	if (t != TOKEN_TRUE && t != TOKEN_FALSE && t != TOKEN_NULL)
		return fail(s, s->p, "expected a value");
	word = t == TOKEN_TRUE ? SLICE("true") : t == TOKEN_FALSE ? SLICE("false") : SLICE("null");
	*ret = (struct slice){ s->p, word.n };
	return scan_word(s, word);
}

static bool scan_key(struct scan *s, struct slice *ret)
{
	if (!at_char(s, '"'))
		return fail(s, s->p, "expected a key in quotes");
	if (!scan_string(s, ret))
		return false;
	skip_space(s);
	if (!at_char(s, ':'))
		return fail(s, s->p, "expected ':'");
	s->p++;
	skip_space(s);
	return true;
}

/* ---- values that nobody reads ---- */

/* After an opening bracket: what comes next is an element, a key, or the end of an empty one. */
static bool skip_open(struct scan *s, bool object, bool *ret_closed)
{
	struct slice key;

	s->p++;
	skip_space(s);
	*ret_closed = at_char(s, object ? '}' : ']');
	if (*ret_closed) {
		s->p++;
		return true;
	}
	return !object || scan_key(s, &key);
}

/* Any value, checked but not kept. One bit per open bracket says whether it is an object; bit 0 belongs to the line's own. */
static bool skip_value(struct scan *s)
{
	unsigned objects = 0, depth = 1;

	for (;;) {
		enum token t = token_at(s);
		struct slice text;
		bool integer, closed = true;

		if (t == TOKEN_ARRAY || t == TOKEN_OBJECT) {
			bool object = t == TOKEN_OBJECT;

			if (depth == TL_JSON_DEPTH)
				return fail(s, s->p, "nested deeper than %d", TL_JSON_DEPTH);
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

			skip_space(s);
			if (at_char(s, ',')) {
				s->p++;
				skip_space(s);
				if (object && !scan_key(s, &text))
					return false;
				break;
			}
			if (!at_char(s, object ? '}' : ']'))
				return fail(s, s->p, "expected ',' or '%c'", object ? '}' : ']');
			s->p++;
			depth--;
		}
		if (closed && depth == 1)
			return true;
	}
}

/* ---- values of fields ---- */

static inline void set_value(struct scan *s, enum field f, struct value v)
{
	s->ev->v[f] = v;
	event_mark(s->ev, f);
}

static inline void set_text(struct scan *s, enum field f, struct slice text)
{
	set_value(s, f, (struct value){ .p = text.p, .n = (uint32_t)text.n });
}

static bool word_is(struct slice s, const char *lower)
{
	if (s.n != strlen(lower))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] | 0x20) != lower[i])
			return false;
	return true;
}

static bool store_unsigned(struct scan *s, enum field f, const char *at, struct slice text)
{
	enum value_type type = field_desc[f].type;
	uint64_t max = type == TYPE_u16 ? UINT16_MAX : type == TYPE_u32 ? UINT32_MAX : UINT64_MAX;
	uint64_t u;

	if (slice_u64(text, &u) < 0 || u > max)
		return fail(s, at, "%s: expected a whole number from 0 to %llu", field_desc[f].sigma,
			    (unsigned long long)max);
	set_value(s, f, (struct value){ .u = u });
	return true;
}

static bool store_bool(struct scan *s, enum field f, const char *at, struct slice text)
{
	bool yes = word_is(text, "true");

	if (!yes && !word_is(text, "false"))
		return fail_field(s, at, f, "true or false");
	set_value(s, f, (struct value){ .u = yes });
	return true;
}

static bool store_ip(struct scan *s, enum field f, const char *at, struct slice text)
{
	char *addr = event_scratch(s->ev, 16);

	if (!addr)
		return fail_field(s, at, f, "less text in the event");
	if (parse_ip(text, (uint8_t *)addr) < 0)
		return fail_field(s, at, f, "an IP address");
	set_value(s, f, (struct value){ .p = addr, .n = 16 });
	return true;
}

/* ns since 1970 as digits, or RFC 3339. */
static bool time_text(struct slice text, uint64_t *ret_ns)
{
	return slice_u64(text, ret_ns) == 0 || parse_time(text, ret_ns) == 0;
}

#define TIME_EXPECTED "whole ns since 1970 or RFC 3339 text"

/* @t: string, number, true or false. Numbers and booleans come as their source text. */
static bool store_scalar(struct scan *s, enum field f, enum token t, const char *at, struct slice text,
			 bool integer)
{
	bool string = t == TOKEN_STRING;
	uint64_t u;
	int64_t i;

	switch (field_desc[f].type) {
	case TYPE_str:
		set_text(s, f, text);
		return true;
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
		if (!string && !integer)
			return fail_field(s, at, f, "a whole number");
		return store_unsigned(s, f, at, text);
	case TYPE_i64:
		if ((!string && !integer) || parse_i64(text, &i) < 0)
			return fail_field(s, at, f, "a whole number of 64 bits with sign");
		set_value(s, f, (struct value){ .i = i });
		return true;
	case TYPE_bool:
		return store_bool(s, f, at, t == TOKEN_NUMBER ? (struct slice){ 0 } : text);
	case TYPE_ip:
		return store_ip(s, f, at, string ? text : (struct slice){ 0 });
	case TYPE_time:
		if ((!string && !integer) || !time_text(text, &u))
			return fail_field(s, at, f, TIME_EXPECTED);
		set_value(s, f, (struct value){ .u = u });
		return true;
	case TYPE_dev:
		if (!string || parse_dev(text, &u) < 0)
			return fail_field(s, at, f, "major:minor");
		set_value(s, f, (struct value){ .u = u });
		return true;
	case TYPE_list:
		if (!string || (text.n > 0 && memchr(text.p, '\0', text.n)))
			return fail_field(s, at, f, "an array of texts, none with NUL");
		/* The closing quote, or a byte before it, becomes the NUL. */
		s->line[text.p - s->line + (ptrdiff_t)text.n] = '\0';
		set_text(s, f, (struct slice){ text.p, text.n + 1 });
		return true;
	}
	return false;
}

/* At '['. Packs the items from there on. */
static bool store_array(struct scan *s, enum field f)
{
	char *begin = s->p, *w = begin;

	s->p++;
	skip_space(s);
	if (at_char(s, ']')) {
		s->p++;
		set_text(s, f, (struct slice){ begin, 0 });
		return true;
	}
	for (;;) {
		enum token t = token_at(s);
		const char *at = s->p;
		struct slice item;
		bool integer;

		if (t == TOKEN_ARRAY || t == TOKEN_OBJECT || t == TOKEN_NULL)
			return fail_field(s, at, f, "texts or numbers in the array");
		if (!scan_scalar(s, t, &item, &integer))
			return false;
		if (item.n > 0 && memchr(item.p, '\0', item.n))
			return fail_field(s, at, f, "no NUL in an item");
		memmove(w, item.p, item.n);
		w += item.n;
		*w++ = '\0';
		skip_space(s);
		if (at_char(s, ']'))
			break;
		if (!at_char(s, ','))
			return fail(s, s->p, "expected ',' or ']'");
		s->p++;
		skip_space(s);
	}
	s->p++;
	set_text(s, f, (struct slice){ begin, (size_t)(w - begin) });
	return true;
}

static bool scan_field(struct scan *s, enum field f)
{
	enum token t = token_at(s);
	const char *at = s->p;
	struct slice text;
	bool integer;

	if (t == TOKEN_ARRAY && field_desc[f].type == TYPE_list)
		return store_array(s, f);
	if (t == TOKEN_ARRAY || t == TOKEN_OBJECT)
		return fail_field(s, at, f, field_desc[f].type == TYPE_list ? "an array" : "one value");
	if (!scan_scalar(s, t, &text, &integer))
		return false;
	return t == TOKEN_NULL || store_scalar(s, f, t, at, text, integer);
}

/* ---- the event's own keys ---- */

static enum meta meta_by_name(struct slice key)
{
	if (key.n == 10 && memcmp(key.p, "@timestamp", 10) == 0)
		return META_TIME;
	if (key.n == 8 && memcmp(key.p, "category", 8) == 0)
		return META_CATEGORY;
	if (key.n == 7 && memcmp(key.p, "product", 7) == 0)
		return META_PRODUCT;
	if (key.n == 7 && memcmp(key.p, "service", 7) == 0)
		return META_SERVICE;
	return META_NONE;
}

static bool scan_meta(struct scan *s, enum meta m)
{
	static const char *const name[] = { "@timestamp", "category", "product", "service" };
	enum token t = token_at(s);
	const char *at = s->p;
	struct slice text;
	bool integer;

	if (t == TOKEN_ARRAY || t == TOKEN_OBJECT)
		return fail(s, at, "%s: expected one value", name[m]);
	if (!scan_scalar(s, t, &text, &integer))
		return false;
	if (t == TOKEN_NULL)
		return true;
	if (m == META_TIME) {
		if ((t != TOKEN_STRING && !integer) || !time_text(text, &s->ev->time_ns))
			return fail(s, at, "@timestamp: expected " TIME_EXPECTED);
		return true;
	}
	if (t != TOKEN_STRING)
		return fail(s, at, "%s: expected a text", name[m]);
	if (m == META_CATEGORY) {
		s->ev->category_text = text;
		s->ev->category = category_by_name(text);
	} else if (m == META_PRODUCT) {
		s->ev->product = text;
	} else {
		s->ev->service = text;
	}
	return true;
}

/* ---- the line ---- */

static bool scan_pair(struct scan *s)
{
	const char *at = s->p;
	struct slice key;
	enum field f;
	enum meta m;

	if (!scan_key(s, &key))
		return false;
	m = meta_by_name(key);
	if (m != META_NONE) {
		if (s->seen_meta & 1U << m)
			return fail(s, at, "duplicate key");
		s->seen_meta |= 1U << m;
		return scan_meta(s, m);
	}
	f = field_by_sigma(key);
	if (f == F_MAX)
		f = field_by_id(key);
	if (f == F_MAX)
		return skip_value(s);
	if (s->seen[f / 64] >> (f % 64) & 1)
		return fail(s, at, "%s: duplicate key", field_desc[f].sigma);
	s->seen[f / 64] |= 1ULL << (f % 64);
	return scan_field(s, f);
}

static bool scan_line(struct scan *s)
{
	skip_space(s);
	if (!at_char(s, '{'))
		return fail(s, s->p, "expected an object");
	s->p++;
	skip_space(s);
	for (bool first = true; !at_char(s, '}') || !first; first = false) {
		if (!scan_pair(s))
			return false;
		skip_space(s);
		if (at_char(s, '}'))
			break;
		if (!at_char(s, ','))
			return fail(s, s->p, "expected ',' or '}'");
		s->p++;
		skip_space(s);
	}
	s->p++;
	skip_space(s);
	if (s->p != s->end)
		return fail(s, s->p, "text after the object");
	return true;
}

int jsonl_parse(struct event *ev, char *line, size_t n, uint64_t inherit_time_ns, struct json_error *err)
{
	struct scan s = { .ev = ev, .err = err, .line = line, .p = line, .end = line + n };

	event_reset(ev);
	ev->time_ns = inherit_time_ns;
	if (n > TL_JSON_LINE_MAX) {
		(void)fail(&s, line, "the line is longer than %d bytes", TL_JSON_LINE_MAX);
		return -EBADMSG;
	}
	if (!scan_line(&s))
		return -EBADMSG;
	event_derive(ev);
	return 0;
}
