/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* args.h - the command line of the live modes: every option of config.def as --name, and the mode's own
 *
 * --config FILE is read first, then the other options over it, wherever they stand.
 */
#pragma once
#include "sensor/conf.h"

struct args_own {
	const char *name;   /* without the dashes */
	char letter;	    /* 0: none */
	const char **value; /* where to put it */
	const char *doc;
};

struct args {
	const char *config_path; /* read; NULL: there was none */
	int first;		 /* first argument that is no option */
};

#define ARGS_GO_ON (-1)

/* Fills @c (config_init() is done here). @own ends with a row without a name. Returns ARGS_GO_ON, or the exit status after what
 * was wrong (or the help) has been printed. */
int args_read(struct config *c, const char *usage, const struct args_own *own, int argc, char **argv,
	      struct args *ret_args);
