/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* tap.h - Test Anything Protocol for the C tests
 *
 * main() calls the checks and ends with `return done_testing();`, which prints the plan. A failed
 * check tells the exit status nothing: the TAP driver reads the lines. A crash before the plan is a
 * failure by itself.
 */
#pragma once
#include "core/base.h"

static unsigned tap_count;

PRINTF(2, 3)
static inline bool ok(bool pass, const char *fmt, ...)
{
	va_list ap;

	printf("%s %u - ", pass ? "ok" : "not ok", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout); /* a crash must not take the lines before it along */
	return pass;
}

/* One comment line: what was @who, with foreign bytes shown as \xHH. */
static inline void tap_show(const char *who, struct slice s)
{
	printf("# %5s: ", who);
	if (!s.p && s.n == 0)
		printf("(none)");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c > 0x7e)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('\n');
}

static inline bool is_u64(uint64_t got, uint64_t want, const char *name)
{
	if (ok(got == want, "%s", name))
		return true;
	printf("#   got: %llu\n#  want: %llu\n", (unsigned long long)got, (unsigned long long)want);
	return false;
}

static inline bool is_i64(int64_t got, int64_t want, const char *name)
{
	if (ok(got == want, "%s", name))
		return true;
	printf("#   got: %lld\n#  want: %lld\n", (long long)got, (long long)want);
	return false;
}

static inline bool is_slice(struct slice got, struct slice want, const char *name)
{
	if (ok(slice_eq(got, want), "%s", name))
		return true;
	tap_show("got", got);
	tap_show("want", want);
	return false;
}

/* NULL equals NULL only. */
static inline bool is_str(const char *got, const char *want, const char *name)
{
	if (ok(got && want ? strcmp(got, want) == 0 : got == want, "%s", name))
		return true;
	tap_show("got", slice_of(got));
	tap_show("want", slice_of(want));
	return false;
}

static inline int done_testing(void)
{
	printf("1..%u\n", tap_count);
	return 0;
}
