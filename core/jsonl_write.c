/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/jsonl.h"

#include <errno.h>

static void put_key(struct buf *b, const char *name)
{
	buf_puts(b, ",\"");
	buf_puts(b, name);
	buf_puts(b, "\":");
}

static void put_list(struct buf *b, struct slice packed)
{
	struct slice item;
	size_t pos = 0;

	buf_putc(b, '[');
	for (bool first = true; list_next(packed, &pos, &item); first = false) {
		if (!first)
			buf_putc(b, ',');
		buf_put_json(b, item);
	}
	buf_putc(b, ']');
}

static void put_value(struct buf *b, enum value_type type, const struct value *v)
{
	char tmp[TL_VALUE_TEXT_MAX];

	switch (type) {
	case TYPE_str:
		buf_put_json(b, (struct slice){ v->p, v->n });
		return;
	case TYPE_list:
		put_list(b, (struct slice){ v->p, v->n });
		return;
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
	case TYPE_i64:
	case TYPE_bool:
		buf_put_slice(b, value_text(type, v, tmp, sizeof(tmp)));
		return;
	case TYPE_ip:
	case TYPE_time:
	case TYPE_dev:
		buf_put_json(b, value_text(type, v, tmp, sizeof(tmp)));
		return;
	}
}

int jsonl_write(struct buf *b, const struct event *ev)
{
	size_t mark = buf_mark(b);

	if (b->overflow)
		return -E2BIG;
	buf_puts(b, "{\"@timestamp\":");
	buf_put_u64(b, ev->time_ns);
	if (ev->category_text.n > 0) {
		put_key(b, "category");
		buf_put_json(b, ev->category_text);
	}
	if (!slice_eqs(ev->product, "linux")) {
		put_key(b, "product");
		buf_put_json(b, ev->product);
	}
	if (ev->service.n > 0) {
		put_key(b, "service");
		buf_put_json(b, ev->service);
	}
	for (enum field f = 0; f < F_MAX; f++) {
		if (!event_has(ev, f))
			continue;
		put_key(b, field_desc[f].sigma);
		put_value(b, field_desc[f].type, &ev->v[f]);
	}
	buf_puts(b, "}\n");
	/* A line that the reader would refuse is no recording. */
	if (b->overflow || b->n - mark > TL_JSON_LINE_MAX + 1) {
		buf_reset(b, mark);
		return -E2BIG;
	}
	return 0;
}
