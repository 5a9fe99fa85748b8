/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/tap.h"

static void test_u64(void)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} row[] = {
		{ "0", 0, 0 },
		{ "7", 0, 7 },
		{ "0007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999999", -ERANGE, 0 },
		{ "99999999999999999999999999x", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint64_t v = 4711;
		int r = slice_u64(slice_of(row[i].text), &v);

		ok(r == row[i].r && v == (r ? 4711 : row[i].value), "slice_u64 \"%s\"",
		   row[i].text);
	}
	is_i64(slice_u64((struct slice){ "1\0", 2 }, &(uint64_t){ 0 }), -EINVAL,
	       "slice_u64 with NUL");
}

static void test_slice(void)
{
	ok(slice_eq((struct slice){ NULL, 0 }, SLICE("")),
	   "empty slices are equal, with or without a pointer");
	ok(!slice_eq(SLICE("a"), SLICE("ab")) && !slice_eq(SLICE("ab"), SLICE("ac")),
	   "slices that differ");
	ok(slice_eqs(SLICE("ab"), "ab"), "slice and string");
	is_u64(slice_of(NULL).n, 0, "slice of no string");
}

static char *printed(const struct diag *d)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	diag_print(d, f);
	fclose(f);
	return text;
}

static void test_diag(void)
{
	struct diag d = { 0 };
	char *text;

	diag_add(&d, DIAG_ERROR, "b.yml", 2, 3, "late %d", 1);
	diag_add(&d, DIAG_WARNING, "a.yml", 10, 0, "ten");
	diag_add(&d, DIAG_ERROR, "a.yml", 9, 5, "nine");
	diag_add(&d, DIAG_ERROR, "a.yml", 9, 4, "column");
	diag_add(&d, DIAG_ERROR, "b.yml", 2, 3, "same place, later");
	diag_add(&d, DIAG_WARNING, "a.yml", 0, 7, "file");
	diag_add(&d, DIAG_WARNING, NULL, 1, 1, "nowhere");
	diag_add(&d, DIAG_WARNING, "c\x1b.yml", 1, 1, "%s", "a\nb \xff caf\xc3\xa9 \xe2\x80\xae");
	text = printed(&d);
	is_str(text,
	       "warning: nowhere\n"
	       "a.yml: warning: file\n"
	       "a.yml:9:4: error: column\n"
	       "a.yml:9:5: error: nine\n"
	       "a.yml:10: warning: ten\n"
	       "b.yml:2:3: error: late 1\n"
	       "b.yml:2:3: error: same place, later\n"
	       "c\\x1b.yml:1:1: warning: a\\x0ab \\xff caf\xc3\xa9 \\xe2\\x80\\xae\n",
	       "sorted, with places, foreign bytes escaped");
	free(text);
	is_u64(d.errors, 4, "errors counted");
	is_u64(d.warnings, 4, "warnings counted");
	diag_done(&d);
	ok(d.n == 0 && !d.msg, "diag_done leaves an empty one");

	for (unsigned i = 0; i < TL_DIAG_MAX + 5; i++)
		diag_add(&d, DIAG_ERROR, "x", i, 0, "m");
	ok(d.n == TL_DIAG_MAX && d.dropped == 5 && d.errors == TL_DIAG_MAX + 5,
	   "over the limit: counted, not kept");
	text = printed(&d);
	ok(strstr(text, "\n5 more messages were not kept\n") != NULL, "and told");
	free(text);
	diag_done(&d);
}

static void test_cleanup(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), copy = fd;

	errno = EXDEV;
	closep(&fd);
	ok(fd == -1 && errno == EXDEV, "closep forgets the descriptor and keeps errno");
	ok(fcntl(copy, F_GETFD) < 0 && errno == EBADF, "closep closes");
	closep(&fd);
	ok(fd == -1, "closep of none");
}

int main(void)
{
	test_u64();
	test_slice();
	test_diag();
	test_cleanup();
	return done_testing();
}
