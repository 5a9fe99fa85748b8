/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/backlog.h"
#include "tests/tap.h"

static void push(struct backlog *b, char name, enum level level)
{
	struct line *line = line_new((struct slice){ &name, 1 }, level);

	if (line)
		backlog_push(b, line);
}

/* Names of the lines in the order they leave; ends them. */
static const char *drain(struct backlog *b)
{
	static char names[64];
	struct line *line;
	size_t n = 0;

	while ((line = backlog_pop(b)) && n < sizeof(names) - 1) {
		names[n++] = line->p[0];
		free(line);
	}
	names[n] = '\0';
	return names;
}

static void fill(struct backlog *b)
{
	push(b, 'a', LEVEL_HIGH);
	push(b, 'b', LEVEL_LOW);
	push(b, 'c', LEVEL_CRITICAL);
	push(b, 'd', LEVEL_LOW);
	push(b, 'e', LEVEL_HIGH);
}

int main(void)
{
	struct backlog b = { .cap = 3 * line_cost(1) };
	struct line_list popped = { 0 };
	struct line *line;

	fill(&b);
	is_u64(b.n, 5, "five lines");
	ok(!backlog_fits(&b, 1), "over its cap");
	is_str(drain(&b), "abcde", "oldest first, whatever the level");
	is_u64(b.bytes, 0, "no bytes left");
	ok(backlog_fits(&b, 1), "has room again");

	fill(&b);
	line = backlog_pop_lowest(&b, LEVEL_CRITICAL);
	ok(line && line->p[0] == 'b', "lowest level, oldest of it");
	free(line);
	ok(!backlog_pop_lowest(&b, LEVEL_INFORMATIONAL), "nothing that low");
	line = backlog_pop_lowest(&b, LEVEL_MEDIUM);
	ok(line && line->p[0] == 'd', "the next");
	free(line);
	ok(!backlog_pop_lowest(&b, LEVEL_MEDIUM), "a lower line does not push out a higher one");
	is_str(drain(&b), "ace", "the others are there");

	fill(&b);
	for (unsigned i = 0; i < 3; i++)
		line_list_append(&popped, backlog_pop(&b));
	push(&b, 'f', LEVEL_CRITICAL);
	backlog_return(&b, &popped);
	is_u64(b.n, 6, "returned lines count");
	is_u64(b.bytes, 6 * line_cost(1), "and their bytes");
	ok(!popped.head, "list taken");
	is_str(drain(&b), "abcdef", "returned lines leave first, in their order");

	fill(&b);
	backlog_done(&b);
	is_u64(b.n, 0, "emptied");
	return done_testing();
}
