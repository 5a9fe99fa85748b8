/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Random rules against random events: the engine, with its hash tables, patterns and pivots, against plain_rules.h. Nothing may be
 * allocated while an event is evaluated. */
#include "config.h"

#include "core/buf.h"
#include "rules/ruleset.h"
#include "tests/oom.h"
#include "tests/rules/plain_rules.h"
#include "tests/tap.h"

#define SETS   60
#define RULES  20 /* per set */
#define EVENTS 200

/* ---- rules, as they are written ---- */

static void put_quoted(struct buf *b, const char *text)
{
	buf_putc(b, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_putc(b, '\'');
		buf_putc(b, *text);
	}
	buf_putc(b, '\'');
}

static unsigned node_new(struct want *v, struct buf *b, unsigned depth);

static unsigned node_put(struct want *v, struct node n)
{
	v->node[v->n_nodes] = n;
	return v->n_nodes++;
}

static unsigned node_leaf(struct want *v, struct buf *b)
{
	static const char letters[] = "abABk1";
	struct node n = { .type = CHAR, .c = { letters[rnd(6)], letters[rnd(6)] } };

	switch (rnd(8)) {
	case 0:
		n.type = DOT;
		buf_putc(b, '.');
		break;
	case 1:
		n.type = SET;
		buf_printf(b, "[%c%c]", n.c[0], n.c[1]);
		break;
	case 2:
		n.c[0] = "/.*\\"[rnd(4)];
		buf_printf(b, n.c[0] == '/' ? "%c" : "\\%c", n.c[0]);
		break;
	default:
		buf_putc(b, n.c[0]);
	}
	return node_put(v, n);
}

/* Depth is bounded by the caller's count. */
static unsigned node_new(struct want *v, struct buf *b, unsigned depth) /* NOLINT(misc-no-recursion): a generator */
{
	struct node n = { 0 };

	if (!depth || !rnd(3))
		return node_leaf(v, b);
	switch (rnd(5)) {
	case 0:
		buf_puts(b, "(?:");
		n.type = ALT;
		n.a = node_new(v, b, depth - 1);
		buf_putc(b, '|');
		n.b = node_new(v, b, depth - 1);
		buf_putc(b, ')');
		break;
	case 1:
		n.type = (int[]){ STAR, PLUS, OPT }[rnd(3)];
		buf_putc(b, '(');
		n.a = node_new(v, b, depth - 1);
		buf_printf(b, ")%c", n.type == STAR ? '*' : n.type == PLUS ? '+' : '?');
		break;
	default:
		n.type = CAT;
		n.a = node_new(v, b, depth - 1);
		n.b = node_new(v, b, depth - 1);
	}
	return node_put(v, n);
}

static void regex_make(struct item *it, struct want *v)
{
	struct buf b = { .p = v->text, .cap = sizeof(v->text) - 1 };

	do {
		b.n = v->n_nodes = 0;
		b.overflow = false;
		bool start = !rnd(5), end = !rnd(5);

		if (start)
			buf_putc(&b, '^');
		v->root = node_new(v, &b, 3);
		if (start)
			v->root = node_put(v, (struct node){ .type = CAT, .a = node_put(v, (struct node){ .type = START }), .b = v->root });
		if (end) {
			buf_putc(&b, '$');
			v->root = node_put(v, (struct node){ .type = CAT, .a = v->root, .b = node_put(v, (struct node){ .type = END }) });
		}
	} while (b.overflow);
	v->text[b.n] = '\0';
	(void)it;
}

static void text_make(struct item *it, struct want *v)
{
	if (it->encode == PLAIN) {
		if (rnd(4))
			random_text(v->text, 5);
		else
			strcpy(v->text, known[rnd(10)]);
	} else {
		strcpy(v->text, (const char *const[]){ "-a", "a", "/b -k", "ab1", "A-", "k /a-b", "aB k", "-1 -a" }[rnd(8)]);
	}
	tokens_of(v, v->text, true);
	if (it->encode != PLAIN) {
		encode(it, v);
		return;
	}
	char plain[TEXT_MAX / 2];
	unsigned n = 0;

	for (unsigned i = 0; i < v->n_token[0] && n < sizeof(plain) - 1; i++)
		if (v->token[0][i] < 256)
			plain[n++] = (char)v->token[0][i];
	plain[n] = '\0';
	pool_add(plain);
}

static void value_make(struct item *it, struct want *v, struct buf *b)
{
	static const struct {
		const char *text, *canonical;
		long double number;
	} number[] = { { "0777", "777", 777 }, { "0x10", "16", 16 }, { "22", "22", 22 }, { "-5", "-5", -5 }, { "+7", "7", 7 },
		       { "2.5", "2.5", 2.5L }, { "0o17", "15", 15 }, { "0", "0", 0 }, { "-0", "0", 0 }, { "1", "1", 1 },
		       { "4294967295", "4294967295", 4294967295 } };
	static const char *const net[] = { "10.0.0.0/8", "1.2.3.4", "0.0.0.0/0", "fe80::/10", "::1/128", "10.0.0.0/15", "2000::/3", "1.2.3.4/31" };
	unsigned k = rnd(ARRAY_SIZE(number));

	*v = (struct want){ 0 };
	v->truth = rnd(2);
	v->number = number[k].number;
	v->canonical = number[k].canonical;
	switch (it->kind) {
	case TEXT:
		text_make(it, v);
		put_quoted(b, v->text);
		break;
	case RE:
		regex_make(it, v);
		put_quoted(b, v->text);
		break;
	case NUMBER:
	case COMPARE:
		strcpy(v->text, number[k].text);
		buf_puts(b, v->text);
		break;
	case CIDR:
		strcpy(v->text, net[rnd(ARRAY_SIZE(net) - 1)]);
		put_quoted(b, v->text);
		break;
	case BOOL:
	case EXISTS:
		buf_puts(b, v->truth ? "true" : "false");
		break;
	case NONE:
		buf_puts(b, "null");
		break;
	case FIELDREF:
		it->other = rnd(FIELD_N);
		buf_puts(b, field_desc[fields[it->other]].sigma);
		break;
	}
}

static void key_make(struct item *it)
{
	static const char *const wraps[] = { "", "|contains", "|startswith", "|endswith" };
	static const char *const encodes[] = { "", "|windash", "|base64", "|base64offset", "|wide|base64" };
	static const char *const compares[] = { "|lt", "|lte", "|gt", "|gte" };
	struct buf b = { .p = it->key, .cap = sizeof(it->key) - 1 };

	if (it->field >= 0)
		buf_puts(&b, field_desc[fields[it->field]].sigma);
	if (it->kind == RE)
		buf_printf(&b, "|re%s%s", it->i ? "|i" : "", it->s ? "|s" : "");
	if (it->kind == FIELDREF)
		buf_puts(&b, "|fieldref");
	if (it->all)
		buf_puts(&b, "|all");
	if (it->kind == CIDR)
		buf_puts(&b, "|cidr");
	if (it->kind == EXISTS)
		buf_puts(&b, "|exists");
	if (it->kind == COMPARE)
		buf_puts(&b, compares[it->cmp]);
	if (it->kind == TEXT)
		buf_puts(&b, encodes[it->encode]);
	if (it->kind == TEXT || it->kind == FIELDREF)
		buf_puts(&b, wraps[it->wrap]);
	if (it->cased)
		buf_puts(&b, "|cased");
	if (it->neq)
		buf_puts(&b, "|neq");
	it->key[b.n] = '\0';
}

static void item_kind(struct item *it)
{
	static const enum kind kinds[] = { TEXT, TEXT, TEXT, TEXT, TEXT, NUMBER, NUMBER, BOOL, NONE, EXISTS, COMPARE, CIDR, RE, RE, FIELDREF };

	*it = (struct item){ .field = rnd(6) ? (int)rnd(FIELD_N) : -1 };
	do
		it->kind = kinds[rnd(ARRAY_SIZE(kinds))];
	while (it->field < 0 && (it->kind == NONE || it->kind == EXISTS || it->kind == FIELDREF));
	it->n = it->kind == NONE || it->kind == EXISTS || it->kind == FIELDREF ? 1 : 1 + rnd(VALUES);
	it->all = it->n > 1 && !rnd(4);
	it->neq = it->kind != EXISTS && !rnd(6);
	if (it->kind == TEXT || it->kind == FIELDREF) {
		it->wrap = (enum wrap)rnd(4);
		it->cased = !rnd(4);
	}
	if (it->kind == TEXT && !rnd(4)) {
		it->encode = 1 + rnd(4);
		it->wrap = it->encode == OFFSET ? CONTAINS : it->wrap;
	}
	it->cmp = rnd(4);
	it->i = it->kind == RE && rnd(2);
	it->s = it->kind == RE && rnd(2);
	key_make(it);
}

/* A map has each key once. */
static void item_make(struct item *it, unsigned before, struct buf *b)
{
	bool fresh;

	do {
		item_kind(it);
		fresh = true;
		for (unsigned i = 1; i <= before; i++)
			fresh &= strcmp(it[-(int)i].key, it->key) != 0;
	} while (!fresh);
	buf_printf(b, "\"%s\": %s", it->key, it->n > 1 ? "[" : "");
	for (unsigned i = 0; i < it->n; i++) {
		if (i)
			buf_puts(b, ", ");
		value_make(it, &it->v[i], b);
	}
	if (it->n > 1)
		buf_putc(b, ']');
}

static void search_make(struct search *s, struct buf *b)
{
	*s = (struct search){ .n_maps = 1 + !rnd(4) };
	for (unsigned m = 0; m < s->n_maps; m++) {
		s->n[m] = 1 + rnd(ITEMS);
		buf_puts(b, s->n_maps > 1 ? "\n    - {" : "{");
		for (unsigned i = 0; i < s->n[m]; i++) {
			if (i)
				buf_puts(b, ", ");
			item_make(&s->item[m][i], i, b);
		}
		buf_putc(b, '}');
	}
	buf_putc(b, '\n');
}

/* Parentheses where they are needed, and where they are not. @tight: how the operator around it binds. */
static unsigned cond_make(struct rule *r, struct buf *b, unsigned depth, unsigned tight) /* NOLINT(misc-no-recursion): a generator */
{
	struct cond c = { .type = C_NAME, .a = rnd(SEARCHES) };
	unsigned kind = depth ? rnd(8) : 0;
	bool open = false;

	if (kind >= 2 && kind < 6) {
		unsigned mine = kind < 4 ? 1 : 0; /* and, or */

		c.type = mine ? C_AND : C_OR;
		open = mine < tight || !rnd(4);
		buf_puts(b, open ? "(" : "");
		c.a = cond_make(r, b, depth - 1, mine);
		buf_puts(b, mine ? " and " : " or ");
		c.b = cond_make(r, b, depth - 1, mine);
		buf_puts(b, open ? ")" : "");
	} else if (kind == 6) {
		c.type = C_NOT;
		buf_puts(b, "not ");
		c.a = cond_make(r, b, depth - 1, 2);
	} else if (kind == 7) {
		c.type = rnd(2) ? C_ONE : C_ALL;
		buf_printf(b, "%s of %s", c.type == C_ONE ? "1" : "all", rnd(2) ? "them" : "s*");
	} else {
		buf_printf(b, "s%u", c.a);
	}
	r->cond[r->n_cond] = c;
	return r->n_cond++;
}

static void rule_make(struct rule *r, unsigned no, struct buf *b)
{
	buf_printf(b, "---\ntitle: r%u\nid: r%u\nlogsource: {category: process_creation}\ndetection:\n", no, no);
	for (unsigned i = 0; i < SEARCHES; i++) {
		buf_printf(b, "  s%u: ", i);
		search_make(&r->search[i], b);
	}
	buf_puts(b, "  condition: ");
	r->n_cond = 0;
	r->root = cond_make(r, b, 3, 0);
	buf_putc(b, '\n');
}

/* ---- the comparison ---- */

static struct rule rule[RULES];
static char text[RULES * 8192];

struct tally {
	unsigned long pairs, hits, wrong, allocated;
};

static void show(const struct diag *d)
{
	for (size_t i = 0; i < d->n && i < 5; i++)
		if (d->msg[i].level == DIAG_ERROR)
			printf("# %u:%u %s\n", d->msg[i].line, d->msg[i].col, d->msg[i].text);
}

static void show_rule(unsigned no, const struct sample *e)
{
	char head[32];
	const char *from, *to;

	snprintf(head, sizeof(head), "title: r%u\n", no);
	from = strstr(text, head);
	to = from ? strstr(from, "---") : NULL;
	if (from)
		tap_show("rule", (struct slice){ from, to ? (size_t)(to - from) : strlen(from) });
	for (unsigned f = 0; f < FIELD_N; f++)
		for (unsigned i = 0; i < e->f[f].n; i++)
			tap_show(field_desc[fields[f]].sigma, (struct slice){ e->f[f].text[i], e->f[f].len[i] });
}

static void compare_event(struct engine *e, struct event *ev, struct hits *hits, struct tally *t)
{
	struct sample s;
	bool got[RULES] = { false };
	unsigned before;

	sample_random(&s);
	event_make(ev, &s);
	before = oom.count;
	engine_eval(e, ev, hits);
	t->allocated += oom.count - before;
	for (unsigned i = 0; i < hits->n; i++)
		got[hits->hit[i].rule_no] = true;
	for (unsigned r = 0; r < RULES; r++) {
		bool want = rule_holds(&rule[r], &s);

		t->pairs++;
		t->hits += want;
		if (got[r] == want)
			continue;
		if (t->wrong++ < 3) {
			printf("# r%u: got %d, want %d\n", r, got[r], want);
			show_rule(r, &s);
		}
	}
}

static bool compare_set(struct event *ev, struct hits *hits, struct tally *t)
{
	struct buf b = { .p = text, .cap = sizeof(text) - 1 };
	struct diag d = { 0 };
	struct ruleset *rs = NULL;
	struct engine *e = NULL;
	bool good;

	for (unsigned r = 0; r < RULES; r++)
		rule_make(&rule[r], r, &b);
	text[b.n] = '\0';
	good = !b.overflow && ruleset_load_text("random.yml", (struct slice){ text, b.n }, &rs, &d) == 0 && !d.errors && engine_new(rs, &e) == 0;
	show(&d);
	diag_done(&d);
	ruleset_unref(rs); /* the engine holds it */
	for (unsigned i = 0; i < EVENTS && good; i++)
		compare_event(e, ev, hits, t);
	engine_free(e);
	return good;
}

int main(void)
{
	struct hits *hits = malloc(sizeof(*hits));
	struct tally t = { 0 };
	struct event ev;
	unsigned loaded = 0;

	if (!hits || event_init(&ev) < 0)
		abort();
	for (unsigned i = 0; i < SETS; i++)
		loaded += compare_set(&ev, hits, &t);
	ok(loaded == SETS, "%u of %u random rule sets are accepted", loaded, SETS);
	ok(t.pairs == (unsigned long)SETS * RULES * EVENTS && t.wrong == 0, "%lu pairs of rule and event, %lu hits: the plain evaluator says the same (%lu differ)",
	   t.pairs, t.hits, t.wrong);
	ok(t.hits > t.pairs / 20 && t.hits < t.pairs - t.pairs / 20, "both answers are common");
	ok(t.allocated == 0, "nothing was allocated while events were evaluated");
	event_done(&ev);
	free(hits);
	return done_testing();
}
