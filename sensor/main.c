/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/base.h"
#include "sensor/cmd.h"

#define EXIT_USAGE 64 /* sysexits(3) */

static const struct mode {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *doc;
} modes[] = {
	{ "run", cmd_run, "watch this host, apply rules, write alerts" },
	{ "record", cmd_record, "write what happens as JSON lines, for fixtures" },
	{ "test", cmd_test, "apply rules to recorded events and print what hits" },
	{ "check", cmd_check, "read rules and tell what is wrong with them" },
};

static void usage(FILE *to)
{
	fputs("Usage: tripline MODE [OPTION]... [ARGUMENT]...\n"
	      "       tripline help MODE | --help | --version\n\n"
	      "Modes:\n",
	      to);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		fprintf(to, "  %-8s %s\n", modes[i].name, modes[i].doc);
	fputs("\nSee tripline(1).\n", to);
}

static const struct mode *mode_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

/* Letters of @a that are in @b at the same place or one off: enough to tell a slip of the finger. */
static unsigned likeness(const char *a, const char *b)
{
	size_t n = strlen(b);
	unsigned same = 0;

	for (size_t i = 0; a[i]; i++)
		same += (i < n && a[i] == b[i]) || (i + 1 < n && a[i] == b[i + 1]) ||
			(i > 0 && i <= n && a[i] == b[i - 1]);
	return same;
}

static const char *mode_near(const char *name)
{
	const char *best = NULL;
	unsigned most = 0;
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		unsigned same = likeness(modes[i].name, name);

		if (same > most && same + 2 >= n && same + 2 >= strlen(modes[i].name)) {
			most = same;
			best = modes[i].name;
		}
	}
	return best;
}

static int unknown_mode(const char *name)
{
	const char *near = mode_near(name);

	fprintf(stderr, "tripline: unknown mode \"%.64s\"", name);
	if (near)
		fprintf(stderr, " (did you mean %s?)", near);
	fputs("; tripline --help lists them\n", stderr);
	return EXIT_USAGE;
}

static int mode_help(const struct mode *m)
{
	char name[16], help[] = "--help", *args[] = { name, help, NULL };

	(void)snprintf(name, sizeof(name), "%s", m->name);
	return m->run(2, args);
}

int main(int argc, char **argv)
{
	const struct mode *m;
	bool help;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("tripline " PACKAGE_VERSION);
		return 0;
	}
	help = strcmp(argv[1], "help") == 0;
	if (help && argc < 3) {
		usage(stdout);
		return 0;
	}
	m = mode_find(argv[help ? 2 : 1]);
	if (!m)
		return unknown_mode(argv[help ? 2 : 1]);
	return help ? mode_help(m) : m->run(argc - 1, argv + 1);
}
