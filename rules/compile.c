/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/compile.h"

#include <errno.h>

#include "rules/values.h"

/* ---- pivots ---- */

/* How often an atom will hold on an ordinary machine, roughly: only the order matters. */
static unsigned atom_cost(const struct atom *a)
{
	switch (a->kind) {
	case ATOM_TEXT:
		if (!pattern_has_wildcard(&a->pat))
			return a->pat.n ? 1 : 50;
		return a->literal >= 8	 ? 2
		       : a->literal >= 4 ? 4
		       : a->literal == 3 ? 10
		       : a->literal == 2 ? 100
		       : a->literal	 ? 500
					 : 5000;
	case ATOM_REGEX:
		return a->literal >= 3 ? 10 : 1000;
	case ATOM_NUMBER:
		return a->cmp == CMP_EQ ? 20 : 1000;
	case ATOM_CIDR:
		return 100;
	case ATOM_PRESENT:
		return 5000;
	case ATOM_FIELDREF:
	case ATOM_TIME:
		return 2000;
	}
	return 5000;
}

/* A set of atoms of which one must hold; .cost PIVOT_COST_MAX: there is none. Joined in O(1). */
struct pivot {
	struct pivot_atom {
		const struct atom *atom;
		struct pivot_atom *next;
	} * first, *last;
	size_t n;
	unsigned cost;
};

static struct pivot pivot_or(struct pivot a, struct pivot b)
{
	if (a.cost >= PIVOT_COST_MAX || b.cost >= PIVOT_COST_MAX)
		return (struct pivot){ .cost = PIVOT_COST_MAX };
	a.last->next = b.first;
	a.last = b.last;
	a.n += b.n;
	a.cost = MIN(a.cost + b.cost, (unsigned)PIVOT_COST_MAX - 1);
	return a;
}

int compile_pivot(struct arena *a, const struct expr *e, const struct atom ***ret_atoms, size_t *ret_n,
		  unsigned *ret_cost)
{
	struct pivot stack[TL_EXPR_DEPTH_MAX + 1] = { 0 };
	unsigned depth = 0;

	for (size_t i = 0; i < e->n; i++) {
		struct pivot_atom *pa;

		switch (e->op[i].kind) {
		case EXPR_ATOM:
			pa = arena_alloc(a, sizeof(*pa));
			if (!pa)
				return -ENOMEM;
			pa->atom = e->op[i].atom;
			stack[depth++] = (struct pivot){ pa, pa, 1, atom_cost(pa->atom) };
			break;
		case EXPR_NOT:
			stack[depth - 1] = (struct pivot){ .cost = PIVOT_COST_MAX };
			break;
		case EXPR_AND:
			depth--;
			if (stack[depth].cost < stack[depth - 1].cost)
				stack[depth - 1] = stack[depth];
			break;
		case EXPR_OR:
			depth--;
			stack[depth - 1] = pivot_or(stack[depth - 1], stack[depth]);
			break;
		}
	}
	*ret_cost = stack[0].cost;
	*ret_n = stack[0].cost < PIVOT_COST_MAX ? stack[0].n : 0;
	*ret_atoms = arena_array(a, *ret_n, sizeof(**ret_atoms));
	if (!*ret_atoms)
		return -ENOMEM;
	const struct pivot_atom *pa = stack[0].first;

	for (size_t i = 0; i < *ret_n; i++, pa = pa->next)
		(*ret_atoms)[i] = pa->atom;
	return 0;
}

/* ---- one group under construction ---- */

struct builder {
	struct arena *tmp, *keep;
	struct rule_group *g;
	const struct atom **atom; /* by number */
	uint32_t n_atoms;
	size_t cap_atoms;
	uint32_t *table; /* open addressing, number + 1 */
	uint32_t table_mask;
	uint32_t *pivot_of, *pivot_rule; /* pairs */
	size_t n_pairs, cap_of, cap_rule;
};

static int grow_table(struct builder *b)
{
	uint32_t mask = b->table_mask ? b->table_mask * 2 + 1 : 1023;
	uint32_t *t = arena_array(b->tmp, (size_t)mask + 1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->n_atoms; i++) {
		uint32_t at = atom_hash(b->atom[i]) & mask;

		while (t[at])
			at = (at + 1) & mask;
		t[at] = i + 1;
	}
	b->table = t;
	b->table_mask = mask;
	return 0;
}

/* The number of an atom equal to @a, new if there is none. */
static int intern(struct builder *b, const struct atom *a, uint32_t *ret_number)
{
	const struct atom **grown;
	int r = 0;

	if (!b->table || b->n_atoms >= b->table_mask / 2)
		r = grow_table(b);
	if (r < 0)
		return r;
	uint32_t at = atom_hash(a) & b->table_mask;

	for (; b->table[at]; at = (at + 1) & b->table_mask)
		if (atom_equal(b->atom[b->table[at] - 1], a)) {
			*ret_number = b->table[at] - 1;
			return 0;
		}
	grown = arena_grow(b->tmp, b->atom, b->n_atoms, &b->cap_atoms, sizeof(*b->atom));
	if (!grown)
		return -ENOMEM;
	b->atom = grown;
	b->atom[b->n_atoms] = a;
	b->table[at] = b->n_atoms + 1;
	*ret_number = b->n_atoms++;
	return 0;
}

static int add_pair(struct builder *b, uint32_t atom, uint32_t rule)
{
	uint32_t *of = arena_grow(b->tmp, b->pivot_of, b->n_pairs, &b->cap_of, sizeof(*of));
	uint32_t *rules = arena_grow(b->tmp, b->pivot_rule, b->n_pairs, &b->cap_rule, sizeof(*rules));

	if (!of || !rules)
		return -ENOMEM;
	b->pivot_of = of;
	b->pivot_rule = rules;
	of[b->n_pairs] = atom;
	rules[b->n_pairs++] = rule;
	return 0;
}

static int file_rule(struct builder *b, const struct expr *e, uint32_t rule)
{
	const struct atom **pivot;
	size_t n;
	unsigned cost;
	int r = compile_pivot(b->tmp, e, &pivot, &n, &cost);

	if (r < 0)
		return r;
	if (!n)
		b->g->always[b->g->n_always++] = rule;
	for (size_t i = 0; i < n; i++) {
		uint32_t number;

		r = intern(b, pivot[i], &number);
		if (r == 0)
			r = add_pair(b, number, rule);
		if (r < 0)
			return r;
	}
	return 0;
}

static int keep_slice(struct arena *a, struct slice s, struct slice *ret_slice)
{
	*ret_slice = (struct slice){ arena_str(a, s), s.n };
	return ret_slice->p ? 0 : -ENOMEM;
}

static int add_rule(struct builder *b, const struct rule_doc *d)
{
	struct group_rule *gr = &b->g->rule[b->g->n_rules];
	uint32_t *code = arena_array(b->keep, d->expr.n, sizeof(*code));
	int r = code ? 0 : -ENOMEM;

	gr->no = d->no;
	gr->category = category_by_name(d->logsource.category);
	if (r == 0)
		r = keep_slice(b->keep, d->logsource.category, &gr->category_text);
	if (r == 0)
		r = keep_slice(b->keep, d->logsource.product, &gr->product);
	if (r == 0)
		r = keep_slice(b->keep, d->logsource.service, &gr->service);
	for (size_t i = 0; i < d->expr.n && r == 0; i++) {
		uint32_t number = 0;

		if (d->expr.op[i].kind == EXPR_ATOM)
			r = intern(b, d->expr.op[i].atom, &number);
		code[i] = (uint32_t)d->expr.op[i].kind << CODE_KIND_SHIFT | number;
	}
	gr->code = code;
	gr->n_code = (uint32_t)d->expr.n;
	return r < 0 ? r : file_rule(b, &d->expr, b->g->n_rules++);
}

/* Pairs (atom, rule) become, per atom, its run of rules. */
static int finish_pivots(struct builder *b)
{
	struct rule_group *g = b->g;

	g->n_atoms = b->n_atoms;
	g->pivot_start = arena_array(b->keep, (size_t)g->n_atoms + 2, sizeof(*g->pivot_start));
	g->pivot_rule = arena_array(b->keep, b->n_pairs, sizeof(*g->pivot_rule));
	if (!g->pivot_start || !g->pivot_rule)
		return -ENOMEM;
	uint32_t *start = g->pivot_start;

	for (size_t i = 0; i < b->n_pairs; i++)
		start[b->pivot_of[i] + 2]++;
	for (uint32_t a = 2; a <= g->n_atoms; a++)
		start[a] += start[a - 1];
	for (size_t i = 0; i < b->n_pairs; i++)
		g->pivot_rule[start[b->pivot_of[i] + 1]++] = b->pivot_rule[i];
	return 0;
}

/* ---- index of one subject ---- */

static uint32_t text_hash(const char *p, size_t n, bool backwards)
{
	uint32_t h = TEXT_HASH_START;

	for (size_t i = 0; i < n; i++)
		h = text_hash_add(h, p[backwards ? n - 1 - i : i]);
	return h;
}

static bool only_any(const struct pattern *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i] != PAT_ANY)
			return false;
	return p->n > 0;
}

/* Where a plain text stands, and which part of the pattern it is; TEXT_PLACES if the pattern is for the matcher. */
static enum text_place place_of(const struct pattern *p, struct pattern *ret_text)
{
	size_t from = 0, to = p->n;

	while (from < to && p->t[from] == PAT_ANY)
		from++;
	while (to > from && p->t[to - 1] == PAT_ANY)
		to--;
	*ret_text = (struct pattern){ p->t + from, to - from };
	if (only_any(p) || pattern_has_wildcard(ret_text) || (from > 0 && to < p->n))
		return TEXT_PLACES;
	return from > 0 ? TEXT_END : to < p->n ? TEXT_START : TEXT_WHOLE;
}

static bool in_table(const struct atom *a, unsigned subject, enum text_place place, bool cased,
		     struct pattern *ret_text)
{
	return a->subject == subject && a->kind == ATOM_TEXT && a->cased == cased &&
	       place_of(&a->pat, ret_text) == place;
}

static int put_text(struct builder *b, struct text_table *t, const struct pattern *text, enum text_place place,
		    uint32_t atom)
{
	char *p = arena_alloc(b->keep, text->n);

	if (!p)
		return -ENOMEM;
	for (size_t k = 0; k < text->n; k++)
		p[k] = b->atom[atom]->cased ? (char)text->t[k] : fold((char)text->t[k]);
	uint32_t h = text_hash(p, text->n, place == TEXT_END), at = h & t->mask;

	while (t->slot[at].p)
		at = (at + 1) & t->mask;
	t->slot[at] = (struct text_entry){ p, (uint32_t)text->n, h, atom };
	t->lengths |= 1ULL << (text->n % 64);
	t->longest = MAX(t->longest, (uint32_t)text->n);
	return 0;
}

static int fill_texts(struct builder *b, struct subject_index *ix, enum text_place place, bool cased)
{
	struct text_table *t = &ix->texts[place][cased];
	struct pattern text;
	uint32_t n = 0;
	int r = 0;

	for (uint32_t i = 0; i < b->n_atoms; i++)
		n += in_table(b->atom[i], ix->subject, place, cased, &text);
	if (!n)
		return 0;
	t->mask = 1;
	while (t->mask < n * 2)
		t->mask = t->mask * 2 + 1;
	t->slot = arena_array(b->keep, (size_t)t->mask + 1, sizeof(*t->slot));
	if (!t->slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->n_atoms && r == 0; i++)
		if (in_table(b->atom[i], ix->subject, place, cased, &text))
			r = put_text(b, t, &text, place, i);
	ix->text = true;
	return r;
}

static int fill_matcher(struct builder *b, struct subject_index *ix)
{
	struct match_pattern *p = arena_array(b->tmp, b->n_atoms, sizeof(*p));
	struct pattern text;
	unsigned n = 0;
	int r;

	if (!p)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->n_atoms; i++) {
		const struct atom *a = b->atom[i];

		if (a->subject != ix->subject || (a->kind != ATOM_TEXT && a->kind != ATOM_REGEX))
			continue;
		if (a->kind == ATOM_TEXT && (only_any(&a->pat) || place_of(&a->pat, &text) != TEXT_PLACES))
			continue;
		r = match_pattern_of(b->tmp, a, &p[n]);
		if (r < 0)
			return r;
		p[n++].id = i;
	}
	return n ? matcher_new(p, n, &ix->matcher) : 0;
}

static int by_number(const void *a, const void *b)
{
	const struct number_entry *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static size_t count_atoms(const struct builder *b, unsigned subject, enum atom_kind kind)
{
	size_t n = 0;

	for (uint32_t i = 0; i < b->n_atoms; i++)
		n += b->atom[i]->subject == subject && b->atom[i]->kind == kind;
	return n;
}

static int fill_numbers(struct builder *b, struct subject_index *ix)
{
	size_t n = count_atoms(b, ix->subject, ATOM_NUMBER);

	for (unsigned c = CMP_EQ; n && c <= CMP_GTE; c++) {
		struct number_list *l = &ix->number[c];

		l->e = arena_array(b->keep, n, sizeof(*l->e));
		if (!l->e)
			return -ENOMEM;
		for (uint32_t i = 0; i < b->n_atoms; i++)
			if (b->atom[i]->subject == ix->subject && b->atom[i]->kind == ATOM_NUMBER &&
			    b->atom[i]->cmp == c)
				l->e[l->n++] = (struct number_entry){ b->atom[i]->number, i };
		qsort(l->e, l->n, sizeof(*l->e), by_number);
		ix->numbers |= l->n > 0;
	}
	return 0;
}

static int fill_rest(struct builder *b, struct subject_index *ix)
{
	ix->net = arena_array(b->keep, count_atoms(b, ix->subject, ATOM_CIDR), sizeof(*ix->net));
	ix->ref = arena_array(b->keep, count_atoms(b, ix->subject, ATOM_FIELDREF), sizeof(*ix->ref));
	ix->time = arena_array(b->keep, count_atoms(b, ix->subject, ATOM_TIME), sizeof(*ix->time));
	if (!ix->net || !ix->ref || !ix->time)
		return -ENOMEM;
	ix->present = ix->any = NO_ATOM;
	for (uint32_t i = 0; i < b->n_atoms; i++) {
		const struct atom *a = b->atom[i];

		if (a->subject != ix->subject)
			continue;
		if (a->kind == ATOM_PRESENT)
			ix->present = i;
		if (a->kind == ATOM_FIELDREF)
			ix->ref[ix->n_ref++] = (struct ref_entry){ a->other, a->place, a->cased, i };
		if (a->kind == ATOM_TIME)
			ix->time[ix->n_time++] = (struct time_entry){ a->part, a->cmp, a->number, i };
		if (a->kind == ATOM_CIDR) {
			struct net_entry *e = &ix->net[ix->n_net++];

			memcpy(e->addr, a->addr, sizeof(e->addr));
			e->prefix = a->prefix;
			e->atom = i;
		}
	}
	return 0;
}

static int fill_index(struct builder *b, struct subject_index *ix)
{
	int r = fill_rest(b, ix);

	for (unsigned t = 0; t < 2 * TEXT_PLACES && r == 0; t++)
		r = fill_texts(b, ix, (enum text_place)(t / 2), t % 2);
	if (r == 0)
		r = fill_matcher(b, ix);
	if (r == 0)
		r = fill_numbers(b, ix);
	ix->text |= ix->matcher || ix->numbers || ix->n_net || ix->n_time;
	return r;
}

static int fill_indexes(struct builder *b)
{
	struct rule_group *g = b->g;
	bool seen[SUBJECT_MAX] = { false };
	unsigned n = 0;

	for (uint32_t i = 0; i < b->n_atoms; i++)
		seen[b->atom[i]->subject] = true;
	for (unsigned s = 0; s < SUBJECT_MAX; s++)
		n += seen[s];
	g->index = arena_array(b->keep, n, sizeof(*g->index));
	if (!g->index)
		return -ENOMEM;
	for (unsigned s = 0; s < SUBJECT_MAX; s++) {
		struct subject_index *ix = &g->index[g->n_indexes];
		int r;

		if (!seen[s])
			continue;
		g->n_indexes++;
		ix->subject = s;
		if (s == SUBJECT_KEYWORD)
			g->keywords = ix;
		r = fill_index(b, ix);
		if (r < 0)
			return r;
	}
	return 0;
}

/* All that match everything: several patterns mean the same, and each is an atom of its own. */
static void fold_any(struct builder *b, struct atom *a)
{
	(void)b;
	if (a->kind == ATOM_TEXT && only_any(&a->pat)) {
		a->pat.n = 1;
		a->cased = false;
	}
}

static void set_any(const struct builder *b)
{
	for (uint32_t i = 0; i < b->n_atoms; i++)
		if (b->atom[i]->kind == ATOM_TEXT && only_any(&b->atom[i]->pat))
			for (uint32_t k = 0; k < b->g->n_indexes; k++)
				if (b->g->index[k].subject == b->atom[i]->subject) {
					b->g->index[k].any = i;
					b->g->index[k].text = true;
				}
}

/* ---- groups ---- */

static bool in_group(const struct rule_doc *d, unsigned group)
{
	if (d->kind != DOC_DETECTION || d->broken)
		return false;
	if (d->logsource.service.n)
		return group == GROUP_SERVICE;
	if (group == GROUP_SERVICE)
		return false;
	return !d->logsource.category.n || category_by_name(d->logsource.category) == (enum category)group;
}

static int build_group(struct rule_source *s, struct rule_doc *docs, struct ruleset *rs, unsigned group)
{
	struct builder b = { .tmp = s->arena, .keep = &rs->arena };
	unsigned n = 0;
	int r;

	for (struct rule_doc *d = docs; d; d = d->next)
		n += in_group(d, group);
	if (!n)
		return 0;
	b.g = arena_alloc(b.keep, sizeof(*b.g));
	rs->group[group] = b.g;
	if (!b.g)
		return -ENOMEM;
	b.g->rule = arena_array(b.keep, n, sizeof(*b.g->rule));
	b.g->always = arena_array(b.keep, n, sizeof(*b.g->always));
	if (!b.g->rule || !b.g->always)
		return -ENOMEM;
	for (struct rule_doc *d = docs; d; d = d->next) {
		if (!in_group(d, group))
			continue;
		for (size_t i = 0; i < d->expr.n; i++)
			if (d->expr.op[i].kind == EXPR_ATOM)
				fold_any(&b, d->expr.op[i].atom);
		r = add_rule(&b, d);
		if (r < 0)
			return r;
	}
	r = finish_pivots(&b);
	if (r == 0)
		r = fill_indexes(&b);
	set_any(&b);
	rs->max_atoms = MAX(rs->max_atoms, b.g->n_atoms);
	rs->max_group_rules = MAX(rs->max_group_rules, b.g->n_rules);
	return r;
}

static void want_field(struct ruleset *rs, unsigned f)
{
	if (f < F_MAX)
		rs->fields[f / 64] |= 1ULL << (f % 64);
}

static void want_fields(struct ruleset *rs, const struct rule_doc *d)
{
	for (size_t i = 0; i < d->expr.n; i++) {
		const struct atom *a = d->expr.op[i].atom;

		if (d->expr.op[i].kind != EXPR_ATOM)
			continue;
		want_field(rs, a->subject);
		if (a->kind == ATOM_FIELDREF)
			want_field(rs, a->other);
		for (unsigned f = 0; a->subject == SUBJECT_KEYWORD && f < F_MAX; f++)
			want_field(rs, f);
	}
}

int compile_groups(struct rule_source *s, struct rule_doc *docs, struct ruleset *rs)
{
	for (unsigned g = 0; g < GROUPS; g++) {
		int r = build_group(s, docs, rs, g);

		if (r < 0)
			return r;
	}
	for (struct rule_doc *d = docs; d; d = d->next)
		if (d->kind == DOC_DETECTION && !d->broken)
			want_fields(rs, d);
	return 0;
}

void compile_done(struct ruleset *rs)
{
	for (unsigned g = 0; g < GROUPS; g++)
		for (uint32_t i = 0; rs->group[g] && i < rs->group[g]->n_indexes; i++)
			matcher_free(rs->group[g]->index[i].matcher);
}
