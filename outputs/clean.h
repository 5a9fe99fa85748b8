/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* clean.h - makes foreign bytes harmless before a text format escapes them
 *
 * Walks strict UTF-8. A rejected byte, U+0000-001F and U+007F become \xHH; what steers a terminal or reader (utf8_steering)
 * becomes \uHHHH or \UHHHHHHHH; the rest is copied. Not reversible, on purpose (the JSON output is); idempotent.
 * Any thread.
 */
#pragma once
#include "core/buf.h"

enum {
	CLEAN_KEEP_NEWLINES = 1, /* CR and LF are copied: CEF has escapes of its own for them */
};

/* Appends the cleaned @s, at most @cap bytes of it. What does not fit is cut between characters (never inside a \xHH) and
 * ends in "...". Returns whether it was cut. @cap >= 3. */
bool clean_put(struct buf *b, struct slice s, size_t cap, unsigned flags);
