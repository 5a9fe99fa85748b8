/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* cmd_check.c - tripline check: reads rules and tells what is wrong with them, or costly, or without effect */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "rules/ruleset.h"
#include "sensor/cmd.h"

#define EXIT_USAGE 64 /* sysexits(3) */

static const char usage[] = "Usage: tripline check [OPTION]... [DIR|FILE]...\n"
			    "Reads rules (default: " TL_SYSCONFDIR "/rules.d and " TL_PKGDATADIR "/rules) and reports\n"
			    "file:line:col: error|warning: text on standard error, a summary on standard output.\n\n"
			    "  --strict             any error refuses the whole set: the summary counts no rule then\n"
			    "  --placeholders FILE  YAML file of {name: [value, ...]} for the modifier expand\n"
			    "  --help               this text\n\n"
			    "Exit status: 0 no errors (warnings do not count), 1 errors, 64 wrong usage.\n";

static const char *const default_dirs[] = { TL_SYSCONFDIR "/rules.d", TL_PKGDATADIR "/rules", NULL };

static int read_options(int argc, char **argv, struct ruleset_options *o)
{
	static const struct option options[] = {
		{ "strict", no_argument, NULL, 's' },
		{ "placeholders", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 's':
			o->strict = true;
			break;
		case 'p':
			o->placeholders = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs("Try 'tripline check --help'.\n", stderr);
			return EXIT_USAGE;
		}
	return -1;
}

static void summarise(const struct ruleset *rs, const struct diag *d)
{
	unsigned n = rs ? ruleset_n_rules(rs) : 0, correlations = 0;

	for (unsigned i = 0; i < n; i++)
		correlations += ruleset_meta(rs, i)->correlation;
	printf("%u rules (%u detection, %u correlation), %u errors, %u warnings\n", n, n - correlations, correlations,
	       d->errors, d->warnings);
}

/* Of the default directories those that are there. */
static unsigned present_dirs(const char **to)
{
	unsigned n = 0;

	for (size_t i = 0; default_dirs[i]; i++)
		if (access(default_dirs[i], F_OK) == 0)
			to[n++] = default_dirs[i];
	return n;
}

int cmd_check(int argc, char **argv)
{
	const char *dirs[ARRAY_SIZE(default_dirs)] = { NULL };
	struct ruleset_options o = { 0 };
	_cleanup_(ruleset_unrefp) struct ruleset *rs = NULL;
	struct diag d = { 0 };
	int r = read_options(argc, argv, &o);

	if (r >= 0)
		return r;
	o.dirs = optind < argc ? (const char *const *)argv + optind : dirs;
	if (optind == argc && !present_dirs(dirs)) {
		fprintf(stderr, "tripline: there is neither %s nor %s; name a directory or file\n", default_dirs[0],
			default_dirs[1]);
		return 1;
	}
	r = ruleset_load(&o, &rs, &d);
	diag_print(&d, stderr);
	if (r < 0 && r != -EINVAL && r != -ENODATA)
		fprintf(stderr, "tripline: cannot read rules: %s\n",
			r == -ENOENT ? "there is no rule file" : strerror(-r));
	summarise(rs, &d);
	r = r < 0 || d.errors ? 1 : 0;
	diag_done(&d);
	return r;
}
