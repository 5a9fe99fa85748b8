/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* backlog.h - encoded lines that an output has not sent yet, bounded by bytes
 *
 * Lines leave oldest first. When room is needed, the oldest of the lowest level is given up: one list per level finds both
 * at once. One thread.
 */
#pragma once
#include "core/alert.h"

#define BACKLOG_LEVELS (LEVEL_CRITICAL + 1)

struct line {
	struct line *next;
	uint64_t order; /* place among all lines of its backlog */
	size_t n;
	enum level level;
	char p[];
};

struct line_list {
	struct line *head, *tail;
};

struct backlog {
	struct line_list list[BACKLOG_LEVELS];
	size_t bytes, cap;
	uint64_t n, next_order;
};

/* What a line of @n bytes costs. */
size_t line_cost(size_t n);
/* A copy of @s; free(3) ends it. NULL = out of memory. */
struct line *line_new(struct slice s, enum level level);
void line_list_append(struct line_list *l, struct line *line);
struct line *line_list_pop(struct line_list *l);

static inline bool backlog_fits(const struct backlog *b, size_t n)
{
	return b->bytes + line_cost(n) <= b->cap;
}

/* Takes the line. Whether it fits is the caller's business. */
void backlog_push(struct backlog *b, struct line *line);
/* Takes lines back that were popped before, in the order of popping; they come out again before all others. */
void backlog_return(struct backlog *b, struct line_list *lines);
/* Oldest line, now the caller's; NULL if empty. */
struct line *backlog_pop(struct backlog *b);
/* Oldest line of the lowest level, if that is at most @level; now the caller's. NULL if there is none. */
struct line *backlog_pop_lowest(struct backlog *b, enum level level);
void backlog_done(struct backlog *b);
