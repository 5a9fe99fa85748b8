/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* log.h - the program's own messages, to standard error
 *
 * One line, one write(2): "tripline: text" (with "<N>" before it under systemd, sd-daemon(3), when JOURNAL_STREAM is set). Foreign bytes in it are
 * escaped as \xHH; a text over 2 KiB is cut and ends in "...". log_limited() lets @burst messages of one call site through per
 * minute; the first one after that tells how many were kept back.
 * Any thread.
 */
#pragma once
#include "core/base.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_setup(enum log_level max); /* once, before threads */
PRINTF(2, 3) void log_msg(enum log_level l, const char *fmt, ...);
/* One per call site; zeroed. Atomic, so any thread. */
struct log_limit {
	uint64_t minute;
	uint32_t passed, held;
};

/* True if a message may go out now; *ret_held: those kept back before, not told yet. */
bool log_limit_pass(struct log_limit *lim, uint32_t burst, uint32_t *ret_held);

#define log_limited(l, burst, ...)                                                                                     \
	do {                                                                                                           \
		static struct log_limit limit_;                                                                        \
		uint32_t held_;                                                                                        \
		if (log_limit_pass(&limit_, (burst), &held_)) {                                                        \
			if (held_)                                                                                     \
				log_msg((l), "%u messages like the next were kept back", held_);                       \
			log_msg((l), __VA_ARGS__);                                                                     \
		}                                                                                                      \
	} while (0)

#define log_error(...)	 log_msg(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_msg(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_msg(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_msg(LOG_LEVEL_DEBUG, __VA_ARGS__)
