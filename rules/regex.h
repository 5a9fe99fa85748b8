/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* regex.h - the regular expressions of `|re`: what is accepted, and how libhs is told
 *
 * Accepted: . ^ $ * + ? {n,m} [ ] | ( ) (?:...) lazy quantifiers, (?ims) at the start, \d \D \w \W \s \S \b \B (ASCII),
 * \n \r \t \f \v \xHH and escaped punctuation. Everything else of PCRE is refused with a reason: no rule may mean
 * something else here than where it was written, and a linear-time engine runs them all.
 *
 * Translation: case folding is written out as [kK], because libhs' own folding under UTF-8 is that of all Unicode; classes
 * are written as ranges; quantifiers become greedy, since only whether there is a match counts. Thread-safe.
 */
#pragma once
#include "core/arena.h"

enum {
	REGEX_IGNORECASE = 1,
	REGEX_MULTILINE = 2,
	REGEX_DOTALL = 4,
};

#define REGEX_REPEAT_MAX 1000 /* largest count in a quantifier */
#define REGEX_SIZE_MAX                                                                                                 \
	2000 /* positions after writing repetitions out: bounds the time libhs takes to compile or refuse */
#define REGEX_DEPTH_MAX	  64	/* groups inside each other */
#define TL_REGEX_TEXT_MAX 16384 /* bytes of an expression */

struct regex {
	const char *text; /* for libhs; NUL-terminated, UTF-8 */
	unsigned flags;	  /* REGEX_MULTILINE and REGEX_DOTALL are for libhs; REGEX_IGNORECASE is already in the text */
	bool anchored;	  /* can only match at the start of the text: cheap whatever follows */
	unsigned literal; /* longest run of characters that every match contains */
};

/* Returns 0, -ENOMEM, or -EINVAL with the reason in @why. */
int regex_translate(struct arena *a, struct slice text, unsigned flags, struct regex *ret_regex, char *why,
		    size_t why_size);
