/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/correlation.h"

#include <errno.h>

/* ---- as written ---- */

static int take_type(struct rule_source *s, const struct yaml_node *map, struct corr_spec *spec)
{
	static const char *const later[] = { "temporal", "value_sum", "value_avg", "value_percentile", "value_median" };
	const struct yaml_node *v = yaml_get(map, "type");

	if (!v)
		return rule_error(s, map, "the correlation has no type");
	if (v->kind != YAML_SCALAR)
		return rule_error(s, v, "type must be a text");
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (slice_eqs(v->text, later[i]))
			return rule_error(s, v, "correlations of type %s are not supported by this version", later[i]);
	if (slice_eqs(v->text, "event_count"))
		spec->type = CORR_EVENT_COUNT;
	else if (slice_eqs(v->text, "value_count"))
		spec->type = CORR_VALUE_COUNT;
	else if (slice_eqs(v->text, "temporal_ordered"))
		spec->type = CORR_TEMPORAL_ORDERED;
	else
		return rule_error(s, v, "unknown type '%.60s' (known: event_count, value_count, temporal_ordered)", v->text.p);
	return 0;
}

static int take_timespan(struct rule_source *s, const struct yaml_node *map, struct corr_spec *spec)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 }, { 'M', 2629746 }, { 'y', 31556952 } };
	const struct yaml_node *v = yaml_get(map, "timespan");
	uint64_t n;

	if (!v)
		return rule_error(s, map, "the correlation has no timespan");
	if (v->kind != YAML_SCALAR || v->text.n < 2 || slice_u64((struct slice){ v->text.p, v->text.n - 1 }, &n) < 0 || !n)
		goto bad;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (v->text.p[v->text.n - 1] == units[i].unit) {
			if (__builtin_mul_overflow(n, units[i].seconds * NSEC_PER_SEC, &spec->timespan_ns))
				return rule_error(s, v, "timespan is too long");
			if (spec->timespan_ns > 86400 * NSEC_PER_SEC)
				rule_warning(s, v, "timespan above one day: windows stay in memory that long");
			return 0;
		}
bad:
	return rule_error(s, v, "timespan must be a whole number above 0 and one of s m h d w M y, such as 5m");
}

/* Runs over a scalar or the scalars of a list. */
static const struct yaml_node *first_of(const struct yaml_node *v)
{
	return v->kind == YAML_LIST ? v->first : v;
}

static const struct yaml_node *after(const struct yaml_node *list, const struct yaml_node *v)
{
	return list->kind == YAML_LIST ? v->next : NULL;
}

static int take_names(struct rule_source *s, const struct yaml_node *list, const struct yaml_node **to, unsigned max, unsigned *ret_n)
{
	unsigned n = 0;

	if (list->kind == YAML_MAP || (list->kind == YAML_LIST && !list->n))
		return rule_error(s, list, "%s must be a text or a list of texts", list->key->text.p);
	for (const struct yaml_node *v = first_of(list); v; v = after(list, v)) {
		if (v->kind != YAML_SCALAR || v->type == YAML_NULL || !v->text.n)
			return rule_error(s, v, "%s must be a text or a list of texts", list->key->text.p);
		for (unsigned i = 0; i < n; i++)
			if (slice_eq(to[i]->text, v->text))
				return rule_error(s, v, "'%.60s' is named twice", v->text.p);
		if (n == max)
			return rule_error(s, v, "%s: more than %u", list->key->text.p, max);
		to[n++] = v;
	}
	*ret_n = n;
	return 0;
}

static int take_rules(struct rule_source *s, const struct yaml_node *map, struct corr_doc *c)
{
	const struct yaml_node *v = yaml_get(map, "rules");
	int r;

	if (!v)
		return rule_error(s, map, "the correlation names no rules");
	r = take_names(s, v, c->ref, TL_CORR_RULES, &c->spec.n_rules);
	if (r == 0 && c->spec.type == CORR_TEMPORAL_ORDERED && c->spec.n_rules < 2)
		return rule_error(s, v, "temporal_ordered needs at least two rules");
	return r;
}

/* One operator of the condition, with the count of the rule. */
static int take_operator(struct rule_source *s, const struct yaml_node *v, struct corr_count *c)
{
	struct slice op = v->key->text;
	uint64_t n;

	if (yaml_u64(v, &n) < 0)
		return rule_error(s, v, "%s must be a whole number", op.p);
	if (n > TL_CORR_COUNT_MAX)
		return rule_error(s, v, "a threshold above %d would need more memory than a correlation may take", TL_CORR_COUNT_MAX);
	if (slice_eqs(op, "gt") || slice_eqs(op, "gte")) {
		n += slice_eqs(op, "gt");
		c->min = c->has_min ? MAX(c->min, n) : n;
		c->has_min = true;
		if (!n)
			return rule_error(s, v, "a count that is always true");
		return 0;
	}
	c->at_end = true;
	if (slice_eqs(op, "neq")) {
		c->has_neq = true;
		c->neq = n;
		return 0;
	}
	if (slice_eqs(op, "eq")) {
		c->min = c->has_min ? MAX(c->min, n) : n;
		c->has_min = true;
	}
	if (slice_eqs(op, "lt") && n-- == 0)
		return rule_error(s, v, "a count is never below 0");
	c->max = c->has_max ? MIN(c->max, n) : n;
	c->has_max = true;
	return 0;
}

static bool is_operator(struct slice key)
{
	static const char *const ops[] = { "gt", "gte", "lt", "lte", "eq", "neq" };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (slice_eqs(key, ops[i]))
			return true;
	return false;
}

/* temporal_ordered: always all rules, so gte: n, eq: n, gt: n - 1 and nothing else. */
static int check_ordered(struct rule_source *s, const struct yaml_node *v, unsigned n_rules)
{
	struct slice op = v->key->text;
	uint64_t n;

	if (yaml_u64(v, &n) < 0)
		return rule_error(s, v, "%s must be a whole number", op.p);
	if ((slice_eqs(op, "gte") && n == n_rules) || (slice_eqs(op, "eq") && n == n_rules) || (slice_eqs(op, "gt") && n + 1 == n_rules))
		return 0;
	return rule_error(s, v, "temporal_ordered always needs all %u rules: leave the condition out, or write gte: %u", n_rules, n_rules);
}

static int take_condition_key(struct rule_source *s, const struct yaml_node *v, struct corr_doc *c)
{
	if (slice_eqs(v->key->text, "field") && c->spec.type == CORR_VALUE_COUNT)
		return take_names(s, v, c->value, TL_CORR_FIELDS, &c->spec.n_value);
	if (!is_operator(v->key->text))
		return rule_error(s, v->key, "'%.60s' has no place in the condition of this type", v->key->text.p);
	if (c->spec.type == CORR_TEMPORAL_ORDERED)
		return check_ordered(s, v, c->spec.n_rules);
	return take_operator(s, v, &c->spec.count);
}

static int take_condition(struct rule_source *s, const struct yaml_node *map, struct corr_doc *c)
{
	const struct yaml_node *v = yaml_get(map, "condition");
	const struct corr_count *n = &c->spec.count;

	if (!v && c->spec.type == CORR_TEMPORAL_ORDERED)
		return 0;
	if (!v)
		return rule_error(s, map, "the correlation has no condition");
	if (v->kind == YAML_SCALAR && v->type != YAML_NULL)
		return rule_error(s, v, "a condition as text is not supported by this version");
	if (v->kind != YAML_MAP || !v->n)
		return rule_error(s, v, "condition must be a map such as {gte: 10}");
	for (const struct yaml_node *e = v->first; e; e = e->next) {
		int r = take_condition_key(s, e, c);

		if (r < 0)
			return r;
	}
	if (c->spec.type == CORR_TEMPORAL_ORDERED)
		return 0;
	if (!n->has_min && !n->has_max && !n->has_neq)
		return rule_error(s, v, "the condition compares nothing (known: gt gte lt lte eq neq)");
	if (c->spec.type == CORR_VALUE_COUNT && !c->spec.n_value)
		return rule_error(s, v, "value_count needs field: the field whose values are counted");
	if ((n->has_min && n->has_max && n->min > n->max) || (n->has_max && n->max == 0))
		return rule_error(s, v, "no count can meet the condition");
	return 0;
}

static bool truth_of(const struct yaml_node *v)
{
	return v && v->kind == YAML_SCALAR && v->type == YAML_BOOL && v->truth;
}

static int check_generate(struct rule_source *s, const struct yaml_node *v)
{
	if (v && (v->kind != YAML_SCALAR || v->type != YAML_BOOL))
		return rule_error(s, v, "generate must be true or false");
	return 0;
}

static int check_keys(struct rule_source *s, const struct yaml_node *map)
{
	static const char *const known[] = { "type", "rules", "timespan", "group-by", "condition", "aliases", "generate" };

	for (const struct yaml_node *v = map->first; v; v = v->next) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found |= slice_eqs(v->key->text, known[i]);
		if (!found)
			return rule_error(s, v->key, "unknown key '%.60s' in correlation (known: type rules timespan group-by condition aliases "
						     "generate)",
					  v->key->text.p);
	}
	return 0;
}

static bool has_ref(const struct corr_doc *c, struct slice name)
{
	for (unsigned i = 0; i < c->spec.n_rules; i++)
		if (slice_eq(c->ref[i]->text, name))
			return true;
	return false;
}

static int take_aliases(struct rule_source *s, const struct yaml_node *map, struct corr_doc *c)
{
	c->aliases = yaml_get(map, "aliases");
	if (!c->aliases)
		return 0;
	if (c->aliases->kind != YAML_MAP)
		return rule_error(s, c->aliases, "aliases must be a map of {alias: {rule: field}}");
	for (const struct yaml_node *a = c->aliases->first; a; a = a->next) {
		if (a->kind != YAML_MAP || !a->n)
			return rule_error(s, a, "an alias must be a map of {rule: field}");
		for (const struct yaml_node *f = a->first; f; f = f->next) {
			if (!has_ref(c, f->key->text))
				return rule_error(s, f->key, "the alias names '%.60s', which is not among the rules", f->key->text.p);
			if (f->kind != YAML_SCALAR || field_by_sigma(f->text) == F_MAX)
				return rule_error(s, f, "unknown field '%.60s'", f->kind == YAML_SCALAR ? f->text.p : "");
		}
	}
	return 0;
}

int correlation_parse(struct rule_source *s, struct arena *keep, struct rule_doc *d)
{
	struct corr_doc *c = arena_alloc(s->arena, sizeof(*c));
	const struct yaml_node *map = d->body, *group = yaml_get(map, "group-by");
	int r;

	(void)keep;
	if (!c)
		return -ENOMEM;
	d->corr = c;
	if (map->kind != YAML_MAP || !map->n)
		return rule_error(s, map, "correlation must be a map");
	r = check_keys(s, map);
	if (r == 0)
		r = take_type(s, map, &c->spec);
	if (r == 0)
		r = take_rules(s, map, c);
	if (r == 0)
		r = take_timespan(s, map, &c->spec);
	if (r == 0 && group)
		r = take_names(s, group, c->group, TL_CORR_FIELDS, &c->spec.n_group);
	if (r == 0)
		r = take_aliases(s, map, c);
	if (r == 0)
		r = take_condition(s, map, c);
	if (r == 0)
		r = check_generate(s, yaml_get(map, "generate"));
	if (r == 0)
		r = check_generate(s, yaml_get(d->root, "generate"));
	c->generate = truth_of(yaml_get(map, "generate")) || truth_of(yaml_get(d->root, "generate"));
	return r;
}

/* ---- references ---- */

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
				return rule_error(s, c->group[g], "group-by: '%.60s' is neither a field nor an alias that rule '%.60s' has a field for",
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
			return rule_error(s, c->ref[i], "there is no rule '%.60s', or it has an error", c->ref[i]->text.p);
		for (unsigned k = 0; k < i; k++)
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
			const struct yaml_node *ref = d->kind == DOC_CORRELATION && !d->broken ? broken_part(d->corr) : NULL;

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
