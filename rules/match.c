/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/match.h"

#include <errno.h>

#include <hs/hs.h>

#include "core/buf.h"
#include "rules/regex.h"

struct matcher {
	unsigned n;
	hs_database_t *db[];
};

struct match_scratch {
	hs_scratch_t *hs;
};

/* ---- writing patterns ---- */

static bool is_alpha(uint16_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Without UTF8, libhs' CASELESS folds ASCII only and finds literals fastest. With it, all of Unicode would fold, so letters
 * are written as classes there. */
static void put_byte(struct buf *b, uint16_t c, bool utf8, bool fold)
{
	if (is_alpha(c) && utf8 && fold)
		buf_printf(b, "[%c%c]", c | 0x20, c & ~0x20);
	else if (is_alpha(c) || (c >= '0' && c <= '9') || (c >= 0x80 && utf8))
		buf_putc(b, (char)c); /* \x of 0x80 and above would be a character under UTF8, not a byte */
	else
		buf_printf(b, "\\x%02x", c);
}

static int write_text(struct arena *a, const struct atom *atom, struct match_pattern *ret_pattern)
{
	const struct pattern *p = &atom->pat;
	size_t from = 0, to = p->n;
	bool utf8 = false;

	for (size_t i = 0; i < p->n; i++)
		utf8 |= p->t[i] == PAT_ONE;
	while (from < to && p->t[from] == PAT_ANY)
		from++;
	while (to > from && p->t[to - 1] == PAT_ANY)
		to--;

	struct buf b = { .cap = (to - from) * 4 + 8 };

	b.p = arena_alloc(a, b.cap);
	if (!b.p)
		return -ENOMEM;
	if (from == 0)
		buf_puts(&b, "\\A");
	for (size_t i = from; i < to; i++) {
		if (p->t[i] == PAT_ONE)
			buf_putc(&b, '.');
		else if (p->t[i] != PAT_ANY)
			put_byte(&b, p->t[i], utf8, !atom->cased);
		else if (p->t[i - 1] != PAT_ANY)
			buf_puts(&b, ".*");
	}
	if (to == p->n)
		buf_puts(&b, "\\z");
	buf_putc(&b, '\0');
	ret_pattern->text = b.p;
	ret_pattern->flags = MATCH_DOTALL | (utf8 ? MATCH_UTF8 : 0) | (!atom->cased && !utf8 ? MATCH_CASELESS : 0);
	return 0;
}

int match_pattern_of(struct arena *a, const struct atom *atom, struct match_pattern *ret_pattern)
{
	if (atom->kind == ATOM_TEXT)
		return write_text(a, atom, ret_pattern);
	ret_pattern->text = atom->regex;
	ret_pattern->flags = MATCH_UTF8 | MATCH_ALLOWEMPTY | (atom->regex_flags & REGEX_DOTALL ? MATCH_DOTALL : 0) |
			     (atom->regex_flags & REGEX_MULTILINE ? MATCH_MULTILINE : 0);
	return 0;
}

/* ---- compiling ---- */

static unsigned hs_flags(unsigned flags)
{
	return HS_FLAG_SINGLEMATCH | (flags & MATCH_CASELESS ? HS_FLAG_CASELESS : 0) |
	       (flags & MATCH_DOTALL ? HS_FLAG_DOTALL : 0) | (flags & MATCH_MULTILINE ? HS_FLAG_MULTILINE : 0) |
	       (flags & MATCH_UTF8 ? HS_FLAG_UTF8 : 0) | (flags & MATCH_ALLOWEMPTY ? HS_FLAG_ALLOWEMPTY : 0);
}

static int compile_range(const struct match_pattern *p, unsigned n, hs_database_t **ret_db, char *why, size_t why_size)
{
	const char **text = calloc(n, sizeof(*text));
	unsigned *flags = calloc(n, sizeof(*flags)), *id = calloc(n, sizeof(*id));
	hs_compile_error_t *error = NULL;
	int r = -ENOMEM;

	if (text && flags && id) {
		for (unsigned i = 0; i < n; i++) {
			text[i] = p[i].text;
			flags[i] = hs_flags(p[i].flags);
			id[i] = p[i].id;
		}
		r = 0;
		if (hs_compile_multi(text, flags, id, n, HS_MODE_BLOCK, NULL, ret_db, &error) != HS_SUCCESS) {
			r = -EINVAL;
			if (why)
				snprintf(why, why_size, "%s", error ? error->message : "refused");
			hs_free_compile_error(error);
		}
	}
	free(text);
	free(flags);
	free(id);
	return r;
}

int match_check(const struct match_pattern *p, char *why, size_t why_size)
{
	hs_database_t *db = NULL;
	int r = compile_range(p, 1, &db, why, why_size);

	if (r == 0)
		hs_free_database(db);
	return r;
}

/* Patterns that libhs takes one by one can be too many or too heavy together: then they are halved until it takes them. */
static int compile_halves(const struct match_pattern *p, unsigned n, struct matcher *m)
{
	struct {
		unsigned from, n;
	} todo[64];
	unsigned waiting = 1;

	todo[0].from = 0;
	todo[0].n = n;
	while (waiting) {
		unsigned from = todo[waiting - 1].from, k = todo[waiting - 1].n;
		int r = compile_range(p + from, k, &m->db[m->n], NULL, 0);

		waiting--;
		if (r == 0) {
			m->n++;
			continue;
		}
		if (r == -ENOMEM || k == 1)
			return r;
		todo[waiting].from = from;
		todo[waiting++].n = k / 2;
		todo[waiting].from = from + k / 2;
		todo[waiting++].n = k - k / 2;
	}
	return 0;
}

int matcher_new(const struct match_pattern *p, unsigned n, struct matcher **ret_matcher)
{
	struct matcher *m = calloc(1, sizeof(*m) + n * sizeof(hs_database_t *));
	int r;

	if (!m)
		return -ENOMEM;
	r = compile_halves(p, n, m);
	if (r < 0) {
		matcher_free(m);
		return r;
	}
	*ret_matcher = m;
	return 0;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < m->n; i++)
		hs_free_database(m->db[i]);
	free(m);
}

/* ---- scanning ---- */

int match_scratch_add(struct match_scratch **s, const struct matcher *m)
{
	if (!*s)
		*s = calloc(1, sizeof(**s));
	if (!*s)
		return -ENOMEM;
	for (unsigned i = 0; i < m->n; i++)
		if (hs_alloc_scratch(m->db[i], &(*s)->hs) != HS_SUCCESS)
			return -ENOMEM;
	return 0;
}

void match_scratch_free(struct match_scratch *s)
{
	if (!s)
		return;
	hs_free_scratch(s->hs);
	free(s);
}

struct call {
	match_fn *fn;
	void *context;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	const struct call *c = context;

	(void)from;
	(void)to;
	(void)flags;
	c->fn(c->context, id);
	return 0;
}

void matcher_scan(const struct matcher *m, struct match_scratch *s, struct slice text, match_fn *fn, void *context)
{
	struct call c = { fn, context };

	for (unsigned i = 0; i < m->n; i++)
		(void)hs_scan(m->db[i], text.p ? text.p : "", (unsigned)text.n, 0, s->hs, on_match, &c);
}
