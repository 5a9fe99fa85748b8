/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/correlation.h"

#include <errno.h>

#include "rules/cond.h"

static int take_type(struct rule_source *s, const struct yaml_node *map, struct corr_spec *spec)
{
	static const struct {
		const char *name;
		enum corr_type type;
	} types[] = {
		{ "event_count", CORR_EVENT_COUNT },
		{ "value_count", CORR_VALUE_COUNT },
		{ "temporal", CORR_TEMPORAL },
		{ "temporal_ordered", CORR_TEMPORAL_ORDERED },
		{ "value_sum", CORR_VALUE_SUM },
		{ "value_avg", CORR_VALUE_AVG },
		{ "value_percentile", CORR_VALUE_PERCENTILE },
		{ "value_median", CORR_VALUE_PERCENTILE },
	};
	const struct yaml_node *v = yaml_get(map, "type");

	if (!v)
		return rule_error(s, map, "the correlation has no type");
	if (v->kind != YAML_SCALAR)
		return rule_error(s, v, "type must be a text");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (slice_eqs(v->text, types[i].name)) {
			spec->type = types[i].type;
			spec->percentile = slice_eqs(v->text, "value_median") ? 50 : 0;
			return 0;
		}
	return rule_error(
		s, v,
		"unknown type '%.60s' (known: event_count value_count temporal temporal_ordered value_sum value_avg "
		"value_percentile value_median)",
		v->text.p);
}

static bool is_temporal(const struct corr_spec *spec)
{
	return spec->type == CORR_TEMPORAL || spec->type == CORR_TEMPORAL_ORDERED;
}

static bool is_measure(const struct corr_spec *spec)
{
	return spec->type == CORR_VALUE_SUM || spec->type == CORR_VALUE_AVG || spec->type == CORR_VALUE_PERCENTILE;
}

/* A number and a unit, such as 5m. */
static int take_span(struct rule_source *s, const struct yaml_node *v, uint64_t *ret_ns)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 },      { 'm', 60 },	 { 'h', 3600 },	   { 'd', 86400 },
		      { 'w', 604800 }, { 'M', 2629746 }, { 'y', 31556952 } };
	uint64_t n, ns;

	if (v->kind != YAML_SCALAR || v->text.n < 2 || slice_u64((struct slice){ v->text.p, v->text.n - 1 }, &n) < 0 ||
	    !n)
		goto bad;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (v->text.p[v->text.n - 1] == units[i].unit) {
			if (__builtin_mul_overflow(n, units[i].seconds * NSEC_PER_SEC, &ns))
				return rule_error(s, v, "%s is too long", v->key->text.p);
			*ret_ns = ns;
			return 0;
		}
bad:
	return rule_error(s, v, "%s must be a whole number above 0 and one of s m h d w M y, such as 5m",
			  v->key->text.p);
}

static int take_timespan(struct rule_source *s, const struct yaml_node *map, struct corr_spec *spec)
{
	const struct yaml_node *v = yaml_get(map, "timespan");
	int r = v ? take_span(s, v, &spec->timespan_ns) : rule_error(s, map, "the correlation has no timespan");

	if (r == 0 && spec->timespan_ns > 86400 * NSEC_PER_SEC)
		rule_warning(s, v, "timespan above one day: windows stay in memory that long");
	return r;
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

static int take_names(struct rule_source *s, const struct yaml_node *list, const struct yaml_node **to, unsigned max,
		      unsigned *ret_n)
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

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Without `rules`, they are the names in the text condition, in its order. */
static int take_rules_of_text(struct rule_source *s, const struct yaml_node *text, struct corr_doc *c)
{
	for (size_t i = 0, n; i < text->text.n; i += n) {
		struct slice word = { text->text.p + i, 0 };
		bool known = false;

		while (i + word.n < text->text.n && is_word(word.p[word.n]))
			word.n++;
		n = MAX(word.n, (size_t)1);
		if (!word.n || slice_eqs(word, "and") || slice_eqs(word, "or") || slice_eqs(word, "not"))
			continue;
		for (unsigned k = 0; k < c->spec.n_rules; k++)
			known |= slice_eq(c->ref[k]->text, word);
		if (known)
			continue;
		if (c->spec.n_rules == TL_CORR_RULES - 1)
			return rule_error(s, text, "the condition names more than %d rules", TL_CORR_RULES - 1);
		struct yaml_node *ref = arena_alloc(s->arena, sizeof(*ref));
		char *name = arena_str(s->arena, word);

		if (!ref || !name)
			return -ENOMEM;
		*ref = (struct yaml_node){ .kind = YAML_SCALAR,
					   .type = YAML_TEXT,
					   .line = text->line,
					   .col = text->col,
					   .text = { name, word.n } };
		c->ref[c->spec.n_rules++] = ref;
	}
	return 0;
}

static int take_rules(struct rule_source *s, const struct yaml_node *map, struct corr_doc *c)
{
	const struct yaml_node *v = yaml_get(map, "rules"), *text = yaml_get(map, "condition");
	int r;

	if (v)
		r = take_names(s, v, c->ref, TL_CORR_RULES - 1, &c->spec.n_rules);
	else if (is_temporal(&c->spec) && yaml_is_text(text))
		r = take_rules_of_text(s, text, c);
	else
		return rule_error(s, map, "the correlation names no rules");
	if (r == 0 && is_temporal(&c->spec) && c->spec.n_rules < 2)
		return rule_error(s, v ? v : text, "this type of correlation needs at least two rules");
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
		return rule_error(s, v, "a threshold above %d would need more memory than a correlation may take",
				  TL_CORR_COUNT_MAX);
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
	if ((slice_eqs(op, "gte") && n == n_rules) || (slice_eqs(op, "eq") && n == n_rules) ||
	    (slice_eqs(op, "gt") && n + 1 == n_rules))
		return 0;
	return rule_error(s, v, "temporal_ordered always needs all %u rules: leave the condition out, or write gte: %u",
			  n_rules, n_rules);
}

/* temporal: how many different rules suffice. */
static int check_temporal(struct rule_source *s, const struct yaml_node *v, struct corr_spec *spec)
{
	struct slice op = v->key->text;
	uint64_t n;

	if (yaml_u64(v, &n) < 0)
		return rule_error(s, v, "%s must be a whole number", op.p);
	if (slice_eqs(op, "gt") && n < UINT64_MAX)
		n++;
	else if (!slice_eqs(op, "gte") && !(slice_eqs(op, "eq") && n == spec->n_rules))
		return rule_error(
			s, v,
			"a temporal condition is gte or gt: so many different rules suffice (or eq: all of them)");
	if (n > spec->n_rules)
		return rule_error(s, v, "there are only %u rules", spec->n_rules);
	if (!n)
		return rule_error(s, v, "a count that is always true");
	spec->count.min = spec->count.has_min ? MAX(spec->count.min, n) : n;
	spec->count.has_min = true;
	return 0;
}

/* value_sum and the like: a comparison with any number. */
static int take_comparison(struct rule_source *s, const struct yaml_node *v, struct corr_number *c)
{
	const struct {
		const char *name;
		unsigned bit;
		double *to;
	} ops[] = {
		{ "gt", CORR_GT, &c->gt },    { "gte", CORR_GTE, &c->gte }, { "lt", CORR_LT, &c->lt },
		{ "lte", CORR_LTE, &c->lte }, { "eq", CORR_EQ, &c->eq },    { "neq", CORR_NEQ, &c->neq },
	};
	long double n;

	if (yaml_number(v, &n) < 0 || n != n)
		return rule_error(s, v, "%s must be a number", v->key->text.p);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (slice_eqs(v->key->text, ops[i].name)) {
			*ops[i].to = (double)n;
			c->has |= ops[i].bit;
		}
	return 0;
}

static int take_percentile(struct rule_source *s, const struct yaml_node *v, struct corr_spec *spec)
{
	uint64_t n;

	if (yaml_u64(v, &n) < 0 || n < 1 || n > 100)
		return rule_error(s, v, "percentile must be a whole number from 1 to 100");
	spec->percentile = (unsigned)n;
	return 0;
}

static int take_condition_key(struct rule_source *s, const struct yaml_node *v, struct corr_doc *c)
{
	struct corr_spec *spec = &c->spec;

	if (slice_eqs(v->key->text, "field") && (spec->type == CORR_VALUE_COUNT || is_measure(spec)))
		return take_names(s, v, c->value, is_measure(spec) ? 1 : TL_CORR_FIELDS, &spec->n_value);
	if (slice_eqs(v->key->text, "percentile") && c->percentile)
		return take_percentile(s, v, spec);
	if (!is_operator(v->key->text))
		return rule_error(s, v->key, "'%.60s' has no place in the condition of this type", v->key->text.p);
	if (spec->type == CORR_TEMPORAL_ORDERED)
		return check_ordered(s, v, spec->n_rules);
	if (spec->type == CORR_TEMPORAL)
		return check_temporal(s, v, spec);
	return is_measure(spec) ? take_comparison(s, v, &spec->number) : take_operator(s, v, &spec->count);
}

static int check_condition(struct rule_source *s, const struct yaml_node *v, const struct corr_spec *spec)
{
	const struct corr_count *n = &spec->count;

	if (is_temporal(spec))
		return 0;
	if (!n->has_min && !n->has_max && !n->has_neq && !spec->number.has)
		return rule_error(s, v, "the condition compares nothing (known: gt gte lt lte eq neq)");
	if (spec->type != CORR_EVENT_COUNT && !spec->n_value)
		return rule_error(s, v, "this type of correlation needs field: the field whose values are measured");
	if (spec->type == CORR_VALUE_PERCENTILE && !spec->percentile)
		return rule_error(s, v, "value_percentile needs percentile: 1 to 100");
	if ((n->has_min && n->has_max && n->min > n->max) || (n->has_max && n->max == 0))
		return rule_error(s, v, "no count can meet the condition");
	return 0;
}

/* temporal: any condition over the rules. */
static int keep_expression(struct rule_source *s, const struct yaml_node *v, const struct cond *cond,
			   struct corr_spec *spec)
{
	if (cond->n > TL_CORR_EXPR)
		return rule_error(s, v, "the condition is longer than %d names and operators", TL_CORR_EXPR);
	for (size_t i = 0; i < cond->n; i++) {
		const struct cond_op *op = &cond->op[i];

		spec->expr[i] = (int8_t)(op->kind == COND_NAME	? (int)op->name
					 : op->kind == COND_AND ? CORR_AND
					 : op->kind == COND_OR	? CORR_OR
								: CORR_NOT);
	}
	spec->n_expr = (unsigned)cond->n;
	return 0;
}

/* temporal_ordered: names and negated names, joined by and. */
static int keep_negations(struct rule_source *s, const struct yaml_node *v, const struct cond *cond,
			  struct corr_spec *spec)
{
	uint64_t plain = 0;

	for (size_t i = 0; i < cond->n; i++) {
		const struct cond_op *op = &cond->op[i];
		bool negated = i + 1 < cond->n && cond->op[i + 1].kind == COND_NOT;

		if (op->kind == COND_OR || (op->kind == COND_NOT && cond->op[i - 1].kind != COND_NAME))
			return rule_error(
				s, v, "the condition of temporal_ordered is names, perhaps with not, joined by and");
		if (op->kind != COND_NAME)
			continue;
		if (((spec->negated | plain) >> op->name & 1))
			return rule_error(s, v, "a rule stands in the condition twice");
		if (negated)
			spec->negated |= 1ULL << op->name;
		else
			plain |= 1ULL << op->name;
	}
	return plain ? 0 : rule_error(s, v, "every rule of the condition is negated");
}

static int take_text_condition(struct rule_source *s, const struct yaml_node *v, struct corr_doc *c)
{
	struct slice names[TL_CORR_RULES];
	bool used[TL_CORR_RULES] = { false };
	struct cond cond;
	char why[300];
	int r;

	if (!is_temporal(&c->spec))
		return rule_error(s, v, "condition must be a map such as {gte: 10}");
	for (unsigned i = 0; i < c->spec.n_rules; i++)
		names[i] = c->ref[i]->text;
	r = cond_parse(s->arena, v->text, names, c->spec.n_rules, used, &cond, why, sizeof(why));
	if (r == -EINVAL)
		return rule_error(s, v, "%s", why);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < c->spec.n_rules; i++)
		if (!used[i])
			return rule_error(s, v, "the condition does not use rule '%.60s'", c->ref[i]->text.p);
	return c->spec.type == CORR_TEMPORAL ? keep_expression(s, v, &cond, &c->spec)
					     : keep_negations(s, v, &cond, &c->spec);
}

static int take_condition(struct rule_source *s, const struct yaml_node *map, struct corr_doc *c)
{
	const struct yaml_node *v = yaml_get(map, "condition");

	if (!v && is_temporal(&c->spec))
		return 0;
	if (!v)
		return rule_error(s, map, "the correlation has no condition");
	if (v->kind == YAML_SCALAR && v->type != YAML_NULL)
		return take_text_condition(s, v, c);
	if (v->kind != YAML_MAP || !v->n)
		return rule_error(s, v, "condition must be a map such as {gte: 10}");
	for (const struct yaml_node *e = v->first; e; e = e->next) {
		int r = take_condition_key(s, e, c);

		if (r < 0)
			return r;
	}
	return check_condition(s, v, &c->spec);
}

/* ---- tripline: sequence ---- */

static int take_runs(struct rule_source *s, const struct yaml_node *map, struct corr_doc *c)
{
	unsigned total = c->spec.n_rules;

	if (map->kind != YAML_MAP || !map->n)
		return rule_error(s, map, "runs must be a map of {rule: number}");
	for (const struct yaml_node *v = map->first; v; v = v->next) {
		unsigned i = 0;
		uint64_t n;

		while (i < c->spec.n_rules && !slice_eq(c->ref[i]->text, v->key->text))
			i++;
		if (i == c->spec.n_rules)
			return rule_error(s, v->key, "runs names '%.60s', which is not among the rules",
					  v->key->text.p);
		if (c->spec.negated >> i & 1)
			return rule_error(s, v->key, "a negated rule cannot run");
		if (yaml_u64(v, &n) < 0 || n < 1 || n > TL_CORR_RULES || (total += (unsigned)n - 1) > TL_CORR_RULES)
			return rule_error(s, v, "runs must be whole numbers from 1, and all steps together at most %d",
					  TL_CORR_RULES);
		c->spec.runs[i] = (uint8_t)n;
	}
	return 0;
}

static int take_sequence_key(struct rule_source *s, const struct yaml_node *v, struct corr_doc *c)
{
	if (slice_eqs(v->key->text, "gap"))
		return take_span(s, v, &c->spec.gap_ns);
	if (slice_eqs(v->key->text, "runs"))
		return take_runs(s, v, c);
	if (!slice_eqs(v->key->text, "until"))
		return rule_error(s, v->key, "unknown key '%.60s' in sequence (known: until gap runs)", v->key->text.p);
	if (v->kind != YAML_SCALAR || v->type == YAML_NULL)
		return rule_error(s, v, "until must be the id or name of a rule");
	c->until = v;
	return 0;
}

static int take_sequence(struct rule_source *s, const struct rule_doc *d, struct corr_doc *c)
{
	const struct yaml_node *map = yaml_get(yaml_get(d->root, "tripline"), "sequence");

	if (!map)
		return 0;
	if (c->spec.type != CORR_TEMPORAL_ORDERED)
		return rule_error(s, map->key, "sequence is for temporal_ordered");
	if (map->kind != YAML_MAP)
		return rule_error(s, map, "sequence must be a map of until, gap, runs");
	for (const struct yaml_node *v = map->first; v; v = v->next) {
		int r = take_sequence_key(s, v, c);

		if (r < 0)
			return r;
	}
	if (c->until) { /* an entry of its own, behind the steps */
		c->ref[c->spec.n_rules++] = c->until;
		c->spec.until = c->spec.n_rules;
	}
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
	static const char *const known[] = {
		"type", "rules", "timespan", "group-by", "condition", "aliases", "generate"
	};

	for (const struct yaml_node *v = map->first; v; v = v->next) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found |= slice_eqs(v->key->text, known[i]);
		if (!found)
			return rule_error(s, v->key,
					  "unknown key '%.60s' in correlation (known: type rules timespan group-by "
					  "condition aliases "
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
				return rule_error(s, f->key, "the alias names '%.60s', which is not among the rules",
						  f->key->text.p);
			if (f->kind != YAML_SCALAR || field_by_sigma(f->text) == F_MAX)
				return rule_error(s, f, "unknown field '%.60s'",
						  f->kind == YAML_SCALAR ? f->text.p : "");
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
	c->percentile = r == 0 && slice_eqs(yaml_get(map, "type")->text, "value_percentile");
	if (r == 0)
		r = take_rules(s, map, c);
	if (r == 0)
		r = take_timespan(s, map, &c->spec);
	if (r == 0 && group)
		r = take_names(s, group, c->group, TL_CORR_FIELDS, &c->spec.n_group);
	if (r == 0)
		r = take_condition(s, map, c);
	if (r == 0)
		r = take_sequence(s, d, c);
	if (r == 0)
		r = take_aliases(s, map, c);
	if (r == 0)
		r = check_generate(s, yaml_get(map, "generate"));
	if (r == 0)
		r = check_generate(s, yaml_get(d->root, "generate"));
	c->generate = truth_of(yaml_get(map, "generate")) || truth_of(yaml_get(d->root, "generate"));
	return r;
}
