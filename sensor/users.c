/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* users.c - passwd(5) read once, while it may be: no name service, no later look-up */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base.h"
#include "sensor/proctab.h"

#define USERS_MAX   65536
#define PASSWD_LINE 4096

struct user {
	uint32_t uid, order; /* order: of equal ids the first line names it, as getpwuid(3) has it */
	char *name;
};

struct users {
	size_t n, cap;
	struct user *user;
};

static int by_uid(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int users_add(struct users *u, struct slice name, uint32_t uid)
{
	char *copy;

	if (u->n == u->cap) {
		size_t cap = u->cap ? 2 * u->cap : 64;
		struct user *more = reallocarray(u->user, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		u->user = more;
		u->cap = cap;
	}
	copy = strndup(name.p, name.n);
	if (!copy)
		return -ENOMEM;
	u->user[u->n] = (struct user){ .uid = uid, .order = (uint32_t)u->n, .name = copy };
	u->n++;
	return 0;
}

/* name:password:uid:...; a line that is not of this form names nobody. */
static int users_line(struct users *u, const char *line)
{
	const char *name_end = strchr(line, ':'), *uid, *uid_end;
	uint64_t v;

	if (!name_end || name_end == line || *line == '#' || *line == '+' || *line == '-')
		return 0;
	uid = strchr(name_end + 1, ':');
	uid_end = uid ? strchr(uid + 1, ':') : NULL;
	if (!uid_end || slice_u64((struct slice){ uid + 1, (size_t)(uid_end - uid - 1) }, &v) < 0 || v >= UINT32_MAX)
		return 0;
	return users_add(u, (struct slice){ line, (size_t)(name_end - line) }, (uint32_t)v);
}

int users_read(const char *path, struct users **ret_users)
{
	_cleanup_(fclosep) FILE *f = fopen(path, "re");
	struct users *u;
	char line[PASSWD_LINE];
	bool whole = true;
	int r = 0;

	if (!f)
		return -errno;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	while (r == 0 && u->n < USERS_MAX && fgets(line, sizeof(line), f)) {
		bool start = whole;

		whole = strchr(line, '\n') != NULL;
		if (start) /* the rest of an overlong line is no line of its own */
			r = users_line(u, line);
	}
	if (r < 0) {
		users_free(u);
		return r;
	}
	if (u->n)
		qsort(u->user, u->n, sizeof(*u->user), by_uid);
	*ret_users = u;
	return 0;
}

void users_free(struct users *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n; i++)
		free(u->user[i].name);
	free(u->user);
	free(u);
}

const char *users_name(const struct users *u, uint32_t uid)
{
	size_t lo = 0, hi = u->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->user[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < u->n && u->user[lo].uid == uid ? u->user[lo].name : NULL;
}
