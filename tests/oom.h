/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* oom.h - out of memory at the n-th allocation
 *
 * A program that includes it links with $(oom_wrap) (tests/core/local.mk), so that the allocations of
 * our own code come here first; those inside of libraries do not.
 *
 *	for (oom_begin(); oom_again(r == 0);)
 *		r = thing_that_allocates();
 *
 * fails the first allocation, then the second ... until the thing succeeds without one failing.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
	unsigned fail_at; /* 0 = never */
	unsigned count;	  /* since the start of this try */
	unsigned failed;  /* allocations failed, all tries */
} oom;

static inline bool oom_now(void)
{
	bool now = ++oom.count == oom.fail_at;

	oom.failed += now;
	return now;
}

static inline void oom_begin(void)
{
	oom.fail_at = 0;
	oom.failed = 0;
}

/* @good: how the try before went; not looked at the first time. */
static inline bool oom_again(bool good)
{
	bool done = oom.fail_at > 0 && oom.count < oom.fail_at && good;

	/* Whoever fails without an allocation failing would try for ever. */
	if (oom.fail_at > 0 && oom.count < oom.fail_at && !good)
		abort();
	oom.fail_at = done ? 0 : oom.fail_at + 1;
	oom.count = 0;
	return !done;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
int __real_vasprintf(char **ret, const char *fmt, va_list ap);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
__attribute__((format(printf, 2, 0))) int __wrap_vasprintf(char **ret, const char *fmt, va_list ap);

void *__wrap_malloc(size_t n)
{
	return oom_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return oom_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return oom_now() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return oom_now() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
	return oom_now() ? NULL : __real_strdup(s);
}

int __wrap_vasprintf(char **ret, const char *fmt, va_list ap)
{
	return oom_now() ? -1 : __real_vasprintf(ret, fmt, ap);
}

#ifdef __GLIBC__ /* what vasprintf becomes under _FORTIFY_SOURCE */
int __real___vasprintf_chk(char **ret, int flag, const char *fmt, va_list ap);
__attribute__((format(printf, 3, 0))) int __wrap___vasprintf_chk(char **ret, int flag,
								 const char *fmt, va_list ap);

int __wrap___vasprintf_chk(char **ret, int flag, const char *fmt, va_list ap)
{
	return oom_now() ? -1 : __real___vasprintf_chk(ret, flag, fmt, ap);
}
#endif
