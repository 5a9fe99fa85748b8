/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* jsonl.h - JSON lines in and out: fixtures, recordings, score
 *
 * In: one line, one object (RFC 8259). Keys are Sigma names (event fields) or the short keys of core/events.def;
 * unknown keys are ignored, and so are nested objects (to depth TL_JSON_DEPTH): no field has a dotted name. The line buffer is
 * rewritten in place (escapes resolved): values are borrowed from it. No allocation, no recursion. Strict UTF-8.
 *
 *   @timestamp  integer ns since 1970, or RFC 3339 (UTC without offset); missing: *inherit_time_ns
 *   category product service  text; product defaults to linux
 *   null = absent; numbers and booleans also as text ("22", "True"); str fields also take numbers (their source text)
 *   and booleans; list: array of strings or numbers, or one string as a list of one; ip text; dev "8:1"
 *   a scalar field given as an array is an error; so are a duplicate key, a value of the wrong type, a number out of
 *   range, NUL inside a list item, a line over TL_JSON_LINE_MAX.
 *
 * A value of a field that a rule could not see (unknown key) is still checked for syntax.
 */
#pragma once
#include "core/event.h"
#include "core/buf.h"

#define TL_JSON_DEPTH	 8
#define TL_JSON_LINE_MAX (1024 * 1024)

struct json_error {
	unsigned col; /* 1-based byte of the line */
	char text[120];
};

/* Parses @line[0..n) (no LF needed) into @ev (reset first), then derives. Returns 0 or -EBADMSG with *err filled. */
int jsonl_parse(struct event *ev, char *line, size_t n, uint64_t inherit_time_ns, struct json_error *err);

/* Writes @ev as one recording line with LF: @timestamp (integer ns), category, every present field by Sigma name in table
 * order. Reading it back gives the same event, but for bytes that are not UTF-8 (U+FFFD, as rules see them).
 * Returns 0 or -E2BIG (nothing written). */
int jsonl_write(struct buf *b, const struct event *ev);

/* Lines out of a stream, for files and pipes: reads with read(2) into one buffer of TL_JSON_LINE_MAX.
 * Returns 1 and the line (without LF, writable, valid until the next call), 0 at the end, -EMSGSIZE for an
 * oversized line (skipped to its LF; call again), or -errno of read(2) (-EINTR, -EAGAIN: nothing is lost, call again). */
struct line_reader {
	int fd;
	char *mem;
	size_t start, end;
	bool eof, skipping;
	uint64_t line_no; /* 1-based, of the line returned last */
};

int line_reader_init(struct line_reader *r, int fd);
void line_reader_done(struct line_reader *r);
int line_reader_next(struct line_reader *r, char **ret_line, size_t *ret_n);
