/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/yaml.h"

enum type { T_size, T_pow2_size, T_number, T_time, T_bool, T_choice, T_level, T_text, T_list };
enum reload { reload_no, reload_yes };

static const struct option_row {
	const char *name;
	enum type type;
	size_t at;
	const char *def, *doc;
	uint64_t min, max;
	enum reload reload;
} rows[] = {
#define OPTION(name, type, def, min, max, reload, doc)                                                                 \
	{ #name, T_##type, offsetof(struct config, name), def, doc, min, max, reload_##reload },
#include "sensor/config.def"
};

_Static_assert(ARRAY_SIZE(rows) <= 64, "struct config: .given has a bit each");

static const char *const type_name[] = {
	[T_size] = "SIZE",     [T_pow2_size] = "SIZE", [T_number] = "N",  [T_time] = "TIME", [T_bool] = "BOOL",
	[T_choice] = "CHOICE", [T_level] = "LEVEL",    [T_text] = "TEXT", [T_list] = "PATH",
};

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 }, { "K", 1ULL << 10 }, { "M", 1ULL << 20 }, { "G", 1ULL << 30 }, { NULL, 0 }
};
static const struct unit time_units[] = { { "ms", NSEC_PER_MSEC },
					  { "s", NSEC_PER_SEC },
					  { "m", 60 * NSEC_PER_SEC },
					  { "h", 3600 * NSEC_PER_SEC },
					  { "d", 86400 * NSEC_PER_SEC },
					  { "", NSEC_PER_SEC },
					  { NULL, 0 } };
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

/* Paths of the packages, and where this build has them. */
static const struct {
	const char *packaged, *built;
} places[] = {
	{ "/usr/share/tripline", TL_PKGDATADIR },
	{ "/etc/tripline", TL_SYSCONFDIR },
	{ "/var", TL_LOCALSTATEDIR },
};

static bool name_eq(const char *a, struct slice b)
{
	size_t n = strlen(a);

	if (n != b.n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a[i] != b.p[i] && !(a[i] == '_' && b.p[i] == '-'))
			return false;
	return true;
}

static const struct option_row *row_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (name_eq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* Levenshtein distance, one row at a time; names are short. */
static unsigned distance(const char *a, struct slice b)
{
	unsigned row[65];
	size_t n = MIN(b.n, ARRAY_SIZE(row) - 1);

	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned diag = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 1; j <= n; j++) {
			unsigned up = row[j], same = a[i] == b.p[j - 1] || (a[i] == '_' && b.p[j - 1] == '-');

			row[j] = MIN(MIN(up, row[j - 1]) + 1, diag + !same);
			diag = up;
		}
	}
	return row[n] + (unsigned)(b.n - n);
}

const char *config_suggest(struct slice name)
{
	const char *best = NULL;
	unsigned least = 4;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned d = distance(rows[i].name, name);

		if (d < least && d < name.n) {
			least = d;
			best = rows[i].name;
		}
	}
	return best;
}

bool config_is_bool(const char *name)
{
	const struct option_row *row = row_find(slice_of(name));

	return row && row->type == T_bool;
}

bool config_is_default(const struct config *c, const char *name)
{
	const struct option_row *row = row_find(slice_of(name));

	return row && !((c->given | c->in_file) >> (row - rows) & 1);
}

/* ---- values ---- */

PRINTF(3, 4)
static int refuse(char *why, size_t why_size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, why_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int quantity(struct slice text, const struct unit *unit, uint64_t *ret_value)
{
	size_t digits = 0;
	uint64_t v;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (slice_u64((struct slice){ text.p, digits }, &v) < 0)
		return -EINVAL;
	for (; unit->name; unit++)
		if (slice_eqs((struct slice){ text.p + digits, text.n - digits }, unit->name))
			return __builtin_mul_overflow(v, unit->factor, ret_value) ? -ERANGE : 0;
	return -EINVAL;
}

static int set_quantity(const struct option_row *row, uint64_t *to, struct slice text, char *why, size_t why_size)
{
	const struct unit *unit = row->type == T_time ? time_units : row->type == T_number ? no_units : size_units;
	uint64_t v, scale = row->type == T_time ? NSEC_PER_SEC : 1;
	int r = quantity(text, unit, &v);

	if (r == -EINVAL)
		return refuse(why, why_size, "%s must be a %s, not \"%.*s\"", row->name,
			      row->type == T_time     ? "time such as 500ms, 10s, 5m, 2h, 1d"
			      : row->type == T_number ? "whole number"
						      : "size such as 65536, 64K, 16M, 1G",
			      (int)MIN(text.n, 64), text.p);
	if (r < 0 || v < row->min * scale || v > row->max * scale)
		return refuse(why, why_size, "%s is out of range: %llu to %llu%s", row->name,
			      (unsigned long long)row->min, (unsigned long long)row->max,
			      row->type == T_time ? " seconds" : "");
	if (row->type == T_pow2_size && (v & (v - 1)))
		return refuse(why, why_size, "%s must be a power of two", row->name);
	*to = v;
	return 0;
}

static int set_choice(const struct option_row *row, void *to, struct slice text, char *why, size_t why_size)
{
	bool truth = slice_eqs(text, "true"), automatic = row->type == T_choice && slice_eqs(text, "auto");

	if (!truth && !automatic && !slice_eqs(text, "false"))
		return refuse(why, why_size, "%s must be true%s, not \"%.*s\"", row->name,
			      row->type == T_choice ? ", false or auto" : " or false", (int)MIN(text.n, 64), text.p);
	if (row->type == T_bool)
		*(bool *)to = truth;
	else
		*(enum config_choice *)to = automatic ? CHOICE_AUTO : truth ? CHOICE_TRUE : CHOICE_FALSE;
	return 0;
}

static int set_level(const struct option_row *row, enum level *to, struct slice text, char *why, size_t why_size)
{
	enum level l = level_by_name(text);

	if (l == LEVEL_NONE)
		return refuse(why, why_size, "%s must be informational, low, medium, high or critical, not \"%.*s\"",
			      row->name, (int)MIN(text.n, 64), text.p);
	*to = l;
	return 0;
}

static int set_text(struct config *c, const struct option_row *row, const char **to, struct slice text, char *why,
		    size_t why_size)
{
	if (text.n >= PATH_MAX || memchr(text.p ? text.p : "", '\0', text.n))
		return refuse(why, why_size, "%s is too long or holds a NUL", row->name);
	*to = arena_str(&c->arena, text);
	return *to ? 0 : refuse(why, why_size, "out of memory");
}

static int set_item(struct config *c, const struct option_row *row, struct config_list *to, struct slice text,
		    char *why, size_t why_size)
{
	int r;

	if (to->n == TL_CONFIG_LIST_MAX)
		return refuse(why, why_size, "%s has more than %d items", row->name, TL_CONFIG_LIST_MAX);
	r = set_text(c, row, &to->item[to->n], text, why, why_size);
	if (r == 0)
		to->item[++to->n] = NULL;
	return r;
}

static void list_empty(struct config_list *l)
{
	l->n = 0;
	l->item[0] = NULL;
}

static int row_set(struct config *c, const struct option_row *row, struct slice text, char *why, size_t why_size)
{
	void *to = (char *)c + row->at;

	switch (row->type) {
	case T_size:
	case T_pow2_size:
	case T_number:
	case T_time:
		return set_quantity(row, to, text, why, why_size);
	case T_bool:
	case T_choice:
		return set_choice(row, to, text, why, why_size);
	case T_level:
		return set_level(row, to, text, why, why_size);
	case T_text:
		return set_text(c, row, to, text, why, why_size);
	case T_list:
		return set_item(c, row, to, text, why, why_size);
	}
	return -EINVAL;
}

int config_set(struct config *c, const char *name, struct slice text, char *why, size_t why_size)
{
	const struct option_row *row = row_find(slice_of(name));
	uint64_t bit;
	int r;

	if (!row)
		return -ENOENT;
	bit = 1ULL << (row - rows);
	if (row->type == T_list && !(c->given & bit))
		list_empty((struct config_list *)(void *)((char *)c + row->at));
	r = row_set(c, row, text, why, why_size);
	if (r == 0)
		c->given |= bit;
	return r;
}

/* ---- defaults ---- */

static int default_place(struct config *c, const struct option_row *row, struct slice text)
{
	char path[PATH_MAX], why[128];
	int n = -1;

	for (size_t i = 0; i < ARRAY_SIZE(places) && n < 0; i++) {
		size_t k = strlen(places[i].packaged);

		if (text.n > k && memcmp(text.p, places[i].packaged, k) == 0 && text.p[k] == '/')
			n = snprintf(path, sizeof(path), "%s%.*s", places[i].built, (int)(text.n - k), text.p + k);
	}
	if (n >= 0)
		text = (struct slice){ path, MIN((size_t)n, sizeof(path) - 1) };
	return row_set(c, row, text, why, sizeof(why)) < 0 ? -ENOMEM : 0;
}

int config_init(struct config *c)
{
	int r = 0;

	*c = (struct config){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++) {
		struct slice def = slice_of(rows[i].def);

		while (rows[i].type == T_list && def.n && r == 0) {
			const char *colon = memchr(def.p, ':', def.n);
			size_t n = colon ? (size_t)(colon - def.p) : def.n;

			r = default_place(c, &rows[i], (struct slice){ def.p, n });
			n += colon != NULL;
			def = (struct slice){ def.p + n, def.n - n };
		}
		if (rows[i].type != T_list)
			r = default_place(c, &rows[i], def);
	}
	if (r < 0)
		config_done(c);
	return r;
}

void config_done(struct config *c)
{
	arena_done(&c->arena);
	*c = (struct config){ 0 };
}

/* ---- the file ---- */

static int file_check(int fd, const char *path, uid_t owner, struct diag *diag)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		diag_add(diag, DIAG_ERROR, path, 0, 0, "cannot stat: %m");
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode))
		diag_add(diag, DIAG_ERROR, path, 0, 0, "not a regular file");
	else if (owner != (uid_t)-1 && st.st_uid != owner && st.st_uid != 0)
		diag_add(diag, DIAG_ERROR, path, 0, 0, "belongs to user %u: must belong to %s (chown)", st.st_uid,
			 owner ? "root or the user who starts the program" : "root");
	else if (owner != (uid_t)-1 && st.st_mode & (S_IWGRP | S_IWOTH))
		diag_add(diag, DIAG_ERROR, path, 0, 0, "others may write it: chmod go-w");
	else if (st.st_size > TL_CONFIG_BYTES_MAX)
		diag_add(diag, DIAG_ERROR, path, 0, 0, "larger than %d bytes", TL_CONFIG_BYTES_MAX);
	else
		return 0;
	return -EINVAL;
}

static int file_read(const char *path, uid_t owner, char *to, size_t size, size_t *ret_n, struct diag *diag)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t n = 0;
	ssize_t r;

	if (fd < 0) {
		r = -errno;
		diag_add(diag, DIAG_ERROR, path, 0, 0, errno == ELOOP ? "is a symbolic link" : "cannot open: %m");
		return (int)r;
	}
	if (file_check(fd, path, owner, diag) < 0)
		return -EINVAL;
	while ((r = read(fd, to + n, size - n)) > 0)
		n += (size_t)r;
	if (r < 0 || n == size) {
		diag_add(diag, DIAG_ERROR, path, 0, 0, r < 0 ? "cannot read: %m" : "too large");
		return -EINVAL;
	}
	*ret_n = n;
	return 0;
}

static void take_node(struct config *c, const struct option_row *row, const struct yaml_node *v, const char *path,
		      struct diag *diag)
{
	bool list = v->kind == YAML_LIST;
	char why[256];

	if (v->kind == YAML_MAP || (list && row->type != T_list)) {
		diag_add(diag, DIAG_ERROR, path, v->line, v->col, "%s takes one value", row->name);
		return;
	}
	if (row->type == T_list) {
		list_empty((struct config_list *)(void *)((char *)c + row->at));
		c->given |= 1ULL << (row - rows);
	}
	for (const struct yaml_node *item = list ? v->first : v; item; item = list ? item->next : NULL) {
		if (item->kind != YAML_SCALAR || item->type == YAML_NULL)
			diag_add(diag, DIAG_ERROR, path, item->line, item->col, "%s has no value", row->name);
		else if (config_set(c, row->name, item->text, why, sizeof(why)) < 0)
			diag_add(diag, DIAG_ERROR, path, item->line, item->col, "%s", why);
	}
}

static void take_map(struct config *c, const struct yaml_node *map, const char *path, struct diag *diag)
{
	for (const struct yaml_node *v = map->first; v; v = v->next) {
		const struct option_row *row = row_find(v->key->text);
		const char *near = row ? NULL : config_suggest(v->key->text);

		if (row)
			take_node(c, row, v, path, diag);
		else
			diag_add(diag, DIAG_ERROR, path, v->key->line, v->key->col, "unknown option %.*s%s%s%s",
				 (int)MIN(v->key->text.n, 64), v->key->text.p, near ? " (did you mean " : "",
				 near ? near : "", near ? "?)" : "");
	}
}

int config_load(struct config *c, const char *path, uid_t owner, struct diag *diag)
{
	_cleanup_(freep) char *text = malloc(TL_CONFIG_BYTES_MAX + 1);
	struct arena arena = { 0 };
	struct yaml_doc *docs = NULL;
	unsigned errors = diag->errors;
	size_t n = 0;
	int r;

	if (!text)
		return -ENOMEM;
	r = file_read(path, owner, text, TL_CONFIG_BYTES_MAX + 1, &n, diag);
	if (r < 0)
		return r; /* NOLINT(clang-analyzer-unix.Malloc): freed by its cleanup attribute */
	r = yaml_parse(&arena, path, (struct slice){ text, n }, diag, &docs);
	for (struct yaml_doc *d = docs; r == 0 && d; d = d->next) {
		if (d != docs)
			diag_add(diag, DIAG_ERROR, path, d->line, 1, "only one YAML document is expected");
		else if (d->root && d->root->kind == YAML_MAP)
			take_map(c, d->root, path, diag);
		else if (d->root)
			diag_add(diag, DIAG_ERROR, path, d->root->line, d->root->col, "expected a map of options");
	}
	arena_done(&arena);
	if (r < 0)
		return r;
	return diag->errors > errors ? -EINVAL : 0;
}

void config_reload(struct config *c, const struct config *from)
{
	static const size_t size[] = {
		[T_size] = sizeof(uint64_t),
		[T_pow2_size] = sizeof(uint64_t),
		[T_number] = sizeof(uint64_t),
		[T_time] = sizeof(uint64_t),
		[T_bool] = sizeof(bool),
		[T_choice] = sizeof(enum config_choice),
		[T_level] = sizeof(enum level),
		[T_text] = 0,
		[T_list] = 0,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].reload == reload_yes && !(c->given >> i & 1))
			memcpy((char *)c + rows[i].at, (const char *)from + rows[i].at, size[rows[i].type]);
}

/* ---- what people read ---- */

void config_help(FILE *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char left[48];
		size_t n = (size_t)snprintf(left, sizeof(left), "--%s %s", rows[i].name,
					    rows[i].type == T_bool ? "" : type_name[rows[i].type]);

		for (size_t k = 2; k < MIN(n, sizeof(left)); k++)
			if (left[k] == '_')
				left[k] = '-';
		fprintf(to, "  %-26s %s", left, rows[i].doc);
		if (*rows[i].def)
			fprintf(to, " Default: %s.", rows[i].def);
		fputc('\n', to);
	}
}

static void template_default(FILE *to, const struct option_row *row)
{
	const char *p = row->def;

	if (row->type != T_list) {
		fprintf(to, "#%s: %s\n", row->name, *p ? p : "\"\"");
		return;
	}
	fprintf(to, "#%s:\n", row->name);
	while (*p) {
		size_t n = strcspn(p, ":");

		fprintf(to, "#  - %.*s\n", (int)n, p);
		p += n + (p[n] == ':');
	}
}

void config_template(FILE *to)
{
	fputs("# Configuration of tripline, see tripline.yaml(5). Every option is optional; what stands here is the "
	      "default.\n"
	      "# Options marked (reload) also count after SIGHUP.\n",
	      to);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fprintf(to, "\n# %s%s\n", rows[i].doc, rows[i].reload == reload_yes ? " (reload)" : "");
		template_default(to, &rows[i]);
	}
}
