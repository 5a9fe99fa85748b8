/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* References between rules: what correlations name, once every rule is known; declared in rules/correlation.h. */
#include "config.h"

#include <errno.h>

#include "rules/correlation.h"

static struct rule_doc *find_rule(struct rule_doc *docs, struct slice ref)
{
	for (struct rule_doc *d = docs; d; d = d->next)
		if (d->kind != DOC_FILTER && d->meta->id && slice_eqs(ref, d->meta->id))
			return d;
	for (struct rule_doc *d = docs; d; d = d->next)
		if (d->kind != DOC_FILTER && d->meta->name && slice_eqs(ref, d->meta->name))
			return d;
	return NULL;
}

/* Is @name the source of a group name for @part? Aliases first, then the part's own group, then a field. */
static const struct yaml_node *alias_of(const struct corr_doc *c, struct slice name, struct slice ref)
{
	if (!c->aliases)
		return NULL;
	for (const struct yaml_node *a = c->aliases->first; a; a = a->next)
		if (slice_eq(a->key->text, name))
			return yaml_get(a, ref.p);
	return NULL;
}

static bool source_of(const struct corr_doc *c, unsigned part, struct slice name, struct corr_source *ret_source)
{
	const struct yaml_node *alias = alias_of(c, name, c->ref[part]->text);
	const struct rule_doc *p = c->part[part];

	ret_source->part_group = -1;
	if (alias)
		name = alias->text;
	if (p->kind == DOC_CORRELATION)
		for (unsigned i = 0; i < p->corr->spec.n_group; i++)
			if (slice_eq(p->corr->group[i]->text, name))
				ret_source->part_group = (int)i;
	ret_source->field = field_by_sigma(name);
	return ret_source->field != F_MAX || ret_source->part_group >= 0;
}

static int resolve_names(struct rule_source *s, struct rule_doc *d)
{
	struct corr_doc *c = d->corr;

	for (unsigned i = 0; i < c->spec.n_rules; i++)
		for (unsigned g = 0; g < c->spec.n_group; g++)
			if (!source_of(c, i, c->group[g]->text, &c->spec.source[i][g]))
				return rule_error(s, c->group[g],
						  "group-by: '%.60s' is neither a field nor an alias that rule '%.60s' "
						  "has a field for",
						  c->group[g]->text.p, c->ref[i]->text.p);
	for (unsigned k = 0; k < c->spec.n_value; k++) {
		if (!source_of(c, 0, c->value[k]->text, &c->spec.value[k]))
			return rule_error(s, c->value[k], "unknown field '%.60s'", c->value[k]->text.p);
		if (c->spec.n_rules > 1 || c->part[0]->kind != DOC_CORRELATION)
			c->spec.value[k].part_group = -1;
		if (c->spec.value[k].part_group < 0 && c->spec.value[k].field == F_MAX)
			return rule_error(s, c->value[k], "unknown field '%.60s'", c->value[k]->text.p);
	}
	return 0;
}

static int resolve_parts(struct rule_source *s, struct rule_doc *docs, struct rule_doc *d)
{
	struct corr_doc *c = d->corr;

	for (unsigned i = 0; i < c->spec.n_rules; i++) {
		c->part[i] = find_rule(docs, c->ref[i]->text);
		if (!c->part[i])
			return rule_error(s, c->ref[i], "there is no rule '%.60s', or it has an error",
					  c->ref[i]->text.p);
		for (unsigned k = 0; k < i && c->ref[i] != c->until; k++)
			if (c->part[k] == c->part[i])
				return rule_error(s, c->ref[i], "'%.60s' is named twice", c->ref[i]->text.p);
	}
	return 0;
}

static void mark_broken(struct rule_source *s, struct rule_doc *d, int r)
{
	(void)s;
	d->broken |= r == -EINVAL;
}

/* Those whose parts are not all done after as many rounds as there are correlations go round in a circle, or lead to one. */
static bool parts_done(const struct corr_doc *c)
{
	for (unsigned i = 0; i < c->spec.n_rules; i++)
		if (c->part[i]->kind == DOC_CORRELATION && !c->part[i]->mark)
			return false;
	return true;
}

static const struct yaml_node *broken_part(const struct corr_doc *c)
{
	for (unsigned i = 0; i < c->spec.n_rules; i++)
		if (c->part[i] && c->part[i]->broken)
			return c->ref[i];
	return NULL;
}

/* Which correlations can be ordered (mark = their place, from 1). */
static unsigned order(struct rule_doc *docs)
{
	unsigned place = 0;
	bool more = true;

	for (struct rule_doc *d = docs; d; d = d->next)
		d->mark = 0;
	while (more) {
		more = false;
		for (struct rule_doc *d = docs; d; d = d->next)
			if (d->kind == DOC_CORRELATION && !d->broken && !d->mark && parts_done(d->corr)) {
				d->mark = ++place;
				more = true;
			}
	}
	return place;
}

static void spread_broken(struct rule_source *s, struct rule_doc *docs)
{
	bool more = true;

	while (more) {
		more = false;
		for (struct rule_doc *d = docs; d; d = d->next) {
			const struct yaml_node *ref =
				d->kind == DOC_CORRELATION && !d->broken ? broken_part(d->corr) : NULL;

			if (!ref)
				continue;
			s->file = d->file;
			mark_broken(s, d, rule_error(s, ref, "the rule '%.60s' has an error", ref->text.p));
			more = true;
		}
	}
}

/* Whether @d leads back to itself; the walk is over those that could not be ordered. */
static bool in_circle(struct rule_doc *docs, struct rule_doc *d)
{
	bool more = true;

	/* 2 = reached from d */
	for (struct rule_doc *x = docs; x; x = x->next)
		x->no = 0;
	d->no = 1;
	while (more) {
		more = false;
		for (struct rule_doc *x = docs; x; x = x->next) {
			if (!x->no || x->kind != DOC_CORRELATION || x->broken)
				continue;
			for (unsigned i = 0; i < x->corr->spec.n_rules; i++) {
				if (x->corr->part[i] == d)
					return true;
				more |= !x->corr->part[i]->no;
				x->corr->part[i]->no = 1;
			}
		}
	}
	return false;
}

static void tell_circles(struct rule_source *s, struct rule_doc *docs)
{
	for (struct rule_doc *d = docs; d; d = d->next) {
		if (d->kind != DOC_CORRELATION || d->broken || d->mark || !in_circle(docs, d))
			continue;
		s->file = d->file;
		(void)rule_error(s, d->corr->ref[0], "the correlation leads back to itself");
		d->mark = UINT32_MAX; /* broken, but the walk of the others still needs it */
	}
	for (struct rule_doc *d = docs; d; d = d->next)
		if (d->mark == UINT32_MAX)
			d->broken = true;
}

static void silence(struct rule_doc *docs)
{
	for (struct rule_doc *d = docs; d; d = d->next) {
		if (d->kind != DOC_CORRELATION || d->broken)
			continue;
		for (unsigned i = 0; i < d->corr->spec.n_rules; i++)
			d->corr->part[i]->meta->silenced = true;
	}
	for (struct rule_doc *d = docs; d; d = d->next) {
		if (d->kind != DOC_CORRELATION || d->broken || !d->corr->generate)
			continue;
		for (unsigned i = 0; i < d->corr->spec.n_rules; i++)
			d->corr->part[i]->meta->silenced = false;
	}
}

int correlation_link(struct rule_source *s, struct rule_doc *docs)
{
	for (struct rule_doc *d = docs; d; d = d->next) {
		int r;

		if (d->kind != DOC_CORRELATION)
			continue;
		s->file = d->file;
		r = resolve_parts(s, docs, d);
		if (r == -ENOMEM)
			return r;
		mark_broken(s, d, r);
	}
	spread_broken(s, docs);
	(void)order(docs);
	tell_circles(s, docs);
	spread_broken(s, docs);
	for (struct rule_doc *d = docs; d; d = d->next)
		if (d->kind == DOC_CORRELATION && !d->broken) {
			s->file = d->file;
			mark_broken(s, d, resolve_names(s, d));
		}
	spread_broken(s, docs);
	(void)order(docs); /* .mark is the order in which they are evaluated */
	silence(docs);
	return 0;
}

int correlation_number(struct rule_source *s, struct arena *keep, struct rule_doc *d)
{
	struct corr_doc *c = d->corr;

	(void)s;
	c->spec.self = d->no;
	for (unsigned i = 0; i < c->spec.n_rules; i++) {
		c->spec.rule[i] = c->part[i]->no;
		/* the same text with another part is another rule */
		d->meta->hash[0] = d->meta->hash[0] * 31 + c->part[i]->meta->hash[0];
		d->meta->hash[1] = d->meta->hash[1] * 31 + c->part[i]->meta->hash[1];
	}
	for (unsigned g = 0; g < c->spec.n_group; g++) {
		c->spec.group_name[g] = arena_str(keep, c->group[g]->text);
		if (!c->spec.group_name[g])
			return -ENOMEM;
	}
	return 0;
}
