/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* text.c - an alert for a person to read: one line, and indented below it its lineage and steps
 *
 * Foreign bytes are cleaned (outputs/clean.h), so what an attacker named a file never reaches the terminal as a command.
 */
#include "config.h"

#include <errno.h>
#include <time.h>

#include "outputs/clean.h"
#include "outputs/encoders.h"

struct text {
	struct buf *b;
	size_t cap; /* of one value */
	bool cut;
};

/* SGR of ECMA-48 8.3.117 */
static const char *level_color(enum level l)
{
	switch (l) {
	case LEVEL_NONE:
	case LEVEL_INFORMATIONAL:
		return "\033[2m";
	case LEVEL_LOW:
		return "\033[36m";
	case LEVEL_MEDIUM:
		return "\033[33m";
	case LEVEL_HIGH:
		return "\033[31m";
	case LEVEL_CRITICAL:
		return "\033[1;31m";
	}
	return "";
}

static void put_value(struct text *t, const char *before, struct slice s)
{
	if (s.n == 0)
		return;
	buf_puts(t->b, before);
	if (clean_put(t->b, s, t->cap, 0))
		t->cut = true;
}

static void put_stamp(struct buf *b, uint64_t ns)
{
	time_t s = (time_t)(ns / NSEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&s, &tm))
		tm = (struct tm){ .tm_year = 70, .tm_mday = 1 };
	buf_printf(b, "%04d-%02d-%02d %02d:%02d:%02d.%03u", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		   tm.tm_min, tm.tm_sec, (unsigned)(ns / NSEC_PER_MSEC % 1000));
}

static void put_level(struct buf *b, enum level l, bool color)
{
	static const char *const word[] = { "INFO", "INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL" };

	buf_puts(b, " ");
	if (color)
		buf_puts(b, level_color(l));
	buf_printf(b, "%-8s", word[l]);
	if (color)
		buf_puts(b, "\033[0m");
	buf_puts(b, " ");
}

static void put_address(struct text *t, const struct event *ev)
{
	bool out = !event_has(ev, F_initiated) || ev->v[F_initiated].u;
	enum field ip = out ? F_daddr : F_saddr, port = out ? F_dport : F_sport;

	if (!event_has(ev, ip))
		ip = F_saddr, port = F_sport;
	if (!event_has(ev, ip))
		return;
	buf_puts(t->b, out ? " -> " : " <- ");
	buf_put_ip(t->b, (const uint8_t *)ev->v[ip].p);
	if (event_has(ev, port)) {
		buf_puts(t->b, " port ");
		buf_put_u64(t->b, ev->v[port].u);
	}
}

static void put_subject(struct text *t, const struct alert *a)
{
	const struct event *ev = &a->ev;

	put_value(t, ": ", event_str(ev, F_exe));
	if (event_has(ev, F_pid))
		buf_printf(t->b, " pid %u", (unsigned)ev->v[F_pid].u);
	put_value(t, " user ", event_str(ev, F_user));
	put_value(t, " file ", event_str(ev, F_file));
	put_address(t, ev);
	put_value(t, " \"", event_str(ev, F_cmdline));
	if (event_str(ev, F_cmdline).n)
		buf_puts(t->b, "\"");
	put_value(t, ": ", event_str(ev, F_message));
}

static void put_pairs(struct text *t, const struct alert *a)
{
	for (unsigned i = 0; i < a->n_pairs; i++) {
		put_value(t, i ? " " : " [", a->pair[i].key);
		buf_putc(t->b, '=');
		put_value(t, "", a->pair[i].value);
	}
	if (a->n_pairs)
		buf_putc(t->b, ']');
}

static void put_summary(struct text *t, const struct alert *a, bool color)
{
	put_stamp(t->b, a->ev.time_ns);
	put_level(t->b, a->level, color);
	if (a->kind == ALERT_SELF) {
		put_value(t, "", a->rule_id);
		put_value(t, ": ", a->description);
		put_pairs(t, a);
		return;
	}
	put_value(t, "", a->title.n ? a->title : a->rule_id);
	put_subject(t, a);
	put_pairs(t, a);
	buf_printf(t->b, " score %u", a->score);
	if (a->by_lineage)
		buf_printf(t->b, " lineage %u", a->lineage_score);
	if (a->lost)
		buf_printf(t->b, " lost %llu", (unsigned long long)a->lost);
	put_value(t, " id ", slice_of(a->id)); /* finds the whole alert in the record, and its copies */
}

static void put_chain(struct text *t, const struct alert *a)
{
	if (a->n_chain < 2)
		return; /* the actor stands in the summary */
	buf_puts(t->b, "\n    lineage:");
	for (unsigned i = 0; i < a->n_chain; i++) {
		put_value(t, i ? " < " : " ", a->chain[i].exe.n ? a->chain[i].exe : SLICE("?"));
		buf_printf(t->b, "[%u]", a->chain[i].pid);
	}
}

static void put_steps(struct text *t, const struct alert *a)
{
	if (a->n_steps == 0)
		return;
	buf_puts(t->b, "\n    steps:");
	for (unsigned i = 0; i < a->n_steps; i++) {
		uint64_t ns = a->end_ns - MIN(a->step[i].time_ns, a->end_ns);

		put_value(t, i ? ", " : " ", a->step[i].rule);
		buf_printf(t->b, " -%llu.%03us", (unsigned long long)(ns / NSEC_PER_SEC),
			   (unsigned)(ns / NSEC_PER_MSEC % 1000));
	}
}

int text_encode(struct buf *b, const struct alert *a, const struct encode_options *o)
{
	static const size_t caps[] = { 4000, 1000, 200, 50, 16 };
	size_t max = o->max_bytes ? o->max_bytes : TL_LINE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		struct buf view = *b;
		struct text t = { .b = &view, .cap = caps[i] };

		if (buf_room(b) > max)
			view.cap = b->n + max;
		put_summary(&t, a, o->color);
		put_chain(&t, a);
		put_steps(&t, a);
		if (!view.overflow) {
			b->n = view.n;
			return t.cut;
		}
	}
	return -E2BIG;
}
