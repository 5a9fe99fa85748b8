/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/sigma.h"

#include <errno.h>

#include "core/hash.h"
#include "rules/cond.h"
#include "rules/correlation.h"

#define TITLE_MAX 256 /* characters */

/* ---- head of a document ---- */

static size_t characters(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((uint8_t)s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool is_scalar(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->type != YAML_NULL;
}

/* A text that is optional: NULL if absent. Numbers are taken by their source text. */
static int take_text(struct rule_source *s, struct arena *keep, const struct yaml_node *root, const char *key,
		     const char **ret_text)
{
	const struct yaml_node *v = yaml_get(root, key);

	if (!v)
		return 0;
	if (!is_scalar(v) || !v->text.n)
		return rule_error(s, v, "%s must be a text that is not empty", key);
	*ret_text = arena_str(keep, v->text);
	return *ret_text ? 0 : -ENOMEM;
}

static int take_title(struct rule_source *s, struct arena *keep, const struct yaml_node *root, struct rule_meta *m)
{
	const struct yaml_node *v = yaml_get(root, "title");

	if (!v)
		return rule_error(s, root, "the rule has no title");
	if (!yaml_is_text(v) || !v->text.n)
		return rule_error(s, v, "title must be a text that is not empty");
	if (characters(v->text) > TITLE_MAX)
		return rule_error(s, v, "title is longer than %d characters", TITLE_MAX);
	m->title = arena_str(keep, v->text);
	return m->title ? 0 : -ENOMEM;
}

static int take_status(struct rule_source *s, struct arena *keep, const struct yaml_node *root, struct rule_meta *m)
{
	static const char *const known[] = { "stable", "test", "experimental", "deprecated", "unsupported" };
	const struct yaml_node *v = yaml_get(root, "status");

	if (!v)
		return 0;
	for (size_t i = 0; v->kind == YAML_SCALAR && i < ARRAY_SIZE(known); i++)
		if (slice_eqs(v->text, known[i])) {
			m->status = arena_str(keep, v->text);
			return m->status ? 0 : -ENOMEM;
		}
	return rule_error(s, v, "status must be one of stable, test, experimental, deprecated, unsupported");
}

static int take_level(struct rule_source *s, const struct yaml_node *root, struct rule_meta *m)
{
	const struct yaml_node *v = yaml_get(root, "level");

	if (!v)
		return 0;
	m->level = v->kind == YAML_SCALAR ? level_by_name(v->text) : LEVEL_NONE;
	if (m->level == LEVEL_NONE)
		return rule_error(s, v, "level must be one of informational, low, medium, high, critical");
	return 0;
}

/* tags: a packed list. */
static int take_tags(struct arena *keep, const struct yaml_node *root, struct rule_meta *m)
{
	const struct yaml_node *v = yaml_get(root, "tags");
	size_t n = 0;
	char *p;

	if (!v || v->kind != YAML_LIST)
		return 0;
	for (const struct yaml_node *t = v->first; t; t = t->next)
		if (is_scalar(t) && !memchr(t->text.p, '\0', t->text.n))
			n += t->text.n + 1;
	p = arena_alloc(keep, n);
	if (!p)
		return -ENOMEM;
	m->tags = (struct slice){ p, n };
	for (const struct yaml_node *t = v->first; t; t = t->next)
		if (is_scalar(t) && !memchr(t->text.p, '\0', t->text.n)) {
			memcpy(p, t->text.p, t->text.n);
			p += t->text.n + 1;
		}
	return 0;
}

static int take_tripline(struct rule_source *s, const struct yaml_node *root, struct rule_doc *d)
{
	const struct yaml_node *map = yaml_get(root, "tripline");
	uint64_t score;

	if (!map)
		return 0;
	if (map->kind != YAML_MAP)
		return rule_error(s, map, "tripline must be a map");
	for (const struct yaml_node *v = map->first; v; v = v->next) {
		if (slice_eqs(v->key->text, "sequence")) {
			if (d->kind == DOC_CORRELATION)
				continue; /* read with the correlation */
			return rule_error(s, v->key, "sequence is for correlations of type temporal_ordered");
		}
		if (!slice_eqs(v->key->text, "score"))
			return rule_error(s, v->key, "unknown key '%.60s' in tripline (known: score sequence)",
					  v->key->text.p);
		if (yaml_u64(v, &score) < 0 || score > 100)
			return rule_error(s, v, "score must be a whole number from 0 to 100");
		d->meta->score = (unsigned)score;
	}
	return 0;
}

/* The order of events while walking the tree stands for its shape, so equal hashes mean equal documents. */
static void hash_document(const struct yaml_node *root, uint64_t *ret_hash)
{
	static const struct siphash_key key = { { 0x747269706c696e65ULL, 0x72756c6568617368ULL } };
	const struct yaml_node *stack[TL_YAML_DEPTH_MAX + 2];
	unsigned depth = 1;
	struct siphash h;
	struct hash128 sum;

	siphash_init128(&h, &key);
	stack[0] = root;
	while (depth) {
		const struct yaml_node *n = stack[depth - 1];

		if (!n) {
			siphash_update(&h, ")", 1);
			depth--;
			continue;
		}
		stack[depth - 1] = depth == 1 ? NULL : n->next;
		if (n->key)
			siphash_update_part(&h, n->key->text);
		uint8_t kind[2] = { (uint8_t)n->kind, (uint8_t)n->type };

		siphash_update(&h, kind, sizeof(kind));
		if (n->kind == YAML_SCALAR)
			siphash_update_part(&h, n->text);
		else
			stack[depth++] = n->first;
	}
	sum = siphash_final128(&h);
	ret_hash[0] = sum.lo;
	ret_hash[1] = sum.hi;
}

static int take_head(struct rule_source *s, struct arena *keep, struct rule_doc *d)
{
	struct rule_meta *m = d->meta;
	const struct yaml_node *taxonomy = yaml_get(d->root, "taxonomy");
	int r = take_title(s, keep, d->root, m);

	if (r == 0)
		r = take_text(s, keep, d->root, "id", &m->id);
	if (r == 0)
		r = take_text(s, keep, d->root, "name", &m->name);
	if (r == 0)
		r = take_status(s, keep, d->root, m);
	if (r == 0)
		r = take_level(s, d->root, m);
	if (r == 0)
		r = take_tags(keep, d->root, m);
	if (r < 0)
		return r;
	if (taxonomy && !(taxonomy->kind == YAML_SCALAR && slice_eqs(taxonomy->text, "sigma")))
		return rule_error(s, taxonomy, "taxonomy must be sigma");
	if (yaml_is_text(yaml_get(d->root, "description"))) {
		m->description = arena_str(keep, yaml_get(d->root, "description")->text);
		if (!m->description)
			return -ENOMEM;
	}
	m->file = arena_str(keep, slice_of(s->file));
	if (!m->file)
		return -ENOMEM;
	m->line = d->root->line;
	m->identity = m->id ? m->id : m->name ? m->name : m->title;
	m->score = level_score(m->level);
	hash_document(d->root, m->hash);
	return take_tripline(s, d->root, d);
}

static int take_logsource(struct rule_source *s, struct arena *keep, struct rule_doc *d)
{
	const struct yaml_node *map = yaml_get(d->root, "logsource");
	struct slice *const to[] = { &d->logsource.category, &d->logsource.product, &d->logsource.service };
	static const char *const keys[] = { "category", "product", "service" };
	bool any = false;

	if (!map)
		return rule_error(s, d->root, "the rule has no logsource");
	if (map->kind != YAML_MAP)
		return rule_error(s, map, "logsource must be a map");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct yaml_node *v = yaml_get(map, keys[i]);
		char *p;

		if (!v)
			continue;
		if (!is_scalar(v) || !v->text.n)
			return rule_error(s, v, "logsource.%s must be a text that is not empty", keys[i]);
		p = arena_str(keep, v->text);
		if (!p)
			return -ENOMEM;
		for (size_t k = 0; k < v->text.n; k++)
			if (p[k] >= 'A' && p[k] <= 'Z')
				p[k] |= 0x20;
		*to[i] = (struct slice){ p, v->text.n };
		any = true;
	}
	if (!any)
		return rule_error(s, map, "logsource names none of category, product, service");
	return 0;
}

/* ---- detection ---- */

/* A list waiting for the rest of its elements. */
struct open_list {
	const struct yaml_node *next;
	bool joined; /* an element is there already */
};

static int push_join(struct rule_source *s, const struct yaml_node *at, struct expr *e, enum expr_kind kind)
{
	int r = expr_push(s->arena, e, kind, NULL);

	return r == -E2BIG ? rule_error(s, at, "the rule is too large (more than %d tests)", TL_EXPR_OPS_MAX) : r;
}

static int build_map(struct rule_source *s, const struct yaml_node *map, struct expr *e)
{
	int r = 0;

	if (!map->n)
		return rule_error(s, map, "an empty map selects nothing");
	for (const struct yaml_node *v = map->first; v && r == 0; v = v->next) {
		r = item_build(s, v->key, v, e);
		if (r == 0 && v != map->first)
			r = push_join(s, v->key, e, EXPR_AND);
	}
	return r;
}

/* One search identifier; lists inside lists are walked with a stack (the depth of YAML is bounded). */
static int build_search(struct rule_source *s, const struct yaml_node *node, struct expr *e)
{
	struct open_list stack[TL_YAML_DEPTH_MAX + 1];
	unsigned depth = 0;

	for (;;) {
		int r = 0;

		if (node->kind == YAML_LIST) {
			if (!node->n)
				return rule_error(s, node, "an empty list selects nothing");
			stack[depth++] = (struct open_list){ .next = node->first->next };
			node = node->first;
			continue;
		}
		r = node->kind == YAML_MAP ? build_map(s, node, e) : item_build(s, NULL, node, e);
		/* An element is complete: join it, and with it every list that ends here. */
		while (r == 0 && depth) {
			struct open_list *l = &stack[depth - 1];

			if (l->joined)
				r = push_join(s, node, e, EXPR_OR);
			l->joined = true;
			if (l->next)
				break;
			depth--;
		}
		if (r < 0 || !depth)
			return r;
		node = stack[depth - 1].next;
		stack[depth - 1].next = node->next;
	}
}

struct search {
	unsigned n;
	struct slice *name;
	struct expr *expr;
	const struct yaml_node **key;
	bool *used;
};

static int build_searches(struct rule_source *s, const struct yaml_node *map, bool filter, struct search *q)
{
	q->name = arena_array(s->arena, map->n, sizeof(*q->name));
	q->expr = arena_array(s->arena, map->n, sizeof(*q->expr));
	q->key = arena_array(s->arena, map->n, sizeof(*q->key));
	q->used = arena_array(s->arena, map->n, sizeof(*q->used));
	if (!q->name || !q->expr || !q->key || !q->used)
		return -ENOMEM;
	for (const struct yaml_node *v = map->first; v; v = v->next) {
		int r;

		if (slice_eqs(v->key->text, "condition") || (filter && slice_eqs(v->key->text, "rules")))
			continue;
		if (slice_eqs(v->key->text, "timeframe")) {
			rule_warning(s, v->key, "timeframe is Sigma version 1 and ignored; write a correlation rule");
			continue;
		}
		r = build_search(s, v, &q->expr[q->n]);
		if (r < 0)
			return r;
		q->key[q->n] = v->key;
		q->name[q->n++] = v->key->text;
	}
	return 0;
}

static int append_condition(struct rule_source *s, const struct yaml_node *node, struct search *q, struct expr *e)
{
	static const enum expr_kind kind[] = { [COND_AND] = EXPR_AND, [COND_OR] = EXPR_OR, [COND_NOT] = EXPR_NOT };
	struct cond c;
	char why[300];
	int r;

	if (!is_scalar(node))
		return rule_error(s, node, "a condition must be a text");
	r = cond_parse(s->arena, node->text, q->name, q->n, q->used, &c, why, sizeof(why));
	if (r == -EINVAL)
		return rule_error(s, node, "%s", why);
	for (size_t i = 0; r == 0 && i < c.n; i++) {
		if (c.op[i].kind == COND_NAME)
			r = expr_append(s->arena, e, &q->expr[c.op[i].name]);
		else
			r = expr_push(s->arena, e, kind[c.op[i].kind], NULL);
	}
	if (r == -E2BIG)
		return rule_error(s, node, "the condition is too large (more than %d tests, written out)",
				  TL_EXPR_OPS_MAX);
	return r;
}

static int build_conditions(struct rule_source *s, const struct yaml_node *condition, struct search *q, struct expr *e)
{
	int r = 0;

	if (condition->kind != YAML_LIST)
		return append_condition(s, condition, q, e);
	if (!condition->n)
		return rule_error(s, condition, "an empty list of conditions");
	for (const struct yaml_node *v = condition->first; v && r == 0; v = v->next) {
		r = append_condition(s, v, q, e);
		if (r == 0 && v != condition->first)
			r = push_join(s, v, e, EXPR_OR);
	}
	return r;
}

static int take_detection(struct rule_source *s, struct rule_doc *d)
{
	const struct yaml_node *condition = yaml_get(d->body, "condition");
	struct search q = { 0 };
	int r;

	if (d->body->kind != YAML_MAP)
		return rule_error(s, d->body, "detection must be a map of search identifiers and a condition");
	if (!condition)
		return rule_error(s, d->body, "there is no condition");
	r = build_searches(s, d->body, d->kind == DOC_FILTER, &q);
	if (r < 0)
		return r;
	r = build_conditions(s, condition, &q, &d->expr);
	if (r < 0)
		return r;
	if (expr_depth(&d->expr) > TL_EXPR_DEPTH_MAX)
		return rule_error(s, condition, "the rule is nested too deep");
	for (unsigned i = 0; i < q.n; i++)
		if (!q.used[i])
			rule_warning(s, q.key[i], "the condition does not use '%.60s'", q.name[i].p);
	return 0;
}

/* ---- filters ---- */

static int take_filter(struct rule_source *s, struct rule_doc *d)
{
	const struct yaml_node *rules = yaml_get(d->body, "rules");

	if (d->body->kind != YAML_MAP)
		return rule_error(s, d->body, "filter must be a map");
	if (!rules)
		return rule_error(s, d->body, "the filter does not say which rules it covers (rules: any, or a list)");
	if (rules->kind == YAML_LIST && !rules->n)
		return rule_error(s, rules, "the filter covers an empty list of rules");
	if (rules->kind == YAML_MAP || (rules->kind == YAML_SCALAR && !is_scalar(rules)))
		return rule_error(s, rules, "rules must be any, an id or name, or a list of them");
	for (const struct yaml_node *v = rules->kind == YAML_LIST ? rules->first : NULL; v; v = v->next)
		if (!is_scalar(v))
			return rule_error(s, v, "a reference must be an id or name");
	return take_detection(s, d);
}

static bool names(const struct yaml_node *ref, const struct rule_meta *m)
{
	return (m->id && slice_eqs(ref->text, m->id)) || (m->name && slice_eqs(ref->text, m->name));
}

bool sigma_filter_covers(const struct rule_doc *f, const struct rule_doc *d)
{
	const struct logsource *a = &f->logsource, *b = &d->logsource;
	const struct yaml_node *rules = yaml_get(f->body, "rules");

	if ((a->category.n && !slice_eq(a->category, b->category)) ||
	    (a->product.n && !slice_eq(a->product, b->product)) || (a->service.n && !slice_eq(a->service, b->service)))
		return false;
	if (rules->kind == YAML_SCALAR)
		return slice_eqs(rules->text, "any") || names(rules, d->meta);
	for (const struct yaml_node *v = rules->first; v; v = v->next)
		if (names(v, d->meta))
			return true;
	return false;
}

/* ---- documents ---- */

static int take_kind(struct rule_source *s, struct rule_doc *d)
{
	static const char *const keys[] = {
		[DOC_DETECTION] = "detection", [DOC_CORRELATION] = "correlation", [DOC_FILTER] = "filter"
	};
	const struct yaml_node *action = yaml_get(d->root, "action");

	if (action && action->kind == YAML_SCALAR &&
	    (slice_eqs(action->text, "global") || slice_eqs(action->text, "reset") ||
	     slice_eqs(action->text, "repeat")))
		return rule_error(
			s, action->key,
			"rule collections (action: %s) are Sigma version 1; write each rule as a document of its own",
			action->text.p);
	for (unsigned k = DOC_DETECTION; k <= DOC_FILTER; k++) {
		const struct yaml_node *v = yaml_get(d->root, keys[k]);

		if (!v)
			continue;
		if (d->body)
			return rule_error(s, v->key, "the document has both %s and %s", d->body->key->text.p, keys[k]);
		d->body = v;
		d->kind = (enum doc_kind)k;
	}
	if (!d->body)
		return rule_error(s, d->root, "the document is no rule: it has none of detection, correlation, filter");
	return 0;
}

int sigma_parse(struct rule_source *s, struct arena *keep, const struct yaml_node *root, struct rule_doc **ret_doc)
{
	struct rule_doc *d = arena_alloc(s->arena, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->meta = arena_alloc(keep, sizeof(*d->meta));
	if (!d->meta)
		return -ENOMEM;
	d->root = root;
	d->file = s->file;
	if (root->kind != YAML_MAP || !root->n)
		return rule_error(s, root, "a rule must be a map");
	r = take_kind(s, d);
	if (r == 0)
		r = take_head(s, keep, d);
	if (r == 0 && d->kind != DOC_CORRELATION)
		r = take_logsource(s, keep, d);
	if (r == 0)
		r = d->kind == DOC_DETECTION ? take_detection(s, d)
		    : d->kind == DOC_FILTER  ? take_filter(s, d)
					     : correlation_parse(s, keep, d);
	if (r == 0)
		*ret_doc = d;
	return r;
}
