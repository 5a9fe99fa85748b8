/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/yaml.h"

#include <assert.h>
#include <errno.h>

#include <yaml.h>

#include "core/utf8.h"

struct reader {
	struct arena *arena;
	struct diag *diag;
	const char *file;
	struct yaml_doc *first, *last;
	struct yaml_node *stack[TL_YAML_DEPTH_MAX];
	struct yaml_node *pending_key[TL_YAML_DEPTH_MAX]; /* per open map: key waiting for its value */
	unsigned depth;
	unsigned values;
	struct yaml_doc *doc;
	bool bad;  /* the current document: skip to its end */
	bool stop; /* libyaml takes quadratic time for what is nested without end: leave the rest of the stream */
	unsigned skip_depth; /* open collections that were not built */
};

PRINTF(4, 5)
static void complain(struct reader *r, unsigned line, unsigned col, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (r->bad) /* one error per document */
		return;
	r->bad = true;
	if (!r->diag)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_add(r->diag, DIAG_ERROR, r->file, line, col, "%s", text);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool any_of(struct slice s, const char *const *words)
{
	for (; *words; words++)
		if (slice_eqs(s, *words))
			return true;
	return false;
}

static bool all_match(struct slice s, size_t from, bool (*test)(char c))
{
	if (from >= s.n)
		return false;
	for (size_t i = from; i < s.n; i++)
		if (!test(s.p[i]))
			return false;
	return true;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static size_t skip_digits(struct slice s, size_t i)
{
	while (i < s.n && is_digit(s.p[i]))
		i++;
	return i;
}

/* [-+]? ( \.[0-9]+ | [0-9]+(\.[0-9]*)? ) ([eE][-+]?[0-9]+)? */
static bool is_float(struct slice s)
{
	size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
	size_t whole = skip_digits(s, i) - i;

	i += whole;
	if (i < s.n && s.p[i] == '.') {
		size_t part = skip_digits(s, i + 1) - (i + 1);

		if (!whole && !part)
			return false;
		i += 1 + part;
	} else if (!whole) {
		return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
			i++;
		size_t end = skip_digits(s, i);

		if (end == i)
			return false;
		i = end;
	}
	return i == s.n;
}

/* YAML 1.2.2, 10.3.2: tag resolution of the core schema. */
static enum yaml_type resolve(struct slice s, bool *ret_truth)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	static const char *const specials[] = { ".inf",	 ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
						"-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL };

	if (any_of(s, nulls))
		return YAML_NULL;
	if (any_of(s, trues)) {
		*ret_truth = true;
		return YAML_BOOL;
	}
	if (any_of(s, falses))
		return YAML_BOOL;
	if (s.n > 2 && s.p[0] == '0' && s.p[1] == 'o' && all_match(s, 2, is_octal))
		return YAML_INT;
	if (s.n > 2 && s.p[0] == '0' && s.p[1] == 'x' && all_match(s, 2, is_hex))
		return YAML_INT;
	if (all_match(s, s.p[0] == '-' || s.p[0] == '+' ? 1 : 0, is_digit))
		return YAML_INT;
	if (is_float(s) || any_of(s, specials))
		return YAML_FLOAT;
	return YAML_TEXT;
}

static uint32_t hash_text(struct slice s)
{
	uint32_t h = 2166136261U; /* FNV-1a: only saves comparisons inside one document */

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 16777619U;
	return h;
}

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind, const yaml_mark_t *mark)
{
	struct yaml_node *n = arena_alloc(r->arena, sizeof(*n));

	if (!n)
		return NULL;
	n->kind = kind;
	n->line = (unsigned)mark->line + 1;
	n->col = (unsigned)mark->column + 1;
	return n;
}

static void add_entry(struct reader *r, struct yaml_node *map, struct yaml_node *key, struct yaml_node *value)
{
	for (const struct yaml_node *e = map->first; e; e = e->next)
		if (e->key->hash == key->hash && slice_eq(e->key->text, key->text)) {
			complain(r, key->line, key->col, "duplicate key '%.100s' (first at line %u)", key->text.p,
				 e->key->line);
			return;
		}
	if (!map->first) {
		map->line = key->line;
		map->col = key->col;
	}
	value->key = key;
}

/* Puts a finished or opening node at its place in the tree. */
static void place(struct reader *r, struct yaml_node *n)
{
	assert(r->doc);
	if (r->depth == 0) {
		r->doc->root = n;
		return;
	}
	struct yaml_node *top = r->stack[r->depth - 1];
	struct yaml_node **key = &r->pending_key[r->depth - 1];

	assert(top);
	if (top->kind == YAML_MAP) {
		if (!*key) {
			if (n->kind != YAML_SCALAR) {
				complain(r, n->line, n->col, "a key must be plain text, not a list or map");
				return;
			}
			if (slice_eqs(n->text, "<<")) {
				complain(r, n->line, n->col, "merge keys (<<) are not accepted; write the entries out");
				return;
			}
			*key = n;
			return;
		}
		add_entry(r, top, *key, n);
		*key = NULL;
		if (r->bad)
			return;
	}
	if (++r->values > TL_YAML_VALUES_MAX) {
		complain(r, n->line, n->col, "more than %d values in one document", TL_YAML_VALUES_MAX);
		return;
	}
	if (top->last)
		top->last->next = n;
	else
		top->first = n;
	top->last = n;
	top->n++;
}

static int on_scalar(struct reader *r, const yaml_event_t *ev)
{
	struct yaml_node *n;
	const char *tag = (const char *)ev->data.scalar.tag;

	if (r->bad)
		return 0;
	n = node_new(r, YAML_SCALAR, &ev->start_mark);
	if (!n)
		return -ENOMEM;
	n->text.n = ev->data.scalar.length;
	n->text.p = arena_str(r->arena, (struct slice){ (const char *)ev->data.scalar.value, n->text.n });
	if (!n->text.p)
		return -ENOMEM;
	n->hash = hash_text(n->text);
	n->type = YAML_TEXT;
	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !(tag && strcmp(tag, YAML_STR_TAG) == 0))
		n->type = resolve(n->text, &n->truth);
	place(r, n);
	return 0;
}

static int on_open(struct reader *r, enum yaml_kind kind, const yaml_event_t *ev)
{
	struct yaml_node *n;

	if (r->bad) {
		r->stop |= ++r->skip_depth > 4 * TL_YAML_DEPTH_MAX;
		return 0;
	}
	n = node_new(r, kind, &ev->start_mark);
	if (!n)
		return -ENOMEM;
	if (r->depth == TL_YAML_DEPTH_MAX) {
		complain(r, n->line, n->col, "nested deeper than %d levels; the rest of the file is not read",
			 TL_YAML_DEPTH_MAX);
		r->stop = true;
	} else {
		place(r, n);
	}
	if (r->bad) {
		r->skip_depth++;
		return 0;
	}
	r->pending_key[r->depth] = NULL;
	r->stack[r->depth++] = n;
	return 0;
}

static void on_close(struct reader *r)
{
	if (r->skip_depth)
		r->skip_depth--;
	else
		r->depth--;
}

static int on_document(struct reader *r, const yaml_event_t *ev)
{
	r->doc = arena_alloc(r->arena, sizeof(*r->doc));
	if (!r->doc)
		return -ENOMEM;
	r->doc->line = (unsigned)ev->start_mark.line + 1;
	r->depth = r->skip_depth = r->values = 0;
	r->bad = false;
	return 0;
}

static void on_document_end(struct reader *r)
{
	struct yaml_doc *d = r->doc;
	const struct yaml_node *root;

	assert(d);
	root = d->root;

	r->doc = NULL;
	if (r->bad)
		d->root = NULL;
	else if (!root || (root->kind == YAML_SCALAR && root->type == YAML_NULL))
		return; /* empty */
	if (r->last)
		r->last->next = d;
	else
		r->first = d;
	r->last = d;
}

/* Returns 1 at the end of the stream. */
static int on_event(struct reader *r, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		return on_document(r, ev);
	case YAML_DOCUMENT_END_EVENT:
		on_document_end(r);
		return 0;
	case YAML_ALIAS_EVENT:
		complain(r, (unsigned)ev->start_mark.line + 1, (unsigned)ev->start_mark.column + 1,
			 "aliases (*%.60s) are not accepted; write the value out", ev->data.alias.anchor);
		return 0;
	case YAML_SCALAR_EVENT:
		return on_scalar(r, ev);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(r, YAML_LIST, ev);
	case YAML_MAPPING_START_EVENT:
		return on_open(r, YAML_MAP, ev);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		on_close(r);
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
		return 0;
	}
	return 0;
}

/* The characters of YAML 1.2.2, 5.1, without the byte order mark. */
static bool printable(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7e) || c == 0x85 ||
	       (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd && c != 0xfeff) || c >= 0x10000;
}

/* Offset of the first byte that no YAML text may contain, with its place; text.n if there is none. */
static size_t first_bad(struct slice text, unsigned *ret_line, unsigned *ret_col)
{
	unsigned line = 1, col = 1;
	size_t i = 0;

	while (i < text.n) {
		uint32_t c;
		unsigned len = utf8_next(text.p + i, text.n - i, &c);

		if (!len || (!printable(c) && !(c == 0xfeff && i == 0)))
			break;
		i += len;
		col++;
		if (c == '\n') {
			line++;
			col = 1;
		}
	}
	*ret_line = line;
	*ret_col = col;
	return i;
}

/* libyaml decodes ahead in blocks: a bad byte would also take documents that end before it. So it only gets the
 * documents that are whole. */
static size_t whole_documents(struct slice text, size_t bad)
{
	while (bad > 0) {
		if (bad + 3 <= text.n && memcmp(text.p + bad, "---", 3) == 0 && text.p[bad - 1] == '\n')
			return bad;
		bad--;
	}
	return 0;
}

static int read_events(struct reader *r, yaml_parser_t *parser)
{
	for (;;) {
		yaml_event_t ev;
		int got;

		if (!yaml_parser_parse(parser, &ev)) {
			if (parser->error == YAML_MEMORY_ERROR)
				return -ENOMEM;
			r->bad = false;
			complain(r, (unsigned)parser->problem_mark.line + 1, (unsigned)parser->problem_mark.column + 1,
				 "YAML syntax: %s%s%s; the rest of the file is not read",
				 parser->problem ? parser->problem : "unreadable", parser->context ? " " : "",
				 parser->context ? parser->context : "");
			return 0;
		}
		got = on_event(r, &ev);
		yaml_event_delete(&ev);
		if (got != 0 || r->stop)
			return got < 0 ? got : 0;
	}
}

int yaml_parse(struct arena *a, const char *file, struct slice text, struct diag *diag, struct yaml_doc **ret_docs)
{
	struct reader r = { .arena = a, .diag = diag, .file = file };
	yaml_parser_t parser;
	unsigned line, col;
	int got;

	if (text.n > TL_YAML_BYTES_MAX) {
		complain(&r, 1, 1, "the file is longer than %d bytes", TL_YAML_BYTES_MAX);
		*ret_docs = NULL;
		return 0;
	}
	size_t bad = first_bad(text, &line, &col);
	size_t whole = bad < text.n ? whole_documents(text, bad) : text.n;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.p ? text.p : ""), whole);
	got = read_events(&r, &parser);
	yaml_parser_delete(&parser);
	if (got < 0)
		return got;
	if (bad < text.n) {
		r.bad = false;
		complain(&r, line, col,
			 "a byte that is not UTF-8 text, or a control character; the rest of the file is not read");
	}
	*ret_docs = r.first;
	return 0;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *e = map->first; e; e = e->next)
		if (slice_eqs(e->key->text, key))
			return e;
	return NULL;
}

static int parse_radix(struct slice digits, unsigned radix, uint64_t *ret_value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];
		unsigned d = is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);

		if (__builtin_mul_overflow(v, (uint64_t)radix, &v) || __builtin_add_overflow(v, (uint64_t)d, &v))
			return -ERANGE;
	}
	*ret_value = v;
	return 0;
}

static int int_parts(const struct yaml_node *n, bool *ret_negative, uint64_t *ret_magnitude)
{
	struct slice s = n->text;
	unsigned radix = 10;

	if (n->kind != YAML_SCALAR || n->type != YAML_INT)
		return -EINVAL;
	*ret_negative = s.p[0] == '-';
	if (s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'o')) {
		radix = s.p[1] == 'x' ? 16 : 8;
		s = (struct slice){ s.p + 2, s.n - 2 };
	} else if (s.p[0] == '-' || s.p[0] == '+') {
		s = (struct slice){ s.p + 1, s.n - 1 };
	}
	return parse_radix(s, radix, ret_magnitude);
}

int yaml_u64(const struct yaml_node *n, uint64_t *ret_value)
{
	bool negative;
	uint64_t v;
	int r = int_parts(n, &negative, &v);

	if (r < 0)
		return r;
	if (negative && v)
		return -ERANGE;
	*ret_value = v;
	return 0;
}

int yaml_number(const struct yaml_node *n, long double *ret_value)
{
	bool negative;
	uint64_t v;
	int r = n->kind == YAML_SCALAR && (n->type == YAML_INT || n->type == YAML_FLOAT) ? 0 : -EINVAL;

	if (r < 0)
		return r;
	if (n->type == YAML_INT && int_parts(n, &negative, &v) == 0) {
		*ret_value = negative && v ? -(long double)v : (long double)v; /* -0 is 0 */
		return 0;
	}
	/* The text was checked by resolve(): only digits, sign, point and exponent, or .inf and .nan. */
	const char *dot = memchr(n->text.p, '.', n->text.n);

	if (dot && (dot[1] | 0x20) == 'n')
		*ret_value = __builtin_nanl("");
	else if (dot && (dot[1] | 0x20) == 'i')
		*ret_value = n->text.p[0] == '-' ? -__builtin_infl() : __builtin_infl();
	else if (n->text.n > 2 && n->text.p[1] == 'o')
		*ret_value = __builtin_infl(); /* an octal number beyond 64 bits */
	else
		*ret_value = strtold(n->text.p, NULL);
	if (*ret_value == 0)
		*ret_value = 0; /* no negative zero */
	return 0;
}
