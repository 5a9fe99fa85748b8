/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/log.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/utf8.h"

#define LOG_TEXT_MAX 2048 /* of the text before escaping */

/* The log target: set once, before there are threads (style.md, State). */
static enum log_level log_max = LOG_LEVEL_INFO;
static bool log_prefixed; /* standard error goes to the journal: sd-daemon(3) */

void log_setup(enum log_level max)
{
	log_max = max;
	log_prefixed = getenv("JOURNAL_STREAM") != NULL;
}

/* Copies @s; what is no printable character, each byte as \xHH. One message stays one line. */
static void put_escaped(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		uint32_t c;
		unsigned len = utf8_next(s.p, s.n, &c);
		bool bad = len == 0 || c < 0x20 || c == 0x7f || utf8_steering(c);

		len = len ? len : 1;
		if (!bad)
			buf_put(b, s.p, len);
		for (unsigned i = 0; bad && i < len; i++) {
			buf_puts(b, "\\x");
			buf_put_hex(b, (unsigned char)s.p[i], 2);
		}
		s.p += len;
		s.n -= len;
	}
}

static void log_write(enum log_level l, struct slice text)
{
	char line[4 * LOG_TEXT_MAX + 32];
	struct buf b = BUF_OF(line);
	ssize_t r;

	if (log_prefixed)
		buf_printf(&b, "<%d>", (int)l);
	buf_puts(&b, "tripline: ");
	put_escaped(&b, text);
	buf_putc(&b, '\n');
	do
		r = write(STDERR_FILENO, b.p, b.n);
	while (r < 0 && errno == EINTR);
}

void log_msg(enum log_level l, const char *fmt, ...)
{
	char text[LOG_TEXT_MAX];
	int saved = errno, r;
	size_t n;
	va_list ap;

	if (l > log_max)
		return;
	va_start(ap, fmt);
	r = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r >= 0) {
		n = (size_t)r;
		if (n >= sizeof(text)) {
			n = utf8_cut(text, sizeof(text) - 1, sizeof(text) - 4);
			memcpy(text + n, "...", 3);
			n += 3;
		}
		log_write(l, (struct slice){ text, n });
	}
	errno = saved;
}

bool log_limit_pass(struct log_limit *lim, uint32_t burst, uint32_t *ret_held)
{
	struct timespec now;
	uint64_t minute, seen;

	clock_gettime(CLOCK_MONOTONIC, &now);
	minute = (uint64_t)now.tv_sec / 60 + 1; /* 0 is a site that never spoke */
	seen = __atomic_load_n(&lim->minute, __ATOMIC_RELAXED);
	*ret_held = 0;
	/* Who turns the minute starts the count anew; threads that come at that moment may pass
	 * one more or less. */
	if (seen != minute &&
	    __atomic_compare_exchange_n(&lim->minute, &seen, minute, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		__atomic_store_n(&lim->passed, 0, __ATOMIC_RELAXED);
	if (__atomic_load_n(&lim->passed, __ATOMIC_RELAXED) >= burst) {
		__atomic_fetch_add(&lim->held, 1, __ATOMIC_RELAXED);
		return false;
	}
	__atomic_fetch_add(&lim->passed, 1, __ATOMIC_RELAXED);
	*ret_held = __atomic_exchange_n(&lim->held, 0, __ATOMIC_RELAXED);
	return true;
}
