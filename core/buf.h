/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* buf.h - bounded append buffer
 *
 * The memory is the caller's and never grows: an append that does not fit sets .overflow, leaves
 * what was there, and every later append is refused too, so that no half token can follow a cut.
 * A writer that must cut at a boundary takes buf_mark() first and buf_reset()s to it.
 * Any thread, one at a time.
 */
#pragma once
#include "core/base.h"

struct buf {
	char *p;
	size_t n, cap;
	bool overflow;
};

#define BUF_OF(array) ((struct buf){ .p = (array), .cap = sizeof(array) })

static inline size_t buf_mark(const struct buf *b)
{
	return b->n;
}

static inline void buf_reset(struct buf *b, size_t mark)
{
	b->n = mark;
	b->overflow = false;
}

static inline size_t buf_room(const struct buf *b)
{
	return b->cap - b->n;
}

void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_put_slice(struct buf *b, struct slice s);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_i64(struct buf *b, int64_t v);
void buf_put_hex(struct buf *b, uint64_t v, unsigned digits); /* lower case, zero padded */
/* A text of 1024 bytes and more needs a byte of room behind it. */
PRINTF(2, 3)
void buf_printf(struct buf *b, const char *fmt, ...);
/* RFC 4648 section 4, with padding. */
void buf_put_base64(struct buf *b, struct slice s);
/* A JSON string with its quotes (RFC 8259 section 7): C0 escaped (\b \f \n \r \t or \u00xx), DEL and the
 * characters a terminal or reader would act on (C1, bidi, zero width, tags) as \uXXXX, each rejected byte
 * of invalid UTF-8 as U+FFFD (the character itself escaped as \ufffd). outputs.md 2 and 4 hold the bytes. */
void buf_put_json(struct buf *b, struct slice s);
/* RFC 3339 in UTC with @digits of fraction (0, 3, 6 or 9) and Z; @ns since 1970. */
void buf_put_time(struct buf *b, uint64_t ns, unsigned digits);
/* Canonical text: IPv4 dotted if v4-mapped, else RFC 5952. @addr: 16 bytes, network order. */
void buf_put_ip(struct buf *b, const uint8_t *addr);
