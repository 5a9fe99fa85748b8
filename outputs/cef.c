/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* cef.c - ArcSight Common Event Format, version 0
 *
 * Escaping follows the published format where parsers agree and the common denominator of rsyslog's liblognorm 2.0.6
 * and Elastic's grammar where they do not: no \| in the extension, no empty value, no \= or \n in the header.
 */
#include "config.h"

#include <errno.h>

#include "outputs/clean.h"
#include "outputs/encoders.h"

#define CAP_LONG     4000 /* csN */
#define CAP_STRING   1023
#define CAP_CLASS_ID 1023
#define CAP_NAME     512
#define TEXT_MAX     (CAP_LONG + 16)
#define PAIRS_MAX    (TL_ALERT_SIZE + 2 * TL_ALERT_PAIRS) /* all that an alert can hold: the cap cuts, and shows it */

struct squeeze {
	unsigned long_cap; /* of csN; 0 = leave them out */
	unsigned cap;	   /* of everything else of the extension, and of the name */
	bool few;	   /* only essential_keys */
};

static const struct squeeze squeezes[CEF_SQUEEZE_MAX + 1] = {
	{ .long_cap = CAP_LONG, .cap = CAP_STRING },
	{ .long_cap = 2000, .cap = CAP_STRING },
	{ .long_cap = 1000, .cap = CAP_STRING },
	{ .long_cap = 500, .cap = CAP_STRING },
	{ .long_cap = 250, .cap = 512 },
	{ .long_cap = 120, .cap = 256 },
	{ .long_cap = 60, .cap = 128 },
	{ .long_cap = 30, .cap = 64 },
	{ .cap = 64, .few = true },
	{ .cap = 32, .few = true },
};

/* What is left where there is no room: which alert, where, who, what. */
static const char *const essential_keys[] = {
	"rt",	    "dvchost", "externalId", "cat", "suser", "dproc", "dpid",
	"filePath", "src",     "dst",	     "dpt", "c6a2",  "c6a3",  "msg",
};

/* Caps of the format, in bytes, where it is not CAP_STRING. */
static const struct {
	const char *key;
	unsigned cap;
} key_caps[] = {
	{ "act", 63 },	    { "app", 31 },	  { "deviceExternalId", 255 }, { "deviceOutboundInterface", 128 },
	{ "dvchost", 100 }, { "externalId", 40 }, { "outcome", 63 },	       { "proto", 31 },
};

/* Keys that carry their meaning in a label, which stands before the value. */
static const struct {
	const char *key, *label;
} key_labels[] = {
	{ "cs1", "commandLine" },
	{ "cs2", "ruleTitle" },
	{ "cs3", "tags" },
	{ "cs4", "parentCommandLine" },
	{ "cs5", "containerId" },
	{ "cs6", "group" },
	{ "cn1", "score" },
	{ "cn2", "parentProcessId" },
	{ "cn3", "recordsLost" },
	{ "flexString1", "processGuid" },
	{ "c6a2", "Source IPv6 Address" },
	{ "c6a3", "Destination IPv6 Address" },
};

struct cef {
	struct buf *b;
	const struct squeeze *squeeze;
	bool cut, first;
	char text[TEXT_MAX];
};

static bool is_long(const char *key)
{
	return key[0] == 'c' && key[1] == 's';
}

static bool is_essential(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(essential_keys); i++)
		if (strcmp(essential_keys[i], key) == 0)
			return true;
	return false;
}

/* 0 = leave it out */
static unsigned key_cap(const struct cef *c, const char *key)
{
	if (c->squeeze->few && !is_essential(key))
		return 0;
	if (is_long(key))
		return c->squeeze->long_cap;
	for (size_t i = 0; i < ARRAY_SIZE(key_caps); i++)
		if (strcmp(key_caps[i].key, key) == 0)
			return MIN(key_caps[i].cap, MAX(c->squeeze->cap, 40U));
	return c->squeeze->cap;
}

static struct slice cef_clean(struct cef *c, struct slice s, size_t cap)
{
	struct buf t = BUF_OF(c->text);

	if (clean_put(&t, s, cap, CLEAN_KEEP_NEWLINES))
		c->cut = true;
	return (struct slice){ t.p, t.n };
}

static void put_header(struct cef *c, struct slice s, size_t cap)
{
	s = cef_clean(c, s, cap);
	/* White space at the ends would be lost or kept as the reader pleases. */
	while (s.n > 0 && strchr(" \r\n", s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && strchr(" \r\n", s.p[s.n - 1]))
		s.n--;
	if (s.n == 0)
		s = SLICE("-");
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];

		if (ch == '\r' || ch == '\n') {
			if (ch == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
				i++;
			ch = ' ';
		}
		if (ch == '\\' || ch == '|')
			buf_putc(c->b, '\\');
		buf_putc(c->b, ch);
	}
	buf_putc(c->b, '|');
}

static void put_value(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];

		if (ch == ' ' && (i == 0 || i == s.n - 1)) {
			buf_puts(b, "\\\\x20");
		} else if (ch == '\n') {
			buf_puts(b, "\\n");
		} else if (ch == '\r') {
			buf_puts(b, "\\r");
		} else {
			if (ch == '\\' || ch == '=')
				buf_putc(b, '\\');
			buf_putc(b, ch);
		}
	}
}

static void put_key(struct cef *c, const char *key, const char *suffix)
{
	if (!c->first)
		buf_putc(c->b, ' ');
	c->first = false;
	buf_puts(c->b, key);
	buf_puts(c->b, suffix);
}

static void put_pair(struct cef *c, const char *key, struct slice s)
{
	unsigned cap = key_cap(c, key);

	if (s.n == 0)
		return;
	if (cap == 0) {
		c->cut = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(key_labels); i++)
		if (strcmp(key_labels[i].key, key) == 0) {
			put_key(c, key, "Label=");
			buf_puts(c->b, key_labels[i].label);
			break;
		}
	put_key(c, key, "=");
	put_value(c->b, cef_clean(c, s, cap));
}

static void put_number(struct cef *c, const char *key, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)v);

	put_pair(c, key, (struct slice){ text, (size_t)n });
}

/* src and dst are for IPv4; an IPv6 address has keys of its own. */
static void put_ip(struct cef *c, const char *key, const struct value *v)
{
	char text[TL_VALUE_TEXT_MAX];
	struct buf t = BUF_OF(text);

	buf_put_ip(&t, (const uint8_t *)v->p);
	if (memchr(t.p, ':', t.n))
		key = strcmp(key, "src") == 0 ? "c6a2" : "c6a3";
	put_pair(c, key, (struct slice){ t.p, t.n });
}

static void put_field(struct cef *c, const struct event *ev, enum field f)
{
	const struct field_desc *d = &field_desc[f];
	char text[TL_VALUE_TEXT_MAX];

	if (!event_has(ev, f))
		return;
	switch (d->type) {
	case TYPE_str:
		put_pair(c, d->cef, event_str(ev, f));
		return;
	case TYPE_ip:
		put_ip(c, d->cef, &ev->v[f]);
		return;
	case TYPE_list:
		return; /* no key carries one */
	case TYPE_bool: /* deviceDirection: 0 in, 1 out */
		put_number(c, d->cef, ev->v[f].u);
		return;
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
	case TYPE_i64:
	case TYPE_time:
	case TYPE_dev:
		put_pair(c, d->cef, value_text(d->type, &ev->v[f], text, sizeof(text)));
		return;
	}
}

/* Written by name, in an order of their own; the rest follows the table of fields. */
static bool placed_elsewhere(enum field f)
{
	/* clang-format off */
	switch ((unsigned)f) {
	case F_host: case F_user: case F_uid: case F_euid: case F_exe: case F_pid: case F_parent_exe: case F_ppid:
	case F_cmdline: case F_parent_cmdline: case F_container: case F_message:
		return true;
	}
	/* clang-format on */
	return field_desc[f].cef[0] == '\0';
}

static void put_users(struct cef *c, const struct event *ev)
{
	char caps[24];
	int n;

	put_field(c, ev, F_user);
	put_field(c, ev, F_uid);
	if (event_has(ev, F_cap_eff) && ev->v[F_cap_eff].u != 0) {
		/* as CapEff in /proc/pid/status, proc(5) */
		n = snprintf(caps, sizeof(caps), "%016llx", (unsigned long long)ev->v[F_cap_eff].u);
		put_pair(c, "spriv", (struct slice){ caps, (size_t)n });
	}
}

static void put_subject(struct cef *c, const struct alert *a)
{
	const struct event *ev = &a->ev;
	struct slice file = event_str(ev, F_file);
	const char *slash = file.n ? memrchr(file.p, '/', file.n) : NULL;

	put_users(c, ev);
	put_field(c, ev, F_parent_exe);
	put_field(c, ev, F_ppid);
	put_field(c, ev, F_exe);
	put_field(c, ev, F_pid);
	if (event_has(ev, F_euid) && event_has(ev, F_uid) && ev->v[F_euid].u != ev->v[F_uid].u)
		put_field(c, ev, F_euid);
	for (enum field f = 0; f < F_MAX; f++)
		if (!placed_elsewhere(f))
			put_field(c, ev, f);
	if (slash)
		put_pair(c, "fname", (struct slice){ slash + 1, (size_t)(file.p + file.n - slash - 1) });
}

static void put_tags(struct cef *c, const struct alert *a)
{
	char text[PAIRS_MAX];
	struct buf t = BUF_OF(text);
	struct slice tag;
	size_t pos = 0;

	while (list_next(a->tags, &pos, &tag)) {
		buf_puts(&t, t.n ? "," : "");
		buf_put_slice(&t, tag);
	}
	c->cut |= t.overflow;
	put_pair(c, "cs3", (struct slice){ t.p, t.n });
}

/* Group of a correlation, or what the sensor tells of itself. */
static void put_pairs(struct cef *c, const struct alert *a)
{
	char text[PAIRS_MAX];
	struct buf t = BUF_OF(text);

	for (unsigned i = 0; i < a->n_pairs; i++) {
		buf_puts(&t, t.n ? " " : "");
		buf_put_slice(&t, a->pair[i].key);
		buf_putc(&t, '=');
		buf_put_slice(&t, a->pair[i].value);
	}
	c->cut |= t.overflow;
	put_pair(c, "cs6", (struct slice){ t.p, t.n });
}

static void put_device(struct cef *c, const struct alert *a, const struct agent *agent)
{
	struct slice host = event_str(&a->ev, F_host);

	put_number(c, "rt", a->ev.time_ns / NSEC_PER_MSEC);
	put_pair(c, "dvchost", host.n ? host : agent->host);
	if (agent->pid)
		put_number(c, "dvcpid", agent->pid);
	put_pair(c, "deviceExternalId", agent->machine_id);
	put_pair(c, "deviceProcessName", SLICE("tripline"));
	put_pair(c, "externalId", slice_of(a->id));
	if (a->start_ns != a->end_ns) {
		put_number(c, "start", a->start_ns / NSEC_PER_MSEC);
		put_number(c, "end", a->end_ns / NSEC_PER_MSEC);
	}
	if (a->n_steps > 0 && a->n_steps < TL_ALERT_STEPS)
		put_number(c, "cnt", a->n_steps);
	put_pair(c, "cat", slice_of(alert_category(a).cef_cat));
	put_pair(c, "act", a->kind == ALERT_SELF ? SLICE("report") : SLICE("alert"));
	put_pair(c, "outcome", slice_of(alert_outcome(a)));
}

/* Long values last: a reader with a smaller limit then cuts there. */
static void put_long(struct cef *c, const struct alert *a)
{
	char sentence[TL_SENTENCE_MAX];
	struct buf t = BUF_OF(sentence);

	if (a->kind == ALERT_RULE) {
		put_pair(c, "cs2", a->title);
		put_tags(c, a);
	}
	put_field(c, &a->ev, F_container);
	put_field(c, &a->ev, F_cmdline);
	put_field(c, &a->ev, F_parent_cmdline);
	put_pairs(c, a);
	if (a->kind == ALERT_RULE)
		put_number(c, "cn1", a->score);
	if (event_has(&a->ev, F_ppid))
		put_number(c, "cn2", a->ev.v[F_ppid].u);
	put_number(c, "cn3", a->lost);
	alert_sentence(&t, a);
	put_pair(c, "msg", (struct slice){ t.p, t.n });
}

int cef_put(struct buf *b, const struct alert *a, const struct agent *agent, unsigned squeeze)
{
	struct cef c = { .b = b, .squeeze = &squeezes[MIN(squeeze, CEF_SQUEEZE_MAX)], .first = true };
	size_t mark = buf_mark(b);

	buf_puts(b, "CEF:0|Tripline|tripline|");
	put_header(&c, agent->version, 31);
	put_header(&c, a->rule_id, c.squeeze->few ? MAX(c.squeeze->cap, 40U) : CAP_CLASS_ID);
	put_header(&c, a->title.n ? a->title : a->rule_id, MIN(c.squeeze->cap, CAP_NAME));
	buf_put_u64(b, alert_severity(a));
	buf_putc(b, '|');
	put_device(&c, a, agent);
	put_subject(&c, a);
	put_long(&c, a);
	if (b->overflow) {
		buf_reset(b, mark);
		return -E2BIG;
	}
	return c.cut;
}

int cef_encode(struct buf *b, const struct alert *a, const struct encode_options *o)
{
	struct buf view = *b; /* the caller's room, or less */
	int r = -E2BIG;

	if (o->max_bytes && buf_room(b) > o->max_bytes)
		view.cap = b->n + o->max_bytes;
	for (unsigned i = 0; r == -E2BIG && i <= CEF_SQUEEZE_MAX; i++)
		r = cef_put(&view, a, o->agent, i);
	b->n = view.n;
	return r;
}
