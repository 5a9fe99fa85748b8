/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/backlog.h"

#define MALLOC_OVERHEAD 16 /* about what the allocator adds to a line */

size_t line_cost(size_t n)
{
	return sizeof(struct line) + n + MALLOC_OVERHEAD;
}

struct line *line_new(struct slice s, enum level level)
{
	struct line *line = malloc(sizeof(*line) + s.n);

	if (!line)
		return NULL;
	*line = (struct line){ .n = s.n, .level = level };
	memcpy(line->p, s.p, s.n);
	return line;
}

void line_list_append(struct line_list *l, struct line *line)
{
	line->next = NULL;
	if (l->tail)
		l->tail->next = line;
	else
		l->head = line;
	l->tail = line;
}

struct line *line_list_pop(struct line_list *l)
{
	struct line *line = l->head;

	if (!line)
		return NULL;
	l->head = line->next;
	if (!l->head)
		l->tail = NULL;
	line->next = NULL;
	return line;
}

void backlog_push(struct backlog *b, struct line *line)
{
	line->order = b->next_order++;
	line_list_append(&b->list[line->level], line);
	b->bytes += line_cost(line->n);
	b->n++;
}

void backlog_return(struct backlog *b, struct line_list *lines)
{
	struct line_list back[BACKLOG_LEVELS] = { 0 };
	struct line *line;

	while ((line = line_list_pop(lines))) {
		line_list_append(&back[line->level], line);
		b->bytes += line_cost(line->n);
		b->n++;
	}
	for (unsigned i = 0; i < BACKLOG_LEVELS; i++) {
		if (!back[i].head)
			continue;
		back[i].tail->next = b->list[i].head;
		if (!b->list[i].head)
			b->list[i].tail = back[i].tail;
		b->list[i].head = back[i].head;
	}
}

static struct line *pop_level(struct backlog *b, unsigned level)
{
	struct line *line = line_list_pop(&b->list[level]);

	b->bytes -= line_cost(line->n);
	b->n--;
	return line;
}

struct line *backlog_pop(struct backlog *b)
{
	unsigned oldest = BACKLOG_LEVELS;

	for (unsigned i = 0; i < BACKLOG_LEVELS; i++)
		if (b->list[i].head &&
		    (oldest == BACKLOG_LEVELS || b->list[i].head->order < b->list[oldest].head->order))
			oldest = i;
	return oldest == BACKLOG_LEVELS ? NULL : pop_level(b, oldest);
}

struct line *backlog_pop_lowest(struct backlog *b, enum level level)
{
	for (unsigned i = 0; i <= (unsigned)level; i++)
		if (b->list[i].head)
			return pop_level(b, i);
	return NULL;
}

void backlog_done(struct backlog *b)
{
	struct line *line;

	while ((line = backlog_pop(b)))
		free(line);
}
