/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Lines out of a stream; declared in core/jsonl.h. */
#include "config.h"

#include "core/jsonl.h"

#include <errno.h>
#include <unistd.h>

#define LINE_MEM (TL_JSON_LINE_MAX + 1) /* the longest line and its LF */

int line_reader_init(struct line_reader *r, int fd)
{
	*r = (struct line_reader){ .fd = fd, .mem = malloc(LINE_MEM) };
	return r->mem ? 0 : -ENOMEM;
}

void line_reader_done(struct line_reader *r)
{
	free(r->mem);
	*r = (struct line_reader){ .fd = -1 };
}

/* Reads once behind what is there. 0 also at the end, which .eof tells. */
static int line_fill(struct line_reader *r)
{
	ssize_t got;

	if (r->start > 0 && r->end == LINE_MEM) {
		memmove(r->mem, r->mem + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	got = read(r->fd, r->mem + r->end, LINE_MEM - r->end);
	if (got < 0)
		return -errno;
	r->eof = got == 0;
	r->end += (size_t)got;
	return 0;
}

int line_reader_next(struct line_reader *r, char **ret_line, size_t *ret_n)
{
	size_t seen = 0; /* bytes from .start on that hold no LF */

	for (;;) {
		char *line = r->mem + r->start;
		size_t have = r->end - r->start;
		char *lf = have > seen ? memchr(line + seen, '\n', have - seen) : NULL;
		bool whole = lf || (r->eof && (have > 0 || r->skipping));
		int e;

		if (whole) {
			bool skipped = r->skipping;
			size_t n = lf ? (size_t)(lf - line) : have;

			r->start += n + (lf != NULL);
			if (r->start == r->end)
				r->start = r->end = 0;
			r->skipping = false;
			r->line_no++;
			if (skipped || n > TL_JSON_LINE_MAX)
				return -EMSGSIZE;
			*ret_line = line;
			*ret_n = n;
			return 1;
		}
		if (r->eof)
			return 0;
		seen = have;
		if (have == LINE_MEM) { /* no line is that long: keep nothing of it */
			r->skipping = true;
			r->start = r->end = 0;
			seen = 0;
		}
		e = line_fill(r);
		if (e < 0)
			return e;
	}
}
