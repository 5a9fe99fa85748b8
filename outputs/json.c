/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* json.c - one JSON object a line, by the Elastic Common Schema 8.11; the form of the record file
 *
 * A line is a walk over one sorted table of paths: the fields of core/events.def and those that are ours (own_rows).
 * Sorted by component, neighbours share their objects, so nested objects are opened and closed on the way and no tree is
 * ever built. The sort is done once (pthread_once), the table is constant afterwards.
 *
 * Ids of 64 bits are strings, since readers keep numbers as doubles; so are ECS ids, which are keywords there.
 * Text with rejected bytes stands with U+FFFD at its place and once more in tripline.raw, in base64.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>

#include "core/utf8.h"
#include "outputs/encoders.h"
#include "outputs/mitre.h"

struct json {
	struct buf *b;
	const struct alert *a;
	const struct agent *agent;
	size_t cap; /* of one text, in bytes before escaping */
	bool cut;
};

struct row {
	const char *path;
	void (*put)(struct json *j); /* writes nothing = the key is left out; NULL: the field */
	enum field field;
};

/* ---- values ---- */

static void put_text(struct json *j, struct slice s)
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

static void put_text_if(struct json *j, struct slice s)
{
	if (s.n)
		put_text(j, s);
}

static void put_string(struct json *j, const char *s)
{
	if (s)
		put_text(j, slice_of(s));
}

static void put_quoted_u64(struct json *j, uint64_t v)
{
	buf_putc(j->b, '"');
	buf_put_u64(j->b, v);
	buf_putc(j->b, '"');
}

static void put_time(struct json *j, uint64_t ns)
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
static void put_comma(struct buf *b)
{
	if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		buf_putc(b, ',');
}

static void put_key(struct json *j, const char *key)
{
	put_comma(j->b);
	buf_putc(j->b, '"');
	buf_puts(j->b, key);
	buf_puts(j->b, "\":");
}

/* A text of which no field flag tells whether it is valid: with its bytes beside it if not. */
static void put_member(struct json *j, const char *key, struct slice s)
{
	if (s.n == 0)
		return;
	put_key(j, key);
	put_text(j, s);
	if (utf8_valid(s.p, s.n))
		return;
	put_comma(j->b);
	buf_printf(j->b, "\"%s_raw\":", key);
	put_base64(j, s);
}

static void put_member_u64(struct json *j, const char *key, uint64_t v)
{
	put_key(j, key);
	buf_put_u64(j->b, v);
}

static void put_list(struct json *j, struct slice packed)
{
	struct slice item;
	size_t pos = 0;

	buf_putc(j->b, '[');
	while (list_next(packed, &pos, &item)) {
		if (pos > 8 * j->cap) {
			j->cut = true;
			break;
		}
		put_comma(j->b);
		put_text(j, item);
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

static void put_field(struct json *j, enum field f)
{
	const struct event *ev = &j->a->ev;
	const struct value *v = &ev->v[f];
	char text[TL_VALUE_TEXT_MAX];

	if (!event_has(ev, f))
		return;
	switch (field_desc[f].type) {
	case TYPE_str:
		put_text(j, event_str(ev, f));
		return;
	case TYPE_list:
		put_list(j, event_str(ev, f));
		return;
	case TYPE_u16: case TYPE_u32: case TYPE_u64:
		if (is_id(f))
			put_quoted_u64(j, v->u);
		else
			buf_put_u64(j->b, v->u);
		return;
	case TYPE_i64:
		buf_put_i64(j->b, v->i);
		return;
	case TYPE_bool:
		buf_puts(j->b, v->u ? "true" : "false");
		return;
	case TYPE_ip: case TYPE_time: case TYPE_dev:
		put_text(j, value_text(field_desc[f].type, v, text, sizeof(text)));
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
		put_comma(j->b);
		put_base64(j, (struct slice){ item.p, MIN(item.n, j->cap) });
	}
	buf_putc(j->b, ']');
}

static void put_raw(struct json *j)
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
		put_key(j, field_name(f));
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

static void put_truncated(struct json *j)
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

/* ---- what is ours ---- */

static bool is_rule(const struct json *j)
{
	return j->a->kind == ALERT_RULE;
}

static void put_strings(struct json *j, const char *const s[2])
{
	if (!s[0])
		return;
	buf_putc(j->b, '[');
	for (unsigned i = 0; i < 2 && s[i]; i++) {
		put_comma(j->b);
		put_string(j, s[i]);
	}
	buf_putc(j->b, ']');
}

static void put_category(struct json *j)
{
	const char *s[2] = { alert_category(j->a).ecs, NULL };

	put_strings(j, s);
}

static void put_type(struct json *j)
{
	struct category_view v = alert_category(j->a);

	put_strings(j, v.ecs_type);
}

static void put_action(struct json *j)
{
	if (is_rule(j))
		put_field(j, F_action);
	else
		put_text_if(j, j->a->rule_id);
}

static void put_direction(struct json *j)
{
	if (event_has(&j->a->ev, F_initiated))
		put_string(j, j->a->ev.v[F_initiated].u ? "egress" : "ingress");
}

static void put_network_type(struct json *j)
{
	const struct event *ev = &j->a->ev;
	enum field f = event_has(ev, F_daddr) ? F_daddr : F_saddr;
	char text[TL_VALUE_TEXT_MAX];
	struct buf t = BUF_OF(text);

	if (!event_has(ev, f))
		return;
	buf_put_ip(&t, (const uint8_t *)ev->v[f].p);
	put_string(j, memchr(t.p, ':', t.n) ? "ipv6" : "ipv4");
}

static void put_host(struct json *j)
{
	struct slice s = event_str(&j->a->ev, F_host);

	put_text_if(j, s.n ? s : j->agent->host);
}

static void put_message(struct json *j)
{
	char text[TL_SENTENCE_MAX];
	struct buf t = BUF_OF(text);

	/* The field itself may be longer than a sentence. */
	if (is_rule(j) && event_str(&j->a->ev, F_message).n) {
		put_field(j, F_message);
		return;
	}
	alert_sentence(&t, j->a);
	put_text_if(j, (struct slice){ t.p, t.n });
}

static void put_tags(struct json *j)
{
	if (j->a->tags.n)
		put_list(j, j->a->tags);
}

static void put_mitre(struct json *j, mitre_fn *text_of)
{
	char text[MITRE_TEXT_MAX];
	struct slice tag, seen[32];
	unsigned n = 0;
	size_t pos = 0;

	while (list_next(j->a->tags, &pos, &tag) && n < ARRAY_SIZE(seen)) {
		struct slice s = text_of(tag, text);

		if (s.n == 0)
			continue;
		/* T1059.001 and T1059.004 are one technique: said once */
		struct slice key = { tag.p, text_of == mitre_technique ? MITRE_PREFIX + s.n : tag.n };
		bool twice = false;

		for (unsigned i = 0; i < n; i++)
			twice |= slice_eq(seen[i], key);
		if (twice)
			continue;
		seen[n++] = key;
		buf_puts(j->b, n == 1 ? "[" : ",");
		put_text(j, s);
	}
	if (n)
		buf_putc(j->b, ']');
}

static void put_technique(struct json *j)
{
	put_mitre(j, mitre_technique);
}

static void put_subtechnique(struct json *j)
{
	put_mitre(j, mitre_subtechnique);
}

static void put_tactic_id(struct json *j)
{
	put_mitre(j, mitre_tactic_id);
}

static void put_tactic_name(struct json *j)
{
	put_mitre(j, mitre_tactic_name);
}

static void put_framework(struct json *j)
{
	size_t mark = buf_mark(j->b);
	bool any;

	put_technique(j);
	put_tactic_id(j);
	any = j->b->n > mark;
	buf_reset(j->b, mark);
	if (any)
		put_string(j, "MITRE ATT&CK");
}

static void put_chain(struct json *j)
{
	if (j->a->n_chain == 0)
		return;
	buf_putc(j->b, '[');
	for (unsigned i = 0; i < j->a->n_chain; i++) {
		const struct alert_proc *p = &j->a->chain[i];

		put_comma(j->b);
		buf_putc(j->b, '{');
		put_member(j, "guid", p->guid);
		put_member_u64(j, "pid", p->pid);
		put_member(j, "exe", p->exe);
		put_member(j, "cmdline", p->cmdline);
		put_member(j, "user", p->user);
		put_member_u64(j, "start_ns", p->start_ns);
		buf_putc(j->b, '}');
	}
	buf_putc(j->b, ']');
}

static void put_steps(struct json *j)
{
	if (j->a->n_steps == 0)
		return;
	buf_putc(j->b, '[');
	for (unsigned i = 0; i < j->a->n_steps; i++) {
		const struct alert_step *s = &j->a->step[i];

		put_comma(j->b);
		buf_putc(j->b, '{');
		put_member(j, "rule", s->rule);
		put_member(j, "guid", s->guid);
		put_key(j, "time");
		put_time(j, s->time_ns);
		put_member_u64(j, "cpu", s->cpu);
		put_key(j, "seq");
		put_quoted_u64(j, s->seq);
		buf_putc(j->b, '}');
	}
	buf_putc(j->b, ']');
}

static void put_parts(struct json *j)
{
	if (j->a->n_parts == 0)
		return;
	buf_putc(j->b, '[');
	for (unsigned i = 0; i < j->a->n_parts; i++) {
		const struct alert_part *p = &j->a->part[i];

		put_comma(j->b);
		buf_putc(j->b, '{');
		put_member(j, "rule", p->rule);
		put_member_u64(j, "points", p->points);
		put_member_u64(j, "age_ns", p->age_ns);
		buf_putc(j->b, '}');
	}
	buf_putc(j->b, ']');
}

/* Keys may be a rule's own words (aliases), so they are escaped; a repeated one gets its place appended. */
static void put_pairs(struct json *j)
{
	const struct alert *a = j->a;

	buf_putc(j->b, '{');
	for (unsigned i = 0; i < a->n_pairs; i++) {
		bool twice = false;

		for (unsigned k = 0; k < i; k++)
			twice |= slice_eq(a->pair[k].key, a->pair[i].key);
		put_comma(j->b);
		put_text(j, a->pair[i].key);
		if (twice && !j->b->overflow) {
			j->b->n--; /* the closing quote */
			buf_printf(j->b, "#%u\"", i);
		}
		buf_putc(j->b, ':');
		put_text(j, a->pair[i].value);
	}
	buf_putc(j->b, '}');
}

/* clang-format off */
#define ROW(name, code) static void own_##name(struct json *j) { code; }
ROW(timestamp,    put_time(j, j->a->ev.time_ns))
ROW(agent_type,   put_string(j, "tripline"))
ROW(version,      put_text_if(j, j->agent->version))
ROW(ecs_version,  put_string(j, "8.11"))
ROW(start,        if (j->a->start_ns != j->a->end_ns) put_time(j, j->a->start_ns))
ROW(end,          if (j->a->start_ns != j->a->end_ns) put_time(j, j->a->end_ns))
ROW(kind,         put_string(j, is_rule(j) ? "alert" : "event"))
ROW(id,           put_string(j, j->a->id[0] ? j->a->id : NULL))
ROW(outcome,      put_string(j, alert_outcome(j->a)))
ROW(severity,     buf_put_u64(j->b, alert_severity(j->a)))
ROW(kernel,       put_text_if(j, j->agent->kernel))
ROW(boot_id,      put_text_if(j, j->agent->boot_id))
ROW(machine_id,   put_text_if(j, j->agent->machine_id))
ROW(os_type,      put_string(j, "linux"))
ROW(level,        put_string(j, level_name(j->a->level)))
ROW(vendor,       put_string(j, "Tripline"))
ROW(rule_id,      if (is_rule(j)) put_text_if(j, j->a->rule_id))
ROW(rule_name,    if (is_rule(j)) put_text_if(j, j->a->title))
ROW(rule_text,    if (is_rule(j)) put_text_if(j, j->a->description))
ROW(rule_file,    put_text_if(j, j->a->rule_file))
ROW(rule_line,    if (j->a->rule_line) buf_put_u64(j->b, j->a->rule_line))
ROW(seq,          if (is_rule(j)) put_quoted_u64(j, j->a->ev.seq))
ROW(cpu,          if (is_rule(j)) buf_put_u64(j->b, j->a->ev.cpu))
ROW(number,       buf_put_u64(j->b, j->a->number))
ROW(lost,         buf_put_u64(j->b, j->a->lost))
ROW(score,        if (is_rule(j)) buf_put_u64(j->b, j->a->score))
ROW(lineage,      if (is_rule(j)) buf_put_u64(j->b, j->a->lineage_score))
ROW(by_lineage,   if (is_rule(j)) buf_puts(j->b, j->a->by_lineage ? "true" : "false"))
ROW(event_kind,   if (is_rule(j)) put_text_if(j, j->a->ev.category_text))
ROW(group,        if (is_rule(j) && j->a->n_pairs) put_pairs(j))
ROW(details,      if (!is_rule(j) && j->a->n_pairs) put_pairs(j))
#undef ROW

static const struct row own_rows[] = {
	{ "@timestamp",                  own_timestamp,    F_none },
	{ "agent.type",                  own_agent_type,   F_none },
	{ "agent.version",               own_version,      F_none },
	{ "ecs.version",                 own_ecs_version,  F_none },
	{ "event.action",                put_action,       F_action },
	{ "event.category",              put_category,     F_none },
	{ "event.end",                   own_end,          F_none },
	{ "event.id",                    own_id,           F_none },
	{ "event.kind",                  own_kind,         F_none },
	{ "event.outcome",               own_outcome,      F_none },
	{ "event.severity",              own_severity,     F_none },
	{ "event.start",                 own_start,        F_none },
	{ "event.type",                  put_type,         F_none },
	{ "host.boot.id",                own_boot_id,      F_none },
	{ "host.id",                     own_machine_id,   F_none },
	{ "host.name",                   put_host,         F_host },
	{ "host.os.kernel",              own_kernel,       F_none },
	{ "host.os.type",                own_os_type,      F_none },
	{ "log.level",                   own_level,        F_none },
	{ "message",                     put_message,      F_message },
	{ "network.direction",           put_direction,    F_initiated },
	{ "network.type",                put_network_type, F_none },
	{ "observer.vendor",             own_vendor,       F_none },
	{ "rule.description",            own_rule_text,    F_none },
	{ "rule.id",                     own_rule_id,      F_none },
	{ "rule.name",                   own_rule_name,    F_none },
	{ "rule.ruleset",                own_rule_file,    F_none },
	{ "tags",                        put_tags,         F_none },
	{ "threat.framework",            put_framework,    F_none },
	{ "threat.tactic.id",            put_tactic_id,    F_none },
	{ "threat.tactic.name",          put_tactic_name,  F_none },
	{ "threat.technique.id",         put_technique,    F_none },
	{ "threat.technique.subtechnique.id", put_subtechnique, F_none },
	{ "tripline.by_lineage",         own_by_lineage,   F_none },
	{ "tripline.category",           own_event_kind,   F_none },
	{ "tripline.chain",              put_chain,        F_none },
	{ "tripline.cpu",                own_cpu,          F_none },
	{ "tripline.details",            own_details,      F_none },
	{ "tripline.group",              own_group,        F_none },
	{ "tripline.lineage_score",      own_lineage,      F_none },
	{ "tripline.lost",               own_lost,         F_none },
	{ "tripline.number",             own_number,       F_none },
	{ "tripline.parts",              put_parts,        F_none },
	{ "tripline.raw",                put_raw,          F_none },
	{ "tripline.rule_line",          own_rule_line,    F_none },
	{ "tripline.score",              own_score,        F_none },
	{ "tripline.seq",                own_seq,          F_none },
	{ "tripline.steps",              put_steps,        F_none },
	{ "tripline.truncated",          put_truncated,    F_none },
};

static const char *const field_paths[F_MAX] = {
#define FIELD(id, type, sigma, ecs, cef, doc) [F_##id] = sizeof(ecs) > 1 ? ecs : "tripline.fields." #id,
#include "core/events.def"
};
/* clang-format on */

/* ---- the walk ---- */

static struct row rows[ARRAY_SIZE(own_rows) + F_MAX];
static size_t n_rows;
static pthread_once_t rows_once = PTHREAD_ONCE_INIT;

/* A dot sorts before every other character, so that the members of an object are neighbours. */
static int row_cmp(const void *va, const void *vb)
{
	const char *a = ((const struct row *)va)->path, *b = ((const struct row *)vb)->path;

	while (*a && *a == *b)
		a++, b++;
	return (*a == '.' ? 1 : (uint8_t)*a) - (*b == '.' ? 1 : (uint8_t)*b);
}

static void rows_init(void)
{
	bool own[F_MAX] = { false };

	for (size_t i = 0; i < ARRAY_SIZE(own_rows); i++) {
		rows[n_rows++] = own_rows[i];
		if (own_rows[i].field != F_none)
			own[own_rows[i].field] = true;
	}
	for (enum field f = 0; f < F_MAX; f++)
		if (!own[f])
			rows[n_rows++] = (struct row){ .path = field_paths[f], .field = f };
	qsort(rows, n_rows, sizeof(rows[0]), row_cmp);
}

/* Length of the object path of @path: "a.b" of "a.b.c". */
static size_t parent_len(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? (size_t)(dot - path) : 0;
}

static unsigned depth_of(struct slice path)
{
	unsigned n = path.n > 0;

	for (size_t i = 0; i < path.n; i++)
		n += path.p[i] == '.';
	return n;
}

/* Length of the longest common object path of @a and @b. */
static size_t common_len(struct slice a, struct slice b)
{
	size_t last = 0;

	for (size_t i = 0;; i++) {
		bool end_a = i == a.n || a.p[i] == '.', end_b = i == b.n || b.p[i] == '.';

		if (end_a && end_b)
			last = i;
		if (i >= a.n || i >= b.n || a.p[i] != b.p[i])
			return last;
	}
}

/* Closes and opens objects to get from inside @from to inside @to. */
static void move(struct json *j, struct slice from, struct slice to)
{
	size_t common = common_len(from, to), at = common;

	for (unsigned d = depth_of(from); d > depth_of((struct slice){ from.p, common }); d--)
		buf_putc(j->b, '}');
	while (at < to.n) {
		size_t begin = to.p[at] == '.' ? at + 1 : at;
		const char *dot = memchr(to.p + begin, '.', to.n - begin);

		at = dot ? (size_t)(dot - to.p) : to.n;
		put_comma(j->b);
		buf_putc(j->b, '"');
		buf_put(j->b, to.p + begin, at - begin);
		buf_puts(j->b, "\":{");
	}
}

static void put_line(struct json *j)
{
	struct slice at = { "", 0 };

	buf_putc(j->b, '{');
	for (size_t i = 0; i < n_rows; i++) {
		const struct row *row = &rows[i];
		struct slice to = { row->path, parent_len(row->path) };
		size_t before = buf_mark(j->b), value;

		move(j, at, to);
		put_key(j, row->path + (to.n ? to.n + 1 : 0));
		value = buf_mark(j->b);
		if (row->put)
			row->put(j);
		else if (is_rule(j))
			put_field(j, row->field);
		if (j->b->overflow)
			return;
		if (buf_mark(j->b) == value)
			buf_reset(j->b, before);
		else
			at = to;
	}
	move(j, at, (struct slice){ "", 0 });
	buf_putc(j->b, '}');
}

int json_encode(struct buf *b, const struct alert *a, const struct encode_options *o)
{
	/* The first never cuts: no text of an alert is longer. The rest is for outputs that carry less. */
	static const size_t caps[] = { TL_ALERT_SIZE, 1024, 256, 64, 16 };
	size_t mark = buf_mark(b), max = o->max_bytes ? o->max_bytes : TL_LINE_MAX;

	pthread_once(&rows_once, rows_init);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		struct buf view = *b;
		struct json j = { .b = &view, .a = a, .agent = o->agent, .cap = caps[i] };

		if (buf_room(b) > max)
			view.cap = b->n + max;
		put_line(&j);
		if (!view.overflow) {
			b->n = view.n;
			return j.cut;
		}
	}
	buf_reset(b, mark);
	return -E2BIG;
}
