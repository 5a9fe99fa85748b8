/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/lint.h"

#include "rules/compile.h"

#define KEYWORD_SHORT 4 /* characters */
#define REGEX_LITERAL 3

static struct yaml_node place_of(const struct atom *a)
{
	return (struct yaml_node){ .line = a->line, .col = a->col };
}

static void lint_atoms(struct rule_source *s, const struct rule_doc *d)
{
	bool keywords = d->expr.n > 0;

	for (size_t i = 0; i < d->expr.n; i++) {
		const struct atom *a = d->expr.op[i].atom;

		if (d->expr.op[i].kind != EXPR_ATOM)
			continue;
		struct yaml_node at = place_of(a);

		keywords &= a->subject == SUBJECT_KEYWORD;
		if (a->kind == ATOM_TEXT && a->subject == SUBJECT_KEYWORD && a->literal < KEYWORD_SHORT)
			rule_warning(s, &at, "a keyword of less than %d characters is found in many words",
				     KEYWORD_SHORT);
		if (a->kind == ATOM_REGEX && a->literal < REGEX_LITERAL && !a->anchored)
			rule_warning(s, &at,
				     "the expression is neither anchored by ^ nor has %d characters in a row that must "
				     "be there: it costs more than others",
				     REGEX_LITERAL);
	}
	if (keywords)
		rule_warning(s, d->body,
			     "the rule has keywords only: every value of every event of its log source is searched");
}

/* `\bash` in a Linux rule: somebody meant a path, and it matches a backslash. */
static void lint_backslash(struct rule_source *s, const struct rule_doc *d)
{
	static const char *const names[] = { "bash", "sh", "node", "python", "perl", "bin", "usr", "tmp", "etc" };

	for (size_t i = 0; i < d->expr.n; i++) {
		const struct atom *a = d->expr.op[i].atom;

		if (d->expr.op[i].kind != EXPR_ATOM || a->kind != ATOM_TEXT)
			continue;
		size_t start = a->pat.n && a->pat.t[0] == PAT_ANY ? 1 : 0;

		if (start >= a->pat.n || a->pat.t[start] != '\\')
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			size_t n = strlen(names[k]), m = 0;

			while (m < n && start + 1 + m < a->pat.n && a->pat.t[start + 1 + m] == (uint8_t)names[k][m])
				m++;
			if (m == n) {
				struct yaml_node at = place_of(a);

				rule_warning(
					s, &at,
					"a backslash before '%s': paths of Linux have slashes, this cannot match one",
					names[k]);
				break;
			}
		}
	}
}

static int lint_pivot(struct rule_source *s, const struct rule_doc *d)
{
	const struct atom **atoms;
	size_t n;
	unsigned cost;
	int r = compile_pivot(s->arena, &d->expr, &atoms, &n, &cost);

	if (r == 0 && !n)
		rule_warning(
			s, d->body,
			"nothing must be there for the rule to match: it is tried on every event of its log source");
	return r;
}

static void lint_logsource(struct rule_source *s, const struct rule_doc *d)
{
	const struct logsource *l = &d->logsource;

	if (l->product.n && !slice_eqs(l->product, "linux"))
		rule_warning(s, yaml_get(d->root, "logsource"), "no gadget serves product '%.60s'", l->product.p);
	else if (l->category.n && !category_served(category_by_name(l->category)))
		rule_warning(s, yaml_get(d->root, "logsource"), "no gadget serves category '%.60s'", l->category.p);
}

/* Each field once; a rule for a service is for lines from elsewhere. */
static void lint_dead(struct rule_source *s, const struct rule_doc *d)
{
	enum category c = category_by_name(d->logsource.category);
	bool told[F_MAX] = { false };

	if (d->logsource.service.n || !category_served(c) ||
	    (d->logsource.product.n && !slice_eqs(d->logsource.product, "linux")))
		return;
	for (size_t i = 0; i < d->expr.n; i++) {
		const struct atom *a = d->expr.op[i].atom;

		if (d->expr.op[i].kind != EXPR_ATOM)
			continue;
		struct yaml_node at = place_of(a);
		unsigned asked[] = { a->subject, a->kind == ATOM_FIELDREF ? a->other : F_MAX };

		for (size_t k = 0; k < ARRAY_SIZE(asked); k++) {
			if (asked[k] >= F_MAX || told[asked[k]] || category_carries(c, (enum field)asked[k]))
				continue;
			told[asked[k]] = true;
			rule_warning(s, &at, "dead item: no event of %s that the sensor makes has %s", category_name[c],
				     subject_name(asked[k]));
		}
	}
}

/* Of the starts between two negated hits only the latest is kept: see tripline-rules(7). */
static void lint_sequence(struct rule_source *s, const struct corr_doc *c)
{
	if (c->spec.type == CORR_TEMPORAL_ORDERED && (c->spec.negated & 1))
		rule_warning(s, c->ref[0],
			     "a sequence that begins with a negated rule can miss an alert: of several beginnings only "
			     "the latest is kept");
}

static void lint_group(struct rule_source *s, const struct corr_doc *c)
{
	for (unsigned g = 0; g < c->spec.n_group; g++)
		if (slice_eqs(c->group[g]->text, "CommandLine") || slice_eqs(c->group[g]->text, "ParentCommandLine"))
			rule_warning(s, c->group[g],
				     "'%s' has unbounded values: every other text is a group of its own",
				     c->group[g]->text.p);
}

/* Parts in the correlation's own file are there for it; a rule of another file may well have been meant to alert. */
static void lint_silenced(struct rule_source *s, const struct rule_doc *d)
{
	const struct corr_doc *c = d->corr;

	for (unsigned i = 0; i < c->spec.n_rules; i++)
		if (c->part[i]->meta->silenced && strcmp(c->part[i]->file, d->file) != 0)
			rule_warning(s, c->ref[i],
				     "rule '%.60s' (%.200s:%u) no longer alerts by itself, unless generate: true is "
				     "said here",
				     c->ref[i]->text.p, c->part[i]->file, c->part[i]->root->line);
}

int lint_rules(struct rule_source *s, struct rule_doc *docs)
{
	for (struct rule_doc *d = docs; d; d = d->next) {
		int r = 0;

		if (d->broken || d->kind == DOC_FILTER)
			continue;
		s->file = d->file;
		if (d->meta->level == LEVEL_NONE)
			rule_warning(s, d->root, "the rule has no level: it counts as medium");
		if (d->kind == DOC_CORRELATION) {
			lint_group(s, d->corr);
			lint_silenced(s, d);
			lint_sequence(s, d->corr);
			continue;
		}
		lint_logsource(s, d);
		lint_dead(s, d);
		lint_atoms(s, d);
		lint_backslash(s, d);
		r = lint_pivot(s, d);
		if (r < 0)
			return r;
	}
	return 0;
}
