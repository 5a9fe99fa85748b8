/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/args.h"

#include <errno.h>
#include <unistd.h>

struct option {
	struct slice name;
	const struct args_own *own; /* NULL: of config.def, config or help */
	const char *value;	    /* NULL: none was given */
};

static const struct args_own *own_find(const struct args_own *own, struct slice name, char letter)
{
	for (; own->name; own++)
		if (letter ? own->letter == letter : slice_eqs(name, own->name))
			return own;
	return NULL;
}

static bool takes_value(const struct option *o)
{
	char name[64];

	if (o->own)
		return true;
	if (slice_eqs(o->name, "help"))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", (int)MIN(o->name.n, sizeof(name) - 1), o->name.p);
	return !config_is_bool(name);
}

/* One option at argv[i]: --name=value, --name value, --flag, -x value. Returns how many arguments it took, 0 = it is none, -1 = told. */
static int option_next(const struct args_own *own, int argc, char **argv, int i, struct option *o)
{
	const char *p = argv[i], *equals;

	*o = (struct option){ 0 };
	if (p[0] != '-' || p[1] == '\0' || strcmp(p, "--") == 0)
		return 0;
	if (p[1] != '-') {
		o->own = p[2] ? NULL : own_find(own, (struct slice){ 0 }, p[1]);
		o->name = slice_of(strcmp(p, "-h") == 0 ? "help" : p);
	} else {
		equals = strchr(p, '=');
		o->name = (struct slice){ p + 2, equals ? (size_t)(equals - p - 2) : strlen(p + 2) };
		o->own = own_find(own, o->name, 0);
		o->value = equals ? equals + 1 : NULL;
	}
	if (o->value || !takes_value(o))
		return 1;
	if (i + 1 == argc) {
		fprintf(stderr, "tripline: %s needs a value\n", p);
		return -1;
	}
	o->value = argv[i + 1];
	return 2;
}

static int unknown(const struct option *o)
{
	const char *near = config_suggest(o->name);

	fprintf(stderr, "tripline: unknown option %s%.64s", o->name.p[0] == '-' ? "" : "--", o->name.p);
	if (near) {
		fputs(" (did you mean --", stderr);
		for (; *near; near++)
			fputc(*near == '_' ? '-' : *near, stderr);
		fputs("?)", stderr);
	}
	fputc('\n', stderr);
	return TL_EXIT_USAGE;
}

static int option_apply(struct config *c, const struct option *o)
{
	char name[64], why[256] = "";
	int r;

	if (o->own) {
		*o->own->value = o->value;
		return ARGS_GO_ON;
	}
	if (slice_eqs(o->name, "config"))
		return ARGS_GO_ON;
	if (o->name.n >= sizeof(name))
		return unknown(o);
	(void)snprintf(name, sizeof(name), "%.*s", (int)o->name.n, o->name.p);
	r = config_set(c, name, slice_of(o->value ? o->value : "true"), why, sizeof(why));
	if (r == -ENOENT)
		return unknown(o);
	if (r < 0) {
		fprintf(stderr, "tripline: --%s: %s\n", name, why);
		return TL_EXIT_USAGE;
	}
	return ARGS_GO_ON;
}

static int file_apply(struct config *c, const char *named, const char **ret_path)
{
	const char *path = named ? named : TL_CONFIG_FILE;
	struct diag d = { 0 };
	int r;

	if (!named && access(path, F_OK) < 0 && errno == ENOENT)
		return ARGS_GO_ON; /* defaults will do */
	r = config_load(c, path, geteuid(), &d);
	diag_print(&d, stderr);
	diag_done(&d);
	if (r < 0) {
		fprintf(stderr, "tripline: the configuration cannot be used: %s\n", path);
		return TL_EXIT_CONFIG;
	}
	c->in_file = c->given;
	c->given = 0; /* a list on the command line replaces the file's */
	*ret_path = path;
	return ARGS_GO_ON;
}

static void help(const char *usage, const struct args_own *own)
{
	fputs(usage, stdout);
	puts("\nOptions:");
	for (; own->name; own++) {
		char left[48];

		if (own->letter)
			(void)snprintf(left, sizeof(left), "-%c, --%s ARG", own->letter, own->name);
		else
			(void)snprintf(left, sizeof(left), "--%s ARG", own->name);
		printf("  %-26s %s\n", left, own->doc);
	}
	printf("  %-26s %s\n", "--config FILE", "Configuration. Default: " TL_CONFIG_FILE ", if it is there.");
	config_help(stdout);
}

/* Called twice: for the configuration's name, then, with it read, for the rest. */
static int walk(struct config *c, const struct args_own *own, int argc, char **argv, const char **ret_config,
		int *ret_first)
{
	struct option o;
	int i = 1, n, r;

	for (; i < argc && (n = option_next(own, argc, argv, i, &o)) != 0; i += n) {
		if (n < 0)
			return TL_EXIT_USAGE;
		if (slice_eqs(o.name, "help"))
			return 0;
		if (slice_eqs(o.name, "config"))
			*ret_config = o.value;
		r = c ? option_apply(c, &o) : ARGS_GO_ON;
		if (r != ARGS_GO_ON)
			return r;
	}
	*ret_first = i < argc && strcmp(argv[i], "--") == 0 ? i + 1 : i;
	return ARGS_GO_ON;
}

int args_read(struct config *c, const char *usage, const struct args_own *own, int argc, char **argv,
	      struct args *ret_args)
{
	const char *named = NULL;
	struct args a = { 0 };
	int r = walk(NULL, own, argc, argv, &named, &a.first);

	if (r == 0)
		help(usage, own);
	if (r != ARGS_GO_ON)
		return r;
	if (config_init(c) < 0) {
		fputs("tripline: out of memory\n", stderr);
		return 1;
	}
	r = file_apply(c, named, &a.config_path);
	if (r == ARGS_GO_ON)
		r = walk(c, own, argc, argv, &named, &a.first);
	if (r != ARGS_GO_ON) {
		config_done(c);
		return r;
	}
	*ret_args = a;
	return ARGS_GO_ON;
}
