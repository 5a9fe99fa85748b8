/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Everything of core/ that allocates, with each of its allocations failing in turn. */
#include "config.h"

#include "tests/oom.h"

#include <errno.h>

#include "core/jsonl.h"
#include "tests/tap.h"

static void test_event(void)
{
	struct event ev;
	int r = 0;
	bool told = true;

	for (oom_begin(); oom_again(r == 0);) {
		r = event_init(&ev);
		told = told && (r == 0 || r == -ENOMEM);
		event_done(&ev);
	}
	ok(told && oom.failed == 1, "event_init: one allocation, its failure told");
}

static void test_lines(void)
{
	struct line_reader reader;
	int r = 0;
	bool told = true;

	for (oom_begin(); oom_again(r == 0);) {
		r = line_reader_init(&reader, -1);
		told = told && (r == 0 || r == -ENOMEM);
		line_reader_done(&reader);
	}
	ok(told && oom.failed == 1, "line_reader_init: one allocation, its failure told");
}

/* A message that cannot be kept is counted all the same. */
static void test_diag(void)
{
	bool good = false, counted = true;

	for (oom_begin(); oom_again(good);) {
		struct diag d = { 0 };

		for (unsigned i = 0; i < 20; i++)
			diag_add(&d, DIAG_ERROR, "file", i, 0, "message %u", i);
		counted = counted && d.errors == 20 && d.n + d.dropped == 20;
		good = d.dropped == 0;
		diag_done(&d);
	}
	ok(counted, "diag_add: all are counted, kept or not");
	is_u64(oom.failed, 20 * 2 + 2, "text and name of each, and the table twice");
}

static void test_print(void)
{
	bool sorted = false, all = true;

	for (oom_begin(); oom_again(sorted);) {
		unsigned fail_at = oom.fail_at;
		struct diag d = { 0 };
		char text[64] = "";
		FILE *f = fmemopen(text, sizeof(text), "w");

		oom.fail_at = 0;
		diag_add(&d, DIAG_ERROR, "b", 0, 0, "2");
		diag_add(&d, DIAG_ERROR, "a", 0, 0, "1");
		oom.fail_at = fail_at;
		oom.count = 0;
		diag_print(&d, f);
		fclose(f);
		sorted = strcmp(text, "a: error: 1\nb: error: 2\n") == 0;
		all = all && strlen(text) == 24;
		diag_done(&d);
	}
	ok(all && oom.failed == 1, "diag_print: unsorted rather than unsaid");
}

int main(void)
{
	test_event();
	test_lines();
	test_diag();
	test_print();
	return done_testing();
}
