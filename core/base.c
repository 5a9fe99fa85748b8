/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/base.h"

#include <errno.h>
#include <unistd.h>

#include "core/utf8.h"

void closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
	*f = NULL;
}

int slice_u64(struct slice s, uint64_t *ret_value)
{
	uint64_t v = 0;
	bool over = false;

	if (s.n == 0)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned char)s.p[i] - (unsigned)'0';

		if (d > 9)
			return -EINVAL;
		if (i < 19) /* 10^19 - 1 fits */
			v = v * 10 + d;
		else /* "not digits only" outranks "too large": go on to the end */
			over = over || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, d, &v);
	}
	if (over)
		return -ERANGE;
	*ret_value = v;
	return 0;
}

void diag_done(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->msg[i].file);
		free(d->msg[i].text);
	}
	free(d->msg);
	*d = (struct diag){ 0 };
}

static struct diag_msg *diag_room(struct diag *d)
{
	if (d->n >= TL_DIAG_MAX)
		return NULL;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 16;
		struct diag_msg *msg = reallocarray(d->msg, cap, sizeof(*msg));

		if (!msg)
			return NULL;
		d->msg = msg;
		d->cap = cap;
	}
	return &d->msg[d->n];
}

void diag_add(struct diag *d, enum diag_level level, const char *file, unsigned line, unsigned col, const char *fmt,
	      ...)
{
	_cleanup_(freep) char *text = NULL;
	_cleanup_(freep) char *name = NULL;
	struct diag_msg *m;
	va_list ap;
	int r;

	/* The count is right even when the message cannot be kept. */
	if (level == DIAG_ERROR)
		d->errors++;
	else
		d->warnings++;

	m = diag_room(d);
	if (!m) {
		d->dropped++;
		return;
	}
	va_start(ap, fmt);
	r = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (r < 0) {
		text = NULL; /* undefined after a failure, asprintf(3) */
		d->dropped++;
		return;
	}
	if (file) {
		name = strdup(file);
		if (!name) {
			d->dropped++;
			return;
		}
	}
	*m = (struct diag_msg){
		.level = level, .file = TAKE_PTR(name), .line = line, .col = col, .text = TAKE_PTR(text)
	};
	d->n++;
}

static int diag_cmp(const void *pa, const void *pb)
{
	const struct diag_msg *a = *(const struct diag_msg *const *)pa;
	const struct diag_msg *b = *(const struct diag_msg *const *)pb;
	int r = strcmp(a->file ? a->file : "", b->file ? b->file : "");

	if (r)
		return r;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->col != b->col)
		return a->col < b->col ? -1 : 1;
	return a < b ? -1 : a > b; /* in the order they came */
}

/* File names and rule text are foreign: nothing in them may steer the terminal. */
static void put_clean(FILE *to, const char *s)
{
	size_t n = strlen(s);

	while (n > 0) {
		uint32_t c;
		unsigned len = utf8_next(s, n, &c);
		bool bad = len == 0 || c < 0x20 || c == 0x7f || utf8_steering(c);

		len = len ? len : 1;
		for (unsigned i = 0; i < len; i++) {
			if (bad)
				fprintf(to, "\\x%02x", (unsigned char)s[i]);
			else
				putc(s[i], to);
		}
		s += len;
		n -= len;
	}
}

static void diag_print_one(const struct diag_msg *m, FILE *to)
{
	if (m->file) {
		put_clean(to, m->file);
		if (m->line)
			fprintf(to, ":%u", m->line);
		if (m->line && m->col)
			fprintf(to, ":%u", m->col);
		fputs(": ", to);
	}
	fputs(m->level == DIAG_ERROR ? "error: " : "warning: ", to);
	put_clean(to, m->text);
	putc('\n', to);
}

void diag_print(const struct diag *d, FILE *to)
{
	_cleanup_(freep) const struct diag_msg **order = NULL;

	if (d->n > 0)
		order = calloc(d->n, sizeof(*order));
	if (order) {
		for (size_t i = 0; i < d->n; i++)
			order[i] = &d->msg[i];
		qsort(order, d->n, sizeof(*order), diag_cmp);
	}
	for (size_t i = 0; i < d->n; i++)
		diag_print_one(order ? order[i] : &d->msg[i], to); /* out of memory: unsorted, not unsaid */
	if (d->dropped)
		fprintf(to, "%u more messages were not kept\n", d->dropped);
}
