/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "sensor/proctab.h"

#include "tests/tap.h"

static char path[] = "/tmp/tripline-users.XXXXXX";

static struct users *read_text(const char *text, size_t n)
{
	struct users *u = NULL;
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		return NULL;
	return users_read(path, &u) == 0 ? u : NULL;
}

static void test_lines(void)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/bash\n"
				   "toor:x:0:0::/:/bin/sh\n"
				   "# a comment:x:7:7\n"
				   "+nis:x:8:8::\n"
				   "no colon\n"
				   ":x:9:9::\n"
				   "minus:x:-1:1::\n"
				   "word:x:abc:1::\n"
				   "unset:x:4294967295:1::\n"
				   "short:x:10\n"
				   "\n"
				   "b\xff" "d:x:11:11::\n"
				   "last:x:4294967294:1::";
	struct users *u = read_text(text, sizeof(text) - 1);

	if (!ok(u != NULL, "a file with bad lines is read"))
		return;
	is_str(users_name(u, 0), "root", "the first name of an id counts");
	for (uint32_t id = 7; id <= 10; id++)
		ok(!users_name(u, id), "line of id %u names nobody", id);
	is_str(users_name(u, 11), "b\xff" "d", "foreign bytes in a name are kept");
	is_str(users_name(u, 4294967294U), "last", "a last line without a newline");
	ok(!users_name(u, 4294967295U), "the unset id is nobody");
	users_free(u);
}

static void test_long_line(void)
{
	enum { LONG = 10000 };
	static char text[LONG + 64];
	struct users *u;

	memset(text, 'a', LONG);
	strcpy(text + LONG, "x:x:5:5::\nok:x:6:6::\n");
	u = read_text(text, strlen(text));
	if (!ok(u != NULL, "an overlong line is survived"))
		return;
	ok(!users_name(u, 5), "its tail is no line of its own");
	is_str(users_name(u, 6), "ok", "the next line counts");
	users_free(u);
}

static void test_many(void)
{
	enum { N = 5000 };
	FILE *f = fopen(path, "w");
	struct users *u = NULL;
	bool all = true;

	for (unsigned i = 0; f && i < N; i++)
		fprintf(f, "u%u:x:%u:1::\n", (i * 7919) % N, (i * 7919) % N);
	if (f)
		fclose(f);
	is_i64(users_read(path, &u), 0, "many lines in any order");
	for (unsigned i = 0; u && i < N; i++) {
		char want[16];

		(void)snprintf(want, sizeof(want), "u%u", i);
		all &= users_name(u, i) && strcmp(users_name(u, i), want) == 0;
	}
	ok(u && all, "each is found");
	users_free(u);
}

int main(void)
{
	struct users *u = NULL;
	int fd = mkstemp(path);

	close(fd);
	test_lines();
	test_long_line();
	test_many();
	unlink(path);
	is_i64(users_read(path, &u), -ENOENT, "a missing file is told");
	ok(!u, "and leaves the result alone");
	users_free(NULL);
	return done_testing();
}
