/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* conf.h - the options of tripline.yaml and of the command line: one table, sensor/config.def
 * (not called config.h: that is the one of configure)
 *
 * The only file that is parsed with privilege: it must belong to root and be writable by nobody else. A config owns its texts.
 */
#pragma once
#include <sys/types.h>

#include "core/alert.h"
#include "core/arena.h"
#include "core/base.h"

#define TL_CONFIG_FILE	     TL_SYSCONFDIR "/tripline.yaml"
#define TL_CONFIG_BYTES_MAX  (256 * 1024)
#define TL_CONFIG_LIST_MAX   16
#define TL_EXIT_USAGE	     64 /* sysexits(3) */
#define TL_EXIT_NO_PRIVILEGE 77
#define TL_EXIT_CONFIG	     78

enum config_choice { CHOICE_FALSE, CHOICE_TRUE, CHOICE_AUTO };

struct config_list {
	unsigned n;
	const char *item[TL_CONFIG_LIST_MAX + 1]; /* NULL-terminated */
};

typedef uint64_t config_size_t, config_pow2_size_t, config_number_t, config_time_t; /* time in ns */
typedef bool config_bool_t;
typedef enum config_choice config_choice_t;
typedef enum level config_level_t;
typedef const char *config_text_t;
typedef struct config_list config_list_t;

struct config {
	struct arena arena;
#define OPTION(name, type, def, min, max, reload, doc) config_##type##_t name;
#include "sensor/config.def"
	uint64_t given;	  /* bit per option: set by the command line (while a file is read: by that file) */
	uint64_t in_file; /* set by the file */
};

/* Every option at its default. 0 or -ENOMEM. */
int config_init(struct config *c);
void config_done(struct config *c);
/* Reads @path over what is in @c. A missing file is -ENOENT; the caller decides whether that matters. The file must belong to
 * @owner (or root) and be a regular file that neither group nor others may write, unless @owner is (uid_t)-1. Everything wrong is in @diag with its
 * place; -EINVAL then, and good options are taken all the same. */
int config_load(struct config *c, const char *path, uid_t owner, struct diag *diag);
/* One option from text, as the command line gives it; a list grows by one item (its first one replaces what was there).
 * -ENOENT: no such option; -EINVAL: why is in @why. */
int config_set(struct config *c, const char *name, struct slice text, char *why, size_t why_size);
/* The nearest option name, NULL if nothing is near. '-' and '_' are the same. */
const char *config_suggest(struct slice name);
bool config_is_bool(const char *name);
/* Whether neither the file nor the command line said anything of it. */
bool config_is_default(const struct config *c, const char *name);
/* Takes over the options that may change while running and that the command line did not give. */
void config_reload(struct config *c, const struct config *from);
/* "  --name TYPE  doc (default)" for each option. */
void config_help(FILE *to);
/* The shipped file: each option with its text, commented out. */
void config_template(FILE *to);
