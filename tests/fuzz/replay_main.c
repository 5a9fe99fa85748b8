/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* replay_main.c - runs a fuzz target over its corpus without libFuzzer
 *
 * The target's name is that of the program: tests/fuzz/x_fuzz reads
 * $TL_SRCDIR/tests/fuzz/corpus/x/. Each seed is given whole, cut at each byte, and with each byte
 * spoiled in two ways. A target that finds a fault aborts, and the plan is missing.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>

#include "tests/tap.h"

#define SEED_MAX  (1024 * 1024)
#define SPOIL_MAX 4096 /* longer seeds are only run whole: the work is the square of the length */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block of exactly that size, so that a sanitizer sees the first byte read behind it. */
static void run(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n > 0)
		memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void run_all(uint8_t *data, size_t n)
{
	run(data, n);
	if (n > SPOIL_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		uint8_t was = data[i];

		run(data, i);
		data[i] = was ^ 0x01;
		run(data, n);
		data[i] = was ^ 0x80;
		run(data, n);
		data[i] = was;
	}
}

static void replay(const char *dir, const char *name, uint8_t *mem)
{
	_cleanup_(freep) char *path = NULL;
	_cleanup_(fclosep) FILE *f = NULL;
	size_t n;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	f = fopen(path, "rb");
	n = f ? fread(mem, 1, SEED_MAX, f) : 0;
	if (!f || ferror(f) || !feof(f)) {
		ok(false, "%s is read whole", name);
		return;
	}
	run_all(mem, n);
	ok(true, "%s: %zu bytes", name, n);
}

static int seeds(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("TL_SRCDIR"), *slash, *name;
	_cleanup_(freep) uint8_t *mem = malloc(SEED_MAX);
	_cleanup_(freep) struct dirent **list = NULL;
	_cleanup_(freep) char *dir = NULL;
	size_t len;
	int n;

	if (argc < 1 || !mem)
		return 1;
	slash = strrchr(argv[0], '/');
	name = slash ? slash + 1 : argv[0];
	len = strlen(name);
	if (len > 5 && strcmp(name + len - 5, "_fuzz") == 0)
		len -= 5;
	if (asprintf(&dir, "%s/tests/fuzz/corpus/%.*s", srcdir ? srcdir : ".", (int)len, name) < 0)
		return 1;
	n = scandir(dir, &list, seeds, alphasort);
	ok(n > 0, "%s has seeds", dir);
	for (int i = 0; i < n; i++) {
		replay(dir, list[i]->d_name, mem);
		free(list[i]);
	}
	return done_testing();
}
