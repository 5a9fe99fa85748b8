/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Any bytes as one kernel record, as they are and with the size in the head set right. What is accepted must lie
 * whole in the record, the event's scratch or the table of symbols, and go through what reads it afterwards. */
#include "config.h"

#include "sensor/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event ev;
static char *text;

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "decode_fuzz: %s\n", what);
	abort();
}

static bool inside(struct slice s, const char *p, size_t n)
{
	return s.p >= p && s.n <= n && (size_t)(s.p - p) <= n - s.n;
}

/* Reads every byte and every item, so that a sanitizer sees them. */
static void check_value(enum field f, const char *record, size_t size)
{
	struct slice s = event_str(&ev, f), item, t;
	size_t pos = 0, all = 0;

	switch (field_desc[f].type) {
	case TYPE_list:
		check(inside(s, record, size) && s.p[s.n - 1] == '\0',
		      "a list outside the record, or without end");
		while (list_next(s, &pos, &item))
			all += item.n + 1;
		check(all == s.n, "the items are not the list");
		return;
	case TYPE_str:
		check(inside(s, record, size) || inside(s, ev.scratch, TL_EVENT_SCRATCH) ||
			      strlen(s.p) == s.n,
		      "a string outside the record");
		break;
	case TYPE_bool:
		check(ev.v[f].u <= 1, "a bool that is neither");
		break;
	case TYPE_ip:
		check(inside((struct slice){ ev.v[f].p, 16 }, record, size),
		      "an address outside the record");
		break;
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
	case TYPE_i64:
	case TYPE_time:
	case TYPE_dev:
		break;
	}
	t = value_text(field_desc[f].type, &ev.v[f], text, 3 * WIRE_RECORD_MAX + TL_VALUE_TEXT_MAX);
	check(t.n == 0 || t.p, "a text without bytes");
}

static void run(const char *record, size_t size)
{
	const struct decode_clock clock = { .offset_ns = 1 };
	const struct wire_head *h;
	int kind = decode_record(&ev, &clock, record, size, &h);

	if (kind < 0)
		return;
	check(kind > WIRE_NONE && kind < WIRE_KINDS && kind == h->kind && (const char *)h == record,
	      "the kind");
	check(event_has(&ev, F_pid) && event_has(&ev, F_comm), "an event of nobody");
	for (int f = 0; f < F_MAX; f++)
		if (event_has(&ev, (enum field)f))
			check_value((enum field)f, record, size);
	event_derive(&ev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t n;
	char *copy;

	if (!text) {
		text = malloc(3 * WIRE_RECORD_MAX + TL_VALUE_TEXT_MAX);
		if (!text || event_init(&ev) < 0)
			abort();
	}
	size = MIN(size, (size_t)WIRE_RECORD_MAX + 8);
	copy = malloc(size ? size : 1); /* aligned, as records are, and not a byte longer */
	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	run(copy, size);
	if (size >= sizeof(n)) {
		n = (uint32_t)size;
		memcpy(copy, &n, sizeof(n));
		run(copy, size);
	}
	free(copy);
	return 0;
}
