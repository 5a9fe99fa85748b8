/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/atom.h"

#include <errno.h>

int expr_push(struct arena *a, struct expr *e, enum expr_kind kind, struct atom *atom)
{
	if (e->n >= TL_EXPR_OPS_MAX)
		return -E2BIG;
	struct expr_op *op = arena_grow(a, e->op, e->n, &e->cap, sizeof(*op));

	if (!op)
		return -ENOMEM;
	e->op = op;
	e->op[e->n++] = (struct expr_op){ .kind = kind, .atom = atom };
	return 0;
}

int expr_append(struct arena *a, struct expr *e, const struct expr *tail)
{
	for (size_t i = 0; i < tail->n; i++) {
		int r = expr_push(a, e, tail->op[i].kind, tail->op[i].atom);

		if (r < 0)
			return r;
	}
	return 0;
}

unsigned expr_depth(const struct expr *e)
{
	unsigned now = 0, most = 0;

	for (size_t i = 0; i < e->n; i++) {
		if (e->op[i].kind == EXPR_ATOM)
			now++;
		else if (e->op[i].kind != EXPR_NOT)
			now--;
		most = MAX(most, now);
	}
	return most;
}

int pattern_literal(struct arena *a, struct slice text, struct pattern *ret_pattern)
{
	uint16_t *t = arena_array(a, text.n, sizeof(*t));

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < text.n; i++)
		t[i] = (uint8_t)text.p[i];
	*ret_pattern = (struct pattern){ t, text.n };
	return 0;
}

int pattern_parse(struct arena *a, struct slice text, struct pattern *ret_pattern)
{
	uint16_t *t = arena_array(a, text.n, sizeof(*t));
	size_t n = 0;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\\' && i + 1 < text.n && strchr("*?\\", text.p[i + 1]) && text.p[i + 1])
			t[n++] = (uint8_t)text.p[++i];
		else if (c == '*')
			t[n++] = PAT_ANY;
		else if (c == '?')
			t[n++] = PAT_ONE;
		else
			t[n++] = (uint8_t)c;
	}
	*ret_pattern = (struct pattern){ t, n };
	return 0;
}

bool pattern_has_wildcard(const struct pattern *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i] >= PAT_ANY)
			return true;
	return false;
}

unsigned pattern_literal_run(const struct pattern *p)
{
	unsigned run = 0, best = 0;

	for (size_t i = 0; i < p->n; i++) {
		run = p->t[i] >= PAT_ANY ? 0 : run + 1;
		best = MAX(best, run);
	}
	return best;
}

bool atom_equal(const struct atom *a, const struct atom *b)
{
	if (a->kind != b->kind || a->subject != b->subject)
		return false;
	switch (a->kind) {
	case ATOM_TEXT:
		return a->cased == b->cased && a->pat.n == b->pat.n &&
		       (!a->pat.n || memcmp(a->pat.t, b->pat.t, a->pat.n * sizeof(*a->pat.t)) == 0);
	case ATOM_REGEX:
		return a->regex_flags == b->regex_flags && strcmp(a->regex, b->regex) == 0;
	case ATOM_NUMBER:
		return a->cmp == b->cmp && a->number == b->number;
	case ATOM_CIDR:
		return a->prefix == b->prefix && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
	case ATOM_PRESENT:
		return true;
	case ATOM_FIELDREF:
		return a->other == b->other && a->place == b->place && a->cased == b->cased;
	case ATOM_TIME:
		return a->part == b->part && a->cmp == b->cmp && a->number == b->number;
	}
	return false;
}

static uint32_t hash_bytes(uint32_t h, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const uint8_t *)p)[i]) * 16777619U;
	return h;
}

uint32_t atom_hash(const struct atom *a)
{
	uint32_t h = 2166136261U ^ (uint32_t)a->kind << 16 ^ a->subject;

	switch (a->kind) {
	case ATOM_TEXT:
		return hash_bytes(h, a->pat.t, a->pat.n * sizeof(*a->pat.t));
	case ATOM_REGEX:
		return hash_bytes(h, a->regex, strlen(a->regex));
	case ATOM_CIDR:
		return hash_bytes(h, a->addr, sizeof(a->addr)) ^ a->prefix;
	case ATOM_NUMBER:
	case ATOM_TIME: {
		double d = (double)a->number; /* no padding bytes */

		return hash_bytes(h, &d, sizeof(d)) ^ a->cmp;
	}
	case ATOM_PRESENT:
		return h;
	case ATOM_FIELDREF:
		return h ^ a->other << 8;
	}
	return h;
}

const char *subject_name(unsigned subject)
{
	if (subject < F_MAX)
		return field_desc[subject].sigma;
	return subject == SUBJECT_TIMESTAMP ? "@timestamp" : "(keyword)";
}
