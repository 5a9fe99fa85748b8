/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/clean.h"

#include "core/utf8.h"

#define TOKEN_MAX 10 /* \UHHHHHHHH */

static size_t put_escape(char *out, char letter, uint32_t c, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = letter;
	for (unsigned i = 0; i < digits; i++)
		out[2 + i] = hex[c >> (4 * (digits - 1 - i)) & 15];
	return 2 + digits;
}

/* One character of @s to @out. Returns its length there; *ret_taken bytes of @s are used up. */
static size_t clean_one(const char *p, size_t n, unsigned flags, char out[TOKEN_MAX], size_t *ret_taken)
{
	uint32_t c;
	unsigned taken = utf8_next(p, n, &c);

	*ret_taken = taken ? taken : 1;
	if (taken == 0)
		return put_escape(out, 'x', (uint8_t)*p, 2);
	if ((c == '\n' || c == '\r') && flags & CLEAN_KEEP_NEWLINES) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x20 || c == 0x7f)
		return put_escape(out, 'x', c, 2);
	if (utf8_steering(c))
		return c > 0xffff ? put_escape(out, 'U', c, 8) : put_escape(out, 'u', c, 4);
	memcpy(out, p, taken);
	return taken;
}

bool clean_put(struct buf *b, struct slice s, size_t cap, unsigned flags)
{
	size_t used = 0, fits = buf_mark(b); /* where the "..." would go */
	char out[TOKEN_MAX];

	for (size_t pos = 0, taken; pos < s.n; pos += taken) {
		size_t n = clean_one(s.p + pos, s.n - pos, flags, out, &taken);

		if (used + n > cap) {
			if (!b->overflow) { /* else something is missing already: no reset may hide that */
				buf_reset(b, fits);
				buf_puts(b, "...");
			}
			return true;
		}
		buf_put(b, out, n);
		used += n;
		if (used + 3 <= cap)
			fits = buf_mark(b);
	}
	return false;
}
