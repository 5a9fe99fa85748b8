/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Files to ruleset: find, read, parse, link, number, compile. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/compile.h"
#include "rules/lint.h"
#include "rules/regex.h"

#define CORRELATION_MEMORY (64ULL * 1024 * 1024)
#define RULE_FILES_MAX	   100000
#define RULE_DIR_DEPTH	   32

struct loader {
	struct arena arena; /* everything that is not needed once the ruleset is built */
	struct rule_source src;
	struct ruleset *rs;
	struct rule_doc *docs, *last;
	const char **path; /* of the directory being read, relative */
	size_t n_paths, cap_paths;
	unsigned files;
	char *buffer; /* one file's text, TL_YAML_BYTES_MAX + 1 */
};

/* ---- finding files ---- */

static bool is_rule_file(const char *name)
{
	const char *dot = strrchr(name, '.'), expect[] = ".expect.yaml"; /* of a story beside the rules */
	size_t n = strlen(name), tail = sizeof(expect) - 1;

	if (n >= tail && strcmp(name + n - tail, expect) == 0)
		return false;
	return dot && dot != name && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0);
}

static int add_path(struct loader *l, const char *path)
{
	const char **grown = arena_grow(&l->arena, l->path, l->n_paths, &l->cap_paths, sizeof(*l->path));

	if (!grown)
		return -ENOMEM;
	l->path = grown;
	l->path[l->n_paths] = arena_str(&l->arena, slice_of(path));
	if (!l->path[l->n_paths])
		return -ENOMEM;
	l->n_paths++;
	return 0;
}

/* One entry of a directory: a file is noted, a directory is opened and pushed. Symbolic links to files are followed, to
 * directories not: a circle would never end. */
struct walk {
	DIR *dir[RULE_DIR_DEPTH];
	size_t prefix[RULE_DIR_DEPTH]; /* length of .path before the entry's name */
	unsigned depth;
	char path[PATH_MAX];
};

static int open_sub(struct loader *l, struct walk *w, const char *name, size_t end)
{
	int fd;

	if (w->depth == RULE_DIR_DEPTH) {
		diag_add(l->src.diag, DIAG_ERROR, w->path, 0, 0, "directories are nested deeper than %d",
			 RULE_DIR_DEPTH);
		return 0;
	}
	fd = openat(dirfd(w->dir[w->depth - 1]), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	w->dir[w->depth] = fd >= 0 ? fdopendir(fd) : NULL;
	if (!w->dir[w->depth]) {
		int e = errno;

		if (fd >= 0)
			close(fd);
		diag_add(l->src.diag, DIAG_ERROR, w->path, 0, 0, "cannot read the directory: %s", strerror(e));
		return 0;
	}
	w->path[end] = '/';
	w->prefix[w->depth++] = end + 1;
	return 0;
}

static int visit(struct loader *l, struct walk *w, const char *name)
{
	size_t at = w->prefix[w->depth - 1], n = strlen(name);
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (at + n + 2 > sizeof(w->path))
		return 0;
	memcpy(w->path + at, name, n + 1);
	if (fstatat(dirfd(w->dir[w->depth - 1]), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return open_sub(l, w, name, at + n);
	if (!is_rule_file(name) || l->n_paths == RULE_FILES_MAX)
		return 0;
	return add_path(l, w->path);
}

static int walk_dir(struct loader *l, int fd)
{
	struct walk w = { .depth = 1 };
	int r = 0;

	w.dir[0] = fdopendir(fd);
	if (!w.dir[0]) {
		r = -errno;
		close(fd);
		return r;
	}
	while (w.depth && r == 0) {
		struct dirent *de = readdir(w.dir[w.depth - 1]);

		if (de)
			r = visit(l, &w, de->d_name);
		else
			closedir(w.dir[--w.depth]);
	}
	while (w.depth)
		closedir(w.dir[--w.depth]);
	return r;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- reading ---- */

static int check_patterns(struct loader *l, struct rule_doc *d)
{
	for (size_t i = 0; i < d->expr.n; i++) {
		struct atom *a = d->expr.op[i].atom;
		struct yaml_node at = { 0 };
		struct match_pattern p;
		char why[200];
		int r;

		if (d->expr.op[i].kind != EXPR_ATOM || a->seen)
			continue;
		a->seen = 1;
		at.line = a->line;
		at.col = a->col;
		if (a->kind == ATOM_TEXT && a->pat.n > REGEX_SIZE_MAX &&
		    a->literal + 2 < a->pat.n) /* libhs takes seconds to refuse it */
			return rule_error(&l->src, &at, "a text with wildcards is longer than %d", REGEX_SIZE_MAX);
		if (a->kind != ATOM_REGEX &&
		    !(a->kind == ATOM_TEXT && (a->pat.n > 1000 || (a->literal < a->pat.n / 2 && a->pat.n > 4))))
			continue;
		r = match_pattern_of(&l->arena, a, &p);
		if (r == 0)
			r = match_check(&p, why, sizeof(why));
		if (r == -EINVAL)
			return rule_error(&l->src, &at, "the pattern is refused by the matching engine: %s", why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_unique(struct loader *l, const struct rule_doc *d)
{
	const struct yaml_node *id = yaml_get(d->root, "id"), *name = yaml_get(d->root, "name");

	for (const struct rule_doc *o = l->docs; o; o = o->next) {
		if (id && o->meta->id && slice_eqs(id->text, o->meta->id))
			return rule_error(&l->src, id, "the id is already used at %s:%u", o->file, o->root->line);
		if (name && o->meta->name && slice_eqs(name->text, o->meta->name))
			return rule_error(&l->src, name, "the name is already used at %s:%u", o->file, o->root->line);
	}
	return 0;
}

static int take_document(struct loader *l, const struct yaml_node *root)
{
	struct rule_doc *d = NULL;
	int r = sigma_parse(&l->src, &l->rs->arena, root, &d);

	if (r == 0)
		r = check_unique(l, d);
	if (r == 0)
		r = check_patterns(l, d);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	if (l->last)
		l->last->next = d;
	else
		l->docs = d;
	l->last = d;
	return 0;
}

static int read_all(struct loader *l, int fd, struct slice *ret_text)
{
	char *p = l->buffer;
	size_t n = 0;

	while (n <= TL_YAML_BYTES_MAX) {
		ssize_t got = read(fd, p + n, TL_YAML_BYTES_MAX + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_text = (struct slice){ p, n };
	return 0;
}

static int take_text(struct loader *l, struct slice text)
{
	struct yaml_doc *doc = NULL;
	int r = yaml_parse(&l->arena, l->src.file, text, l->src.diag, &doc);

	for (; r == 0 && doc; doc = doc->next)
		if (doc->root)
			r = take_document(l, doc->root);
	return r;
}

static int read_file(struct loader *l, int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct slice text = { 0 };
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;

	l->files++;
	if (r == 0)
		r = read_all(l, fd, &text);
	if (fd >= 0)
		close(fd);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		diag_add(l->src.diag, DIAG_ERROR, path, 0, 0, "cannot read: %s",
			 r == -EINVAL ? "not a regular file" : strerror(-r));
		return 0;
	}
	l->src.file = path;
	return take_text(l, text);
}

static int load_one(struct loader *l, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_CLOEXEC | O_NONBLOCK), dir_fd, r;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	if (!S_ISDIR(st.st_mode)) {
		close(fd);
		return read_file(l, AT_FDCWD, arena_str(&l->arena, slice_of(dir)));
	}
	l->n_paths = 0;
	dir_fd = dup(fd);
	if (dir_fd < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	r = walk_dir(l, fd);
	if (l->n_paths)
		qsort(l->path, l->n_paths, sizeof(*l->path), by_bytes);
	for (size_t i = 0; i < l->n_paths && r == 0; i++)
		r = read_file(l, dir_fd, l->path[i]);
	close(dir_fd);
	return r;
}

static int load_placeholders(struct loader *l, const char *path)
{
	struct yaml_doc *doc = NULL;
	struct slice text = { 0 };
	int fd, r;

	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = read_all(l, fd, &text);
	close(fd);
	if (r == 0)
		r = yaml_parse(&l->arena, path, text, l->src.diag, &doc);
	if (r == 0 && doc)
		l->src.placeholders = doc->root;
	return r;
}

/* ---- from documents to rules ---- */

static int apply_filters(struct loader *l)
{
	for (struct rule_doc *f = l->docs; f; f = f->next) {
		if (f->kind != DOC_FILTER)
			continue;
		for (struct rule_doc *d = l->docs; d; d = d->next) {
			int r;

			if (d->kind != DOC_DETECTION || d->broken || !sigma_filter_covers(f, d))
				continue;
			r = expr_append(&l->arena, &d->expr, &f->expr);
			if (r == 0)
				r = expr_push(&l->arena, &d->expr, EXPR_AND, NULL);
			l->src.file = f->file;
			if (r == -E2BIG || (r == 0 && expr_depth(&d->expr) > TL_EXPR_DEPTH_MAX)) {
				(void)rule_error(&l->src, f->root, "rule '%.60s' becomes too large with this filter",
						 d->meta->identity);
				d->broken = true;
			} else if (r < 0) {
				return r;
			}
		}
	}
	return 0;
}

static int number(struct loader *l)
{
	struct ruleset *rs = l->rs;
	unsigned n = 0, specs = 0;

	for (struct rule_doc *d = l->docs; d; d = d->next) {
		n += !d->broken && d->kind != DOC_FILTER;
		specs += !d->broken && d->kind == DOC_CORRELATION;
	}
	rs->meta = arena_array(&rs->arena, n, sizeof(*rs->meta));
	rs->spec = arena_array(&rs->arena, specs, sizeof(*rs->spec));
	rs->silenced_part = arena_array(&rs->arena, n, sizeof(*rs->silenced_part));
	if (!rs->meta || !rs->spec || !rs->silenced_part)
		return -ENOMEM;
	rs->n_detections = n - specs;
	rs->n_specs = specs;
	rs->n_rules = n;
	n = 0;
	for (struct rule_doc *d = l->docs; d; d = d->next) {
		if (d->broken || d->kind == DOC_FILTER)
			continue;
		d->meta->correlation = d->kind == DOC_CORRELATION;
		d->no = d->kind == DOC_DETECTION ? n++ : rs->n_detections + d->mark - 1;
		rs->meta[d->no] = d->meta;
	}
	return 0;
}

static void want(struct ruleset *rs, enum field f)
{
	if (f < F_MAX)
		rs->fields[f / 64] |= 1ULL << (f % 64);
}

static int keep_spec(struct loader *l, struct rule_doc *d)
{
	struct ruleset *rs = l->rs;
	struct corr_spec *spec = arena_alloc(&rs->arena, sizeof(*spec));
	int r = spec ? correlation_number(&l->src, &rs->arena, d) : -ENOMEM;

	if (r < 0)
		return r;
	*spec = d->corr->spec;
	rs->spec[d->mark - 1] = spec;
	for (unsigned i = 0; i < spec->n_rules; i++) {
		rs->silenced_part[spec->rule[i]] = true;
		for (unsigned g = 0; g < spec->n_group; g++)
			want(rs, spec->source[i][g].field);
	}
	for (unsigned v = 0; v < spec->n_value; v++)
		want(rs, spec->value[v].field);
	return 0;
}

static int keep_specs(struct loader *l)
{
	for (unsigned place = 1; place <= l->rs->n_specs; place++)
		for (struct rule_doc *d = l->docs; d; d = d->next)
			if (d->kind == DOC_CORRELATION && !d->broken && d->mark == place) {
				int r = keep_spec(l, d);

				if (r < 0)
					return r;
			}
	return 0;
}

static int build(struct loader *l)
{
	int r = apply_filters(l);

	if (r == 0)
		r = correlation_link(&l->src, l->docs);
	if (r == 0)
		r = number(l);
	if (r == 0)
		r = keep_specs(l);
	if (r == 0)
		r = lint_rules(&l->src, l->docs);
	if (r == 0)
		r = compile_groups(&l->src, l->docs, l->rs);
	return r;
}

static int load_all(struct loader *l, const struct ruleset_options *o)
{
	int r = load_placeholders(l, o->placeholders);

	for (const char *const *dir = o->dirs; r == 0 && *dir; dir++)
		r = load_one(l, *dir);
	return r;
}

static int loader_init(struct loader *l, struct diag *diag)
{
	*l = (struct loader){ .src = { .diag = diag } };
	l->rs = calloc(1, sizeof(*l->rs));
	l->buffer = malloc(TL_YAML_BYTES_MAX + 1);
	if (!l->rs || !l->buffer) {
		free(l->rs);
		free(l->buffer);
		return -ENOMEM;
	}
	l->rs->refs = 1;
	l->rs->correlation_memory = CORRELATION_MEMORY;
	return 0;
}

/* Builds what was read (@r: how reading went) and gives back everything else. */
static int loader_finish(struct loader *l, int r, bool strict, struct ruleset **ret_ruleset)
{
	if (r == 0)
		r = build(l);
	if (r == 0 && strict && l->src.diag->errors)
		r = -EINVAL;
	if (r == 0 && !l->files)
		r = -ENOENT;
	if (r == 0 && !l->rs->n_rules)
		r = -ENODATA;
	arena_done(&l->arena);
	free(l->buffer);
	if (r < 0)
		ruleset_unref(l->rs);
	else
		*ret_ruleset = l->rs;
	return r;
}

int ruleset_load(const struct ruleset_options *o, struct ruleset **ret_ruleset, struct diag *diag)
{
	struct loader l;
	int r = loader_init(&l, diag);

	if (r < 0)
		return r;
	l.src.arena = &l.arena;
	if (o->correlation_memory)
		l.rs->correlation_memory = o->correlation_memory;
	return loader_finish(&l, load_all(&l, o), o->strict, ret_ruleset);
}

int ruleset_load_text(const char *name, struct slice text, struct ruleset **ret_ruleset, struct diag *diag)
{
	struct loader l;
	int r = loader_init(&l, diag);

	if (r < 0)
		return r;
	l.src.arena = &l.arena;
	l.src.file = name;
	l.files = 1;
	return loader_finish(&l, take_text(&l, text), false, ret_ruleset);
}

/* ---- the ruleset ---- */

struct ruleset *ruleset_ref(struct ruleset *rs)
{
	if (rs)
		atomic_fetch_add_explicit(&rs->refs, 1, memory_order_relaxed);
	return rs;
}

void ruleset_unref(struct ruleset *rs)
{
	if (!rs || atomic_fetch_sub_explicit(&rs->refs, 1, memory_order_acq_rel) != 1)
		return;
	compile_done(rs);
	arena_done(&rs->arena);
	free(rs);
}

unsigned ruleset_n_rules(const struct ruleset *rs)
{
	return rs->n_rules;
}

const struct rule_meta *ruleset_meta(const struct ruleset *rs, unsigned rule)
{
	return rs->meta[rule];
}

const uint64_t *ruleset_fields(const struct ruleset *rs)
{
	return rs->fields;
}

bool ruleset_wants(const struct ruleset *rs, enum category c)
{
	const struct rule_group *g = rs->group[c];

	for (uint32_t i = 0; g && i < g->n_rules; i++)
		if (!g->rule[i].product.n || slice_eqs(g->rule[i].product, "linux"))
			return true;
	return false;
}
