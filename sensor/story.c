/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/story.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/yaml.h"

struct expectation {
	struct slice rule;
	uint64_t event;
	const struct yaml_node *group; /* NULL: any */
	bool met;
};

struct surprise {
	char *text;
	struct surprise *next;
};

struct story {
	struct arena arena;
	struct expectation *e;
	size_t n;
	struct surprise *first, **last;
};

/* ---- reading ---- */

static int refuse(struct diag *d, const char *path, const struct yaml_node *at, const char *text)
{
	diag_add(d, DIAG_ERROR, path, at->line, at->col, "%s", text);
	return -EINVAL;
}

static int take_expectation(struct expectation *e, const char *path, const struct yaml_node *n, struct diag *d)
{
	bool has_rule = false, has_event = false;

	if (n->kind != YAML_MAP)
		return refuse(d, path, n, "an expectation is a map of rule, event and perhaps group");
	for (const struct yaml_node *v = n->first; v; v = v->next) {
		if (slice_eqs(v->key->text, "rule") && v->kind == YAML_SCALAR && v->text.n) {
			e->rule = v->text;
			has_rule = true;
		} else if (slice_eqs(v->key->text, "event") && yaml_u64(v, &e->event) == 0) {
			has_event = true;
		} else if (slice_eqs(v->key->text, "group") && v->kind == YAML_MAP) {
			e->group = v;
		} else {
			return refuse(
				d, path, v->key,
				"unknown key, or a value that does not fit it (rule: text, event: number, group: map)");
		}
	}
	return has_rule && has_event ? 0 : refuse(d, path, n, "an expectation needs rule and event");
}

static int take_list(struct story *s, const char *path, const struct yaml_node *root, struct diag *d)
{
	if (root->kind != YAML_LIST)
		return refuse(d, path, root, "expectations are a list");
	s->e = arena_array(&s->arena, root->n, sizeof(*s->e));
	if (!s->e)
		return -ENOMEM;
	for (const struct yaml_node *n = root->first; n; n = n->next) {
		int r = take_expectation(&s->e[s->n++], path, n, d);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_text(struct arena *a, const char *path, struct slice *ret_text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : 0;
	char *p = r == 0 ? arena_alloc(a, TL_YAML_BYTES_MAX + 1) : NULL;
	size_t n = 0;

	if (r == 0 && !p)
		r = -ENOMEM;
	while (r == 0 && n <= TL_YAML_BYTES_MAX) {
		ssize_t got = read(fd, p + n, TL_YAML_BYTES_MAX + 1 - n);

		if (got < 0 && errno != EINTR)
			r = -errno;
		else if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	*ret_text = (struct slice){ p, n };
	return r;
}

int story_read(const char *path, struct story **ret_story, struct diag *diag)
{
	struct story *s = calloc(1, sizeof(*s));
	struct yaml_doc *doc = NULL;
	struct slice text;
	int r;

	if (!s)
		return -ENOMEM;
	s->last = &s->first;
	r = read_text(&s->arena, path, &text);
	if (r == 0)
		r = yaml_parse(&s->arena, path, text, diag, &doc);
	if (r == 0 && diag->errors)
		r = -EINVAL;
	if (r == 0 && doc)
		r = doc->next ? refuse(diag, path, doc->next->root, "only one document is expected")
			      : take_list(s, path, doc->root, diag);
	if (r < 0) {
		story_free(s);
		return r;
	}
	*ret_story = s;
	return 0;
}

void story_free(struct story *s)
{
	if (!s)
		return;
	while (s->first) {
		struct surprise *next = s->first->next;

		free(s->first->text);
		free(s->first);
		s->first = next;
	}
	arena_done(&s->arena);
	free(s);
}

/* ---- comparing ---- */

static bool same_group(const struct yaml_node *group, const struct hit *h)
{
	if (!group)
		return true;
	if (group->n != h->n_group)
		return false;
	for (const struct yaml_node *v = group->first; v; v = v->next) {
		bool found = false;

		for (unsigned i = 0; i < h->n_group; i++)
			found |= slice_eq(h->group_name[i], v->key->text) && v->kind == YAML_SCALAR &&
				 slice_eq(h->group_text[i], v->text);
		if (!found)
			return false;
	}
	return true;
}

static int keep_surprise(struct story *s, const struct hit *h, uint64_t event)
{
	struct surprise *u = calloc(1, sizeof(*u));
	char text[1024];
	struct buf b = BUF_OF(text);

	if (!u)
		return -ENOMEM;
	buf_printf(&b, "rule %s at event %llu", h->rule->identity, (unsigned long long)event);
	for (unsigned i = 0; i < h->n_group; i++) {
		buf_puts(&b, i ? ", " : ", group ");
		buf_put_slice(&b, h->group_name[i]);
		buf_puts(&b, ": ");
		buf_put_json(&b, h->group_text[i]);
	}
	u->text = strndup(b.p, b.n);
	if (!u->text) {
		free(u);
		return -ENOMEM;
	}
	*s->last = u;
	s->last = &u->next;
	return 0;
}

int story_hit(struct story *s, const struct hit *h, uint64_t event)
{
	/* an expectation that names its group is met before one that leaves it open */
	for (unsigned pass = 0; pass <= 1; pass++)
		for (size_t i = 0; i < s->n; i++) {
			struct expectation *e = &s->e[i];

			if (e->met || (e->group == NULL) != (pass == 1) || e->event != event ||
			    !slice_eqs(e->rule, h->rule->identity) || !same_group(e->group, h))
				continue;
			e->met = true;
			return 0;
		}
	return keep_surprise(s, h, event);
}

bool story_met(const struct story *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->e[i].met)
			return false;
	return !s->first;
}

void story_explain(const struct story *s, FILE *to)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->e[i].met)
			fprintf(to, "# missing: rule %.*s at event %llu\n", (int)s->e[i].rule.n, s->e[i].rule.p,
				(unsigned long long)s->e[i].event);
	for (const struct surprise *u = s->first; u; u = u->next)
		fprintf(to, "# unexpected: %s\n", u->text);
}

/* ---- finding ---- */

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int visit(const FTSENT *f, int (*fn)(void *context, const char *recording, const char *expect), void *context)
{
	static const char suffix[] = ".jsonl", expect[] = ".expect.yaml";
	size_t n = f->fts_pathlen;
	char *path;
	int r;

	if (f->fts_info != FTS_F || n <= strlen(suffix) || strcmp(f->fts_path + n - strlen(suffix), suffix) != 0)
		return 0;
	n -= strlen(suffix);
	path = malloc(n + sizeof(expect));
	if (!path)
		return -ENOMEM;
	memcpy(path, f->fts_path, n);
	memcpy(path + n, expect, sizeof(expect));
	r = access(path, F_OK) == 0 ? fn(context, f->fts_path, path) : 0;
	free(path);
	return r;
}

int story_find(const char *path, int (*fn)(void *context, const char *recording, const char *expect), void *context)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	const FTSENT *f;
	int r = tree ? 0 : -errno;

	while (r == 0 && (f = fts_read(tree))) {
		if (f->fts_level == 0 && f->fts_info != FTS_D && f->fts_info != FTS_DP)
			r = f->fts_info == FTS_NS ? -f->fts_errno : -ENOTDIR;
		else
			r = visit(f, fn, context);
	}
	if (tree)
		fts_close(tree);
	return r;
}
