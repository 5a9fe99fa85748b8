/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/modifier.h"

#include <arpa/inet.h>
#include <errno.h>

#include "core/buf.h"
#include "core/utf8.h"
#include "rules/regex.h"

#define MODIFIERS_MAX	 8
#define ALTERNATIVES_MAX 3125 /* of one value: windash, expand, base64offset */

enum role { ROLE_FLAG, ROLE_SOURCE, ROLE_ENCODE, ROLE_WRAP, ROLE_TEST, ROLE_REGEX, ROLE_COMPARE, ROLE_PART };

enum modifier {
#define MODIFIER(name, canonical, role, apply, doc) MOD_##name,
#include "rules/modifiers.def"
	MOD_MAX
};

/* One reading of a value, on its way to an atom; alternatives are linked. */
struct draft {
	struct pattern pat;
	struct slice raw; /* text before it is read, for tests that take it raw */
	bool wrapped;	  /* has wildcards that a modifier added */
	bool wide;	  /* holds UTF-16 of characters beyond ASCII: only base64 makes it text */
	struct draft *next;
};

struct item {
	struct rule_source *src;
	const struct yaml_node *key, *value; /* value: the one being worked on */
	unsigned subject;
	enum modifier mod[MODIFIERS_MAX];
	unsigned n_mod;
	bool all, neq, cased, expand, wrap, encode;
	enum modifier test; /* MOD_MAX: text */
	unsigned regex_flags;
	enum cmp cmp;
	bool compare, part;
	enum time_part time_part;
	enum place place;
	struct expr *out;
	unsigned alternatives; /* pushed for the current value */
};

typedef int apply_fn(struct item *it, struct draft *d);

static apply_fn mod_windash, mod_utf16le, mod_utf16be, mod_utf16, mod_base64, mod_base64offset, mod_contains, mod_startswith,
	mod_endswith, mod_re, mod_cidr, mod_exists, mod_fieldref, mod_number, mod_time;

static const struct {
	const char *name;
	enum modifier canonical;
	enum role role;
	apply_fn *apply;
} table[MOD_MAX] = {
#define MODIFIER(name, canonical, role, apply, doc) [MOD_##name] = { #name, MOD_##canonical, ROLE_##role, apply },
#include "rules/modifiers.def"
};

PRINTF(4, 0)
static void tell(struct rule_source *s, enum diag_level level, const struct yaml_node *at, const char *fmt, va_list ap)
{
	char text[500];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (s->diag)
		diag_add(s->diag, level, s->file, at ? at->line : 0, at ? at->col : 0, "%s", text);
}

int rule_error(struct rule_source *s, const struct yaml_node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(s, DIAG_ERROR, at, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void rule_warning(struct rule_source *s, const struct yaml_node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(s, DIAG_WARNING, at, fmt, ap);
	va_end(ap);
}

/* ---- atoms ---- */

static int push(struct item *it, enum expr_kind kind, struct atom *atom)
{
	int r = expr_push(it->src->arena, it->out, kind, atom);

	if (r == -E2BIG)
		return rule_error(it->src, it->key ? it->key : it->value, "the rule is too large (more than %d tests)", TL_EXPR_OPS_MAX);
	return r;
}

static struct atom *atom_new(struct item *it, enum atom_kind kind)
{
	struct atom *a = arena_alloc(it->src->arena, sizeof(*a));

	if (!a)
		return NULL;
	a->kind = kind;
	a->subject = it->subject;
	a->line = it->value->line;
	a->col = it->value->col;
	return a;
}

/* One more alternative of the current value. */
static int put_atom(struct item *it, struct atom *a)
{
	int r = push(it, EXPR_ATOM, a);

	if (r < 0 || !it->alternatives++)
		return r;
	return push(it, EXPR_OR, NULL);
}

static int put_text(struct item *it, const struct pattern *p)
{
	struct atom *a = atom_new(it, ATOM_TEXT);

	if (!a)
		return -ENOMEM;
	a->pat = *p;
	a->cased = it->cased;
	a->literal = pattern_literal_run(p);
	return put_atom(it, a);
}

static int put_literal_text(struct item *it, struct slice s)
{
	struct pattern p;
	int r = pattern_literal(it->src->arena, s, &p);

	return r < 0 ? r : put_text(it, &p);
}

/* ---- encodings ---- */

static int refuse_wildcard(struct item *it, const struct draft *d, const char *name)
{
	if (pattern_has_wildcard(&d->pat))
		return rule_error(it->src, it->value, "%s cannot encode wildcards; it comes before contains, startswith and endswith, and \\* is a plain *",
				  name);
	return 0;
}

static bool is_word(uint16_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c >= 0x80 && c < PAT_ANY);
}

/* Length of the dash at @i: - / and U+2013, U+2014, U+2015. */
static size_t dash_at(const struct pattern *p, size_t i)
{
	if (p->t[i] == '-' || p->t[i] == '/')
		return 1;
	if (i + 2 < p->n && p->t[i] == 0xe2 && p->t[i + 1] == 0x80 && p->t[i + 2] >= 0x93 && p->t[i + 2] <= 0x95)
		return 3;
	return 0;
}

#define DASHES_MAX 5 /* 5^5 = ALTERNATIVES_MAX */

static unsigned find_dashes(const struct pattern *p, size_t *pos)
{
	unsigned n = 0;
	bool after_word = false;

	for (size_t i = 0; i < p->n; i++) {
		size_t len = dash_at(p, i);

		if (!len) {
			after_word = is_word(p->t[i]);
			continue;
		}
		if (!after_word && i + len < p->n && is_word(p->t[i + len]) && !dash_at(p, i + len) && n++ < DASHES_MAX)
			pos[n - 1] = i;
		after_word = false;
		i += len - 1;
	}
	return n;
}

static int windash_variant(struct item *it, const struct pattern *p, const size_t *pos, unsigned n, unsigned number,
			   struct pattern *ret_pattern)
{
	static const char *const dashes[] = { "-", "/", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95" };
	uint16_t *t = arena_array(it->src->arena, p->n + 2 * n, sizeof(*t));
	size_t o = 0;
	unsigned k = 0;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		if (k == n || i != pos[k]) {
			t[o++] = p->t[i];
			continue;
		}
		for (const char *d = dashes[number % ARRAY_SIZE(dashes)]; *d; d++)
			t[o++] = (uint8_t)*d;
		number /= ARRAY_SIZE(dashes);
		i += dash_at(p, i) - 1;
		k++;
	}
	*ret_pattern = (struct pattern){ t, o };
	return 0;
}

static struct draft *draft_after(struct item *it, struct draft *d)
{
	struct draft *n = arena_alloc(it->src->arena, sizeof(*n));

	if (!n)
		return NULL;
	*n = *d;
	d->next = n;
	return n;
}

static int mod_windash(struct item *it, struct draft *d)
{
	size_t pos[DASHES_MAX];
	struct pattern orig = d->pat;
	unsigned n = find_dashes(&orig, pos), variants = 1;

	if (n > DASHES_MAX)
		return rule_error(it->src, it->value, "windash: more than %d dashes in one value", DASHES_MAX);
	for (unsigned i = 0; i < n; i++)
		variants *= 5;
	for (unsigned v = 0; v < variants; v++) {
		int r;

		if (v) {
			d = draft_after(it, d);
			if (!d)
				return -ENOMEM;
		}
		r = windash_variant(it, &orig, pos, n, v, &d->pat);
		if (r < 0)
			return r;
	}
	return 0;
}

static uint16_t *put_unit(uint16_t *t, uint32_t unit, bool big)
{
	t[0] = (uint16_t)(big ? unit >> 8 : unit & 0xff);
	t[1] = (uint16_t)(big ? unit & 0xff : unit >> 8);
	return t + 2;
}

static int encode_utf16(struct item *it, struct draft *d, bool big, bool mark)
{
	char *bytes = arena_alloc(it->src->arena, d->pat.n);
	uint16_t *t = arena_array(it->src->arena, d->pat.n * 2 + 2, sizeof(*t)), *o = t;
	int r = refuse_wildcard(it, d, "utf16");

	if (r < 0)
		return r;
	if (!bytes || !t)
		return -ENOMEM;
	for (size_t i = 0; i < d->pat.n; i++)
		bytes[i] = (char)d->pat.t[i];
	if (mark) {
		o = put_unit(o, 0xfeff, big);
		d->wide = true;
	}
	for (size_t i = 0; i < d->pat.n;) {
		uint32_t c;
		unsigned len = utf8_next(bytes + i, d->pat.n - i, &c);

		if (!len)
			return rule_error(it->src, it->value, "utf16 needs text, not an encoded value");
		i += len;
		if (c >= 0x80)
			d->wide = true;
		if (c >= 0x10000) {
			o = put_unit(o, 0xd800 + ((c - 0x10000) >> 10), big);
			o = put_unit(o, 0xdc00 + ((c - 0x10000) & 0x3ff), big);
		} else {
			o = put_unit(o, c, big);
		}
	}
	d->pat = (struct pattern){ t, (size_t)(o - t) };
	return 0;
}

static int mod_utf16le(struct item *it, struct draft *d)
{
	return encode_utf16(it, d, false, false);
}

static int mod_utf16be(struct item *it, struct draft *d)
{
	return encode_utf16(it, d, true, false);
}

static int mod_utf16(struct item *it, struct draft *d)
{
	return encode_utf16(it, d, false, true);
}

/* Base64 of @lead blanks and the bytes of @p, without the first @drop and last @cut characters. */
static int base64_of(struct item *it, const struct pattern *p, size_t lead, size_t drop, size_t cut, struct pattern *ret_pattern)
{
	size_t n = lead + p->n;
	char *bytes = arena_alloc(it->src->arena, n);
	struct buf b = { .p = arena_alloc(it->src->arena, (n + 2) / 3 * 4), .cap = (n + 2) / 3 * 4 };

	if (!bytes || !b.p)
		return -ENOMEM;
	memset(bytes, ' ', lead);
	for (size_t i = 0; i < p->n; i++)
		bytes[lead + i] = (char)p->t[i];
	buf_put_base64(&b, (struct slice){ bytes, n });
	if (drop + cut > b.n)
		drop = b.n - MIN(cut, b.n);
	return pattern_literal(it->src->arena, (struct slice){ b.p + drop, b.n - MIN(drop + cut, b.n) }, ret_pattern);
}

static int mod_base64(struct item *it, struct draft *d)
{
	int r = refuse_wildcard(it, d, "base64");

	d->wide = false;
	return r < 0 ? r : base64_of(it, &d->pat, 0, 0, 0, &d->pat);
}

static int mod_base64offset(struct item *it, struct draft *d)
{
	static const size_t drop[] = { 0, 2, 3 }, cut[] = { 0, 3, 2 };
	struct pattern orig = d->pat;
	int r = refuse_wildcard(it, d, "base64offset");

	if (r < 0)
		return r;
	if (!orig.n)
		return rule_error(it->src, it->value, "base64offset of an empty text");
	d->wide = false;
	for (size_t i = 0; i < 3; i++) {
		if (i) {
			d = draft_after(it, d);
			if (!d)
				return -ENOMEM;
		}
		r = base64_of(it, &orig, i, drop[i], cut[(orig.n + i) % 3], &d->pat);
		if (r < 0)
			return r;
	}
	return 0;
}

static int wrap(struct item *it, struct draft *d, bool before, bool after)
{
	const struct pattern *p = &d->pat;
	uint16_t *t = arena_array(it->src->arena, p->n + 2, sizeof(*t));
	size_t n = 0;

	if (!t)
		return -ENOMEM;
	if (before && !(p->n && p->t[0] == PAT_ANY))
		t[n++] = PAT_ANY;
	if (p->n)
		memcpy(t + n, p->t, p->n * sizeof(*t));
	n += p->n;
	if (after && !(n && t[n - 1] == PAT_ANY))
		t[n++] = PAT_ANY;
	d->pat = (struct pattern){ t, n };
	d->wrapped = true;
	return 0;
}

static int mod_contains(struct item *it, struct draft *d)
{
	return wrap(it, d, true, true);
}

static int mod_startswith(struct item *it, struct draft *d)
{
	return wrap(it, d, false, true);
}

static int mod_endswith(struct item *it, struct draft *d)
{
	return wrap(it, d, true, false);
}

/* ---- tests ---- */

static int mod_re(struct item *it, struct draft *d)
{
	struct regex x;
	char why[200];
	struct atom *a;
	int r;

	if (it->value->type != YAML_TEXT && it->value->type != YAML_INT && it->value->type != YAML_FLOAT)
		return rule_error(it->src, it->value, "re needs a text");
	r = regex_translate(it->src->arena, d->raw, it->regex_flags, &x, why, sizeof(why));
	if (r == -EINVAL)
		return rule_error(it->src, it->value, "%s", why);
	if (r < 0)
		return r;
	a = atom_new(it, ATOM_REGEX);
	if (!a)
		return -ENOMEM;
	a->regex = x.text;
	a->regex_flags = x.flags & ~(unsigned)REGEX_IGNORECASE;
	a->literal = x.literal;
	a->anchored = x.anchored;
	return put_atom(it, a);
}

static bool parse_addr(const char *text, uint8_t *addr, unsigned *ret_bits)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(addr, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, text, addr + 12) == 1) {
		*ret_bits = 32;
		return true;
	}
	*ret_bits = 128;
	return inet_pton(AF_INET6, text, addr) == 1;
}

static int mod_cidr(struct item *it, struct draft *d)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[64];
	const char *slash = d->raw.n ? memchr(d->raw.p, '/', d->raw.n) : NULL;
	size_t n = slash ? (size_t)(slash - d->raw.p) : d->raw.n;
	struct atom *a = atom_new(it, ATOM_CIDR);
	unsigned bits;
	uint64_t prefix;

	if (!a)
		return -ENOMEM;
	if (it->value->type != YAML_TEXT || n >= sizeof(text) || memchr(d->raw.p, '\0', n))
		goto bad;
	memcpy(text, d->raw.p, n);
	text[n] = '\0';
	if (!parse_addr(text, a->addr, &bits))
		goto bad;
	prefix = bits;
	if (slash && (slice_u64((struct slice){ slash + 1, d->raw.n - n - 1 }, &prefix) < 0 || prefix > bits))
		return rule_error(it->src, it->value, "cidr: the prefix length must be 0 to %u", bits);
	a->prefix = (unsigned)prefix + (128 - bits);
	if (bits == 128 && a->prefix < 96 && memcmp(a->addr, mapped, MIN(a->prefix / 8, 12U)) == 0 && a->prefix >= 80)
		goto bad; /* a network half inside the mapped range would mix the versions */
	for (unsigned i = a->prefix; i < 128; i++)
		if (a->addr[i / 8] >> (7 - i % 8) & 1)
			return rule_error(it->src, it->value, "cidr: '%.60s' has bits set beyond its prefix length", it->value->text.p);
	return put_atom(it, a);
bad:
	return rule_error(it->src, it->value, "cidr: '%.60s' is not an IPv4 or IPv6 network", it->value->text.p);
}

static int mod_exists(struct item *it, struct draft *d)
{
	struct atom *a = atom_new(it, ATOM_PRESENT);
	int r;

	(void)d;
	if (!a)
		return -ENOMEM;
	if (it->value->type != YAML_BOOL)
		return rule_error(it->src, it->value, "exists takes true or false (without quotes)");
	r = put_atom(it, a);
	return r < 0 || it->value->truth ? r : push(it, EXPR_NOT, NULL);
}

static int mod_fieldref(struct item *it, struct draft *d)
{
	enum field f = it->value->type == YAML_TEXT ? field_by_sigma(d->raw) : F_MAX;
	struct atom *a = atom_new(it, ATOM_FIELDREF);

	if (!a)
		return -ENOMEM;
	if (f == F_MAX)
		return rule_error(it->src, it->value, "fieldref: there is no field '%.60s'", it->value->text.p);
	a->other = f;
	a->place = it->place;
	a->cased = it->cased;
	return put_atom(it, a);
}

static int mod_number(struct item *it, struct draft *d)
{
	struct atom *a = atom_new(it, ATOM_NUMBER);

	(void)d;
	if (!a)
		return -ENOMEM;
	if (yaml_number(it->value, &a->number) < 0)
		return rule_error(it->src, it->value, "'%.60s' is not a number (quotes make it a text)", it->value->text.p);
	a->cmp = it->cmp;
	return put_atom(it, a);
}

static int mod_time(struct item *it, struct draft *d)
{
	struct atom *a = atom_new(it, ATOM_TIME);

	(void)d;
	if (!a)
		return -ENOMEM;
	if (it->value->type != YAML_INT || yaml_number(it->value, &a->number) < 0)
		return rule_error(it->src, it->value, "'%.60s' is not a whole number", it->value->text.p);
	a->part = it->time_part;
	a->cmp = it->cmp;
	return put_atom(it, a);
}

/* ---- expand ---- */

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
		return rule_error(it->src, it->value, "expand: the placeholder %%%.*s%% has no configured value", (int)MIN(name.n, 60U), name.p);
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
		*tail = done ? draft_after(it, *tail) : NULL;
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
			return rule_error(it->src, it->value, "expand: more than %d combinations, or a value that is not text", ALTERNATIVES_MAX);
		last->next = pending_new(it, done->done, value->text, rest);
		if (!last->next)
			return -ENOMEM;
		last = last->next;
		last->next = after;
	}
	return 0;
}

static int expand(struct item *it, struct draft *first)
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
	*first = *head.next;
	return 0;
}

/* ---- one value ---- */

static bool numeric_field(unsigned subject)
{
	if (subject >= F_MAX)
		return false;
	switch (field_desc[subject].type) {
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
	case TYPE_i64:
		return true;
	case TYPE_str:
	case TYPE_bool:
	case TYPE_ip:
	case TYPE_time:
	case TYPE_list:
	case TYPE_dev:
		return false;
	}
	return false;
}

/* A number without modifiers: as number, or as its source text and as plain decimal. */
static int put_number(struct item *it)
{
	const struct yaml_node *v = it->value;
	char text[64];
	long double n;
	int r;

	if (numeric_field(it->subject)) {
		it->cmp = CMP_EQ;
		return mod_number(it, NULL);
	}
	r = yaml_number(v, &n);
	if (r == 0)
		r = put_literal_text(it, v->text);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), v->type == YAML_INT ? "%.0Lf" : "%.15Lg", n);
	return slice_eqs(v->text, text) ? 0 : put_literal_text(it, slice_of(text));
}

/* Encodings and wildcards, in the order they are written; each may add alternatives behind the one it is given. */
static int apply_patterns(struct item *it, struct draft *first)
{
	for (unsigned i = 0; i < it->n_mod; i++) {
		enum role role = table[it->mod[i]].role;
		unsigned count = 0;

		if (role != ROLE_ENCODE && role != ROLE_WRAP)
			continue;
		for (struct draft *d = first, *next; d; d = next) {
			int r;

			next = d->next;
			r = table[it->mod[i]].apply(it, d);
			if (r < 0)
				return r;
		}
		for (struct draft *d = first; d; d = d->next)
			if (++count > ALTERNATIVES_MAX)
				return rule_error(it->src, it->value, "more than %d alternatives of one value", ALTERNATIVES_MAX);
	}
	return 0;
}

static int put_patterns(struct item *it, struct draft *first)
{
	int r = apply_patterns(it, first);

	for (struct draft *d = first; d && r == 0; d = d->next) {
		if (d->wide)
			return rule_error(it->src, it->value, "utf16: characters beyond ASCII, and the byte order mark, need base64 after it");
		if (it->subject == SUBJECT_KEYWORD && !it->wrap)
			r = wrap(it, d, true, true);
		if (r == 0)
			r = put_text(it, &d->pat);
	}
	return r;
}

static int value_text_patterns(struct item *it, struct draft *d)
{
	const struct yaml_node *v = it->value;

	if (v->type == YAML_TEXT) {
		for (; d; d = d->next) {
			int r = pattern_parse(it->src->arena, d->raw, &d->pat);

			if (r < 0)
				return r;
		}
		return 0;
	}
	for (unsigned i = 0; i < it->n_mod; i++)
		if (table[it->mod[i]].role == ROLE_ENCODE && it->mod[i] != MOD_windash)
			return rule_error(it->src, v, "%s needs a text; put the value in quotes", table[it->mod[i]].name);
	return pattern_literal(it->src->arena, v->text, &d->pat);
}

static int put_scalar(struct item *it)
{
	const struct yaml_node *v = it->value;
	struct draft d = { .raw = v->text };
	int r;

	if (it->expand && v->type == YAML_TEXT) {
		r = expand(it, &d);
		if (r < 0)
			return r;
	}
	if (it->test != MOD_MAX) {
		r = 0;
		for (struct draft *one = &d; one && r == 0; one = one->next)
			r = table[it->test].apply(it, one);
		return r;
	}
	if (!it->wrap && !it->encode && (v->type == YAML_INT || v->type == YAML_FLOAT))
		return put_number(it);
	if (!it->wrap && !it->encode && v->type == YAML_BOOL)
		return put_literal_text(it, v->truth ? SLICE("true") : SLICE("false"));
	r = value_text_patterns(it, &d);
	return r < 0 ? r : put_patterns(it, &d);
}

static int put_null(struct item *it)
{
	struct atom *a = atom_new(it, ATOM_PRESENT);
	int r;

	if (it->subject == SUBJECT_KEYWORD)
		return rule_error(it->src, it->value, "an empty keyword; '' in quotes is the empty text");
	if (it->n_mod > (it->neq ? 1U : 0U))
		return rule_error(it->src, it->value, "null (or nothing) after the colon stands alone, with no modifier but neq");
	if (!a)
		return -ENOMEM;
	r = put_atom(it, a);
	return r < 0 ? r : push(it, EXPR_NOT, NULL);
}

/* ---- the key ---- */

static enum modifier modifier_find(struct slice name)
{
	for (enum modifier m = 0; m < MOD_MAX; m++)
		if (slice_eqs(name, table[m].name))
			return m;
	return MOD_MAX;
}

static void take_flags(struct item *it, enum modifier m)
{
	it->all |= m == MOD_all;
	it->neq |= m == MOD_neq;
	it->cased |= m == MOD_cased;
	it->expand |= m == MOD_expand;
	it->wrap |= table[m].role == ROLE_WRAP;
	it->encode |= table[m].role == ROLE_ENCODE;
	if (m == MOD_i)
		it->regex_flags |= REGEX_IGNORECASE;
	if (m == MOD_m)
		it->regex_flags |= REGEX_MULTILINE;
	if (m == MOD_s)
		it->regex_flags |= REGEX_DOTALL;
}

static int take_test(struct item *it, enum modifier m)
{
	static const enum cmp cmps[MOD_MAX] = {
		[MOD_lt] = CMP_LT, [MOD_lte] = CMP_LTE, [MOD_gt] = CMP_GT, [MOD_gte] = CMP_GTE,
	};
	static const enum time_part parts[MOD_MAX] = {
		[MOD_minute] = PART_MINUTE, [MOD_hour] = PART_HOUR,   [MOD_day] = PART_DAY,
		[MOD_week] = PART_WEEK,	    [MOD_month] = PART_MONTH, [MOD_year] = PART_YEAR,
	};
	enum role role = table[m].role;

	if (role == ROLE_COMPARE && !it->compare) {
		it->compare = true;
		it->cmp = cmps[m];
		if (!it->part && it->test == MOD_MAX)
			it->test = m;
		else if (!it->part)
			return rule_error(it->src, it->key, "%s cannot follow %s", table[m].name, table[it->test].name);
		return 0;
	}
	if (role == ROLE_PART && !it->part) {
		it->part = true;
		it->time_part = parts[m];
		if (it->test != MOD_MAX && !it->compare)
			return rule_error(it->src, it->key, "%s cannot follow %s", table[m].name, table[it->test].name);
		it->test = m;
		return 0;
	}
	if (it->test != MOD_MAX)
		return rule_error(it->src, it->key, "%s cannot be used together with %s", table[m].name, table[it->test].name);
	it->test = m;
	return 0;
}

static bool is_flag(enum modifier m)
{
	return table[m].role == ROLE_FLAG;
}

static int take_modifier(struct item *it, struct slice name)
{
	enum modifier m = modifier_find(name);
	bool first = true;

	if (m == MOD_MAX)
		return rule_error(it->src, it->key, "unknown modifier '%.*s'", (int)MIN(name.n, 60U), name.p);
	if (table[m].canonical != m)
		m = table[m].canonical;
	for (unsigned i = 0; i < it->n_mod; i++) {
		if (it->mod[i] == m)
			return rule_error(it->src, it->key, "modifier '%s' is there twice", table[m].name);
		first &= is_flag(it->mod[i]);
	}
	if (it->n_mod == MODIFIERS_MAX)
		return rule_error(it->src, it->key, "more than %d modifiers", MODIFIERS_MAX);
	it->mod[it->n_mod++] = m;
	take_flags(it, m);
	switch (table[m].role) {
	case ROLE_REGEX:
		if (it->test != MOD_re)
			return rule_error(it->src, it->key, "modifier '%s' is an option of re and follows it", table[m].name);
		return 0;
	case ROLE_TEST:
		if ((m == MOD_re || m == MOD_fieldref) && !first)
			return rule_error(it->src, it->key, "modifier '%s' must be the first one", table[m].name);
		return take_test(it, m);
	case ROLE_COMPARE:
	case ROLE_PART:
		return take_test(it, m);
	case ROLE_ENCODE:
		if (it->wrap)
			return rule_error(it->src, it->key, "modifier '%s' comes before contains, startswith and endswith", table[m].name);
		return 0;
	case ROLE_SOURCE:
		if (it->wrap || it->encode)
			return rule_error(it->src, it->key, "modifier '%s' comes before those that rewrite the text", table[m].name);
		return 0;
	case ROLE_FLAG:
	case ROLE_WRAP:
		return 0;
	}
	return 0;
}

static enum place place_of(const struct item *it)
{
	for (unsigned i = 0; i < it->n_mod; i++) {
		if (it->mod[i] == MOD_contains)
			return PLACE_ANYWHERE;
		if (it->mod[i] == MOD_startswith)
			return PLACE_START;
		if (it->mod[i] == MOD_endswith)
			return PLACE_END;
	}
	return PLACE_WHOLE;
}

/* What does not go together, once all modifiers are known. */
static int check_modifiers(struct item *it)
{
	const char *test = it->test != MOD_MAX ? table[it->test].name : "";
	unsigned wraps = 0;

	for (unsigned i = 0; i < it->n_mod; i++)
		wraps += table[it->mod[i]].role == ROLE_WRAP;
	if (wraps > 1)
		return rule_error(it->src, it->key, "only one of contains, startswith and endswith can be used");
	if (it->test == MOD_MAX)
		return 0;
	if (it->encode || (it->wrap && it->test != MOD_fieldref))
		return rule_error(it->src, it->key, "%s cannot be used together with modifiers that rewrite the text", test);
	if (it->cased && it->test != MOD_fieldref)
		return rule_error(it->src, it->key, "cased has no meaning together with %s", test);
	if (it->expand && it->test != MOD_re && it->test != MOD_cidr)
		return rule_error(it->src, it->key, "expand has no meaning together with %s", test);
	if (it->test == MOD_exists && it->n_mod > 1)
		return rule_error(it->src, it->key, "exists stands alone");
	if (it->subject == SUBJECT_KEYWORD && (it->test == MOD_exists || it->test == MOD_fieldref))
		return rule_error(it->src, it->key, "%s needs a field before it", test);
	if (it->test == MOD_fieldref && it->subject >= F_MAX)
		return rule_error(it->src, it->key, "fieldref cannot be used with %s", subject_name(it->subject));
	it->place = place_of(it);
	return 0;
}

static int take_field(struct item *it, struct slice name)
{
	enum field f;

	if (!name.n) {
		it->subject = SUBJECT_KEYWORD;
		return 0;
	}
	if (slice_eqs(name, "@timestamp")) {
		it->subject = SUBJECT_TIMESTAMP;
		return 0;
	}
	f = field_by_sigma(name);
	if (f == F_MAX) {
		const char *near = field_suggest(name);

		return rule_error(it->src, it->key, "unknown field '%.*s'%s%s%s", (int)MIN(name.n, 60U), name.p, near ? "; is it '" : "",
				  near ? near : "", near ? "'?" : "");
	}
	it->subject = f;
	return 0;
}

static int take_key(struct item *it)
{
	struct slice rest = it->key->text;
	bool field = true;

	for (;;) {
		const char *bar = rest.n ? memchr(rest.p, '|', rest.n) : NULL;
		struct slice word = { rest.p, bar ? (size_t)(bar - rest.p) : rest.n };
		int r = field ? take_field(it, word) : take_modifier(it, word);

		if (r < 0)
			return r;
		if (!bar)
			return check_modifiers(it);
		rest = (struct slice){ bar + 1, rest.n - word.n - 1 };
		field = false;
	}
}

/* ---- the item ---- */

static int put_value(struct item *it, const struct yaml_node *v, bool in_list)
{
	it->value = v;
	it->alternatives = 0;
	if (v->kind != YAML_SCALAR)
		return rule_error(it->src, v, v->kind == YAML_MAP ? "a map cannot be the value of a field" : "a list inside a list of values");
	if (v->type == YAML_NULL) {
		if (in_list)
			return rule_error(it->src, v, "null cannot be in a list; '' in quotes is the empty text");
		return put_null(it);
	}
	return put_scalar(it);
}

static int put_list(struct item *it, const struct yaml_node *list)
{
	int r = 0;
	bool first = true;

	if (!list->n)
		return rule_error(it->src, list, "an empty list of values");
	if (it->test == MOD_exists)
		return rule_error(it->src, list, "exists takes true or false, not a list");
	for (const struct yaml_node *v = list->first; v && r == 0; v = v->next, first = false) {
		r = put_value(it, v, true);
		if (r == 0 && !first)
			r = push(it, it->all ? EXPR_AND : EXPR_OR, NULL);
	}
	return r;
}

int item_build(struct rule_source *s, const struct yaml_node *key, const struct yaml_node *value, struct expr *e)
{
	struct item it = {
		.src = s, .key = key, .value = value, .subject = SUBJECT_KEYWORD, .test = MOD_MAX, .cmp = CMP_EQ, .out = e,
	};
	int r = key ? take_key(&it) : 0;

	if (r < 0)
		return r;
	if (it.all && (value->kind != YAML_LIST || value->n < 2))
		rule_warning(s, key, "all has no effect on a single value");
	r = value->kind == YAML_LIST ? put_list(&it, value) : put_value(&it, value, false);
	if (r < 0 || !it.neq)
		return r;
	return push(&it, EXPR_NOT, NULL);
}
