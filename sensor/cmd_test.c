/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* cmd_test.c - tripline test: recorded events through the rules, the hits printed or held against expectations
 *
 * A recording is JSON lines; they are evaluated in the order of (@timestamp, line). Nothing of the host is asked and no
 * clock is read, so the same files give the same answer everywhere.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "core/jsonl.h"
#include "rules/ruleset.h"
#include "sensor/cmd.h"
#include "sensor/story.h"

#define EXIT_FAILED    1
#define EXIT_BAD_RULES 2
#define EXIT_USAGE     64 /* sysexits(3) */
#define EXIT_DATAERR   65
#define EXIT_CONFIG    78
#define RULE_DIRS_MAX  32
#define HIT_LINE       (1024 * 1024)

static const char usage[] =
	"Usage: tripline test [OPTION]... RECORDING|DIR...\n"
	"Evaluates the events of a recording (JSON lines) and prints a JSON line per hit; \"event\" is the line, from "
	"0.\n"
	"Of a directory, every *.jsonl is held against its *.expect.yaml: exactly the listed hits, no others.\n\n"
	"  --rules DIR|FILE     rules; may be given more than once (default: " TL_SYSCONFDIR "/rules.d, " TL_PKGDATADIR
	"/rules)\n"
	"  --expect FILE        hold the recording against this file: a list of {rule: ID, event: LINE, group: {NAME: "
	"TEXT}}\n"
	"  --format json|text   how hits are printed (default: json)\n"
	"  --placeholders FILE  YAML file of {name: [value, ...]} for the modifier expand\n"
	"  --help               this text\n\n"
	"Exit status: 0 fine, 1 an expectation was not met, 2 some rules have errors (the others were used),\n"
	"64 wrong usage, 65 a line was refused (the others were used), 78 no good rule. Of several, the first of 78, "
	"1, 65, 2.\n";

struct test {
	const char *dirs[RULE_DIRS_MAX + 1];
	unsigned n_dirs;
	const char *expect, *placeholders;
	bool text;
	struct ruleset *rs;
	struct hits *hits;
	struct event ev;
	struct buf line;
	bool bad_rules, bad_line, failed;
	unsigned stories;
};

/* ---- one recording ---- */

struct line {
	char *p;
	size_t n;
	uint64_t time_ns, no; /* no: from 0 */
};

struct recording {
	struct line *line;
	size_t n, cap;
};

static void recording_done(struct recording *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->line[i].p);
	free(r->line);
}

static int keep_line(struct recording *r, const char *p, size_t n, uint64_t no)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 256;
		struct line *grown = reallocarray(r->line, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->line = grown;
		r->cap = cap;
	}
	char *copy = malloc(n + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, p, n);
	r->line[r->n++] = (struct line){ .p = copy, .n = n, .no = no };
	return 0;
}

static bool blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			return false;
	return true;
}

static void bad_line(struct test *t, const char *path, uint64_t no, unsigned col, const char *text)
{
	fprintf(stderr, "%s:%llu:%u: error: %s\n", path, (unsigned long long)no + 1, col, text);
	t->bad_line = true;
}

static int read_lines(struct test *t, const char *path, struct line_reader *in, struct recording *rec)
{
	uint64_t time_ns = 0;

	for (;;) {
		struct json_error err;
		char *p;
		size_t n;
		int r = line_reader_next(in, &p, &n);

		if (r == -EMSGSIZE) {
			bad_line(t, path, in->line_no - 1, 1, "the line is too long");
			continue;
		}
		if (r <= 0)
			return r;
		if (blank(p, n))
			continue;
		r = keep_line(rec, p, n, in->line_no - 1);
		if (r < 0)
			return r;
		if (jsonl_parse(&t->ev, p, n, time_ns, &err) < 0) {
			bad_line(t, path, in->line_no - 1, err.col, err.text);
			free(rec->line[--rec->n].p);
			continue;
		}
		time_ns = rec->line[rec->n - 1].time_ns = t->ev.time_ns;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->no < y->no ? -1 : x->no > y->no;
}

static int recording_read(struct test *t, const char *path, struct recording *rec)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	struct line_reader in;
	int r = fd < 0 ? -errno : line_reader_init(&in, fd);

	if (r == 0) {
		r = read_lines(t, path, &in, rec);
		line_reader_done(&in);
	}
	if (fd >= 0)
		close(fd);
	if (r < 0)
		fprintf(stderr, "tripline: cannot read %s: %s\n", path, strerror(-r));
	else if (rec->n)
		qsort(rec->line, rec->n, sizeof(*rec->line), by_time);
	return r;
}

/* ---- hits ---- */

/* The event a hit belongs to: for a correlation the last that contributed. */
static uint64_t event_of(const struct hit *h, uint64_t current)
{
	return h->n_steps ? h->step[h->n_steps - 1].seq : current;
}

static void put_json(struct buf *b, const struct hit *h, uint64_t event)
{
	buf_printf(b, "{\"event\": %llu, \"rule\": ", (unsigned long long)event);
	buf_put_json(b, slice_of(h->rule->identity));
	if (h->rule->correlation) {
		buf_puts(b, ", \"group\": {");
		for (unsigned i = 0; i < h->n_group; i++) {
			if (i)
				buf_puts(b, ", ");
			buf_put_json(b, h->group_name[i]);
			buf_puts(b, ": ");
			buf_put_json(b, h->group_text[i]);
		}
		buf_putc(b, '}');
	}
	buf_puts(b, "}\n");
}

static void put_text(struct buf *b, const struct hit *h, uint64_t event)
{
	buf_put_time(b, h->time_ns, 3);
	buf_printf(b, "  line %-5llu %-13s ", (unsigned long long)event + 1, level_name(h->rule->level));
	buf_put_slice(b, slice_of(h->rule->title));
	if (h->rule->identity != h->rule->title) {
		buf_puts(b, " (");
		buf_put_slice(b, slice_of(h->rule->identity));
		buf_putc(b, ')');
	}
	for (unsigned i = 0; i < h->n_group; i++) {
		buf_puts(b, "  ");
		buf_put_slice(b, h->group_name[i]);
		buf_putc(b, '=');
		buf_put_json(b, h->group_text[i]);
	}
	buf_putc(b, '\n');
}

static int take_hits(struct test *t, struct story *story, uint64_t current)
{
	for (unsigned i = 0; i < t->hits->n; i++) {
		const struct hit *h = &t->hits->hit[i];
		uint64_t event = event_of(h, current);
		int r = story ? story_hit(story, h, event) : 0;

		if (r < 0)
			return r;
		if (story && !t->expect)
			continue;
		t->line.n = 0;
		t->line.overflow = false;
		if (t->text)
			put_text(&t->line, h, event);
		else
			put_json(&t->line, h, event);
		if (t->line.overflow)
			fprintf(stderr, "tripline: a hit of %s is too long to print\n", h->rule->identity);
		else
			fwrite(t->line.p, 1, t->line.n, stdout);
	}
	if (t->hits->dropped)
		fprintf(stderr, "tripline: %u hits of one event were left out (more than %d)\n", t->hits->dropped,
			TL_HITS_MAX);
	return 0;
}

static int evaluate(struct test *t, const struct recording *rec, struct story *story)
{
	struct engine *e = NULL;
	uint64_t last = 0;
	int r = engine_new(t->rs, &e);

	for (size_t i = 0; r == 0 && i < rec->n; i++) {
		struct json_error err;
		const struct line *l = &rec->line[i];

		/* it was parsed before, so it is good; a line without time has that of the one before it */
		if (jsonl_parse(&t->ev, l->p, l->n, l->time_ns, &err) < 0)
			continue;
		t->ev.seq = last = l->no;
		engine_eval(e, &t->ev, t->hits);
		r = take_hits(t, story, l->no);
	}
	while (r == 0 && engine_finish(e, t->hits))
		r = take_hits(t, story, last);
	engine_free(e);
	return r;
}

/* With @story: hits are collected there, too. */
static int run_recording(struct test *t, const char *path, struct story *story)
{
	struct recording rec = { 0 };
	int r = recording_read(t, path, &rec);

	if (r == 0) {
		r = evaluate(t, &rec, story);
		if (r < 0)
			fprintf(stderr, "tripline: %s: %s\n", path, strerror(-r));
	}
	recording_done(&rec);
	t->failed |= r < 0;
	return r;
}

/* ---- expectations ---- */

static int run_story(struct test *t, const char *path, const char *expect)
{
	struct diag d = { 0 };
	struct story *s = NULL;
	int r = story_read(expect, &s, &d);

	diag_print(&d, stderr);
	diag_done(&d);
	if (r < 0) {
		if (r != -EINVAL)
			fprintf(stderr, "tripline: cannot read %s: %s\n", expect, strerror(-r));
		t->failed = true;
		printf("not ok %u - %s\n", ++t->stories, path);
		return 0;
	}
	r = run_recording(t, path, s);
	bool met = r == 0 && story_met(s);

	printf("%sok %u - %s\n", met ? "" : "not ", ++t->stories, path);
	if (r == 0 && !met)
		story_explain(s, stdout);
	t->failed |= !met;
	story_free(s);
	return 0;
}

static int on_story(void *context, const char *recording, const char *expect)
{
	return run_story(context, recording, expect);
}

static int run_argument(struct test *t, const char *path)
{
	int r;

	if (t->expect)
		return run_story(t, path, t->expect);
	r = story_find(path, on_story, t);
	if (r == -ENOTDIR)
		return run_recording(t, path, NULL);
	if (r < 0) {
		fprintf(stderr, "tripline: cannot read %s: %s\n", path, strerror(-r));
		t->failed = true;
	}
	return 0;
}

/* ---- the command ---- */

static int read_options(int argc, char **argv, struct test *t)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' },  { "expect", required_argument, NULL, 'e' },
		{ "format", required_argument, NULL, 'f' }, { "placeholders", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 'r':
			if (t->n_dirs == RULE_DIRS_MAX) {
				fprintf(stderr, "tripline: more than %d times --rules\n", RULE_DIRS_MAX);
				return EXIT_USAGE;
			}
			t->dirs[t->n_dirs++] = optarg;
			break;
		case 'e':
			t->expect = optarg;
			break;
		case 'f':
			if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0) {
				fprintf(stderr, "tripline: --format is json or text, not %s\n", optarg);
				return EXIT_USAGE;
			}
			t->text = strcmp(optarg, "text") == 0;
			break;
		case 'p':
			t->placeholders = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs("Try 'tripline test --help'.\n", stderr);
			return EXIT_USAGE;
		}
	if (optind == argc) {
		fputs("tripline: no recording given\nTry 'tripline test --help'.\n", stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static int load_rules(struct test *t)
{
	static const char *const defaults[] = { TL_SYSCONFDIR "/rules.d", TL_PKGDATADIR "/rules" };
	struct ruleset_options o = { .dirs = t->dirs, .placeholders = t->placeholders };
	struct diag d = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(defaults) && !o.dirs[0]; i++)
		if (access(defaults[i], F_OK) == 0)
			t->dirs[t->n_dirs++] = defaults[i];
	r = ruleset_load(&o, &t->rs, &d);
	for (size_t i = 0; i < d.n; i++) /* warnings are for check */
		if (d.msg[i].level == DIAG_ERROR)
			fprintf(stderr, "%s:%u:%u: error: %s\n", d.msg[i].file, d.msg[i].line, d.msg[i].col,
				d.msg[i].text);
	t->bad_rules = d.errors > 0;
	diag_done(&d);
	if (r < 0)
		fprintf(stderr, "tripline: no rules: %s\n",
			r == -ENODATA  ? "every rule has an error"
			: r == -ENOENT ? "there is no rule file"
				       : strerror(-r));
	return r;
}

static void test_done(struct test *t)
{
	ruleset_unref(t->rs);
	event_done(&t->ev);
	free(t->hits);
	free(t->line.p);
}

int cmd_test(int argc, char **argv)
{
	struct test t = { 0 };
	int r = read_options(argc, argv, &t);

	if (r >= 0)
		return r;
	t.hits = malloc(sizeof(*t.hits));
	t.line = (struct buf){ .p = malloc(HIT_LINE), .cap = HIT_LINE };
	if (!t.hits || !t.line.p || event_init(&t.ev) < 0) {
		fputs("tripline: out of memory\n", stderr);
		t.failed = true;
	} else if (load_rules(&t) < 0) {
		test_done(&t);
		return EXIT_CONFIG;
	}
	for (int i = optind; i < argc && !(t.failed && !t.rs); i++)
		(void)run_argument(&t, argv[i]);
	if (t.stories)
		printf("1..%u\n", t.stories);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "tripline: cannot write: %s\n", strerror(errno));
		t.failed = true;
	}
	test_done(&t);
	return t.failed ? EXIT_FAILED : t.bad_line ? EXIT_DATAERR : t.bad_rules ? EXIT_BAD_RULES : 0;
}
