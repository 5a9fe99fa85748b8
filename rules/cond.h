/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* cond.h - the condition of a detection: text to postfix over search identifiers
 *
 *   cond := and { "or" and }    and := not { "and" not }    not := "not" not | prim
 *   prim := "(" cond ")" | ("1" | "any" | "all") "of" pattern | identifier
 *
 * Sigma Rules Specification 2.1.0, Detection; operators in lower case. No recursion; depth is bounded.
 */
#pragma once
#include "core/arena.h"

#define TL_COND_DEPTH_MAX 64
#define TL_COND_OPS_MAX	  20000 /* after `x of` is written out */

enum cond_kind { COND_NAME, COND_AND, COND_OR, COND_NOT };

struct cond_op {
	enum cond_kind kind;
	unsigned name; /* index into the names given to cond_parse() */
};

struct cond {
	struct cond_op *op;
	size_t n, cap;
};

/* Marks each name that is used in @used (may be NULL). Returns 0, -ENOMEM, or -EINVAL with the reason in @why. */
int cond_parse(struct arena *a, struct slice text, const struct slice *names, unsigned n_names, bool *used,
	       struct cond *ret_cond, char *why, size_t why_size);
