/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Whole documents: heads, log sources, search identifiers, correlations, filters; where each error is told. */
#include "config.h"

#include "tests/rules/rules.h"

#define HEAD "title: t\nid: r\nlogsource: {category: process_creation}\n"
#define DET  "detection:\n  s: {Image: /x}\n  condition: s\n"
#define GOOD HEAD DET
#define CORR GOOD "---\ntitle: c\nid: c\ncorrelation:\n  rules: [r]\n"

static const struct {
	const char *name, *text;
	unsigned line, col;
	const char *word;
} bad[] = {
	{ "no map", "- a\n", 1, 1, "must be a map" },
	{ "plain text", "a\n", 1, 1, "must be a map" },
	{ "no kind", "title: t\n", 1, 1, "none of detection" },
	{ "two kinds", GOOD "correlation: {}\n", 7, 1, "both" },
	{ "collection", "action: global\ntitle: t\n", 1, 1, "version 1" },
	{ "no title", "id: r\nlogsource: {category: a}\n" DET, 1, 1, "no title" },
	{ "title is a number", "title: 5\nlogsource: {category: a}\n" DET, 1, 8, "title must" },
	{ "empty id", "title: t\nid: ''\nlogsource: {category: a}\n" DET, 2, 5, "id must" },
	{ "bad status", GOOD "status: good\n", 7, 9, "status must" },
	{ "bad level", GOOD "level: severe\n", 7, 8, "level must" },
	{ "bad taxonomy", GOOD "taxonomy: mine\n", 7, 11, "taxonomy" },
	{ "bad score", GOOD "tripline: {score: 101}\n", 7, 19, "0 to 100" },
	{ "unknown key of ours", GOOD "tripline: {skore: 1}\n", 7, 12, "unknown key" },
	{ "sequence of a detection", GOOD "tripline: {sequence: {gap: 1s}}\n", 7, 12, "sequence" },
	{ "no logsource", "title: t\n" DET, 1, 1, "no logsource" },
	{ "empty logsource", "title: t\nlogsource:\n  definition: x\n" DET, 3, 3, "names none" },
	{ "no condition", HEAD "detection:\n  s: {Image: x}\n", 5, 3, "no condition" },
	{ "detection is a list", HEAD "detection: [a]\n", 4, 12, "must be a map" },
	{ "bad condition", HEAD "detection:\n  s: {Image: x}\n  condition: s and\n", 6, 14, "operand" },
	{ "bad condition in a list", HEAD "detection:\n  s: {Image: x}\n  condition:\n    - s\n    - q\n", 8, 7, "no search identifier" },
	{ "empty map", HEAD "detection:\n  s: {}\n  condition: s\n", 5, 6, "empty map" },
	{ "empty list", HEAD "detection:\n  s: []\n  condition: s\n", 5, 6, "empty list" },
	{ "unknown type", CORR "  type: count\n  timespan: 1m\n  condition: {gte: 2}\n", 12, 9, "unknown type" },
	{ "no type", CORR "  timespan: 1m\n  condition: {gte: 2}\n", 11, 3, "no type" },
	{ "no timespan", CORR "  type: event_count\n  condition: {gte: 2}\n", 11, 3, "no timespan" },
	{ "bad timespan", CORR "  type: event_count\n  timespan: 5 minutes\n  condition: {gte: 2}\n", 13, 13, "such as 5m" },
	{ "timespan of 0", CORR "  type: event_count\n  timespan: 0s\n  condition: {gte: 2}\n", 13, 13, "above 0" },
	{ "endless timespan", CORR "  type: event_count\n  timespan: 99999999999y\n  condition: {gte: 2}\n", 13, 13, "too long" },
	{ "unknown key", CORR "  type: event_count\n  timespan: 1m\n  groupby: [User]\n  condition: {gte: 2}\n", 14, 3, "unknown key" },
	{ "no threshold", CORR "  type: event_count\n  timespan: 1m\n", 11, 3, "no condition" },
	{ "always true", CORR "  type: event_count\n  timespan: 1m\n  condition: {gte: 0}\n", 14, 20, "always true" },
	{ "never true", CORR "  type: event_count\n  timespan: 1m\n  condition: {gte: 5, lte: 3}\n", 14, 15, "no count" },
	{ "below 0", CORR "  type: event_count\n  timespan: 1m\n  condition: {lt: 0}\n", 14, 19, "never below" },
	{ "too high", CORR "  type: event_count\n  timespan: 1m\n  condition: {gte: 10001}\n", 14, 20, "above 10000" },
	{ "no number", CORR "  type: event_count\n  timespan: 1m\n  condition: {gte: many}\n", 14, 20, "whole number" },
	{ "unknown operator", CORR "  type: event_count\n  timespan: 1m\n  condition: {min: 1}\n", 14, 15, "no place" },
	{ "field where none is", CORR "  type: event_count\n  timespan: 1m\n  condition: {gte: 2, field: User}\n", 14, 23, "no place" },
	{ "field is missing", CORR "  type: value_count\n  timespan: 1m\n  condition: {gte: 2}\n", 14, 15, "needs field" },
	{ "field is unknown", CORR "  type: value_count\n  timespan: 1m\n  condition: {gte: 2, field: Usr}\n", 14, 30, "unknown field" },
	{ "group is unknown", CORR "  type: event_count\n  group-by: [Usr]\n  timespan: 1m\n  condition: {gte: 2}\n", 13, 14, "neither a field" },
	{ "no percentile", CORR "  type: value_percentile\n  timespan: 1m\n  condition: {gte: 2, field: UserId}\n", 14, 15, "percentile" },
	{ "one rule in order", CORR "  type: temporal_ordered\n  timespan: 1m\n", 11, 10, "two rules" },
	{ "generate is no truth", CORR "  type: event_count\n  timespan: 1m\n  condition: {gte: 2}\n  generate: maybe\n", 15, 13, "generate" },
	{ "alias of a stranger", CORR "  type: event_count\n  timespan: 1m\n  condition: {gte: 2}\n  aliases: {a: {q: User}}\n", 15, 17, "not among" },
	{ "unknown rule", "title: c\ncorrelation:\n  type: event_count\n  rules: [nope]\n  timespan: 1m\n  condition: {gte: 1}\n", 4, 11, "no rule" },
	{ "circle", "title: c\nid: c\ncorrelation:\n  type: event_count\n  rules: [c]\n  timespan: 1m\n  condition: {gte: 1}\n", 5, 11, "back to itself" },
	{ "second id", GOOD "---\ntitle: u\nid: r\nlogsource: {category: a}\n" DET, 9, 5, "already used" },
	{ "filter without rules", "title: f\nlogsource: {category: a}\nfilter:\n  s: {Image: x}\n  condition: s\n", 4, 3, "which rules" },
	{ "filter of none", "title: f\nlogsource: {category: a}\nfilter:\n  rules: []\n  s: {Image: x}\n  condition: s\n", 4, 10, "empty list" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct diag d = { 0 };
		struct ruleset *rs = rules_of(bad[i].text, &d);
		const char *got = first_message(&d, DIAG_ERROR);
		char place[32];

		snprintf(place, sizeof(place), "%u:%u ", bad[i].line, bad[i].col);
		if (!ok(strncmp(got, place, strlen(place)) == 0 && strstr(got, bad[i].word) && d.errors == 1, "%s", bad[i].name))
			printf("# %s\n", got);
		ruleset_unref(rs);
		diag_done(&d);
	}
}

static const struct {
	const char *name, *text, *word;
} warned[] = {
	{ "unused identifier", HEAD "detection:\n  s: {Image: x}\n  q: {Image: y}\n  condition: s\n", "does not use 'q'" },
	{ "timeframe", HEAD "detection:\n  s: {Image: x}\n  timeframe: 5m\n  condition: s\n", "timeframe" },
	{ "all on one value", HEAD "detection:\n  s: {Image|contains|all: x}\n  condition: s\n", "single value" },
	{ "no level", GOOD, "no level" },
	{ "nothing necessary", HEAD "level: low\ndetection:\n  s: {Image: x}\n  condition: not s\n", "tried on every event" },
	{ "short keyword", HEAD "level: low\ndetection:\n  k: [dd]\n  s: {Image: x}\n  condition: k and s\n", "less than 4" },
	{ "keywords only", HEAD "level: low\ndetection:\n  k: [password]\n  condition: k\n", "keywords only" },
	{ "expression without literal", HEAD "level: low\ndetection:\n  s: {Image|re: 'a.b'}\n  condition: s\n", "costs more" },
	{ "no gadget", "title: t\nlevel: low\nlogsource: {category: webserver}\n" DET, "no gadget" },
	{ "category of a later version", "title: t\nlevel: low\nlogsource: {category: file_event}\n" DET, "no gadget" },
	{ "dead item", HEAD "level: low\ndetection:\n  s: {Image: x, DestinationIp: 1.2.3.4}\n  condition: s\n", "has DestinationIp" },
	{ "dead reference", HEAD "level: low\ndetection:\n  s: {Image|fieldref: TargetFilename}\n  condition: s\n", "has TargetFilename" },
	{ "negated beginning",
	  GOOD "---\ntitle: w\nname: w\nlogsource: {category: process_creation}\n" DET
	       "---\ntitle: c\ncorrelation:\n  type: temporal_ordered\n  rules: [r, w]\n  timespan: 1m\n  condition: not r and w\n",
	  "only the latest is kept" },
	{ "backslash path", HEAD "level: low\ndetection:\n  s: {Image|endswith: '\\bash'}\n  condition: s\n", "slashes" },
	{ "long window", CORR "  type: event_count\n  timespan: 2d\n  condition: {gte: 2}\n", "one day" },
};

static void test_warned(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(warned); i++) {
		struct diag d = { 0 };
		struct ruleset *rs = rules_of(warned[i].text, &d);
		bool found = false;

		for (size_t k = 0; k < d.n; k++)
			found |= d.msg[k].level == DIAG_WARNING && strstr(d.msg[k].text, warned[i].word);
		if (!ok(rs && found && !d.errors, "warns: %s", warned[i].name))
			printf("# %s%s\n", first_message(&d, DIAG_ERROR), first_message(&d, DIAG_WARNING));
		ruleset_unref(rs);
		diag_done(&d);
	}
}

#define EXEC(image) "{\"category\": \"process_creation\", \"Image\": \"" image "\", \"CommandLine\": \"-e dd if\"}\n"

/* Search identifiers by shape; the event has Image /x and two words in CommandLine. */
static const struct {
	const char *detection;
	bool hits;
} shapes[] = {
	{ "s: {Image: /x, CommandLine|contains: dd}\n  condition: s", true },
	{ "s: {Image: /x, CommandLine|contains: q}\n  condition: s", false },
	{ "s: [{Image: /y}, {Image: /x}]\n  condition: s", true },
	{ "s: [foo, 'dd if']\n  condition: s", true },
	{ "s: [foo, bar]\n  condition: s", false },
	{ "s: {'|all': [dd, if]}\n  condition: s", true },
	{ "s: {'|all': [dd, of]}\n  condition: s", false },
	{ "s: dd\n  condition: s", true },
	{ "s: [{Image: /y}, [foo, [dd]]]\n  condition: s", true },
	{ "s: [[foo], {Image: /x}, bar]\n  condition: s", true },
	{ "s: [[foo], {Image: /y}, bar]\n  condition: s", false },
	{ "s: {Image: /y}\n  q: {Image: /x}\n  condition: [s, q]", true },
	{ "a.b: {Image: /x}\n  condition: 1 of a*", true },
	{ "s: {Image: /x}\n  f_a: {CommandLine|contains: dd}\n  f_b: {User: x}\n  condition: s and not 1 of f_*", false },
	{ "s: {Image: /x}\n  f_a: {CommandLine|contains: dd}\n  f_b: {User: x}\n  condition: s and not all of f_*", true },
};

static void test_shapes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct diag d = { 0 };
		char text[1000];

		snprintf(text, sizeof(text), HEAD "detection:\n  %s\n", shapes[i].detection);
		struct ruleset *rs = rules_of(text, &d);

		if (!ok(rs != NULL, "loads: %s", shapes[i].detection))
			printf("# %s\n", first_message(&d, DIAG_ERROR));
		else
			is_str(hits_of(rs, EXEC("/x")), shapes[i].hits ? "0:r " : "", shapes[i].detection);
		ruleset_unref(rs);
		diag_done(&d);
	}
}

static void test_neighbours(void)
{
	struct diag d = { 0 };
	struct ruleset *rs = rules_of("title: bad\n---\n" GOOD "---\ntitle: c\nid: c\ncorrelation:\n  type: event_count\n  rules: [r]\n"
				      "  timespan: 1m\n  condition: {gte: 2}\n---\ntitle: e\ncorrelation:\n  type: event_count\n  rules: [bad]\n"
				      "  timespan: 1m\n  condition: {gte: 1}\n", &d);

	ok(rs && ruleset_n_rules(rs) == 2 && d.errors == 2, "a bad document only takes along what refers to it");
	if (rs)
		is_str(hits_of(rs, EXEC("/x") EXEC("/x") EXEC("/y")), "1:c ", "the part is silent, the correlation fires");
	ruleset_unref(rs);
	diag_done(&d);
}

static void test_meta(void)
{
	struct diag d = { 0 };
	struct ruleset *rs = rules_of("title: T\nname: n\nlevel: high\nstatus: test\ndescription: D\ntags: [a.b, c]\n"
				      "logsource: {category: Process_Creation, product: Linux}\n" DET "tripline: {score: 33}\n"
				      "---\ntitle: U\nlogsource: {service: sshd}\n" DET, &d);

	if (!ok(rs && ruleset_n_rules(rs) == 2, "loads"))
		return;
	const struct rule_meta *m = ruleset_meta(rs, 0), *u = ruleset_meta(rs, 1);

	is_str(m->identity, "n", "identity without id is the name");
	is_str(u->identity, "U", "else the title");
	is_u64(m->level, LEVEL_HIGH, "level");
	is_u64(m->score, 33, "score");
	is_u64(u->score, level_score(LEVEL_NONE), "score of no level");
	is_str(m->description, "D", "description");
	is_str(m->file, "t.yml", "file");
	is_u64(u->line, 13, "line");
	is_slice(m->tags, (struct slice){ "a.b\0c", 6 }, "tags");
	ok(ruleset_wants(rs, CATEGORY_process_creation) && !ruleset_wants(rs, CATEGORY_network_connection), "wanted categories");
	ok(ruleset_fields(rs)[F_exe / 64] >> (F_exe % 64) & 1, "wanted fields");
	is_str(hits_of(rs, EXEC("/X")), "0:n ", "log source in another case");
	is_str(hits_of(rs, "{\"service\": \"sshd\", \"Image\": \"/x\"}\n"), "0:U ", "by service");
	is_str(hits_of(rs, "{\"category\": \"process_creation\", \"product\": \"windows\", \"Image\": \"/x\"}\n"), "", "another product");
	ruleset_unref(rs);
	diag_done(&d);
}

int main(void)
{
	test_bad();
	test_warned();
	test_shapes();
	test_neighbours();
	test_meta();
	return done_testing();
}
