/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/regex.h"

#include <errno.h>

#include "core/buf.h"
#include "core/utf8.h"

struct group {
	size_t size; /* of what it holds so far */
};

struct translator {
	struct slice in;
	size_t at;
	unsigned flags;
	struct buf out;
	struct group stack[REGEX_DEPTH_MAX + 1];
	unsigned depth;
	bool repeatable;    /* a quantifier may follow */
	bool quantified;    /* what was just read was a quantifier */
	size_t last_size;   /* of the piece before the quantifier */
	unsigned run, best; /* literal run at the top level */
	unsigned top_alternatives;
	char *why;
	size_t why_size;
};

PRINTF(2, 3)
static int refuse(struct translator *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, t->why_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool more(const struct translator *t)
{
	return t->at < t->in.n;
}

static char peek(const struct translator *t, size_t ahead)
{
	return t->at + ahead < t->in.n ? t->in.p[t->at + ahead] : '\0';
}

static bool is_alpha(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_punct(char c)
{
	return c > ' ' && c < 0x7f && !is_alpha((uint8_t)c) && !is_digit((uint8_t)c);
}

static void put_char(struct buf *b, uint32_t c)
{
	if (c < 0x80 && (is_alpha(c) || is_digit(c)))
		buf_putc(b, (char)c);
	else if (c < 0x80)
		buf_printf(b, "\\x%02x", c);
	else
		buf_printf(b, "\\x{%x}", c);
}

static void end_run(struct translator *t)
{
	t->best = MAX(t->best, t->run);
	t->run = 0;
}

/* A piece of @size positions was written; @literal: it is one certain character. */
static int piece(struct translator *t, size_t size, bool repeatable, bool literal)
{
	struct group *g = &t->stack[t->depth];

	g->size += size;
	t->last_size = size;
	t->repeatable = repeatable;
	t->quantified = false;
	if (literal && t->depth == 0)
		t->run++;
	else
		end_run(t);
	if (g->size > REGEX_SIZE_MAX)
		return refuse(t,
			      "regular expression: too large with its repetitions written out (more than %d positions)",
			      REGEX_SIZE_MAX);
	return 0;
}

static int put_literal(struct translator *t, uint32_t c)
{
	if ((t->flags & REGEX_IGNORECASE) && is_alpha(c))
		buf_printf(&t->out, "[%c%c]", (int)(c | 0x20), (int)(c & ~0x20U));
	else
		put_char(&t->out, c);
	return piece(t, 1, true, true);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After a backslash: one character with a single meaning in and outside of classes. 1 if it was one. */
static int simple_escape(struct translator *t, uint32_t *ret_char)
{
	static const char from[] = "nrtfv", to[] = "\n\r\t\f\v";
	char c = peek(t, 0);
	const char *known = c ? strchr(from, c) : NULL;

	if (known) {
		*ret_char = (uint8_t)to[known - from];
		t->at++;
		return 1;
	}
	if (c == 'x') {
		int hi = hex_digit(peek(t, 1)), lo = hex_digit(peek(t, 2));

		if (hi < 0 || lo < 0)
			return refuse(t, "regular expression: \\x needs two hexadecimal digits");
		*ret_char = (uint32_t)(hi << 4 | lo);
		t->at += 3;
		return 1;
	}
	if (is_punct(c) || c == ' ') {
		*ret_char = (uint8_t)c;
		t->at++;
		return 1;
	}
	return 0;
}

static int bad_escape(struct translator *t)
{
	char c = peek(t, 0);

	if (!more(t))
		return refuse(t, "regular expression: ends in a lone backslash");
	if (is_digit((uint8_t)c) || c == 'g' || c == 'k')
		return refuse(t, "regular expression: back references are not accepted");
	if (c == 'p' || c == 'P' || c == 'X')
		return refuse(t, "regular expression: Unicode properties (\\%c) are not accepted", c);
	return refuse(t,
		      "regular expression: \\%c is not accepted (known: \\d \\D \\w \\W \\s \\S \\b \\B \\n \\r \\t "
		      "\\f \\v \\xHH "
		      "and escaped punctuation)",
		      is_alpha((uint8_t)c) ? c : '?');
}

static int escape(struct translator *t)
{
	uint32_t c = 0;
	int r;

	t->at++;
	r = simple_escape(t, &c);
	if (r < 0)
		return r;
	if (r)
		return put_literal(t, c);
	switch (peek(t, 0)) {
	case 'd':
		buf_puts(&t->out, "[0-9]");
		break;
	case 'D':
		buf_puts(&t->out, "[^0-9]");
		break;
	case 'w':
		buf_puts(&t->out, "[0-9A-Za-z_]");
		break;
	case 'W':
		buf_puts(&t->out, "[^0-9A-Za-z_]");
		break;
	case 's':
		buf_puts(&t->out, "[\\x09-\\x0d\\x20]");
		break;
	case 'S':
		buf_puts(&t->out, "[^\\x09-\\x0d\\x20]");
		break;
	case 'b':
	case 'B':
		buf_printf(&t->out, "\\%c", peek(t, 0));
		t->at++;
		return piece(t, 1, false, false);
	default:
		return bad_escape(t);
	}
	t->at++;
	return piece(t, 1, true, false);
}

/* ---- classes ---- */

struct class
{
	bool ascii[128];
	bool high; /* has something above 127, already written */
};

static void class_add(struct translator *t, struct class *k, uint32_t from, uint32_t to)
{
	for (uint32_t c = from; c <= MIN(to, 127U); c++) {
		k->ascii[c] = true;
		if ((t->flags & REGEX_IGNORECASE) && is_alpha(c))
			k->ascii[c ^ 0x20] = true;
	}
	if (to < 128)
		return;
	from = MAX(from, 128U);
	put_char(&t->out, from);
	if (to > from) {
		buf_putc(&t->out, '-');
		put_char(&t->out, to);
	}
	k->high = true;
}

/* One end of a range, or a shorthand (then *ret_shorthand is its letter). */
static int class_item(struct translator *t, uint32_t *ret_char, char *ret_shorthand)
{
	*ret_shorthand = '\0';
	if (peek(t, 0) == '[' && peek(t, 1) == ':') {
		const char *end = memmem(t->in.p + t->at + 2, t->in.n - t->at - 2, ":]", 2);

		if (end)
			return refuse(
				t, "regular expression: POSIX classes ([:alpha:]) are not accepted; write the range");
	}
	if (peek(t, 0) != '\\') {
		unsigned len = utf8_next(t->in.p + t->at, t->in.n - t->at, ret_char);

		if (!len)
			return refuse(t, "regular expression: not UTF-8");
		t->at += len;
		return 0;
	}
	t->at++;
	int r = simple_escape(t, ret_char);

	if (r != 0)
		return r < 0 ? r : 0;
	char c = peek(t, 0);

	if (!c || !strchr("dDwWsS", c)) {
		if (c == 'b' || c == 'B')
			return refuse(t, "regular expression: \\%c inside of [ ] is not accepted", c);
		return bad_escape(t);
	}
	*ret_shorthand = c;
	t->at++;
	return 0;
}

static void class_shorthand(struct translator *t, struct class *k, char c)
{
	bool set[128] = { false };

	for (uint32_t i = 0; i < 128; i++) {
		if ((c | 0x20) == 'd')
			set[i] = is_digit(i);
		else if ((c | 0x20) == 'w')
			set[i] = is_digit(i) || is_alpha(i) || i == '_';
		else
			set[i] = (i >= 9 && i <= 13) || i == ' ';
	}
	bool inverse = !(c & 0x20);

	for (uint32_t i = 0; i < 128; i++)
		if (set[i] != inverse)
			k->ascii[i] = true;
	if (inverse) {
		buf_puts(&t->out, "\\x{80}-\\x{10ffff}");
		k->high = true;
	}
}

static int class_members(struct translator *t, struct class *k)
{
	for (bool first = true;; first = false) {
		uint32_t from = 0, to;
		char shorthand;
		int r;

		if (!more(t))
			return refuse(t, "regular expression: [ without ]");
		if (peek(t, 0) == ']' && !first)
			return 0;
		r = class_item(t, &from, &shorthand);
		if (r < 0)
			return r;
		if (shorthand) {
			class_shorthand(t, k, shorthand);
			continue;
		}
		to = from;
		if (peek(t, 0) == '-' && t->at + 1 < t->in.n && peek(t, 1) != ']') {
			t->at++;
			r = class_item(t, &to, &shorthand);
			if (r < 0)
				return r;
			if (shorthand || to < from)
				return refuse(t,
					      "regular expression: a range in [ ] runs backwards or ends in a class");
		}
		class_add(t, k, from, to);
	}
}

static int class(struct translator *t)
{
	struct class k = { 0 };
	bool any = false;
	int r;

	t->at++;
	buf_putc(&t->out, '[');
	if (peek(t, 0) == '^') {
		buf_putc(&t->out, '^');
		t->at++;
	}
	r = class_members(t, &k);
	if (r < 0)
		return r;
	t->at++;
	for (uint32_t i = 0; i < 128; i++) {
		uint32_t last = i;

		if (!k.ascii[i])
			continue;
		while (last < 127 && k.ascii[last + 1])
			last++;
		put_char(&t->out, i);
		if (last > i) {
			buf_putc(&t->out, '-');
			put_char(&t->out, last);
		}
		i = last;
		any = true;
	}
	if (!any && !k.high)
		return refuse(t, "regular expression: an empty class");
	buf_putc(&t->out, ']');
	return piece(t, 1, true, false);
}

/* ---- groups and quantifiers ---- */

static int open_group(struct translator *t)
{
	t->at++;
	if (peek(t, 0) == '?') {
		char c = peek(t, 1), d = peek(t, 2);

		if (c == '=' || c == '!' || (c == '<' && (d == '=' || d == '!')))
			return refuse(t, "regular expression: look-around is not accepted");
		if (c == 'P' || c == '<' || c == '\'')
			return refuse(t, "regular expression: named groups are not accepted");
		if (c == '>')
			return refuse(t, "regular expression: atomic groups are not accepted");
		if (c != ':')
			return refuse(
				t,
				"regular expression: inline flags are accepted only at the start, as (?i), (?m), (?s)");
		t->at += 2;
	}
	if (t->depth == REGEX_DEPTH_MAX)
		return refuse(t, "regular expression: groups are nested deeper than %d", REGEX_DEPTH_MAX);
	end_run(t);
	buf_puts(&t->out, "(?:");
	t->stack[++t->depth] = (struct group){ 0 };
	t->repeatable = t->quantified = false;
	return 0;
}

static int close_group(struct translator *t)
{
	if (t->depth == 0)
		return refuse(t, "regular expression: ) without (");
	size_t size = t->stack[t->depth--].size;

	t->at++;
	buf_putc(&t->out, ')');
	return piece(t, MAX(size, (size_t)1), true, false);
}

static bool read_count(struct translator *t, size_t *at, uint64_t *ret_count)
{
	size_t start = *at;

	*ret_count = 0;
	while (*at < t->in.n && is_digit((uint8_t)t->in.p[*at])) {
		*ret_count = MIN(*ret_count * 10 + (uint64_t)(t->in.p[*at] - '0'), 1000000U);
		(*at)++;
	}
	return *at > start;
}

/* Applies a quantifier to the piece before it. */
static int quantify(struct translator *t, uint64_t times)
{
	struct group *g = &t->stack[t->depth];

	if (t->quantified && peek(t, 0) == '+')
		return refuse(t, "regular expression: possessive quantifiers are not accepted");
	if (!t->repeatable)
		return refuse(t, "regular expression: a quantifier follows nothing that can repeat");
	if (times > REGEX_REPEAT_MAX)
		return refuse(t, "regular expression: repetition above %d", REGEX_REPEAT_MAX);
	/* The piece was one certain character of the run: it no longer is. */
	if (t->run)
		t->run--;
	end_run(t);
	g->size -= t->last_size;
	int r = piece(t, t->last_size * (size_t)MAX(times, (uint64_t)1), false, false);

	t->quantified = true;
	return r;
}

static int simple_quantifier(struct translator *t, char c)
{
	int r = quantify(t, 1);

	if (r < 0)
		return r;
	buf_putc(&t->out, c);
	t->at++;
	return 0;
}

static int counted_quantifier(struct translator *t)
{
	size_t at = t->at + 1;
	uint64_t low, high;
	bool open = false;

	if (!read_count(t, &at, &low)) {
		if (at < t->in.n && t->in.p[at] == ',' && at + 1 < t->in.n && is_digit((uint8_t)t->in.p[at + 1]))
			return refuse(t, "regular expression: {,n} is not accepted; write {0,n}");
		t->at++;
		return put_literal(t, '{');
	}
	high = low;
	if (at < t->in.n && t->in.p[at] == ',') {
		at++;
		open = !read_count(t, &at, &high);
		if (open)
			high = low;
	}
	if (at >= t->in.n || t->in.p[at] != '}') { /* no quantifier: the brace is itself (PCRE) */
		t->at++;
		return put_literal(t, '{');
	}
	if (high < low)
		return refuse(t, "regular expression: {n,m} with m smaller than n");
	int r = quantify(t, MAX(low, high));

	if (r < 0)
		return r;
	t->at = at + 1;
	if (open)
		buf_printf(&t->out, "{%u,}", (unsigned)low);
	else
		buf_printf(&t->out, "{%u,%u}", (unsigned)low, (unsigned)high);
	return 0;
}

static int after_quantifier(struct translator *t, char c)
{
	if (c == '+')
		return refuse(t, "regular expression: possessive quantifiers are not accepted");
	t->quantified = false; /* lazy: which match is found does not matter */
	t->at++;
	return 0;
}

static int alternative(struct translator *t)
{
	t->at++;
	buf_putc(&t->out, '|');
	end_run(t);
	if (t->depth == 0)
		t->top_alternatives++;
	t->repeatable = t->quantified = false;
	return 0;
}

static int anchor(struct translator *t, char c)
{
	t->at++;
	buf_putc(&t->out, c);
	return piece(t, 1, false, false);
}

static int step(struct translator *t)
{
	char c = peek(t, 0);
	uint32_t u;
	unsigned len;

	switch (c) {
	case '\\':
		return escape(t);
	case '[':
		return class(t);
	case '(':
		return open_group(t);
	case ')':
		return close_group(t);
	case '|':
		return alternative(t);
	case '^':
	case '$':
		return anchor(t, c);
	case '.':
		t->at++;
		buf_putc(&t->out, '.');
		return piece(t, 1, true, false);
	case '?':
	case '+':
		if (t->quantified)
			return after_quantifier(t, c);
		return simple_quantifier(t, c);
	case '*':
		return simple_quantifier(t, c);
	case '{':
		return counted_quantifier(t);
	default:
		len = utf8_next(t->in.p + t->at, t->in.n - t->at, &u);
		if (!len)
			return refuse(t, "regular expression: not UTF-8");
		t->at += len;
		return put_literal(t, u);
	}
}

/* (?ims) at the very start. */
static void leading_flags(struct translator *t)
{
	size_t at = 2;
	unsigned flags = 0;

	if (t->in.n < 4 || memcmp(t->in.p, "(?", 2) != 0)
		return;
	for (; at < t->in.n && t->in.p[at] != ')'; at++) {
		if (t->in.p[at] == 'i')
			flags |= REGEX_IGNORECASE;
		else if (t->in.p[at] == 'm')
			flags |= REGEX_MULTILINE;
		else if (t->in.p[at] == 's')
			flags |= REGEX_DOTALL;
		else
			return; /* some other (?...): open_group() says what */
	}
	if (at == t->in.n || at == 2)
		return;
	t->flags |= flags;
	t->at = at + 1;
}

int regex_translate(struct arena *a, struct slice text, unsigned flags, struct regex *ret_regex, char *why,
		    size_t why_size)
{
	struct translator t = { .in = text, .flags = flags, .why = why, .why_size = why_size };
	int r;

	if (text.n > TL_REGEX_TEXT_MAX)
		return refuse(&t, "regular expression: longer than %d bytes", TL_REGEX_TEXT_MAX);
	/* The longest output for one input byte is that of \W in a class: 17 bytes and the ASCII ranges of one class
	 * (at most 64 of 9 bytes each, for an input of at least as many characters). */
	t.out.cap = text.n * 24 + 1024;
	t.out.p = arena_alloc(a, t.out.cap);
	if (!t.out.p)
		return -ENOMEM;
	leading_flags(&t);
	if (!more(&t))
		return refuse(&t, "regular expression: empty");
	while (more(&t)) {
		r = step(&t);
		if (r < 0)
			return r;
	}
	if (t.depth)
		return refuse(&t, "regular expression: ( without )");
	end_run(&t);
	buf_putc(&t.out, '\0');
	if (t.out.overflow)
		return refuse(&t, "regular expression: too large");
	*ret_regex = (struct regex){
		.text = t.out.p,
		.flags = t.flags,
		.literal = t.top_alternatives ? 0 : t.best,
		.anchored = t.out.p[0] == '^' && !t.top_alternatives && !(t.flags & REGEX_MULTILINE),
	};
	return 0;
}
