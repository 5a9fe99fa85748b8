/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* base.h - the few words every module speaks: slice, cleanup, diag
 *
 * Pure declarations and inline helpers; nothing here allocates but diag_add().
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define MAX(a, b)     ((a) > (b) ? (a) : (b))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define _cleanup_(f)  __attribute__((cleanup(f)))
#define TAKE_PTR(p)                                                                                                    \
	({                                                                                                             \
		__typeof__(p) taken_ = (p);                                                                            \
		(p) = NULL;                                                                                            \
		taken_;                                                                                                \
	})

#define NSEC_PER_SEC  1000000000ULL
#define NSEC_PER_MSEC 1000000ULL

static inline void freep(void *pp)
{
	free(*(void **)pp);
}

void closep(int *fd); /* closes a descriptor >= 0; keeps errno */
void fclosep(FILE **f);

/* Bytes with a length. Never assumed to end in NUL, never owned. .p may be NULL when .n is 0. */
struct slice {
	const char *p;
	size_t n;
};

#define SLICE(lit) ((struct slice){ (lit), sizeof(lit) - 1 })

static inline struct slice slice_of(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_eqs(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

/* Parses all of @s as an unsigned decimal; 0, -EINVAL (not digits only) or -ERANGE. */
int slice_u64(struct slice s, uint64_t *ret_value);

/* Messages about input, each with its place. Line and column are 1-based; 0 = not known.
 * Owned by the caller (diag_done frees); filled by parsers; printed by the mode that called. */
enum diag_level { DIAG_WARNING, DIAG_ERROR };

struct diag_msg {
	enum diag_level level;
	char *file; /* as it should be shown: relative to the rule directory for rules */
	unsigned line, col;
	char *text;
};

struct diag {
	struct diag_msg *msg;
	size_t n, cap;
	unsigned errors, warnings;
	unsigned dropped; /* messages not kept: over TL_DIAG_MAX or out of memory */
};

#define TL_DIAG_MAX 10000

void diag_done(struct diag *d);
PRINTF(6, 7)
void diag_add(struct diag *d, enum diag_level level, const char *file, unsigned line, unsigned col, const char *fmt,
	      ...);
/* Sorted by file, line, column; "file:line:col: error: text\n" each. */
void diag_print(const struct diag *d, FILE *to);
