/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* plain_rules.h - rules and events as plain trees, and an evaluator that does what the language says in the slowest and plainest
 * way: the other side of tests/rules/differential_test.c */
#pragma once
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/event.h"
#include "tests/random.h"

#define SEARCHES    3 /* per rule */
#define ITEMS	    3 /* per map */
#define VALUES	    3 /* per item */
#define TEXT_MAX    60 /* bytes of a value of an event: positions are bits of a word */
#define TOKENS_MAX  256
#define NODES_MAX   40

static struct random rng = { 20260101 };

static unsigned rnd(unsigned n)
{
	return random_below(&rng, n);
}

/* ---- events ---- */

static const enum field fields[] = { F_exe, F_cmdline, F_user, F_args, F_uid, F_dport, F_daddr, F_initiated };
enum { FIELD_N = ARRAY_SIZE(fields), ARGS = 3, UID = 4, DPORT = 5, DADDR = 6, INITIATED = 7 };

struct subject {
	unsigned n; /* 0: the field is absent, or an empty list */
	bool there;
	char text[3][TEXT_MAX + 1];
	size_t len[3];
	long long number;
};

struct sample {
	struct subject f[FIELD_N];
	uint8_t addr[16];
};

/* Texts that rules ask for, so that events have them. */
static char pool[64][TEXT_MAX / 2];
static unsigned pool_n;

static void pool_add(const char *text)
{
	size_t n = MIN(strlen(text), sizeof(pool[0]) - 1);
	char *to = pool[pool_n++ % 64];

	memcpy(to, text, n);
	to[n] = '\0';
}

static void random_text(char *out, unsigned max)
{
	static const char *const piece[] = { "a", "B", "A", "b", "/", "-", "*", "?", "\\", "\xc3\xa9", " ", "k", "1", "K", "." };
	unsigned n = rnd(max + 1);

	*out = '\0';
	for (unsigned i = 0; i < n; i++)
		strcat(out, piece[rnd(ARRAY_SIZE(piece))]);
}

static const char *const known[] = { "", "22", "-5", "2.5", "0777", "777", "16", "0x10", "7", "15", "true", "FALSE", "10.0.0.1", "::1", "1.2.3.4",
				     "a\nb", "\n", "a\n", "0", "-0", "1", ("\xe2\x80\x93" "a"), "/a", "-a", "A /b" };

static void subject_text(char *out)
{
	char a[40];

	if (!rnd(3)) {
		strcpy(out, known[rnd(ARRAY_SIZE(known))]);
		return;
	}
	random_text(out, 4);
	if (pool_n && rnd(2)) {
		strcat(out, pool[rnd(MIN(pool_n, 64U))]);
		if (rnd(2)) {
			random_text(a, 3);
			strcat(out, a);
		}
	}
	if (strlen(out) > TEXT_MAX - 4)
		out[0] = '\0';
}

static void put_number(struct subject *s, const long long *from, unsigned n)
{
	s->number = from[rnd(n)];
	s->n = 1;
	s->len[0] = (size_t)snprintf(s->text[0], sizeof(s->text[0]), "%lld", s->number);
}

static void sample_random(struct sample *e)
{
	static const long long uids[] = { 0, 1, 7, 16, 22, 777, 4294967295 }, ports[] = { 0, 1, 22, 80 };
	static const char *const addrs[] = { "1.2.3.4", "10.0.0.1", "10.1.0.1", "::1", "fe80::1", "0.0.0.0", "2001:db8::5" };
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	for (unsigned f = 0; f < FIELD_N; f++) {
		struct subject *s = &e->f[f];

		*s = (struct subject){ .there = rnd(4) != 0 };
		if (!s->there)
			continue;
		if (f == UID) {
			put_number(s, uids, ARRAY_SIZE(uids));
		} else if (f == DPORT) {
			put_number(s, ports, ARRAY_SIZE(ports));
		} else if (f == INITIATED) {
			s->number = rnd(2);
			s->n = 1;
			s->len[0] = (size_t)sprintf(s->text[0], "%s", s->number ? "true" : "false");
		} else if (f == DADDR) {
			s->n = 1;
			s->len[0] = (size_t)sprintf(s->text[0], "%s", addrs[rnd(ARRAY_SIZE(addrs))]);
			memcpy(e->addr, mapped, 12);
			if (inet_pton(AF_INET, s->text[0], e->addr + 12) != 1 && inet_pton(AF_INET6, s->text[0], e->addr) != 1)
				abort();
		} else {
			s->n = f == ARGS ? rnd(4) : 1;
			for (unsigned i = 0; i < s->n; i++) {
				subject_text(s->text[i]);
				s->len[i] = strlen(s->text[i]);
			}
		}
	}
}

static void event_make(struct event *ev, const struct sample *e)
{
	static char packed[4 * TEXT_MAX];
	size_t at = 0;

	event_reset(ev);
	ev->category = CATEGORY_process_creation;
	ev->category_text = SLICE("process_creation");
	ev->product = SLICE("linux");
	for (unsigned f = 0; f < FIELD_N; f++) {
		const struct subject *s = &e->f[f];

		if (!s->there)
			continue;
		if (f == ARGS) {
			for (unsigned i = 0; i < s->n; i++) {
				memcpy(packed + at, s->text[i], s->len[i] + 1);
				at += s->len[i] + 1;
			}
			event_set_list(ev, fields[f], (struct slice){ packed, at });
		} else if (f == UID || f == DPORT || f == INITIATED) {
			event_set_u64(ev, fields[f], (uint64_t)s->number);
		} else if (f == DADDR) {
			event_set_ip(ev, fields[f], e->addr);
		} else {
			event_set_str(ev, fields[f], (struct slice){ s->text[0], s->len[0] });
		}
	}
}

/* ---- rules, as they are meant ---- */

enum { ANY = 256, ONE = 257, DASH = 258 };
enum kind { TEXT, NUMBER, BOOL, NONE, EXISTS, COMPARE, CIDR, RE, FIELDREF };
enum wrap { WHOLE, CONTAINS, STARTS, ENDS };
enum { PLAIN, WINDASH, BASE64, OFFSET, WIDE64 };

/* Regular expressions as trees. */
struct node {
	enum { CHAR, DOT, SET, CAT, ALT, STAR, PLUS, OPT, START, END } type;
	char c[2];
	unsigned a, b;
};

struct want {
	int token[3][TOKENS_MAX]; /* alternatives of a text */
	unsigned n_token[3], n_alternatives;
	char text[TEXT_MAX];	  /* as the rule writes it, without quotes */
	const char *canonical;
	long double number;
	bool truth;
	struct node node[NODES_MAX];
	unsigned n_nodes, root;
};

struct item {
	int field; /* -1: keyword */
	enum kind kind;
	enum wrap wrap;
	unsigned encode, cmp, other;
	bool all, neq, cased, i, s;
	unsigned n;
	struct want v[VALUES];
	char key[80];
};

struct search {
	unsigned n_maps, n[2];
	struct item item[2][ITEMS];
};

struct cond {
	enum { C_NAME, C_AND, C_OR, C_NOT, C_ONE, C_ALL } type;
	unsigned a, b;
};

struct rule {
	struct search search[SEARCHES];
	struct cond cond[24];
	unsigned n_cond, root;
};

static void tokens_of(struct want *v, const char *text, bool wildcards)
{
	int *t = v->token[0];
	unsigned n = 0;

	for (const char *p = text; *p; p++) {
		if (wildcards && *p == '\\' && p[1] && strchr("*?\\", p[1]))
			t[n++] = (unsigned char)*++p;
		else if (wildcards && *p == '*')
			t[n++] = ANY;
		else if (wildcards && *p == '?')
			t[n++] = ONE;
		else
			t[n++] = (unsigned char)*p;
	}
	v->n_token[0] = n;
	v->n_alternatives = 1;
}

static void base64(const char *in, size_t n, char *out)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bits = 8 * n, o = 0;

	for (size_t at = 0; at < bits; at += 6) {
		unsigned d = 0;

		for (size_t b = at; b < at + 6; b++)
			d = d * 2 + (b < bits ? (unsigned)((unsigned char)in[b / 8] >> (7 - b % 8) & 1) : 0);
		out[o++] = digit[d];
	}
	while (o % 4)
		out[o++] = '=';
	out[o] = '\0';
}

static void encode(struct item *it, struct want *v)
{
	char bytes[TEXT_MAX * 2], out[TEXT_MAX * 4];
	size_t n = strlen(v->text);

	if (it->encode == WINDASH) {
		for (unsigned i = 0; i < v->n_token[0]; i++) {
			int *t = v->token[0];
			bool before = i && t[i - 1] < 256 && isalnum(t[i - 1]), after = i + 1 < v->n_token[0] && t[i + 1] < 256 && isalnum(t[i + 1]);

			if ((t[i] == '-' || t[i] == '/') && !before && after)
				t[i] = DASH;
		}
		return;
	}
	if (it->encode == BASE64 || it->encode == WIDE64) {
		for (size_t i = 0; i < n && it->encode == WIDE64; i++) {
			bytes[2 * i] = v->text[i];
			bytes[2 * i + 1] = '\0';
		}
		base64(it->encode == WIDE64 ? bytes : v->text, it->encode == WIDE64 ? 2 * n : n, out);
		tokens_of(v, out, false);
		pool_add(out);
		return;
	}
	for (unsigned o = 0; o < 3; o++) { /* the characters that the bytes alone decide: those of whole six bits inside */
		size_t first = (8 * o + 5) / 6, last = 8 * (n + o) / 6;
		struct want part;

		memset(bytes, ' ', o);
		memcpy(bytes + o, v->text, n);
		base64(bytes, n + o, out);
		out[last] = '\0';
		tokens_of(&part, out + first, false);
		memcpy(v->token[o], part.token[0], sizeof(part.token[0]));
		v->n_token[o] = part.n_token[0];
		if (rnd(2))
			pool_add(out + first);
	}
	v->n_alternatives = 3;
}

/* ---- evaluation ---- */

static bool same_char(int a, int b, bool cased)
{
	return a == b || (!cased && a < 128 && b < 128 && tolower(a) == tolower(b));
}

static size_t char_len(const char *s)
{
	unsigned char c = (unsigned char)*s;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Positions that can be reached, token by token. */
static bool wild(const int *t, unsigned n, const char *s, size_t len, enum wrap wrap, bool cased)
{
	uint64_t at = wrap == CONTAINS || wrap == ENDS ? ~0ULL >> (63 - len) : 1;

	for (unsigned i = 0; i < n; i++) {
		uint64_t next = 0;

		for (size_t p = 0; p <= len; p++) {
			if (!(at >> p & 1))
				continue;
			if (t[i] == ANY)
				next |= ~0ULL >> (63 - len) & ~0ULL << p;
			else if (t[i] == ONE && p < len && ((unsigned char)s[p] & 0xc0) != 0x80)
				next |= 1ULL << (p + char_len(s + p));
			else if (t[i] == DASH && p < len && (s[p] == '-' || s[p] == '/'))
				next |= 1ULL << (p + 1);
			else if (t[i] == DASH && p + 3 <= len && memcmp(s + p, "\xe2\x80", 2) == 0 && strchr("\x93\x94\x95", s[p + 2]))
				next |= 1ULL << (p + 3);
			else if (t[i] < 256 && p < len && same_char(t[i], (unsigned char)s[p], cased))
				next |= 1ULL << (p + 1);
		}
		at = next;
	}
	return wrap == CONTAINS || wrap == STARTS ? at != 0 : at >> len & 1;
}

static uint64_t re_step(const struct item *it, const struct want *v, unsigned no, const char *s, size_t len, uint64_t at)
{
	const struct node *n = &v->node[no];
	uint64_t next = 0, more;

	switch (n->type) {
	case CAT:
		return re_step(it, v, n->b, s, len, re_step(it, v, n->a, s, len, at));
	case ALT:
		return re_step(it, v, n->a, s, len, at) | re_step(it, v, n->b, s, len, at);
	case OPT:
		return at | re_step(it, v, n->a, s, len, at);
	case PLUS:
	case STAR:
		next = n->type == STAR ? at : 0;
		for (more = at; more;) {
			more = re_step(it, v, n->a, s, len, more) & ~next;
			next |= more;
		}
		return next;
	case START:
		return at & 1;
	case END:
		return at & (1ULL << len | (len && s[len - 1] == '\n' ? 1ULL << (len - 1) : 0));
	case CHAR:
	case DOT:
	case SET:
		break;
	}
	for (size_t p = 0; p < len; p++) {
		bool here = at >> p & 1;

		if (n->type == DOT && here && (it->s || s[p] != '\n') && ((unsigned char)s[p] & 0xc0) != 0x80)
			next |= 1ULL << (p + char_len(s + p));
		else if (n->type != DOT && here && (same_char(s[p], n->c[0], !it->i) || (n->type == SET && same_char(s[p], n->c[1], !it->i))))
			next |= 1ULL << (p + 1);
	}
	return next;
}

static bool decimal(const char *s, long double *ret)
{
	const char *p = s + (*s == '-');
	size_t whole = strspn(p, "0123456789"), part = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 0;

	if (!whole || (p[whole] == '.' && !part) || p[whole + (part ? part + 1 : 0)])
		return false;
	*ret = strtold(s, NULL);
	return true;
}

static bool in_net(const char *addr, const char *net)
{
	char base[64];
	uint8_t a[16], b[16];
	unsigned prefix = 999, bits = 32;

	sscanf(net, "%63[^/]/%u", base, &prefix);
	if (inet_pton(AF_INET, base, b) != 1) {
		bits = 128;
		if (inet_pton(AF_INET6, base, b) != 1)
			abort();
	}
	if (inet_pton(bits == 32 ? AF_INET : AF_INET6, addr, a) != 1)
		return false;
	for (unsigned i = 0; i < MIN(prefix, bits); i++)
		if ((a[i / 8] >> (7 - i % 8) & 1) != (b[i / 8] >> (7 - i % 8) & 1))
			return false;
	return true;
}

static bool compared(unsigned cmp, long double a, long double b)
{
	return cmp == 0 ? a < b : cmp == 1 ? a <= b : cmp == 2 ? a > b : a >= b;
}

/* A text of an event, of field @f, against one value. */
static bool text_holds(const struct item *it, const struct want *v, const struct sample *e, unsigned f, unsigned no)
{
	const char *s = e->f[f].text[no];
	size_t len = e->f[f].len[no];
	bool numeric = it->field == UID || it->field == DPORT;
	long double x;

	switch (it->kind) {
	case TEXT:
		for (unsigned a = 0; a < v->n_alternatives; a++)
			if (wild(v->token[a], v->n_token[a], s, len, it->field < 0 && it->wrap == WHOLE ? CONTAINS : it->wrap, it->cased))
				return true;
		return false;
	case NUMBER:
		return numeric ? (long double)e->f[f].number == v->number : strcasecmp(s, v->text) == 0 || strcasecmp(s, v->canonical) == 0;
	case BOOL:
		return strcasecmp(s, v->truth ? "true" : "false") == 0;
	case COMPARE:
		return decimal(s, &x) && compared(it->cmp, x, v->number);
	case CIDR:
		return in_net(s, v->text);
	case RE:
		return re_step(it, v, v->root, s, len, ~0ULL >> (63 - len)) != 0;
	case FIELDREF:
		for (unsigned i = 0; i < e->f[it->other].n; i++) {
			struct want lit;

			tokens_of(&lit, e->f[it->other].text[i], false);
			if (wild(lit.token[0], lit.n_token[0], s, len, it->wrap, it->cased))
				return true;
		}
		return false;
	case NONE:
	case EXISTS:
		break;
	}
	return false;
}

static bool value_holds(const struct item *it, const struct want *v, const struct sample *e)
{
	if (it->kind == NONE)
		return !e->f[it->field].there;
	if (it->kind == EXISTS)
		return e->f[it->field].there == v->truth;
	for (unsigned f = 0; f < FIELD_N; f++)
		for (unsigned i = 0; (it->field < 0 || it->field == (int)f) && i < e->f[f].n; i++)
			if (text_holds(it, v, e, f, i))
				return true;
	return false;
}

static bool item_holds(const struct item *it, const struct sample *e)
{
	unsigned held = 0;

	for (unsigned i = 0; i < it->n; i++)
		held += value_holds(it, &it->v[i], e);
	return (it->all ? held == it->n : held > 0) != it->neq;
}

static bool search_holds(const struct search *s, const struct sample *e)
{
	for (unsigned m = 0; m < s->n_maps; m++) {
		unsigned held = 0;

		for (unsigned i = 0; i < s->n[m]; i++)
			held += item_holds(&s->item[m][i], e);
		if (held == s->n[m])
			return true;
	}
	return false;
}

static bool cond_holds(const struct rule *r, unsigned no, const bool *held)
{
	const struct cond *c = &r->cond[no];

	switch (c->type) {
	case C_NAME:
		return held[c->a];
	case C_AND:
		return cond_holds(r, c->a, held) && cond_holds(r, c->b, held);
	case C_OR:
		return cond_holds(r, c->a, held) || cond_holds(r, c->b, held);
	case C_NOT:
		return !cond_holds(r, c->a, held);
	case C_ONE:
		return held[0] || held[1] || held[2];
	case C_ALL:
		return held[0] && held[1] && held[2];
	}
	return false;
}

static bool rule_holds(const struct rule *r, const struct sample *e)
{
	bool held[SEARCHES];

	for (unsigned i = 0; i < SEARCHES; i++)
		held[i] = search_holds(&r->search[i], e);
	return cond_holds(r, r->root, held);
}
