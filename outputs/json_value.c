/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/json_value.h"

#include "core/utf8.h"

/* ---- values ---- */

void json_put_text(struct json *j, struct slice s)
{
	size_t n = s.n <= j->cap ? s.n : utf8_cut(s.p, s.n, j->cap);

	buf_put_json(j->b, (struct slice){ s.p, n });
	if (n == s.n)
		return;
	j->cut = true;
	if (!j->b->overflow)
		j->b->n--; /* the closing quote */
	buf_puts(j->b, "...\"");
}

void json_put_text_if(struct json *j, struct slice s)
{
	if (s.n)
		json_put_text(j, s);
}

void json_put_string(struct json *j, const char *s)
{
	if (s)
		json_put_text(j, slice_of(s));
}

void json_put_quoted_u64(struct json *j, uint64_t v)
{
	buf_putc(j->b, '"');
	buf_put_u64(j->b, v);
	buf_putc(j->b, '"');
}

void json_put_time(struct json *j, uint64_t ns)
{
	buf_putc(j->b, '"');
	buf_put_time(j->b, ns, 9);
	buf_putc(j->b, '"');
}

static void put_base64(struct json *j, struct slice s)
{
	buf_putc(j->b, '"');
	buf_put_base64(j->b, s);
	buf_putc(j->b, '"');
}

/* Separates from what stands before, if anything does. */
void json_put_comma(struct buf *b)
{
	if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		buf_putc(b, ',');
}

void json_put_key(struct json *j, const char *key)
{
	json_put_comma(j->b);
	buf_putc(j->b, '"');
	buf_puts(j->b, key);
	buf_puts(j->b, "\":");
}

/* A text of which no field flag tells whether it is valid: with its bytes beside it if not. */
void json_put_member(struct json *j, const char *key, struct slice s)
{
	if (s.n == 0)
		return;
	json_put_key(j, key);
	json_put_text(j, s);
	if (utf8_valid(s.p, s.n))
		return;
	json_put_comma(j->b);
	buf_printf(j->b, "\"%s_raw\":", key);
	put_base64(j, (struct slice){ s.p, MIN(s.n, j->cap) });
}

void json_put_member_u64(struct json *j, const char *key, uint64_t v)
{
	json_put_key(j, key);
	buf_put_u64(j->b, v);
}

void json_put_list(struct json *j, struct slice packed)
{
	struct slice item;
	size_t pos = 0;

	buf_putc(j->b, '[');
	while (list_next(packed, &pos, &item)) {
		if (pos > 8 * j->cap) {
			j->cut = true;
			break;
		}
		json_put_comma(j->b);
		json_put_text(j, item);
	}
	buf_putc(j->b, ']');
}

/* ---- fields ---- */

static bool ends_in(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n >= t && strcmp(s + n - t, tail) == 0;
}

/* Amounts are for arithmetic; every other 64-bit number names something. */
static bool is_amount(enum field f)
{
	return f == F_duration_ns || f == F_latency_ns || f == F_bytes_sent || f == F_bytes_received;
}

static bool is_id(enum field f)
{
	if (field_desc[f].type == TYPE_u64)
		return !is_amount(f);
	return ends_in(field_desc[f].ecs, ".id") && f != F_tid; /* process.thread.id is a long in ECS */
}

void json_put_field(struct json *j, enum field f)
{
	const struct event *ev = &j->a->ev;
	const struct value *v = &ev->v[f];
	char text[TL_VALUE_TEXT_MAX];

	if (!event_has(ev, f))
		return;
	switch (field_desc[f].type) {
	case TYPE_str:
		json_put_text(j, event_str(ev, f));
		return;
	case TYPE_list:
		json_put_list(j, event_str(ev, f));
		return;
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
		if (is_id(f))
			json_put_quoted_u64(j, v->u);
		else
			buf_put_u64(j->b, v->u);
		return;
	case TYPE_i64:
		buf_put_i64(j->b, v->i);
		return;
	case TYPE_bool:
		buf_puts(j->b, v->u ? "true" : "false");
		return;
	case TYPE_ip:
	case TYPE_time:
	case TYPE_dev:
		json_put_text(j, value_text(field_desc[f].type, v, text, sizeof(text)));
		return;
	}
}

static bool is_text(enum field f)
{
	return field_desc[f].type == TYPE_str || field_desc[f].type == TYPE_list;
}

/* How tripline.raw and tripline.truncated name a field. */
static const char *field_name(enum field f)
{
	return field_desc[f].ecs[0] ? field_desc[f].ecs : field_desc[f].id;
}

static void put_raw_list(struct json *j, struct slice packed)
{
	struct slice item;
	size_t pos = 0;

	buf_putc(j->b, '[');
	while (list_next(packed, &pos, &item)) {
		if (pos > 8 * j->cap)
			break;
		json_put_comma(j->b);
		put_base64(j, (struct slice){ item.p, MIN(item.n, j->cap) });
	}
	buf_putc(j->b, ']');
}

void json_put_raw(struct json *j)
{
	const struct event *ev = &j->a->ev;
	bool any = false;

	for (enum field f = 0; f < F_MAX; f++) {
		struct slice s = event_str(ev, f);

		if (!event_has(ev, f) || !is_text(f) || !(ev->v[f].flags & VALUE_INVALID_UTF8))
			continue;
		if (!any)
			buf_putc(j->b, '{');
		any = true;
		json_put_key(j, field_name(f));
		if (field_desc[f].type == TYPE_list)
			put_raw_list(j, s);
		else
			put_base64(j, (struct slice){ s.p, MIN(s.n, j->cap) });
	}
	if (any)
		buf_putc(j->b, '}');
}

static bool list_cut(struct slice packed, size_t cap)
{
	struct slice item;
	size_t pos = 0;

	while (list_next(packed, &pos, &item))
		if (pos > 8 * cap || item.n > cap)
			return true;
	return false;
}

static bool field_cut(const struct json *j, enum field f)
{
	struct slice s = event_str(&j->a->ev, f);

	if (j->a->truncated[f / 64] >> (f % 64) & 1)
		return true;
	if (!event_has(&j->a->ev, f) || !is_text(f))
		return false;
	return field_desc[f].type == TYPE_list ? list_cut(s, j->cap) : s.n > j->cap;
}

void json_put_truncated(struct json *j)
{
	bool any = false;

	for (enum field f = 0; f < F_MAX; f++) {
		if (!field_cut(j, f))
			continue;
		buf_puts(j->b, any ? ",\"" : "[\"");
		buf_puts(j->b, field_name(f));
		buf_putc(j->b, '"');
		any = true;
	}
	if (any)
		buf_putc(j->b, ']');
}
