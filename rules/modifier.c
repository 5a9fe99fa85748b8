/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/modifier.h"

#include <errno.h>

#include "rules/item.h"
#include "rules/regex.h"

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

int item_push(struct item *it, enum expr_kind kind, struct atom *atom)
{
	int r = expr_push(it->src->arena, it->out, kind, atom);

	if (r == -E2BIG)
		return rule_error(it->src, it->key ? it->key : it->value, "the rule is too large (more than %d tests)",
				  TL_EXPR_OPS_MAX);
	return r;
}

struct atom *item_atom(struct item *it, enum atom_kind kind)
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
int item_put(struct item *it, struct atom *a)
{
	int r = item_push(it, EXPR_ATOM, a);

	if (r < 0 || !it->alternatives++)
		return r;
	return item_push(it, EXPR_OR, NULL);
}

static int put_text(struct item *it, const struct pattern *p)
{
	struct atom *a = item_atom(it, ATOM_TEXT);

	if (!a)
		return -ENOMEM;
	a->pat = *p;
	a->cased = it->cased;
	a->literal = pattern_literal_run(p);
	return item_put(it, a);
}

static int put_literal_text(struct item *it, struct slice s)
{
	struct pattern p;
	int r = pattern_literal(it->src->arena, s, &p);

	return r < 0 ? r : put_text(it, &p);
}

struct draft *item_draft_after(struct item *it, struct draft *d)
{
	struct draft *n = arena_alloc(it->src->arena, sizeof(*n));

	if (!n)
		return NULL;
	*n = *d;
	d->next = n;
	return n;
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
				return rule_error(it->src, it->value, "more than %d alternatives of one value",
						  ALTERNATIVES_MAX);
	}
	return 0;
}

static int put_patterns(struct item *it, struct draft *first)
{
	int r = apply_patterns(it, first);

	for (struct draft *d = first; d && r == 0; d = d->next) {
		if (d->wide)
			return rule_error(
				it->src, it->value,
				"utf16: characters beyond ASCII, and the byte order mark, need base64 after it");
		if (it->subject == SUBJECT_KEYWORD && !it->wrap)
			r = item_wrap(it, d, true, true);
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
			return rule_error(it->src, v, "%s needs a text; put the value in quotes",
					  table[it->mod[i]].name);
	return pattern_literal(it->src->arena, v->text, &d->pat);
}

static int put_scalar(struct item *it)
{
	const struct yaml_node *v = it->value;
	struct draft d = { .raw = v->text };
	int r;

	if (it->expand && v->type == YAML_TEXT) {
		r = item_expand(it, &d);
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
	struct atom *a = item_atom(it, ATOM_PRESENT);
	int r;

	if (it->subject == SUBJECT_KEYWORD)
		return rule_error(it->src, it->value, "an empty keyword; '' in quotes is the empty text");
	if (it->n_mod > (it->neq ? 1U : 0U))
		return rule_error(it->src, it->value,
				  "null (or nothing) after the colon stands alone, with no modifier but neq");
	if (!a)
		return -ENOMEM;
	r = item_put(it, a);
	return r < 0 ? r : item_push(it, EXPR_NOT, NULL);
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
		[MOD_lt] = CMP_LT,
		[MOD_lte] = CMP_LTE,
		[MOD_gt] = CMP_GT,
		[MOD_gte] = CMP_GTE,
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
		return rule_error(it->src, it->key, "%s cannot be used together with %s", table[m].name,
				  table[it->test].name);
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
			return rule_error(it->src, it->key, "modifier '%s' is an option of re and follows it",
					  table[m].name);
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
			return rule_error(it->src, it->key,
					  "modifier '%s' comes before contains, startswith and endswith",
					  table[m].name);
		return 0;
	case ROLE_SOURCE:
		if (it->wrap || it->encode)
			return rule_error(it->src, it->key, "modifier '%s' comes before those that rewrite the text",
					  table[m].name);
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
		return rule_error(it->src, it->key, "%s cannot be used together with modifiers that rewrite the text",
				  test);
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

		return rule_error(it->src, it->key, "unknown field '%.*s'%s%s%s", (int)MIN(name.n, 60U), name.p,
				  near ? "; is it '" : "", near ? near : "", near ? "'?" : "");
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
		return rule_error(it->src, v,
				  v->kind == YAML_MAP ? "a map cannot be the value of a field"
						      : "a list inside a list of values");
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
			r = item_push(it, it->all ? EXPR_AND : EXPR_OR, NULL);
	}
	return r;
}

int item_build(struct rule_source *s, const struct yaml_node *key, const struct yaml_node *value, struct expr *e)
{
	struct item it = {
		.src = s,
		.key = key,
		.value = value,
		.subject = SUBJECT_KEYWORD,
		.test = MOD_MAX,
		.cmp = CMP_EQ,
		.out = e,
	};
	int r = key ? take_key(&it) : 0;

	if (r < 0)
		return r;
	if (it.all && (value->kind != YAML_LIST || value->n < 2))
		rule_warning(s, key, "all has no effect on a single value");
	r = value->kind == YAML_LIST ? put_list(&it, value) : put_value(&it, value, false);
	if (r < 0 || !it.neq)
		return r;
	return item_push(&it, EXPR_NOT, NULL);
}
