/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/jsonl.h"

#include <errno.h>

#include "core/jsonl_scan.h"
#include "core/parse.h"

/* One line on its way into an event. */
struct reader {
	struct scan s;
	struct event *ev;
	uint64_t seen[FIELD_WORDS]; /* keys met, those with null too */
	unsigned seen_meta;	    /* 1 << enum meta */
};

enum meta { META_TIME, META_CATEGORY, META_PRODUCT, META_SERVICE, META_NONE };

static bool fail_field(struct reader *r, const char *at, enum field f, const char *what)
{
	return scan_fail(&r->s, at, "%s: expected %s", field_desc[f].sigma, what);
}

/* ---- values of fields ---- */

static inline void set_value(struct reader *r, enum field f, struct value v)
{
	r->ev->v[f] = v;
	event_mark(r->ev, f);
}

static inline void set_text(struct reader *r, enum field f, struct slice text)
{
	set_value(r, f, (struct value){ .p = text.p, .n = (uint32_t)text.n });
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

static bool store_unsigned(struct reader *r, enum field f, const char *at, struct slice text)
{
	enum value_type type = field_desc[f].type;
	uint64_t max = type == TYPE_u16 ? UINT16_MAX : type == TYPE_u32 ? UINT32_MAX : UINT64_MAX;
	uint64_t u;

	if (slice_u64(text, &u) < 0 || u > max)
		return scan_fail(&r->s, at, "%s: expected a whole number from 0 to %llu", field_desc[f].sigma,
				 (unsigned long long)max);
	set_value(r, f, (struct value){ .u = u });
	return true;
}

static bool store_bool(struct reader *r, enum field f, const char *at, struct slice text)
{
	bool yes = word_is(text, "true");

	if (!yes && !word_is(text, "false"))
		return fail_field(r, at, f, "true or false");
	set_value(r, f, (struct value){ .u = yes });
	return true;
}

static bool store_ip(struct reader *r, enum field f, const char *at, struct slice text)
{
	char *addr = event_scratch(r->ev, 16);

	if (!addr)
		return fail_field(r, at, f, "less text in the event");
	if (parse_ip(text, (uint8_t *)addr) < 0)
		return fail_field(r, at, f, "an IP address");
	set_value(r, f, (struct value){ .p = addr, .n = 16 });
	return true;
}

/* ns since 1970 as digits, or RFC 3339. */
static bool time_text(struct slice text, uint64_t *ret_ns)
{
	return slice_u64(text, ret_ns) == 0 || parse_time(text, ret_ns) == 0;
}

#define TIME_EXPECTED "whole ns since 1970 or RFC 3339 text"

/* @t: string, number, true or false. Numbers and booleans come as their source text. */
static bool store_scalar(struct reader *r, enum field f, enum token t, const char *at, struct slice text, bool integer)
{
	bool string = t == TOKEN_STRING;
	uint64_t u;
	int64_t i;

	switch (field_desc[f].type) {
	case TYPE_str:
		set_text(r, f, text);
		return true;
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
		if (!string && !integer)
			return fail_field(r, at, f, "a whole number");
		return store_unsigned(r, f, at, text);
	case TYPE_i64:
		if ((!string && !integer) || parse_i64(text, &i) < 0)
			return fail_field(r, at, f, "a whole number of 64 bits with sign");
		set_value(r, f, (struct value){ .i = i });
		return true;
	case TYPE_bool:
		return store_bool(r, f, at, t == TOKEN_NUMBER ? (struct slice){ 0 } : text);
	case TYPE_ip:
		return store_ip(r, f, at, string ? text : (struct slice){ 0 });
	case TYPE_time:
		if ((!string && !integer) || !time_text(text, &u))
			return fail_field(r, at, f, TIME_EXPECTED);
		set_value(r, f, (struct value){ .u = u });
		return true;
	case TYPE_dev:
		if (!string || parse_dev(text, &u) < 0)
			return fail_field(r, at, f, "major:minor");
		set_value(r, f, (struct value){ .u = u });
		return true;
	case TYPE_list:
		if (!string || (text.n > 0 && memchr(text.p, '\0', text.n)))
			return fail_field(r, at, f, "an array of texts, none with NUL");
		/* The closing quote, or a byte before it, becomes the NUL. */
		r->s.line[text.p - r->s.line + (ptrdiff_t)text.n] = '\0';
		set_text(r, f, (struct slice){ text.p, text.n + 1 });
		return true;
	}
	return false;
}

/* At '['. Packs the items from there on: an item and its NUL are never longer than the item and
 * the bracket or comma before it. */
static bool store_array(struct reader *r, enum field f)
{
	char *begin = r->s.p, *w = begin;

	r->s.p++;
	scan_space(&r->s);
	if (scan_at(&r->s, ']')) {
		r->s.p++;
		set_text(r, f, (struct slice){ begin, 0 });
		return true;
	}
	for (;;) {
		enum token t = scan_token(&r->s);
		const char *at = r->s.p;
		struct slice item;
		bool integer;

		if (t == TOKEN_ARRAY || t == TOKEN_OBJECT || t == TOKEN_NULL)
			return fail_field(r, at, f, "texts or numbers in the array");
		if (!scan_scalar(&r->s, t, &item, &integer))
			return false;
		if (item.n > 0 && memchr(item.p, '\0', item.n))
			return fail_field(r, at, f, "no NUL in an item");
		memmove(w, item.p, item.n);
		w += item.n;
		*w++ = '\0';
		scan_space(&r->s);
		if (scan_at(&r->s, ']'))
			break;
		if (!scan_at(&r->s, ','))
			return scan_fail(&r->s, r->s.p, "expected ',' or ']'");
		r->s.p++;
		scan_space(&r->s);
	}
	r->s.p++;
	set_text(r, f, (struct slice){ begin, (size_t)(w - begin) });
	return true;
}

static bool read_field(struct reader *r, enum field f)
{
	enum token t = scan_token(&r->s);
	const char *at = r->s.p;
	struct slice text;
	bool integer;

	if (t == TOKEN_ARRAY && field_desc[f].type == TYPE_list)
		return store_array(r, f);
	if (t == TOKEN_ARRAY || t == TOKEN_OBJECT)
		return fail_field(r, at, f, field_desc[f].type == TYPE_list ? "an array" : "one value");
	if (!scan_scalar(&r->s, t, &text, &integer))
		return false;
	return t == TOKEN_NULL || store_scalar(r, f, t, at, text, integer);
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

static bool read_meta(struct reader *r, enum meta m)
{
	static const char *const name[] = { "@timestamp", "category", "product", "service" };
	enum token t = scan_token(&r->s);
	const char *at = r->s.p;
	struct slice text;
	bool integer;

	if (t == TOKEN_ARRAY || t == TOKEN_OBJECT)
		return scan_fail(&r->s, at, "%s: expected one value", name[m]);
	if (!scan_scalar(&r->s, t, &text, &integer))
		return false;
	if (t == TOKEN_NULL)
		return true;
	if (m == META_TIME) {
		if ((t != TOKEN_STRING && !integer) || !time_text(text, &r->ev->time_ns))
			return scan_fail(&r->s, at, "@timestamp: expected " TIME_EXPECTED);
		return true;
	}
	if (t != TOKEN_STRING)
		return scan_fail(&r->s, at, "%s: expected a text", name[m]);
	if (m == META_CATEGORY) {
		r->ev->category_text = text;
		r->ev->category = category_by_name(text);
	} else if (m == META_PRODUCT) {
		r->ev->product = text;
	} else {
		r->ev->service = text;
	}
	return true;
}

/* ---- the line ---- */

static bool read_pair(struct reader *r)
{
	const char *at = r->s.p;
	struct slice key;
	enum field f;
	enum meta m;

	if (!scan_key(&r->s, &key))
		return false;
	m = meta_by_name(key);
	if (m != META_NONE) {
		if (r->seen_meta & 1U << m)
			return scan_fail(&r->s, at, "duplicate key");
		r->seen_meta |= 1U << m;
		return read_meta(r, m);
	}
	f = field_by_sigma(key);
	if (f == F_MAX)
		f = field_by_id(key);
	if (f == F_MAX)
		return scan_skip(&r->s);
	if (r->seen[f / 64] >> (f % 64) & 1)
		return scan_fail(&r->s, at, "%s: duplicate key", field_desc[f].sigma);
	r->seen[f / 64] |= 1ULL << (f % 64);
	return read_field(r, f);
}

static bool read_line(struct reader *r)
{
	scan_space(&r->s);
	if (!scan_at(&r->s, '{'))
		return scan_fail(&r->s, r->s.p, "expected an object");
	r->s.p++;
	scan_space(&r->s);
	for (bool first = true; !scan_at(&r->s, '}') || !first; first = false) {
		if (!read_pair(r))
			return false;
		scan_space(&r->s);
		if (scan_at(&r->s, '}'))
			break;
		if (!scan_at(&r->s, ','))
			return scan_fail(&r->s, r->s.p, "expected ',' or '}'");
		r->s.p++;
		scan_space(&r->s);
	}
	r->s.p++;
	scan_space(&r->s);
	if (r->s.p != r->s.end)
		return scan_fail(&r->s, r->s.p, "text after the object");
	return true;
}

int jsonl_parse(struct event *ev, char *line, size_t n, uint64_t inherit_time_ns, struct json_error *err)
{
	struct reader r = { .s = { .err = err, .line = line, .p = line, .end = line + n }, .ev = ev };

	event_reset(ev);
	ev->time_ns = inherit_time_ns;
	if (n > TL_JSON_LINE_MAX) {
		(void)scan_fail(&r.s, line, "the line is longer than %d bytes", TL_JSON_LINE_MAX);
		return -EBADMSG;
	}
	if (!read_line(&r))
		return -EBADMSG;
	event_derive(ev);
	return 0;
}
