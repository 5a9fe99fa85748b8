/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* The engine as a whole: what it keeps between events, what it counts, what bounds it. */
#include "config.h"

#include <errno.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/rules/rules.h"

#define HEAD(id) "title: t\nid: " id "\nlogsource: {category: process_creation}\ndetection:\n"

/* Nothing of one event may be seen by the next. */
static void test_forgets(void)
{
	struct diag d = { 0 };
	struct ruleset *rs = rules_of(HEAD("a") "  s: {Image: /x}\n  q: {User: u}\n  condition: s and q\n---\n"
				      HEAD("b") "  s: {Image: /x}\n  condition: not s\n", &d);

	is_str(rs ? hits_of(rs, "{\"category\": \"process_creation\", \"Image\": \"/x\"}\n"
				"{\"category\": \"process_creation\", \"User\": \"u\"}\n"
				"{\"category\": \"process_creation\", \"Image\": \"/x\", \"User\": \"u\"}\n"
				"{\"category\": \"network_connection\", \"Image\": \"/y\"}\n") :
		    NULL,
	       "1:b 2:a ", "each event for itself");
	ruleset_unref(rs);
	diag_done(&d);
}

/* More hits than there is room for: the highest scores stay. */
static void test_too_many(void)
{
	const unsigned n = TL_HITS_MAX + 20;
	char *text = malloc(n * 200), *p = text;
	struct diag d = { 0 };
	struct engine_stats stats;
	struct engine *e = NULL;
	struct hits *hits = malloc(sizeof(*hits));
	struct event ev;
	bool best = true;

	for (unsigned i = 0; i < n; i++)
		p += sprintf(p, "title: t\nid: r%u\nlogsource: {category: process_creation}\ntripline: {score: %u}\n"
				"detection: {s: {Image: /x}, condition: s}\n---\n", i, i);
	struct ruleset *rs = rules_of(text, &d);

	if (!ok(rs && hits && event_init(&ev) == 0 && engine_new(rs, &e) == 0, "%u rules", n))
		return;
	event_reset(&ev);
	ev.category = CATEGORY_process_creation;
	ev.product = SLICE("linux");
	event_set_str(&ev, F_exe, SLICE("/x"));
	engine_eval(e, &ev, hits);
	is_u64(hits->n, TL_HITS_MAX, "as many as there is room for");
	is_u64(hits->dropped, 20, "the others are counted");
	for (unsigned i = 0; i < hits->n; i++)
		best &= hits->hit[i].rule->score >= 20;
	ok(best, "the lowest scores went");
	engine_stats(e, &stats);
	ok(stats.events == 1 && stats.hits_dropped == 20, "statistics");
	ev.time_ns = 5;
	engine_eval(e, &ev, hits);
	ev.time_ns = 4;
	engine_eval(e, &ev, hits);
	engine_stats(e, &stats);
	is_u64(stats.late, 1, "late events are counted");
	engine_free(e);
	event_done(&ev);
	ruleset_unref(rs);
	diag_done(&d);
	free(hits);
	free(text);
}

/* Strings that are not UTF-8 are matched as the output shows them. */
static void test_repaired(void)
{
	struct diag d = { 0 };
	struct ruleset *rs = rules_of(HEAD("a") "  s: {Comm: 'a?b'}\n  condition: s\n---\n" HEAD("b") "  s: {Comm: \"a\\ufffdb\"}\n  condition: s\n", &d);
	struct hits *hits = malloc(sizeof(*hits));
	struct engine *e = NULL;
	struct event ev;

	if (!ok(rs && hits && event_init(&ev) == 0 && engine_new(rs, &e) == 0, "loads"))
		return;
	event_reset(&ev);
	ev.category = CATEGORY_process_creation;
	ev.product = SLICE("linux");
	event_set_str(&ev, F_comm, SLICE("a\xff" "b"));
	engine_eval(e, &ev, hits);
	is_u64(hits->n, 2, "U+FFFD for the byte that is none");
	event_set_str(&ev, F_comm, SLICE("a\xff\xff" "b"));
	engine_eval(e, &ev, hits);
	is_u64(hits->n, 0, "two bytes are two characters");
	engine_free(e);
	event_done(&ev);
	ruleset_unref(rs);
	diag_done(&d);
	free(hits);
}

/* Late events enter windows with the newest time; windows of unchanged rules move to a new engine. */
static void test_windows(void)
{
	static const char text[] = HEAD("r") "  s: {Image: /x}\n  condition: s\n---\ntitle: c\nid: c\ncorrelation:\n  type: event_count\n"
				   "  rules: [r]\n  timespan: 10s\n  condition: {gte: 2}\n";
	struct diag d = { 0 };
	struct ruleset *rs = rules_of(text, &d), *again = rules_of(text, &d);
	struct hits *hits = malloc(sizeof(*hits));
	struct engine *e = NULL, *next = NULL;
	struct event ev;

	if (!ok(rs && again && hits && event_init(&ev) == 0 && engine_new(rs, &e) == 0 && engine_new(again, &next) == 0, "loads"))
		return;
	ok(ruleset_meta(rs, 1)->hash[0] == ruleset_meta(again, 1)->hash[0] && ruleset_meta(rs, 0)->hash[0] != ruleset_meta(rs, 1)->hash[0],
	   "equal documents, equal hashes");
	event_reset(&ev);
	ev.category = CATEGORY_process_creation;
	ev.product = SLICE("linux");
	event_set_str(&ev, F_exe, SLICE("/x"));
	ev.time_ns = 100 * NSEC_PER_SEC;
	engine_eval(e, &ev, hits);
	is_u64(hits->n, 0, "one is not enough");
	engine_inherit(next, e);
	ev.time_ns = 50 * NSEC_PER_SEC;
	engine_eval(next, &ev, hits);
	is_u64(hits->n, 1, "the second, late, in an engine that took over");
	engine_free(e);
	engine_free(next);
	event_done(&ev);
	ruleset_unref(rs);
	ruleset_unref(again);
	diag_done(&d);
	free(hits);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void test_directory(void)
{
	char dir[] = "/tmp/tripline-eval-XXXXXX", path[300];
	const char *const dirs[] = { mkdtemp(dir), NULL }, *const none[] = { "/nonexistent", NULL };
	struct ruleset_options o = { .dirs = dirs };
	struct ruleset *rs = NULL;
	struct diag d = { 0 };
	char text[400];

	is_i64(ruleset_load(&o, &rs, &d), -ENOENT, "no file");
	snprintf(path, sizeof(path), "%s/sub", dir);
	mkdir(path, 0700);
	write_file(dir, "z.yml", "title: bad\n");
	is_i64(ruleset_load(&o, &rs, &d), -ENODATA, "no good rule");
	ok(d.errors == 1 && strcmp(d.msg[0].file, "z.yml") == 0, "the file is told as it lies in the directory");
	for (const char *const *name = (const char *const[]){ "sub/b.yaml", "sub-a.yml", "c.txt", "story.expect.yaml", NULL }; *name; name++) {
		snprintf(text, sizeof(text), "title: t\nid: %s\nlogsource: {category: process_creation}\ndetection: {s: {Image: /x}, condition: s}\n",
			 *name);
		write_file(dir, *name, text);
	}
	ok(ruleset_load(&o, &rs, &d) == 0 && ruleset_n_rules(rs) == 2, "rule files only, also in directories below");
	if (rs) {
		is_str(ruleset_meta(rs, 0)->id, "sub-a.yml", "in byte order of the path");
		is_str(ruleset_meta(rs, 1)->file, "sub/b.yaml", "path below the directory");
	}
	ruleset_unref(rs);
	rs = NULL;
	o.strict = true;
	ok(ruleset_load(&o, &rs, &d) == -EINVAL && !rs, "strict refuses the set");
	o.dirs = none;
	is_i64(ruleset_load(&o, &rs, &d), -ENOENT, "no directory");
	diag_done(&d);
	for (const char *const *name = (const char *const[]){ "sub/b.yaml", "sub-a.yml", "c.txt", "story.expect.yaml", "z.yml", NULL }; *name; name++) {
		snprintf(path, sizeof(path), "%s/%s", dir, *name);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/sub", dir);
	rmdir(path);
	rmdir(dir);
}

int main(void)
{
	test_forgets();
	test_too_many();
	test_repaired();
	test_windows();
	test_directory();
	return done_testing();
}
