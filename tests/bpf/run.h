/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* run.h - one run of the workload program: what the kernel side told of it, and questions about that */
#pragma once
#include <stdarg.h>

#include "tests/bpf/live.h"

#define RECORDS 4096

/* Everything told of one run: of the process and its descendants. Records stay in the ring until the next run. */
struct run {
	struct live *live;
	pid_t pid;
	int status;
	char cwd[128];
	size_t n;
	const void *record[RECORDS];
	size_t size[RECORDS];
	uint32_t family[512];
	size_t n_family;
};

static inline bool run_knows(const struct run *r, uint32_t pid)
{
	for (size_t i = 0; i < r->n_family; i++)
		if (r->family[i] == pid)
			return true;
	return false;
}

/* Takes what is in the ring. Children are known by their fork records, which come first. */
static inline void run_collect(struct run *r)
{
	const void *rec;
	size_t size;
	int k;

	while ((k = ring_next(&r->live->ring, &rec, &size)) > 0) {
		const struct wire_head *h = rec;
		const struct wire_fork *f = rec;

		if (h->kind == WIRE_fork &&
		    (run_knows(r, h->proc.ppid) || run_knows(r, f->creator_tgid)) &&
		    r->n_family < ARRAY_SIZE(r->family))
			r->family[r->n_family++] = h->proc.tgid;
		if (!run_knows(r, h->proc.tgid) || r->n == RECORDS)
			continue;
		r->record[r->n] = rec;
		r->size[r->n++] = size;
	}
	if (k < 0)
		printf("Bail out! ring_next: %d\n", k);
}

static inline bool run_saw_exit(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct wire_head *h = r->record[i];

		if (h->kind == WIRE_exit && h->proc.tgid == (uint32_t)r->pid)
			return true;
	}
	return false;
}

/* What a guest's kernel cannot do, the host's is asked; what a user's machine cannot do is skipped; CI must do it. */
static inline void run_not_possible(const char *action)
{
	if (getenv("TL_GUEST"))
		printf("# %s: not with this guest's kernel\n", action);
	else if (getenv("TL_REQUIRE_TOOLS"))
		ok(false, "%s is possible on this machine", action);
	else
		printf("ok %u - %s # SKIP not possible on this machine\n", ++tap_count, action);
}

/* Runs an action in a directory of its own. False if it cannot be done here. */
static inline bool run(struct run *r, struct live *l, const char *action, const char *arg)
{
	r->live = l;
	r->n = 0;
	ring_ack(&l->ring);
	(void)snprintf(r->cwd, sizeof(r->cwd), "%s/%s%s", l->dir, action, arg ? arg : "");
	if (mkdir(r->cwd, 0755) < 0)
		printf("# mkdir %s: %s\n", r->cwd, strerror(errno));
	r->pid = fork();
	if (r->pid == 0) {
		if (chdir(r->cwd) == 0)
			execl(l->helper, "workload", action, arg, NULL);
		_exit(126);
	}
	r->family[0] = (uint32_t)r->pid;
	r->n_family = 1;
	if (r->pid < 0 || waitpid(r->pid, &r->status, 0) != r->pid)
		printf("# cannot run %s: %s\n", action, strerror(errno));
	for (int i = 0; i < 1000 && !run_saw_exit(r); i++)
		run_collect(r);
	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 77) {
		run_not_possible(action);
		return false;
	}
	return true;
}

/* The text of a field; "-" if absent; items of a list joined by '|'. */
static inline struct slice field_text(struct event *ev, enum field f, char *buf, size_t size)
{
	size_t pos = 0, n = 0;
	struct slice item, list;

	if (!event_has(ev, f))
		return SLICE("-");
	if (field_desc[f].type != TYPE_list)
		return value_text(field_desc[f].type, &ev->v[f], buf, size);
	list = event_str(ev, f);
	while (list_next(list, &pos, &item)) {
		if (n && n < size)
			buf[n++] = '|';
		if (item.n > size - n)
			item.n = size - n;
		if (item.n)
			memcpy(buf + n, item.p, item.n);
		n += item.n;
	}
	return (struct slice){ buf, n };
}

static inline void run_print(struct run *r, const char *category)
{
	static char buf[64 * 1024];
	const struct wire_head *h;

	for (size_t i = 0; i < r->n; i++) {
		if (decode_record(&r->live->ev, &r->live->clock, r->record[i], r->size[i], &h) <
		    0) {
			printf("# record of kind %u refused\n",
			       ((const struct wire_head *)r->record[i])->kind);
			continue;
		}
		if (strcmp(category_name[r->live->ev.category], category))
			continue;
		printf("# %s", category);
		for (int f = 0; f < F_MAX; f++) {
			struct slice t = field_text(&r->live->ev, (enum field)f, buf, sizeof(buf));

			if (!slice_eqs(t, "-"))
				printf(" %s=%.*s", field_desc[f].sigma, (int)MIN(t.n, 120), t.p);
		}
		putchar('\n');
	}
}

/* Number of events of @category whose fields have these texts: name, text, ..., NULL. */
static inline unsigned run_count_va(struct run *r, const char *category, va_list ap)
{
	static char buf[64 * 1024];
	const struct wire_head *h;
	unsigned n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const char *name;
		bool match;
		va_list ap2;

		match = decode_record(&r->live->ev, &r->live->clock, r->record[i], r->size[i], &h) >
				0 &&
			strcmp(category_name[r->live->ev.category], category) == 0;
		va_copy(ap2, ap);
		while (match && (name = va_arg(ap2, const char *)) != NULL) {
			const char *text = va_arg(ap2, const char *);
			enum field f = field_by_sigma(slice_of(name));

			if (f == F_MAX)
				printf("Bail out! no field %s\n", name);
			match = f != F_MAX &&
				slice_eqs(field_text(&r->live->ev, f, buf, sizeof(buf)), text);
		}
		va_end(ap2);
		n += match;
	}
	return n;
}

static inline void expect(struct run *r, unsigned want, const char *what, const char *category, ...)
{
	unsigned got;
	va_list ap;

	va_start(ap, category);
	got = run_count_va(r, category, ap);
	va_end(ap);
	if (ok(got == want, "%s", what))
		return;
	printf("# got %u, want %u; all of this category:\n", got, want);
	run_print(r, category);
}
