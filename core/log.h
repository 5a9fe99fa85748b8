/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* log.h - the program's own messages, to standard error
 *
 * One line, one write(2): "tripline: text" (with "<N>" before it under systemd, sd-daemon(3), when JOURNAL_STREAM is set). Foreign bytes in it are
 * escaped as \xHH. log_limited() lets @burst messages of one call site through per minute and tells how many were kept back.
 * Any thread.
 */
#pragma once
#include "core/base.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_setup(enum log_level max); /* once, before threads */
PRINTF(2, 3) void log_msg(enum log_level l, const char *fmt, ...);
#define log_error(...)	 log_msg(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_msg(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_msg(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_msg(LOG_LEVEL_DEBUG, __VA_ARGS__)
