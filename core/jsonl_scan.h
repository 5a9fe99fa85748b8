/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* jsonl_scan.h - the tokens of one JSON line (RFC 8259); for core/jsonl.c only
 *
 * One pass. The read position is always the place in the line as it came, so columns are right; what
 * is rewritten lies before it: a resolved escape is never longer than its source. Each function
 * starts at .p and leaves it behind what it took; false: *err is filled and the line is refused.
 */
#pragma once
#include "core/jsonl.h"

struct scan {
	struct json_error *err;
	char *line, *p, *end;
};

static inline void scan_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
		s->p++;
}

static inline bool scan_at(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static inline bool scan_at_digit(const struct scan *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/* What a value is, by its first byte; 0 if none begins with it. */
enum token { TOKEN_NONE, TOKEN_STRING, TOKEN_NUMBER, TOKEN_TRUE, TOKEN_FALSE, TOKEN_NULL, TOKEN_ARRAY, TOKEN_OBJECT };

static inline enum token scan_token(const struct scan *s)
{
	if (s->p == s->end)
		return TOKEN_NONE;
	switch (*s->p) {
	case '"':
		return TOKEN_STRING;
	case 't':
		return TOKEN_TRUE;
	case 'f':
		return TOKEN_FALSE;
	case 'n':
		return TOKEN_NULL;
	case '[':
		return TOKEN_ARRAY;
	case '{':
		return TOKEN_OBJECT;
	default:
		return *s->p == '-' || scan_at_digit(s) ? TOKEN_NUMBER : TOKEN_NONE;
	}
}

/* Fills the error with the column of @at; always false. */
PRINTF(3, 4)
bool scan_fail(struct scan *s, const char *at, const char *fmt, ...);
/* At a quote. The slice lies in the line; the closing quote, at or behind .p + .n, is consumed. */
bool scan_string(struct scan *s, struct slice *ret);
/* A value that is neither array nor object; its text (of a string the resolved one). *ret_integer: a
 * number with neither fraction nor exponent. */
bool scan_scalar(struct scan *s, enum token t, struct slice *ret, bool *ret_integer);
/* A key, its colon and the space around. */
bool scan_key(struct scan *s, struct slice *ret);
/* Any value in the line's object, checked but not kept. */
bool scan_skip(struct scan *s);
