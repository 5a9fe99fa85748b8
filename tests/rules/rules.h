/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* rules.h - rules as text against events as text, for the tests of rules/ */
#pragma once
#include "core/jsonl.h"
#include "rules/ruleset.h"
#include "tests/tap.h"

/* The first error, or warning, of @d as "line:col text"; "" if there is none. */
static inline const char *first_message(const struct diag *d, enum diag_level level)
{
	static char text[600];

	text[0] = '\0';
	for (size_t i = 0; i < d->n; i++)
		if (d->msg[i].level == level) {
			snprintf(text, sizeof(text), "%u:%u %s", d->msg[i].line, d->msg[i].col, d->msg[i].text);
			break;
		}
	return text;
}

/* A rule set of one file. NULL if nothing good is in it. */
static inline struct ruleset *rules_of(const char *text, struct diag *d)
{
	struct ruleset *rs = NULL;

	return ruleset_load_text("t.yml", slice_of(text), &rs, d) == 0 ? rs : NULL;
}

/* A detection rule with these lines below `selection:` and the condition `selection`. */
static inline const char *rule_with(const char *item)
{
	static char text[8192];

	snprintf(text, sizeof(text),
		 "title: t\nid: r\nlogsource: {category: process_creation}\ndetection:\n  selection:\n    %s\n  condition: selection\n", item);
	return text;
}

/* Identities of what hits at each event, "event:identity " in order; lines are separated by LF. */
static inline const char *hits_of(struct ruleset *rs, const char *lines)
{
	static char out[8192];
	struct hits *hits = malloc(sizeof(*hits));
	struct engine *e = NULL;
	struct event ev;
	struct buf b = { .p = out, .cap = sizeof(out) - 1 };
	uint64_t no = 0, time_ns = 0;

	if (!hits || event_init(&ev) < 0 || engine_new(rs, &e) < 0)
		abort();
	for (const char *p = lines; *p; no++) {
		size_t n = strcspn(p, "\n");
		char *line = malloc(n + 1);
		struct json_error err = { 0 };

		if (!line)
			abort();
		memcpy(line, p, n);
		if (jsonl_parse(&ev, line, n, time_ns, &err) < 0) {
			buf_printf(&b, "(line %llu: %s)", (unsigned long long)no, err.text);
		} else {
			ev.seq = no;
			time_ns = ev.time_ns;
			engine_eval(e, &ev, hits);
			for (unsigned i = 0; i < hits->n; i++)
				buf_printf(&b, "%llu:%s ", (unsigned long long)no, hits->hit[i].rule->identity);
		}
		free(line);
		p += n + (p[n] == '\n');
	}
	while (engine_finish(e, hits))
		for (unsigned i = 0; i < hits->n; i++)
			buf_printf(&b, "end:%s ", hits->hit[i].rule->identity);
	out[b.n] = '\0';
	engine_free(e);
	event_done(&ev);
	free(hits);
	return out;
}
