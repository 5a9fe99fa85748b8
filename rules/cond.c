/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/cond.h"

#include <errno.h>

enum token_kind { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_WORD };

struct token {
	enum token_kind kind;
	struct slice word;
};

/* What waits for its right operand. */
enum waiting { WAIT_OPEN, WAIT_OR, WAIT_AND, WAIT_NOT };

struct parser {
	struct arena *arena;
	struct slice text;
	size_t at;
	const struct slice *names;
	unsigned n_names;
	bool *used;
	struct cond *out;
	enum waiting stack[TL_COND_DEPTH_MAX];
	unsigned depth;
	char *why;
	size_t why_size;
};

PRINTF(2, 3)
static int refuse(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, p->why_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '*' ||
	       c == '-';
}

static int next_token(struct parser *p, struct token *ret_token)
{
	while (p->at < p->text.n && is_blank(p->text.p[p->at]))
		p->at++;
	*ret_token = (struct token){ .kind = TOKEN_END };
	if (p->at == p->text.n)
		return 0;

	char c = p->text.p[p->at];

	if (c == '(' || c == ')') {
		ret_token->kind = c == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
		p->at++;
		return 0;
	}
	if (c == '|')
		return refuse(p, "condition: aggregation after | is Sigma version 1; write a correlation rule");
	if (!is_word(c))
		return refuse(p,
			      c > ' ' && c < 0x7f ? "condition: unexpected character '%c'"
						  : "condition: unexpected byte %#x",
			      (uint8_t)c);
	size_t start = p->at;

	while (p->at < p->text.n && is_word(p->text.p[p->at]))
		p->at++;
	*ret_token = (struct token){ TOKEN_WORD, { p->text.p + start, p->at - start } };
	return 0;
}

static int put(struct parser *p, enum cond_kind kind, unsigned name)
{
	if (p->out->n >= TL_COND_OPS_MAX)
		return refuse(p, "condition: too long");
	struct cond_op *op = arena_grow(p->arena, p->out->op, p->out->n, &p->out->cap, sizeof(*op));

	if (!op)
		return -ENOMEM;
	p->out->op = op;
	op[p->out->n++] = (struct cond_op){ .kind = kind, .name = name };
	return 0;
}

static int put_name(struct parser *p, unsigned i)
{
	if (p->used)
		p->used[i] = true;
	return put(p, COND_NAME, i);
}

/* * matches any run of characters. */
static bool glob(struct slice pattern, struct slice s)
{
	size_t i = 0, j = 0, star = SIZE_MAX, back = 0;

	while (j < s.n) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = i++;
			back = j;
		} else if (i < pattern.n && pattern.p[i] == s.p[j]) {
			i++;
			j++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			j = ++back;
		} else {
			return false;
		}
	}
	while (i < pattern.n && pattern.p[i] == '*')
		i++;
	return i == pattern.n;
}

static bool selects(struct slice pattern, struct slice name)
{
	if (name.n && name.p[0] == '_' && (slice_eqs(pattern, "them") || pattern.p[0] != '_'))
		return false;
	return slice_eqs(pattern, "them") || glob(pattern, name);
}

static int put_selected(struct parser *p, bool all, struct slice pattern)
{
	unsigned found = 0;
	int r;

	for (unsigned i = 0; i < p->n_names; i++) {
		if (!selects(pattern, p->names[i]))
			continue;
		r = put_name(p, i);
		if (r == 0 && found++)
			r = put(p, all ? COND_AND : COND_OR, 0);
		if (r < 0)
			return r;
	}
	if (!found)
		return refuse(p, "condition: '%.*s' selects no search identifier", (int)MIN(pattern.n, 100U),
			      pattern.p);
	return 0;
}

static int identifier(struct parser *p, struct slice word)
{
	for (unsigned i = 0; i < p->n_names; i++)
		if (slice_eq(p->names[i], word))
			return put_name(p, i);
	if (slice_eqs(word, "AND") || slice_eqs(word, "OR") || slice_eqs(word, "NOT"))
		return refuse(p, "condition: operators are written in lower case, not '%.*s'", (int)word.n, word.p);
	if (slice_eqs(word, "and") || slice_eqs(word, "or"))
		return refuse(p, "condition: '%.*s' has nothing on its left", (int)word.n, word.p);
	return refuse(p, "condition: there is no search identifier '%.*s'", (int)MIN(word.n, 100U), word.p);
}

static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* `x of pattern` if `of` follows, else a plain identifier. */
static int primary(struct parser *p, struct slice word)
{
	struct token of, pattern;
	size_t back = p->at;
	int r = next_token(p, &of);

	if (r < 0)
		return r;
	if (of.kind != TOKEN_WORD || !slice_eqs(of.word, "of")) {
		p->at = back;
		return identifier(p, word);
	}
	bool all = slice_eqs(word, "all");

	if (!all && !slice_eqs(word, "1") && !slice_eqs(word, "any"))
		return refuse(p,
			      is_number(word) ? "condition: '%.*s of' is not accepted; only 1, any and all"
					      : "condition: '%.*s of': only 1, any and all come before of",
			      (int)MIN(word.n, 100U), word.p);
	r = next_token(p, &pattern);
	if (r < 0)
		return r;
	if (pattern.kind != TOKEN_WORD)
		return refuse(p, "condition: 'of' is followed by no pattern");
	return put_selected(p, all, pattern.word);
}

static int wait_for(struct parser *p, enum waiting w)
{
	if (p->depth == TL_COND_DEPTH_MAX)
		return refuse(p, "condition: nested deeper than %d", TL_COND_DEPTH_MAX);
	p->stack[p->depth++] = w;
	return 0;
}

/* Writes everything that binds at least as tight as @w. */
static int settle(struct parser *p, enum waiting w)
{
	static const enum cond_kind kind[] = { [WAIT_OR] = COND_OR, [WAIT_AND] = COND_AND, [WAIT_NOT] = COND_NOT };

	while (p->depth && p->stack[p->depth - 1] != WAIT_OPEN && p->stack[p->depth - 1] >= w) {
		int r = put(p, kind[p->stack[--p->depth]], 0);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns 1 when an operand was completed. */
static int operand(struct parser *p, const struct token *t)
{
	int r;

	switch (t->kind) {
	case TOKEN_END:
		return refuse(p, p->text.n ? "condition: ends where an operand is missing" : "condition: empty");
	case TOKEN_OPEN:
		return wait_for(p, WAIT_OPEN);
	case TOKEN_CLOSE:
		return refuse(p, "condition: ')' where an operand is missing");
	case TOKEN_WORD:
		break;
	}
	if (slice_eqs(t->word, "not"))
		return wait_for(p, WAIT_NOT);
	r = primary(p, t->word);
	return r < 0 ? r : 1;
}

/* Returns 1 when the next token must begin an operand. */
static int operator(struct parser *p, const struct token *t)
{
	bool is_and = slice_eqs(t->word, "and");
	int r;

	switch (t->kind) {
	case TOKEN_END:
		return 0;
	case TOKEN_OPEN:
		return refuse(p, "condition: '(' where 'and' or 'or' is missing");
	case TOKEN_CLOSE:
		r = settle(p, WAIT_OR);
		if (r < 0)
			return r;
		if (!p->depth)
			return refuse(p, "condition: ')' without '('");
		p->depth--;
		return 0;
	case TOKEN_WORD:
		break;
	}
	if (!is_and && !slice_eqs(t->word, "or"))
		return refuse(p,
			      slice_eqs(t->word, "AND") || slice_eqs(t->word, "OR") || slice_eqs(t->word, "NOT")
				      ? "condition: operators are written in lower case, not '%.*s'"
				      : "condition: '%.*s' where 'and' or 'or' is missing",
			      (int)MIN(t->word.n, 100U), t->word.p);
	r = settle(p, is_and ? WAIT_AND : WAIT_OR);
	if (r == 0)
		r = wait_for(p, is_and ? WAIT_AND : WAIT_OR);
	return r < 0 ? r : 1;
}

int cond_parse(struct arena *a, struct slice text, const struct slice *names, unsigned n_names, bool *used,
	       struct cond *ret_cond, char *why, size_t why_size)
{
	struct cond out = { 0 };
	struct parser p = {
		.arena = a,
		.text = text,
		.names = names,
		.n_names = n_names,
		.used = used,
		.out = &out,
		.why = why,
		.why_size = why_size,
	};
	bool want_operand = true;

	for (;;) {
		struct token t;
		int r = next_token(&p, &t);

		if (r < 0)
			return r;
		r = want_operand ? operand(&p, &t) : operator(&p, &t);
		if (r < 0)
			return r;
		if (t.kind == TOKEN_END)
			break;
		if (r == 1)
			want_operand = !want_operand;
	}
	int r = settle(&p, WAIT_OR);

	if (r < 0)
		return r;
	if (p.depth)
		return refuse(&p, "condition: '(' without ')'");
	*ret_cond = out;
	return 0;
}
