/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include <errno.h>

#include "core/yaml.h"

#include "tests/tap.h"

static struct arena arena;
static struct diag diag;

static const struct yaml_doc *parse(const char *text, size_t n)
{
	struct yaml_doc *docs = NULL;

	diag_done(&diag);
	diag = (struct diag){ 0 };
	arena_done(&arena);
	if (yaml_parse(&arena, "t.yml", (struct slice){ text, n }, &diag, &docs) < 0)
		abort();
	return docs;
}

static void test_types(void)
{
	static const struct {
		const char *text;
		enum yaml_type type;
	} rows[] = {
		{ "null", YAML_NULL },	  { "~", YAML_NULL },	     { "Null", YAML_NULL },   { "nULL", YAML_TEXT },
		{ "true", YAML_BOOL },	  { "True", YAML_BOOL },     { "FALSE", YAML_BOOL },  { "tRue", YAML_TEXT },
		{ "yes", YAML_TEXT },	  { "no", YAML_TEXT },	     { "on", YAML_TEXT },     { "off", YAML_TEXT },
		{ "0", YAML_INT },	  { "-7", YAML_INT },	     { "+7", YAML_INT },      { "0777", YAML_INT },
		{ "0o17", YAML_INT },	  { "0o18", YAML_TEXT },     { "0x1F", YAML_INT },    { "0x", YAML_TEXT },
		{ "-0x1F", YAML_TEXT },	  { "1.5", YAML_FLOAT },     { ".5", YAML_FLOAT },    { "5.", YAML_FLOAT },
		{ "1e3", YAML_FLOAT },	  { "1e", YAML_TEXT },	     { ".", YAML_TEXT },      { "-", YAML_TEXT },
		{ ".inf", YAML_FLOAT },	  { "-.INF", YAML_FLOAT },   { ".NaN", YAML_FLOAT },  { "2024-01-02", YAML_TEXT },
		{ "12:30", YAML_TEXT },	  { "1_000", YAML_TEXT },    { "0b11", YAML_TEXT },   { "'5'", YAML_TEXT },
		{ "\"true\"", YAML_TEXT }, { "!!str 5", YAML_TEXT }, { "!!int '5'", YAML_TEXT }, { "!x 5", YAML_INT },
		{ "99999999999999999999999", YAML_INT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[64];
		int n = snprintf(text, sizeof(text), "a: %s\n", rows[i].text);
		const struct yaml_doc *d = parse(text, (size_t)n);
		/* "- " alone would be a list */
		bool list = strcmp(rows[i].text, "-") == 0;

		if (list)
			continue;
		ok(d && d->root && d->root->first->type == rows[i].type, "type of %s", rows[i].text);
	}
}

static void test_numbers(void)
{
	const struct yaml_doc *d = parse("[0777, 0o17, 0x1F, -5, 18446744073709551615, 18446744073709551616, 1.25, -.inf]", 83 - 3);
	static const long double want[] = { 777, 15, 31, -5, 18446744073709551615.0L, 18446744073709551616.0L, 1.25L };
	const struct yaml_node *n = d ? d->root->first : NULL;
	uint64_t u;
	long double v;

	for (size_t i = 0; i < ARRAY_SIZE(want) && n; i++, n = n->next)
		ok(yaml_number(n, &v) == 0 && v == want[i], "number %s", n->text.p);
	d = parse("[5, -5, -0, 18446744073709551616, 1.5, x]", 41);
	n = d->root->first;
	ok(yaml_u64(n, &u) == 0 && u == 5, "5 as u64");
	n = n->next;
	ok(yaml_u64(n, &u) == -ERANGE, "-5 is out of range");
	n = n->next;
	ok(yaml_u64(n, &u) == 0 && u == 0, "-0 is 0");
	n = n->next;
	ok(yaml_u64(n, &u) == -ERANGE, "2^64 is out of range");
	n = n->next;
	ok(yaml_u64(n, &u) == -EINVAL, "1.5 is no integer");
	n = n->next;
	ok(yaml_u64(n, &u) == -EINVAL, "x is no integer");
}

static void test_errors(void)
{
	static const struct {
		const char *name, *text;
		unsigned line, col, good; /* documents with a root */
	} rows[] = {
		{ "duplicate key", "a: 1\nb: 2\na: 3\n", 3, 1, 0 },
		{ "duplicate key, other spelling", "a: 1\n'a': 3\n", 2, 1, 0 },
		{ "nested duplicate", "x:\n  a: 1\n  a: 2\n---\ny: 1\n", 3, 3, 1 },
		{ "alias", "a: &x 1\nb: *x\n", 2, 4, 0 },
		{ "merge key", "a:\n  <<: {b: 1}\n", 2, 3, 0 },
		{ "list as key", "? [a]\n: 1\n", 1, 3, 0 },
		{ "map as key", "{a: 1}: 2\n", 1, 1, 0 },
		{ "syntax ends the file", "a: 1\n---\nb: [1\n---\nc: 1\n", 4, 1, 1 },
		{ "two errors in one document tell one", "a: 1\na: 2\na: 3\n", 2, 1, 0 },
		{ "control character", "a: 1\n---\nb: \x01\n", 3, 4, 1 },
		{ "not UTF-8", "a: \xff\n", 1, 4, 0 },
		{ "cut UTF-8", "a: 1\n---\nb: \xe2\x82", 3, 4, 1 },
		{ "tab as indent", "a:\n\tb: 1\n", 2, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned good = 0;

		for (const struct yaml_doc *d = parse(rows[i].text, strlen(rows[i].text)); d; d = d->next)
			good += d->root != NULL;
		bool pass = ok(diag.errors == 1 && diag.msg[0].line == rows[i].line && diag.msg[0].col == rows[i].col, "%s: place", rows[i].name);

		if (!pass && diag.n)
			printf("# got %u:%u %s\n", diag.msg[0].line, diag.msg[0].col, diag.msg[0].text);
		is_u64(good, rows[i].good, rows[i].name);
	}
}

static void test_shape(void)
{
	const struct yaml_doc *d = parse("\n---\n---\na: {b: [1, 2], c: }\n---\n- x\n", 35);

	ok(d && d->root->kind == YAML_MAP && d->next && !d->next->next, "empty documents are left out");
	ok(d->root->line == 4 && d->root->col == 1, "a map stands where its first key stands");
	const struct yaml_node *a = yaml_get(d->root, "a");

	ok(a && a->n == 2 && a->col == 5, "a flow map too");
	ok(yaml_get(a, "b")->n == 2 && yaml_get(a, "c")->type == YAML_NULL && !yaml_get(a, "d"), "entries");
	ok(d->next->root->kind == YAML_LIST, "a list is a document");
	ok(!parse("", 0) && !diag.n, "an empty stream");
	ok(!parse("# only a comment\n", 17) && !diag.n, "a comment");
	ok(parse("\xef\xbb\xbf" "a: 1\n", 8) && !diag.n, "a byte order mark");
}

static char *repeat(const char *piece, size_t times, const char *tail)
{
	size_t n = strlen(piece), t = strlen(tail);
	char *p = malloc(n * times + t + 1);

	if (!p)
		abort();
	for (size_t i = 0; i < times; i++)
		memcpy(p + i * n, piece, n);
	memcpy(p + n * times, tail, t + 1);
	return p;
}

static void test_limits(void)
{
	char *p = repeat("[", TL_YAML_DEPTH_MAX, "");
	char *q = malloc(TL_YAML_DEPTH_MAX * 2 + 2);

	snprintf(q, TL_YAML_DEPTH_MAX * 2 + 2, "%s", p);
	memset(q + TL_YAML_DEPTH_MAX, ']', TL_YAML_DEPTH_MAX);
	q[TL_YAML_DEPTH_MAX * 2] = '\0';
	ok(parse(q, strlen(q)) && !diag.n, "depth %d", TL_YAML_DEPTH_MAX);
	free(p);
	free(q);
	p = repeat("[", TL_YAML_DEPTH_MAX + 1, "a");
	parse(p, strlen(p));
	ok(diag.errors >= 1, "depth %d is refused", TL_YAML_DEPTH_MAX + 1);
	free(p);
	p = repeat("- a\n", TL_YAML_VALUES_MAX, "");
	ok(parse(p, strlen(p)) && !diag.n, "%d values", TL_YAML_VALUES_MAX);
	free(p);
	p = repeat("- a\n", TL_YAML_VALUES_MAX + 1, "---\nb: 1\n");
	const struct yaml_doc *d = parse(p, strlen(p));

	ok(diag.errors == 1 && d && !d->root && d->next && d->next->root, "one more is refused, the next document stays");
	free(p);
	p = repeat("x", TL_YAML_BYTES_MAX, "");
	ok(parse(p, strlen(p)) && !diag.n, "1 MiB");
	free(p);
	p = repeat("x", TL_YAML_BYTES_MAX + 1, "");
	ok(!parse(p, strlen(p)) && diag.errors == 1, "1 MiB and a byte is refused");
	free(p);
	p = repeat("[", 500000, "");
	parse(p, strlen(p));
	ok(diag.errors == 1, "half a million brackets are refused at once");
	free(p);
	p = repeat("[", 500000, "");
	memcpy(p, "{a: 1, a: ", 10);
	parse(p, strlen(p));
	ok(diag.errors == 1, "also in a document that is broken already");
	free(p);
}

/* Cut at each byte: never a crash, and at most one error for the one document. */
static void test_cuts(void)
{
	static const char text[] = "a: \"x\\u00e4\"\nb: [1, {c: d}]\ne: |\n  text\n  \xc3\xa4\nf: 'it''s'\n";
	bool good = true;

	for (size_t n = 0; n < sizeof(text); n++) {
		(void)parse(text, n);
		good &= diag.errors <= 2;
	}
	ok(good, "cut at each byte");
}

int main(void)
{
	test_types();
	test_numbers();
	test_errors();
	test_shape();
	test_limits();
	test_cuts();
	diag_done(&diag);
	arena_done(&arena);
	return done_testing();
}
