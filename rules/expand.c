/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* The modifier expand: %name% stands for configured values. */
#include "config.h"

#include <assert.h>
#include <errno.h>

#include "core/buf.h"
#include "rules/item.h"

static bool is_name(char c)
{
	return is_word((uint8_t)c) || c == '.' || c == '-';
}

/* Length of the placeholder %name% at @i, 0 if there is none. */
static size_t placeholder_at(struct slice s, size_t i)
{
	size_t j = i + 1;

	if (s.p[i] != '%')
		return 0;
	while (j < s.n && is_name(s.p[j]))
		j++;
	return j < s.n && s.p[j] == '%' && j > i + 1 ? j + 1 - i : 0;
}

/* Copies up to the first placeholder into @out; true if there was one. */
static bool copy_plain(struct slice s, struct buf *out, size_t *ret_at)
{
	size_t i = 0;

	while (i < s.n) {
		if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '%') {
			buf_putc(out, '%');
			i += 2;
		} else if (s.p[i] == '\\' && i + 1 < s.n) {
			buf_put(out, s.p + i, 2);
			i += 2;
		} else if (placeholder_at(s, i)) {
			*ret_at = i;
			return true;
		} else {
			buf_putc(out, s.p[i++]);
		}
	}
	return false;
}

static int placeholder_values(struct item *it, struct slice name, const struct yaml_node **ret_first)
{
	const struct yaml_node *v = NULL;

	if (it->src->placeholders && it->src->placeholders->kind == YAML_MAP)
		for (const struct yaml_node *e = it->src->placeholders->first; e; e = e->next)
			if (slice_eq(e->key->text, name))
				v = e;
	if (v && v->kind == YAML_LIST)
		v = v->first;
	if (!v || v->kind != YAML_SCALAR)
		return rule_error(it->src, it->value, "expand: the placeholder %%%.*s%% has no configured value",
				  (int)MIN(name.n, 60U), name.p);
	*ret_first = v;
	return 0;
}

/* Expands the first placeholder of @d into as many drafts as it has values: done text grows in .raw, what is left to
 * read in @rest. Drafts still to be worked on are kept in a list, so no recursion. */
struct pending {
	struct slice done, rest;
	struct pending *next;
};

static struct pending *pending_new(struct item *it, struct slice done, struct slice more, struct slice rest)
{
	struct pending *p = arena_alloc(it->src->arena, sizeof(*p));
	char *text = arena_alloc(it->src->arena, done.n + more.n + 1);

	if (!p || !text)
		return NULL;
	if (done.n)
		memcpy(text, done.p, done.n);
	if (more.n)
		memcpy(text + done.n, more.p, more.n);
	*p = (struct pending){ .done = { text, done.n + more.n }, .rest = rest };
	return p;
}

static int expand_one(struct item *it, struct pending *p, unsigned *count, struct draft **tail)
{
	struct buf plain = { .p = arena_alloc(it->src->arena, p->rest.n + 1), .cap = p->rest.n + 1 };
	const struct yaml_node *value = NULL;
	struct pending *after = p->next, *done;
	size_t at = 0, len;
	int r;

	if (!plain.p)
		return -ENOMEM;
	if (!copy_plain(p->rest, &plain, &at)) {
		done = pending_new(it, p->done, (struct slice){ plain.p, plain.n }, (struct slice){ 0 });
		*tail = done ? item_draft_after(it, *tail) : NULL;
		if (!*tail)
			return -ENOMEM;
		(*tail)->raw = done->done;
		return 0;
	}
	len = placeholder_at(p->rest, at);
	r = placeholder_values(it, (struct slice){ p->rest.p + at + 1, len - 2 }, &value);
	if (r < 0)
		return r;
	done = pending_new(it, p->done, (struct slice){ plain.p, plain.n }, (struct slice){ 0 });
	if (!done)
		return -ENOMEM;
	for (struct pending *last = p; value; value = value->next) {
		struct slice rest = { p->rest.p + at + len, p->rest.n - at - len };

		if (value->kind != YAML_SCALAR || ++*count > ALTERNATIVES_MAX)
			return rule_error(it->src, it->value,
					  "expand: more than %d combinations, or a value that is not text",
					  ALTERNATIVES_MAX);
		last->next = pending_new(it, done->done, value->text, rest);
		if (!last->next)
			return -ENOMEM;
		last = last->next;
		last->next = after;
	}
	return 0;
}

int item_expand(struct item *it, struct draft *first)
{
	struct pending *p = pending_new(it, (struct slice){ 0 }, (struct slice){ 0 }, first->raw);
	struct draft head = { 0 }, *tail = &head;
	unsigned count = 0;
	int r;

	if (!p)
		return -ENOMEM;
	for (; p; p = p->next) {
		r = expand_one(it, p, &count, &tail);
		if (r < 0)
			return r;
	}
	assert(head.next); /* each pending item made one, or an error */
	*first = *head.next;
	return 0;
}
