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

#include "outputs/json_value.h"
#include "outputs/mitre.h"

struct row {
	const char *path;
	void (*put)(struct json *j); /* writes nothing = the key is left out; NULL: the field */
	enum field field;
};

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
		json_put_comma(j->b);
		json_put_string(j, s[i]);
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
		json_put_field(j, F_action);
	else
		json_put_text_if(j, j->a->rule_id);
}

static void put_direction(struct json *j)
{
	if (event_has(&j->a->ev, F_initiated))
		json_put_string(j, j->a->ev.v[F_initiated].u ? "egress" : "ingress");
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
	json_put_string(j, memchr(t.p, ':', t.n) ? "ipv6" : "ipv4");
}

static void put_host(struct json *j)
{
	struct slice s = event_str(&j->a->ev, F_host);

	json_put_text_if(j, s.n ? s : j->agent->host);
}

static void put_message(struct json *j)
{
	char text[TL_SENTENCE_MAX];
	struct buf t = BUF_OF(text);

	/* The field itself may be longer than a sentence. */
	if (is_rule(j) && event_str(&j->a->ev, F_message).n) {
		json_put_field(j, F_message);
		return;
	}
	alert_sentence(&t, j->a);
	json_put_text_if(j, (struct slice){ t.p, t.n });
}

static void put_tags(struct json *j)
{
	if (j->a->tags.n)
		json_put_list(j, j->a->tags);
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
		json_put_text(j, s);
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
		json_put_string(j, "MITRE ATT&CK");
}

static void put_chain(struct json *j)
{
	if (j->a->n_chain == 0)
		return;
	buf_putc(j->b, '[');
	for (unsigned i = 0; i < j->a->n_chain; i++) {
		const struct alert_proc *p = &j->a->chain[i];

		json_put_comma(j->b);
		buf_putc(j->b, '{');
		json_put_member(j, "guid", p->guid);
		json_put_member_u64(j, "pid", p->pid);
		json_put_member(j, "exe", p->exe);
		json_put_member(j, "cmdline", p->cmdline);
		json_put_member(j, "user", p->user);
		json_put_member_u64(j, "start_ns", p->start_ns);
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

		json_put_comma(j->b);
		buf_putc(j->b, '{');
		json_put_member(j, "rule", s->rule);
		json_put_member(j, "guid", s->guid);
		json_put_key(j, "time");
		json_put_time(j, s->time_ns);
		json_put_member_u64(j, "cpu", s->cpu);
		json_put_key(j, "seq");
		json_put_quoted_u64(j, s->seq);
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

		json_put_comma(j->b);
		buf_putc(j->b, '{');
		json_put_member(j, "rule", p->rule);
		json_put_member_u64(j, "points", p->points);
		json_put_member_u64(j, "age_ns", p->age_ns);
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
		json_put_comma(j->b);
		json_put_text(j, a->pair[i].key);
		if (twice && !j->b->overflow) {
			j->b->n--; /* the closing quote */
			buf_printf(j->b, "#%u\"", i);
		}
		buf_putc(j->b, ':');
		json_put_text(j, a->pair[i].value);
	}
	buf_putc(j->b, '}');
}

/* clang-format off */
#define ROW(name, code) static void own_##name(struct json *j) { code; }
ROW(timestamp,    json_put_time(j, j->a->ev.time_ns))
ROW(agent_type,   json_put_string(j, "tripline"))
ROW(version,      json_put_text_if(j, j->agent->version))
ROW(ecs_version,  json_put_string(j, "8.11"))
ROW(start,        if (j->a->start_ns != j->a->end_ns) json_put_time(j, j->a->start_ns))
ROW(end,          if (j->a->start_ns != j->a->end_ns) json_put_time(j, j->a->end_ns))
ROW(kind,         json_put_string(j, is_rule(j) ? "alert" : "event"))
ROW(id,           json_put_string(j, j->a->id[0] ? j->a->id : NULL))
ROW(outcome,      json_put_string(j, alert_outcome(j->a)))
ROW(severity,     buf_put_u64(j->b, alert_severity(j->a)))
ROW(kernel,       json_put_text_if(j, j->agent->kernel))
ROW(boot_id,      json_put_text_if(j, j->agent->boot_id))
ROW(machine_id,   json_put_text_if(j, j->agent->machine_id))
ROW(os_type,      json_put_string(j, "linux"))
ROW(level,        json_put_string(j, level_name(j->a->level)))
ROW(vendor,       json_put_string(j, "Tripline"))
ROW(rule_id,      if (is_rule(j)) json_put_text_if(j, j->a->rule_id))
ROW(rule_name,    if (is_rule(j)) json_put_text_if(j, j->a->title))
ROW(rule_text,    if (is_rule(j)) json_put_text_if(j, j->a->description))
ROW(rule_file,    json_put_text_if(j, j->a->rule_file))
ROW(rule_line,    if (j->a->rule_line) buf_put_u64(j->b, j->a->rule_line))
ROW(seq,          if (is_rule(j)) json_put_quoted_u64(j, j->a->ev.seq))
ROW(cpu,          if (is_rule(j)) buf_put_u64(j->b, j->a->ev.cpu))
ROW(number,       buf_put_u64(j->b, j->a->number))
ROW(lost,         buf_put_u64(j->b, j->a->lost))
ROW(score,        if (is_rule(j)) buf_put_u64(j->b, j->a->score))
ROW(lineage,      if (is_rule(j)) buf_put_u64(j->b, j->a->lineage_score))
ROW(by_lineage,   if (is_rule(j)) buf_puts(j->b, j->a->by_lineage ? "true" : "false"))
ROW(event_kind,   if (is_rule(j)) json_put_text_if(j, j->a->ev.category_text))
ROW(cut,          if (j->a->cut || j->brief) buf_puts(j->b, "true"))
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
	{ "tripline.cut",                own_cut,          F_none },
	{ "tripline.details",            own_details,      F_none },
	{ "tripline.group",              own_group,        F_none },
	{ "tripline.lineage_score",      own_lineage,      F_none },
	{ "tripline.lost",               own_lost,         F_none },
	{ "tripline.number",             own_number,       F_none },
	{ "tripline.parts",              put_parts,        F_none },
	{ "tripline.raw",                json_put_raw,     F_none },
	{ "tripline.rule_line",          own_rule_line,    F_none },
	{ "tripline.score",              own_score,        F_none },
	{ "tripline.seq",                own_seq,          F_none },
	{ "tripline.steps",              put_steps,        F_none },
	{ "tripline.truncated",          json_put_truncated,    F_none },
};

/* What is left where there is no room: which alert, where, who, what. */
static const char *const brief_paths[] = {
	"@timestamp", "destination.ip", "destination.port", "event.category", "event.id", "event.kind", "event.severity",
	"file.path", "host.name", "log.level", "message", "process.executable", "process.pid", "rule.id", "rule.name",
	"source.ip", "tripline.cut", "tripline.lost", "tripline.number", "tripline.score", "tripline.seq", "user.id", "user.name",
};

static const char *const field_paths[F_MAX] = {
#define FIELD(id, type, sigma, ecs, cef, doc) [F_##id] = sizeof(ecs) > 1 ? ecs : "tripline.fields." #id,
#include "core/events.def"
};
/* clang-format on */

/* ---- the walk ---- */

static struct row rows[ARRAY_SIZE(own_rows) + F_MAX];
static bool rows_brief[ARRAY_SIZE(rows)]; /* of brief_paths */
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
	for (size_t i = 0; i < n_rows; i++)
		for (size_t k = 0; k < ARRAY_SIZE(brief_paths); k++)
			rows_brief[i] |= strcmp(rows[i].path, brief_paths[k]) == 0;
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
		json_put_comma(j->b);
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

		if (j->brief && !rows_brief[i])
			continue;
		move(j, at, to);
		json_put_key(j, row->path + (to.n ? to.n + 1 : 0));
		value = buf_mark(j->b);
		if (row->put)
			row->put(j);
		else if (is_rule(j))
			json_put_field(j, row->field);
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
	static const size_t caps[] = { TL_ALERT_SIZE, 1024, 256, 64, 16, 64, 16 };
	enum { BRIEF_FROM = 5 }; /* what identifies the alert rather than none */
	size_t mark = buf_mark(b), max = o->max_bytes ? o->max_bytes : TL_LINE_MAX;

	pthread_once(&rows_once, rows_init);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		struct buf view = *b;
		struct json j = { .b = &view, .a = a, .agent = o->agent, .cap = caps[i], .brief = i >= BRIEF_FROM };

		if (buf_room(b) > max)
			view.cap = b->n + max;
		put_line(&j);
		if (!view.overflow) {
			b->n = view.n;
			return j.cut || j.brief;
		}
	}
	buf_reset(b, mark);
	return -E2BIG;
}
