/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/cond.h"

#include "core/buf.h"
#include "tests/tap.h"

static const struct slice names[] = {
	{ "a", 1 }, { "b", 1 }, { "c", 1 }, { "sel_x", 5 }, { "sel_y", 5 }, { "_hid", 4 }, { "1", 1 }, { "all", 3 }, { "of-no", 5 },
};

static struct arena arena;

/* Postfix with names and the letters & | !, or the reason after a question mark. */
static const char *show(const char *text)
{
	static char out[4096];
	struct buf b = { .p = out, .cap = sizeof(out) - 1 };
	struct cond c = { 0 };
	char why[300] = "";

	arena_done(&arena);
	if (cond_parse(&arena, slice_of(text), names, ARRAY_SIZE(names), NULL, &c, why, sizeof(why)) < 0) {
		buf_printf(&b, "? %s", why);
	} else {
		for (size_t i = 0; i < c.n; i++) {
			if (i)
				buf_putc(&b, ' ');
			if (c.op[i].kind == COND_NAME)
				buf_put_slice(&b, names[c.op[i].name]);
			else
				buf_putc(&b, c.op[i].kind == COND_AND ? '&' : c.op[i].kind == COND_OR ? '|' : '!');
		}
	}
	out[b.n] = '\0';
	return out;
}

static void test_good(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "a", "a" },
		{ " \t\na\r\n", "a" },
		{ "a and b or c", "a b & c |" },
		{ "a or b and c", "a b c & |" },
		{ "(a or b) and c", "a b | c &" },
		{ "not a and b", "a ! b &" },
		{ "not (a and b)", "a b & !" },
		{ "not not a", "a ! !" },
		{ "a and not b and not c", "a b ! & c ! &" },
		{ "a or b or c", "a b | c |" },
		{ "((a))", "a" },
		{ "1 of sel_*", "sel_x sel_y |" },
		{ "any of sel_*", "sel_x sel_y |" },
		{ "all of sel_*", "sel_x sel_y &" },
		{ "not 1 of sel_*", "sel_x sel_y | !" },
		{ "1 of *_y", "sel_y" },
		{ "1 of s*x", "sel_x" },
		{ "1 of a", "a" },
		{ "1 of _*", "_hid" },
		{ "all of them", "a b & c & sel_x & sel_y & 1 & all & of-no &" },
		{ "1", "1" },
		{ "all", "all" },
		{ "1 and all", "1 all &" },
		{ "_hid", "_hid" },
		{ "of-no", "of-no" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_str(show(rows[i].text), rows[i].want, rows[i].text);
}

static void test_bad(void)
{
	static const struct {
		const char *text, *word; /* of the reason */
	} rows[] = {
		{ "", "empty" },	       { "   ", "missing" },	      { "a and", "missing" },
		{ "and a", "left" },	       { "a b", "'and' or 'or'" },    { "a AND b", "lower case" },
		{ "NOT a", "lower case" },     { "(a", "without ')'" },	      { "a)", "without '('" },
		{ "()", "missing" },	       { "a (b)", "missing" },	      { "2 of sel_*", "only 1, any and all" },
		{ "some of sel_*", "before of" }, { "1 of", "no pattern" },   { "1 of (a)", "no pattern" },
		{ "1 of x*", "selects no" },   { "1 of *hid", "selects no" }, { "nope", "no search identifier" },
		{ "a | count() > 5", "correlation" }, { "a & b", "character" }, { "a or or b", "left" },
		{ "not", "missing" },	       { "sel_*", "no search identifier" }, { "a and \xff", "byte" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *got = show(rows[i].text);

		if (!ok(got[0] == '?' && strstr(got, rows[i].word), "refused: '%s'", rows[i].text))
			printf("# %s\n", got);
	}
}

static void test_depth(void)
{
	char text[TL_COND_DEPTH_MAX * 2 + 20];
	size_t n = 0;

	for (; n < TL_COND_DEPTH_MAX; n++)
		text[n] = '(';
	text[n++] = 'a';
	for (size_t i = 0; i < TL_COND_DEPTH_MAX; i++)
		text[n++] = ')';
	text[n] = '\0';
	is_str(show(text), "a", "deepest");
	memmove(text + 1, text, n + 1);
	ok(strstr(show(text), "deeper"), "deepest + 1 is refused");
}

static void test_long(void)
{
	size_t n = 20 * TL_COND_OPS_MAX;
	char *text = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = "a or "[i % 5];
	text[n - 4] = '\0';
	ok(strstr(show(text), "too long"), "too long is refused");
	free(text);
}

int main(void)
{
	test_good();
	test_bad();
	test_depth();
	test_long();
	arena_done(&arena);
	return done_testing();
}
