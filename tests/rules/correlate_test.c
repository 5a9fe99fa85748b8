/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Stories, and a comparison with an evaluator that keeps every event and thinks again each time. */
#include "config.h"

#include <assert.h>
#include <errno.h>

#include "core/hash.h"
#include "rules/correlate.h"
#include "tests/tap.h"

#define SPECS_MAX 16
#define DETECTIONS 4 /* rules 0..3; correlations are rules 4, 5, ... */
#define NAMES_MAX 8  /* items of a list */

/* ---- events whose texts are single letters ---- */

struct tev {
	uint64_t t, seq;
	unsigned mask; /* detection rules it hits */
	char user;     /* 0 = absent */
	char comm;
	char lineage[NAMES_MAX + 1], args[NAMES_MAX + 1];
};

static char letters[128][2];

static size_t pack(const char *items, char *out)
{
	size_t n = 0;

	for (; *items; items++) {
		out[n++] = *items;
		out[n++] = '\0';
	}
	return n;
}

static void event_make(struct event *ev, const struct tev *t)
{
	static char lineage[2 * NAMES_MAX], args[2 * NAMES_MAX];

	event_reset(ev);
	ev->time_ns = t->t;
	ev->seq = t->seq;
	event_set_str(ev, F_process_id, SLICE("guid"));
	if (t->user)
		event_set_str(ev, F_user, slice_of(letters[(int)t->user]));
	if (t->comm)
		event_set_str(ev, F_comm, slice_of(letters[(int)t->comm]));
	if (t->lineage[0])
		event_set_list(ev, F_lineage, (struct slice){ lineage, pack(t->lineage, lineage) });
	if (t->args[0])
		event_set_list(ev, F_args, (struct slice){ args, pack(t->args, args) });
}

/* ---- a set of correlations ---- */

struct bench {
	unsigned n;
	struct corr_spec spec[SPECS_MAX];
	const struct corr_spec *specs[SPECS_MAX];
	struct rule_meta meta[DETECTIONS + SPECS_MAX];
	const struct rule_meta *metas[DETECTIONS + SPECS_MAX];
	char identity[DETECTIONS + SPECS_MAX][8];
	struct correlator *c;
	struct event ev;
	struct hits out;
	bool by_deadline; /* call only when the header says so */
};

static void bench_init(struct bench *b)
{
	*b = (struct bench){ 0 };
	for (unsigned i = 0; i < DETECTIONS + SPECS_MAX; i++) {
		snprintf(b->identity[i], sizeof(b->identity[i]), "r%u", i);
		b->meta[i] = (struct rule_meta){ .identity = b->identity[i],
						 .correlation = i >= DETECTIONS,
						 .hash = { i, 77 } };
		b->metas[i] = &b->meta[i];
	}
	assert(event_init(&b->ev) == 0);
}

static void bench_done(struct bench *b)
{
	correlator_free(b->c);
	event_done(&b->ev);
}

static void bench_start(struct bench *b, uint64_t memory)
{
	assert(correlator_new(b->specs, b->n, b->metas, memory, &b->c) == 0);
}

/* @rules: digits of detection rules, letters 'a'.. of earlier correlations. @group: u user, c comm, l lineage, each read
 * from the field; a digit reads the part's group-by of that number. */
static struct corr_spec *add_spec(struct bench *b, enum corr_type type, const char *rules, const char *group,
				  uint64_t span)
{
	struct corr_spec *s = &b->spec[b->n];

	*s = (struct corr_spec){ .type = type, .timespan_ns = span, .self = DETECTIONS + b->n };
	b->specs[b->n++] = s;
	for (; *rules; rules++)
		s->rule[s->n_rules++] = *rules >= 'a' ? DETECTIONS + (uint32_t)(*rules - 'a') :
							(uint32_t)(*rules - '0');
	for (; *group; group++) {
		struct corr_source src = { .field = F_MAX, .part_group = -1 };

		switch (*group) {
		case 'u':
			src.field = F_user;
			break;
		case 'c':
			src.field = F_comm;
			break;
		case 'l':
			src.field = F_lineage;
			break;
		default:
			src.part_group = *group - '0';
			src.field = F_user; /* for parts that are detections */
		}
		s->group_name[s->n_group] = "g";
		for (unsigned p = 0; p < s->n_rules; p++)
			s->source[p][s->n_group] = src;
		s->n_group++;
	}
	return s;
}

static void at_least(struct corr_spec *s, uint64_t n)
{
	s->count = (struct corr_count){ .has_min = true, .min = n };
}

static void value_of(struct corr_spec *s, enum field f)
{
	s->value[s->n_value++] = (struct corr_source){ .field = f, .part_group = -1 };
}

static void feed(struct bench *b, const struct tev *t)
{
	struct corr_hit hits[DETECTIONS];
	unsigned n = 0;

	b->out.n = b->out.dropped = 0;
	event_make(&b->ev, t);
	for (unsigned r = 0; r < DETECTIONS; r++)
		if (t->mask >> r & 1)
			hits[n++] = (struct corr_hit){ .rule = r };
	if (!n && b->by_deadline && correlator_next_deadline(b->c) >= t->t)
		return;
	correlator_event(b->c, &b->ev, t->t, hits, n, &b->out);
}

/* ---- one hit in a form to compare ---- */

struct seen {
	unsigned spec;
	char group[TL_CORR_FIELDS + 1];
	uint64_t t, start;
	unsigned n_steps;
	uint64_t seq[TL_ALERT_STEPS];
	unsigned rule[TL_ALERT_STEPS];
};

#define SEEN_MAX 4096

struct seens {
	unsigned n;
	struct seen s[SEEN_MAX];
};

static void seen_take(struct seens *to, const struct hits *out)
{
	for (unsigned i = 0; i < out->n; i++) {
		const struct hit *h = &out->hit[i];
		struct seen *s = &to->s[to->n++];

		assert(to->n < SEEN_MAX);
		*s = (struct seen){ .spec = h->rule_no - DETECTIONS, .t = h->time_ns, .start = h->start_ns };
		for (unsigned g = 0; g < h->n_group; g++)
			s->group[g] = h->group_text[g].n == 1 ? h->group_text[g].p[0] : '?';
		s->n_steps = h->n_steps;
		for (unsigned k = 0; k < h->n_steps; k++) {
			s->seq[k] = h->step[k].seq;
			s->rule[k] = (unsigned)strtoul(h->step[k].rule.p + 1, NULL, 10);
			if (!slice_eqs(h->step[k].guid, "guid"))
				s->group[0] = '!';
		}
	}
}

static int seen_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct seen));
}

static void seen_print(const char *who, const struct seen *s)
{
	printf("# %s: c%u group '%s' t %llu start %llu steps", who, s->spec, s->group, (unsigned long long)s->t,
	       (unsigned long long)s->start);
	for (unsigned k = 0; k < s->n_steps; k++)
		printf(" r%u@%llu", s->rule[k], (unsigned long long)s->seq[k]);
	putchar('\n');
}

static bool seen_equal(struct seens *got, struct seens *want)
{
	bool same;

	qsort(got->s, got->n, sizeof(got->s[0]), seen_order);
	qsort(want->s, want->n, sizeof(want->s[0]), seen_order);
	same = got->n == want->n && memcmp(got->s, want->s, got->n * sizeof(got->s[0])) == 0;
	if (!same) {
		for (unsigned i = 0; i < got->n && i < 10; i++)
			seen_print(" got", &got->s[i]);
		for (unsigned i = 0; i < want->n && i < 10; i++)
			seen_print("want", &want->s[i]);
	}
	return same;
}

/* ---- the slow evaluator ----
 *
 * Per group it keeps every hit since the group last fired and, for each new one, counts again from the definitions of
 * tripline-rules(7). Its records own copies of the events, so it needs no sources, no kept fields and no hashes. */

struct nhit {
	struct tev ev; /* whose fields it has: for correlations the last contributing event */
	uint64_t t, start, serial;
	unsigned parts;
	char values[NAMES_MAX * 8 + 1];
};

struct nchain {
	unsigned n;
	struct nhit hit[8];
};

struct ngroup {
	char name[TL_CORR_FIELDS + 1];
	struct nhit *hit;
	unsigned n, cap;
	struct nchain chain[8]; /* ordered */
	struct nhit *after;	/* ordered: every event since the last alert, for the search */
	unsigned n_after, cap_after;
	uint64_t opened;
};

struct nfired {
	unsigned spec;
	char group[TL_CORR_FIELDS + 1];
	struct tev ev;
	uint64_t t, start;
};

struct naive {
	const struct bench *b;
	struct {
		struct ngroup *g;
		unsigned n;
	} corr[SPECS_MAX];
	uint64_t serial, openings;
	struct nfired fired[512];
	unsigned n_fired;
	struct seens *out;
	bool missed; /* the search and the chains disagree */
};

static void nhit_push(struct nhit **list, unsigned *n, unsigned *cap, const struct nhit *h)
{
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 16;
		*list = realloc(*list, *cap * sizeof(**list));
		assert(*list);
	}
	(*list)[(*n)++] = *h;
}

static void naive_done(struct naive *n)
{
	for (unsigned i = 0; i < SPECS_MAX; i++) {
		for (unsigned g = 0; g < n->corr[i].n; g++) {
			free(n->corr[i].g[g].hit);
			free(n->corr[i].g[g].after);
		}
		free(n->corr[i].g);
	}
}

static void naive_fire(struct naive *n, unsigned spec, const struct ngroup *g, uint64_t t, uint64_t start,
		       const struct nhit *steps, unsigned n_steps)
{
	const struct corr_spec *s = &n->b->spec[spec];
	struct seen seen = { .spec = spec, .t = t, .start = start };
	struct nfired *f = &n->fired[n->n_fired++];
	struct nhit sorted[TL_ALERT_STEPS];

	assert(n->n_fired < ARRAY_SIZE(n->fired));
	if (n_steps > TL_ALERT_STEPS) {
		steps += n_steps - TL_ALERT_STEPS;
		n_steps = TL_ALERT_STEPS;
	}
	/* By time, then arrival: the end of a window has the arrival of its last event. */
	memcpy(sorted, steps, n_steps * sizeof(*steps));
	for (unsigned i = 1; i < n_steps; i++)
		for (unsigned k = i; k > 0 && (sorted[k].t < sorted[k - 1].t || (sorted[k].t == sorted[k - 1].t &&
					       sorted[k].ev.seq < sorted[k - 1].ev.seq)); k--) {
			struct nhit h = sorted[k];

			sorted[k] = sorted[k - 1];
			sorted[k - 1] = h;
		}
	steps = sorted;
	memcpy(seen.group, g->name, sizeof(seen.group));
	seen.n_steps = n_steps;
	for (unsigned i = 0; i < n_steps; i++) {
		seen.start = MIN(seen.start, steps[i].start);
		seen.seq[i] = steps[i].ev.seq;
		seen.rule[i] = s->rule[__builtin_ctz(steps[i].parts)];
	}
	*f = (struct nfired){ .spec = spec, .ev = steps[n_steps - 1].ev, .t = t, .start = seen.start };
	memcpy(f->group, g->name, sizeof(f->group));
	if (!n->b->meta[s->self].silenced)
		n->out->s[n->out->n++] = seen;
}

static unsigned distinct(const struct nhit *h, unsigned n)
{
	bool is[128] = { false };
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		for (const char *v = h[i].values; *v; v++) {
			count += !is[(int)*v];
			is[(int)*v] = true;
		}
	return count;
}

/* Time of the value that has not been seen for longest. */
static uint64_t stalest(const struct nhit *h, unsigned n)
{
	uint64_t at[128] = { 0 }, min = UINT64_MAX;

	for (unsigned i = 0; i < n; i++)
		for (const char *v = h[i].values; *v; v++)
			at[(int)*v] = h[i].t + 1;
	for (unsigned i = 0; i < 128; i++)
		if (at[i])
			min = MIN(min, at[i] - 1);
	return min;
}

static bool judge(const struct corr_count *c, uint64_t m)
{
	if (c->has_min && m < c->min)
		return false;
	if (c->has_max && m > c->max)
		return false;
	return !(c->has_neq && m == c->neq);
}

static void naive_count(struct naive *n, unsigned spec, struct ngroup *g, const struct nhit *h)
{
	const struct corr_spec *s = &n->b->spec[spec];
	unsigned from = 0, m;

	if (!g->n)
		g->opened = n->openings++;
	nhit_push(&g->hit, &g->n, &g->cap, h);
	if (s->count.at_end)
		return;
	while (h->t - g->hit[from].t > s->timespan_ns)
		from++;
	m = s->type == CORR_EVENT_COUNT ? g->n - from : distinct(g->hit + from, g->n - from);
	if (m < s->count.min)
		return;
	if (s->type == CORR_EVENT_COUNT)
		naive_fire(n, spec, g, h->t, g->hit[from].t, g->hit + from, g->n - from);
	else
		naive_fire(n, spec, g, h->t, stalest(g->hit + from, g->n - from), g->hit + from, g->n - from);
	g->n = 0;
}

/* Is there any chain of distinct events for steps 0..k that ends before index @end, all not before @oldest? */
static bool search(const struct nhit *h, unsigned end, unsigned k, uint64_t oldest)
{
	for (unsigned i = end; i-- > 0;) {
		if (h[i].t < oldest)
			return false;
		if ((h[i].parts >> k & 1) && (k == 0 || search(h, i, k - 1, oldest)))
			return true;
	}
	return false;
}

static bool shares(const struct nchain *a, const struct nchain *b)
{
	for (unsigned i = 0; i < a->n; i++)
		for (unsigned j = 0; j < b->n; j++)
			if (a->hit[i].serial == b->hit[j].serial)
				return true;
	return false;
}

static void naive_ordered(struct naive *n, unsigned spec, struct ngroup *g, const struct nhit *h)
{
	const struct corr_spec *s = &n->b->spec[spec];
	uint64_t oldest = h->t - MIN(h->t, s->timespan_ns);
	unsigned last = s->n_rules - 1;
	bool must, fires = false;

	/* Whatever was alerted before, events after it can make a whole new chain. */
	must = (h->parts >> last & 1) && search(g->after, g->n_after, last - 1, oldest);
	nhit_push(&g->after, &g->n_after, &g->cap_after, h);

	for (unsigned k = last + 1; k-- > 0 && !fires;) {
		struct nchain next = { 0 };

		if (!(h->parts >> k & 1))
			continue;
		if (k > 0) {
			if (g->chain[k - 1].n == 0 || g->chain[k - 1].hit[0].t < oldest)
				continue;
			next = g->chain[k - 1];
		}
		next.hit[next.n] = *h;
		next.hit[next.n++].parts = 1U << k;
		if (k == last) {
			naive_fire(n, spec, g, h->t, next.hit[0].start, next.hit, next.n);
			for (unsigned j = 0; j < last; j++)
				if (shares(&g->chain[j], &next))
					g->chain[j].n = 0;
			g->n_after = 0;
			fires = true;
		} else if (g->chain[k].n == 0 || g->chain[k].hit[0].serial <= next.hit[0].serial) {
			g->chain[k] = next;
		}
	}
	if (must && !fires)
		n->missed = true;
}

static void naive_temporal(struct naive *n, unsigned spec, struct ngroup *g, const struct nhit *h)
{
	const struct corr_spec *s = &n->b->spec[spec];
	unsigned n_steps = 0, need = s->count.has_min ? (unsigned)s->count.min : s->n_rules;
	struct nhit steps[8];

	nhit_push(&g->hit, &g->n, &g->cap, h);
	for (unsigned i = 0; i < g->n; i++)
		for (unsigned p = 0; p < s->n_rules; p++) {
			bool later = false;

			if (!(g->hit[i].parts >> p & 1) || h->t - g->hit[i].t > s->timespan_ns)
				continue;
			for (unsigned j = i + 1; j < g->n; j++)
				later |= g->hit[j].parts >> p & 1;
			if (later)
				continue;
			steps[n_steps] = g->hit[i];
			steps[n_steps++].parts = 1U << p;
		}
	if (n_steps < need)
		return;
	naive_fire(n, spec, g, h->t, h->t, steps, n_steps);
	g->n = 0;
}

static struct ngroup *naive_group(struct naive *n, unsigned spec, const char *name)
{
	unsigned i;

	for (i = 0; i < n->corr[spec].n; i++)
		if (strcmp(n->corr[spec].g[i].name, name) == 0)
			return &n->corr[spec].g[i];
	n->corr[spec].g = realloc(n->corr[spec].g, (i + 1) * sizeof(struct ngroup));
	assert(n->corr[spec].g);
	n->corr[spec].g[i] = (struct ngroup){ 0 };
	strcpy(n->corr[spec].g[i].name, name);
	n->corr[spec].n++;
	return &n->corr[spec].g[i];
}

struct nreach {
	char name[TL_CORR_FIELDS + 1];
	struct nhit hit;
};

static void texts(struct corr_source s, const struct tev *ev, const struct nfired *f, char out[NAMES_MAX + 1])
{
	memset(out, 0, NAMES_MAX + 1);
	if (f && s.part_group >= 0)
		out[0] = f->group[s.part_group];
	else if (s.field == F_user)
		out[0] = ev->user;
	else if (s.field == F_comm)
		out[0] = ev->comm;
	else if (s.field == F_lineage)
		strcpy(out, ev->lineage);
	else
		strcpy(out, ev->args);
}

/* At most two group-by names. */
static void reach_names(struct nreach *reach, unsigned *n_reach, const struct corr_spec *s, unsigned part,
			struct nhit hit, const struct nfired *f)
{
	char a[NAMES_MAX + 1] = "*", b[NAMES_MAX + 1] = "*", v[NAMES_MAX + 1] = "";

	if (s->n_group > 0)
		texts(s->source[part][0], &hit.ev, f, a);
	if (s->n_group > 1)
		texts(s->source[part][1], &hit.ev, f, b);
	if (s->n_value)
		texts(s->value[0], &hit.ev, f, v);
	for (char *x = a; *x; x++)
		for (char *y = b; *y; y++) {
			char name[TL_CORR_FIELDS + 1] = { 0 };
			unsigned i;

			if (s->n_group > 0)
				name[0] = *x;
			if (s->n_group > 1)
				name[1] = *y;
			for (i = 0; i < *n_reach && strcmp(reach[i].name, name) != 0; i++)
				;
			if (i == *n_reach) {
				++*n_reach;
				reach[i] = (struct nreach){ .hit = hit };
				memcpy(reach[i].name, name, sizeof(name));
			}
			reach[i].hit.parts |= 1U << part;
			reach[i].hit.start = MIN(reach[i].hit.start, hit.start);
			if (strlen(reach[i].hit.values) + strlen(v) < sizeof(reach[i].hit.values))
				strcat(reach[i].hit.values, v);
		}
}

/* All that follows from one event (@ev) or from one window's end (already in n->fired). */
static void naive_pass(struct naive *n, const struct tev *ev, uint64_t t, unsigned first)
{
	for (unsigned i = first; i < n->b->n; i++) {
		const struct corr_spec *s = &n->b->spec[i];
		static struct nreach reach[512];
		unsigned n_reach = 0;

		for (unsigned p = 0; p < s->n_rules; p++) {
			struct nhit h = { .t = t, .start = t, .serial = n->serial };

			if (s->rule[p] < DETECTIONS) {
				if (!ev || !(ev->mask >> s->rule[p] & 1))
					continue;
				h.ev = *ev;
				reach_names(reach, &n_reach, s, p, h, NULL);
				continue;
			}
			for (unsigned f = 0; f < n->n_fired; f++) {
				if (n->fired[f].spec != s->rule[p] - DETECTIONS)
					continue;
				h.ev = n->fired[f].ev;
				h.start = n->fired[f].start;
				reach_names(reach, &n_reach, s, p, h, &n->fired[f]);
			}
		}
		for (unsigned r = 0; r < n_reach; r++) {
			struct ngroup *g = naive_group(n, i, reach[r].name);

			if (s->type == CORR_VALUE_COUNT && !reach[r].hit.values[0])
				continue;
			if (s->type == CORR_TEMPORAL_ORDERED)
				naive_ordered(n, i, g, &reach[r].hit);
			else if (s->type == CORR_TEMPORAL)
				naive_temporal(n, i, g, &reach[r].hit);
			else
				naive_count(n, i, g, &reach[r].hit);
		}
	}
	n->n_fired = 0;
}

static bool naive_close_next(struct naive *n, uint64_t before)
{
	struct ngroup *next = NULL;
	unsigned spec = 0;
	uint64_t end = 0, m;

	for (unsigned i = 0; i < n->b->n; i++) {
		const struct corr_spec *s = &n->b->spec[i];

		if ((s->type != CORR_EVENT_COUNT && s->type != CORR_VALUE_COUNT) || !s->count.at_end)
			continue;
		for (unsigned g = 0; g < n->corr[i].n; g++) {
			struct ngroup *k = &n->corr[i].g[g];

			if (!k->n)
				continue;
			if (!next || k->hit[0].t + s->timespan_ns < end ||
			    (k->hit[0].t + s->timespan_ns == end && i == spec && k->opened < next->opened)) {
				next = k;
				spec = i;
				end = k->hit[0].t + s->timespan_ns;
			}
		}
	}
	if (!next || end >= before)
		return false;
	n->serial++;
	m = n->b->spec[spec].type == CORR_EVENT_COUNT ? next->n : distinct(next->hit, next->n);
	if (judge(&n->b->spec[spec].count, m))
		naive_fire(n, spec, next, end, next->hit[0].t, next->hit, next->n);
	next->n = 0;
	naive_pass(n, NULL, end, spec + 1);
	return true;
}

static void naive_event(struct naive *n, const struct tev *ev)
{
	while (naive_close_next(n, ev->t))
		;
	n->serial++;
	naive_pass(n, ev, ev->t, 0);
}

/* ---- random ---- */

static uint64_t rnd_state = 88172645463325252ULL;

static unsigned rnd(unsigned n)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (unsigned)(rnd_state >> 32) % n;
}

static void random_list(char *out, unsigned max, char base)
{
	unsigned n = rnd(max + 1);

	for (unsigned i = 0; i < n; i++)
		out[i] = (char)(base + (int)rnd(4));
	out[n] = '\0';
}

static void random_event(struct tev *t, uint64_t *now, uint64_t seq)
{
	*now += rnd(3) ? 0 : rnd(4);
	*t = (struct tev){ .t = *now, .seq = seq, .mask = rnd(1 << DETECTIONS) & rnd(1 << DETECTIONS) };
	t->user = rnd(8) ? (char)('u' + (int)rnd(3)) : 0;
	t->comm = rnd(8) ? (char)('a' + (int)rnd(6)) : 0;
	random_list(t->lineage, 3, 'p');
	random_list(t->args, 3, 'A');
}

static void random_count(struct corr_spec *s)
{
	unsigned kind = rnd(6);
	uint64_t n = 1 + rnd(5);

	s->count = (struct corr_count){ 0 };
	if (kind <= 2)
		at_least(s, n);
	else if (kind == 3)
		s->count = (struct corr_count){ .has_max = true, .max = n, .at_end = true };
	else if (kind == 4)
		s->count = (struct corr_count){ .has_neq = true, .neq = n, .at_end = true };
	else
		s->count = (struct corr_count){ .has_min = true, .min = n, .has_max = true, .max = n + rnd(2), .at_end = true };
}

/* A random correlation over detections and, sometimes, earlier correlations. */
static void random_spec(struct bench *b, bool chained)
{
	static const char *const groups[] = { "", "u", "c", "l", "uc", "lu", "ul" };
	static const char *const over[] = { "0", "0u", "u", "l", "u0", "lc" };
	char rules[8] = "";
	unsigned n = 1 + rnd(3);
	enum corr_type type = (enum corr_type)rnd(4);
	struct corr_spec *s;

	if (type >= CORR_TEMPORAL_ORDERED && n < 2)
		n = 2 + rnd(2);
	for (unsigned i = 0; i < n; i++)
		rules[i] = (char)('0' + (int)((i + rnd(2)) % DETECTIONS));
	for (unsigned i = 1; i < n; i++) /* no rule twice */
		while (memchr(rules, rules[i], i))
			rules[i] = (char)('0' + (rules[i] - '0' + 1) % DETECTIONS);
	if (chained)
		rules[rnd(n)] = (char)('a' + (int)rnd(b->n));
	s = add_spec(b, type, rules, chained ? over[rnd(ARRAY_SIZE(over))] : groups[rnd(ARRAY_SIZE(groups))],
		     1 + rnd(8));
	random_count(s);
	if (type == CORR_TEMPORAL)
		s->count = (struct corr_count){ .has_min = rnd(2), .min = 1 + rnd(n) };
	if (type == CORR_VALUE_COUNT)
		value_of(s, (enum field[]){ F_comm, F_user, F_args, F_lineage }[rnd(4)]);
	b->meta[s->self].silenced = rnd(4) == 0;
	/* A part's group by number must exist in each part that is a correlation. */
	for (unsigned p = 0; p < s->n_rules; p++)
		for (unsigned g = 0; g < s->n_group; g++)
			if (s->rule[p] >= DETECTIONS && s->source[p][g].part_group >= 0 &&
			    !b->spec[s->rule[p] - DETECTIONS].n_group)
				s->source[p][g].part_group = -1;
}

/* One random set of correlations over @events random events: equal at every one. */
static bool compare(unsigned events, unsigned long *hits, bool *missed)
{
	static struct seens got, want;
	struct bench b;
	struct naive n = { .b = &b, .out = &want };
	uint64_t now = 1000;
	bool same = true;

	bench_init(&b);
	for (unsigned i = 0; i < 3; i++)
		random_spec(&b, false);
	for (unsigned i = 0; i < 4; i++)
		random_spec(&b, true);
	b.by_deadline = rnd(2);
	bench_start(&b, 4 << 20);
	for (unsigned i = 0; i < events && same; i++) {
		struct tev t;

		random_event(&t, &now, i);
		got.n = want.n = 0;
		feed(&b, &t);
		seen_take(&got, &b.out);
		while (correlator_next_deadline(b.c) == 0) { /* more hits than fit: the rest comes without an event */
			b.out.n = 0;
			correlator_event(b.c, &b.ev, now, NULL, 0, &b.out);
			seen_take(&got, &b.out);
		}
		naive_event(&n, &t);
		*hits += want.n;
		same = seen_equal(&got, &want);
		if (!same)
			printf("# at event %u\n", i);
	}
	if (same) {
		got.n = want.n = 0;
		for (;;) {
			b.out.n = 0;
			if (!correlator_finish(b.c, &b.out))
				break;
			seen_take(&got, &b.out);
		}
		while (naive_close_next(&n, UINT64_MAX))
			;
		*hits += want.n;
		same = seen_equal(&got, &want);
	}
	for (unsigned i = 0; i < b.n && !same; i++) {
		const struct corr_spec *s = &b.spec[i];

		printf("# c%u type %u span %llu rules", i, s->type, (unsigned long long)s->timespan_ns);
		for (unsigned p = 0; p < s->n_rules; p++)
			printf(" %u", s->rule[p]);
		printf(" groups %u (", s->n_group);
		for (unsigned g = 0; g < s->n_group; g++)
			printf(" %d/%u", s->source[0][g].part_group, s->source[0][g].field);
		printf(" ) min %d %llu max %d %llu neq %d %llu silenced %d\n", s->count.has_min,
		       (unsigned long long)s->count.min, s->count.has_max, (unsigned long long)s->count.max,
		       s->count.has_neq, (unsigned long long)s->count.neq, b.meta[s->self].silenced);
	}
	*missed |= n.missed;
	naive_done(&n);
	bench_done(&b);
	return same;
}

static void test_random(void)
{
	enum { ROUNDS = 120, EVENTS = 2000 };
	unsigned long hits = 0;
	unsigned same = 0;
	bool missed = false;

	while (same < ROUNDS && compare(EVENTS, &hits, &missed))
		same++;
	is_u64(same, ROUNDS, "random correlations agree with the slow evaluator, event by event");
	ok(!missed, "temporal_ordered misses no chain that a search finds");
	ok(hits > ROUNDS * 100, "and there was something to compare: %lu hits", hits);
}

/* ---- stories ---- */

/* Events "time letters": a b c d hit rules 0 1 2 3; a digit behind '=' is ProcessId. Told: "last event@time". */
static void story(const char *name, const struct corr_spec *like, const char *events, const char *want)
{
	char got[256] = "";
	struct bench b;
	struct corr_spec *s;
	uint64_t seq = 0;
	const char *p = events;

	bench_init(&b);
	s = add_spec(&b, like->type, "012", "", 10);
	s->n_rules = like->n_rules;
	s->count = like->count;
	s->number = like->number;
	s->percentile = like->percentile;
	s->negated = like->negated;
	s->until = like->until;
	s->gap_ns = like->gap_ns;
	memcpy(s->runs, like->runs, sizeof(s->runs));
	s->n_expr = like->n_expr;
	memcpy(s->expr, like->expr, sizeof(s->expr));
	value_of(s, F_pid);
	bench_start(&b, 1 << 20);
	for (bool more = true; more;) {
		struct corr_hit hits[DETECTIONS];
		unsigned n = 0;

		b.out.n = 0;
		more = *p;
		if (more) {
			uint64_t t = strtoul(p, (char **)&p, 10);

			event_make(&b.ev, &(struct tev){ .t = t, .seq = seq++ });
			for (; *p >= 'a' && *p <= 'd'; p++)
				hits[n++] = (struct corr_hit){ .rule = (uint32_t)(*p - 'a') };
			if (*p == '=')
				event_set_u64(&b.ev, F_pid, strtoul(p + 1, (char **)&p, 10));
			p += *p == ' ';
			correlator_event(b.c, &b.ev, t, hits, n, &b.out);
		} else {
			more = correlator_finish(b.c, &b.out);
		}
		for (unsigned i = 0; i < b.out.n; i++) {
			const struct hit *h = &b.out.hit[i];
			size_t at = strlen(got);

			snprintf(got + at, sizeof(got) - at, "%s%llu@%llu", at ? " " : "",
				 (unsigned long long)h->step[h->n_steps - 1].seq, (unsigned long long)h->time_ns);
		}
	}
	is_str(got, want, name);
	bench_done(&b);
}

static void test_stories(void)
{
	struct corr_spec count = { .type = CORR_EVENT_COUNT, .n_rules = 2, .count = { .has_min = true, .min = 3 } };
	struct corr_spec few = { .type = CORR_EVENT_COUNT, .n_rules = 1, .count = { .has_max = true, .max = 1, .at_end = true } };
	struct corr_spec order = { .type = CORR_TEMPORAL_ORDERED, .n_rules = 3 };
	struct corr_spec meet = { .type = CORR_TEMPORAL, .n_rules = 3 };
	struct corr_spec num = { .n_rules = 1, .percentile = 50 };

	story("the timespan is inclusive", &count, "0a 5a 10a 20a 25a 31a", "2@10");
	story("each alert needs a full new set", &count, "0a 1a 2a 3a 4a 5a", "2@2 5@5");
	story("an event that hits two rules counts once", &count, "0ab 1ab 2ab", "2@2");
	story("a window is judged once time has passed its end", &few, "0a 10a 20a 31d", "2@30");
	story("and at the end of input", &few, "0a", "0@10");

	story("steps in order", &order, "0a 1b 2c 3c 4b 5a", "2@2");
	story("not in another", &order, "0a 1c 2b 3a", "");
	story("ordered timespan is inclusive", &order, "0a 1b 10c 20a 21b 31c", "2@10");
	story("one event is one step", &order, "0abc 1abc 2abc", "2@2");
	story("an event is in one alert", &order, "0a 1b 2c 3b 4c", "2@2");
	story("the chain with the latest first event stays", &order, "0a 1b 5a 6b 12c", "4@12");

	order.negated = 2; /* a, not b, c */
	story("not between: clean", &order, "0a 2c", "1@2");
	story("not between: kills what waits", &order, "0a 1b 2c", "");
	story("not between: not by a neighbour", &order, "0ab 1bc", "1@1");
	order.negated = 1; /* not a, b, c */
	story("not before: clean", &order, "0b 1c", "1@1");
	story("not before: within timespan of the last", &order, "0a 1b 10c 11c", "3@11");
	story("not before: not by the first itself", &order, "0ab 1c", "1@1");
	order.negated = 4; /* a, b, not c */
	story("not after: waits for its end", &order, "0a 1b 11d", "1@10");
	story("not after: dropped up to the end", &order, "0a 1b 10c 20a 21b 31c", "4@30");
	story("not after: not by the last itself", &order, "0a 1bc", "1@10");
	story("not after: chains wait side by side", &order, "0a 1b 2a 3b 13d", "1@10 3@12");
	order.negated = 0;
	order.until = 3;
	order.n_rules = 3; /* a, b, until c */
	story("until empties what is pending", &order, "0a 1c 2b 3a 4b", "4@4");
	order.until = 0;
	order.gap_ns = 3;
	story("gap between steps", &order, "0a 3b 6c 20a 24b 25c", "2@6");
	order.gap_ns = 0;
	order.runs[0] = 2;
	story("runs", &order, "0a 1b 2c 3a 4b 5c", "5@5");

	story("rules meet in any order", &meet, "0c 1b 2a 3a", "2@2");
	story("one event may be several rules", &meet, "0abc", "0@0");
	story("too late to meet", &meet, "0c 1b 11a", "");
	meet.count = (struct corr_count){ .has_min = true, .min = 2 };
	story("so many rules suffice", &meet, "0c 1c 2b", "2@2");
	meet.n_expr = 5;
	memcpy(meet.expr, (int8_t[]){ 0, 1, 2, CORR_OR, CORR_AND }, 5);
	story("a and (b or c)", &meet, "0b 1c 2a 3a 4c", "2@2 4@4");
	meet.n_expr = 4;
	memcpy(meet.expr, (int8_t[]){ 0, 1, CORR_NOT, CORR_AND }, 4);
	story("a and not b waits", &meet, "0a 11d 20b 21a 31d 40a 50b 51d", "0@10");

	num.type = CORR_VALUE_SUM;
	num.number = (struct corr_number){ .has = CORR_GT, .gt = 9 };
	story("sum", &num, "0a=5 1a=4 2a 3a=1 4a=9", "3@3");
	story("sum within the timespan", &num, "0a=9 11a=9", "");
	num.number = (struct corr_number){ .has = CORR_LT, .lt = 3 };
	story("a small sum at the end", &num, "0a=1 1a=1 20a=1 21a=2", "1@10");
	num.type = CORR_VALUE_AVG;
	num.number = (struct corr_number){ .has = CORR_GT, .gt = 9 };
	story("an average is a fraction", &num, "0a=9 1a=10 20a=9 21a=9", "1@10");
	num.type = CORR_VALUE_PERCENTILE;
	num.number = (struct corr_number){ .has = CORR_EQ, .eq = 2 };
	story("nearest rank", &num, "0a=9 1a=2 2a=1 3a=7 20a=2 21a=1 22a=3", "3@10 6@30");
	num.percentile = 100;
	num.number.eq = 7;
	story("percentile 100 is the largest", &num, "0a=3 1a=7 2a=2", "2@10");
}

static void feed_user(struct bench *b, uint64_t t, struct slice user, struct slice comm)
{
	b->out.n = b->out.dropped = 0;
	event_make(&b->ev, &(struct tev){ .t = t, .seq = t });
	if (user.n)
		event_set_str(&b->ev, F_user, user);
	if (comm.n)
		event_set_str(&b->ev, F_comm, comm);
	correlator_event(b->c, &b->ev, t, &(struct corr_hit){ .rule = 0 }, 1, &b->out);
}

static void feed_number(struct bench *b, uint64_t t, unsigned user, unsigned comm)
{
	char u[16], k[16];

	snprintf(u, sizeof(u), "%u", user);
	snprintf(k, sizeof(k), "%u", comm);
	feed_user(b, t, slice_of(u), slice_of(k));
}

static void test_flood(void)
{
	enum { N = 20000 };
	uint64_t groups, evicted;
	struct bench b;

	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "u", 1000000), 2);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "c", 1000000), TL_CORR_COUNT_MAX);
	bench_start(&b, 1 << 20);
	for (unsigned i = 0; i < N && !b.out.n; i++)
		feed_number(&b, i, i, i % 4);
	correlator_stats(b.c, &groups, &evicted);
	ok(groups > 300 && groups < 3000, "a flood fills one correlation's share: %llu groups", (unsigned long long)groups);
	is_u64(groups + evicted, N + 4, "what was pushed out is counted");
	feed_number(&b, N, N - 1, 3);
	ok(b.out.n == 1 && b.out.hit[0].rule_no == DETECTIONS, "the youngest groups are there");
	feed_number(&b, N + 1, 5, 3);
	ok(b.out.n == 0, "the oldest are not");
	bench_done(&b);

	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "u", 1000000), 2);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "c", 1000000), 2);
	bench_start(&b, 1 << 20);
	feed_user(&b, 0, SLICE("u"), SLICE("kept"));
	for (unsigned i = 1; i < N; i++)
		feed_user(&b, i, (struct slice){ (char *)&i, sizeof(i) }, (struct slice){ 0 });
	feed_user(&b, N, (struct slice){ 0 }, SLICE("kept"));
	ok(b.out.n == 1 && b.out.hit[0].rule_no == DETECTIONS + 1 && b.out.hit[0].start_ns == 0,
	   "and never pushes out another's groups");
	bench_done(&b);

	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "u", 10), 2);
	bench_start(&b, 1);
	for (unsigned i = 0; i < N; i++)
		feed_number(&b, i * 100, i, 0);
	correlator_stats(b.c, &groups, &evicted);
	ok(groups == 1 && evicted == 0, "there is always one group, and expired ones go uncounted");
	bench_done(&b);
}

static void test_thresholds(void)
{
	struct bench b;
	unsigned early = 0;

	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "u", 1000000), TL_CORR_COUNT_MAX);
	at_least(add_spec(&b, CORR_VALUE_COUNT, "0", "u", 1000000), TL_CORR_COUNT_MAX);
	value_of(&b.spec[1], F_comm);
	bench_start(&b, 4 << 20);
	for (unsigned i = 0; i < TL_CORR_COUNT_MAX - 1; i++) {
		feed_number(&b, i, 1, i);
		early += b.out.n;
	}
	is_u64(early, 0, "one below the largest threshold");
	feed_number(&b, TL_CORR_COUNT_MAX, 1, TL_CORR_COUNT_MAX);
	ok(b.out.n == 2 && b.out.hit[0].start_ns == 0 && b.out.hit[1].start_ns == 0, "and at it");
	ok(b.out.hit[0].n_steps == TL_ALERT_STEPS && b.out.hit[0].step[0].seq == TL_CORR_COUNT_MAX - TL_ALERT_STEPS,
	   "with its latest steps");
	bench_done(&b);
}

static void test_texts(void)
{
	char one[301], two[301], list[2 * 70];
	struct bench b;
	uint64_t groups, evicted;

	memset(one, 'x', 300);
	memset(two, 'x', 300);
	two[299] = 'y';
	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "u", 10), 2);
	bench_start(&b, 1 << 20);
	feed_user(&b, 1, (struct slice){ one, 300 }, SLICE("c"));
	feed_user(&b, 2, (struct slice){ two, 300 }, SLICE("c"));
	is_u64(b.out.n, 0, "texts that differ at byte 300 are two groups");
	feed_user(&b, 3, (struct slice){ one, 300 }, SLICE("c"));
	ok(b.out.n == 1 && b.out.hit[0].group_text[0].n == 256, "shown cut");
	feed_user(&b, 4, SLICE("a\xff"), SLICE("c"));
	feed_user(&b, 5, SLICE("a\xef\xbf\xbd"), SLICE("c"));
	ok(b.out.n == 1 && slice_eqs(b.out.hit[0].group_text[0], "a\xef\xbf\xbd"), "the text is the repaired one");
	feed_user(&b, 6, (struct slice){ 0 }, SLICE("c"));
	feed_user(&b, 6, (struct slice){ 0 }, SLICE("c"));
	is_u64(b.out.n, 0, "without the field there is no group");
	bench_done(&b);

	for (unsigned i = 0; i < 70; i++) {
		list[2 * i] = (char)('0' + (int)i);
		list[2 * i + 1] = '\0';
	}
	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "l", 10), 2);
	bench_start(&b, 1 << 20);
	event_make(&b.ev, &(struct tev){ .t = 1 });
	event_set_list(&b.ev, F_lineage, (struct slice){ list, sizeof(list) });
	correlator_event(b.c, &b.ev, 1, &(struct corr_hit){ .rule = 0 }, 1, &b.out);
	correlator_stats(b.c, &groups, &evicted);
	ok(groups == TL_CORR_GROUPS_PER_HIT, "a list reaches its first 64 groups");
	b.out.n = 0;
	correlator_event(b.c, &b.ev, 1, &(struct corr_hit){ .rule = 0 }, 1, &b.out);
	is_u64(b.out.n, TL_HITS_MAX, "each fires");
	bench_done(&b);
}

static void test_many_ends(void)
{
	unsigned told = 0, dropped = 0, calls = 0;
	bool in_order = true;
	uint64_t last = 0;
	struct bench b;

	bench_init(&b);
	add_spec(&b, CORR_EVENT_COUNT, "0", "u", 1000)->count = (struct corr_count){ .has_max = true, .max = 1, .at_end = true };
	bench_start(&b, 1 << 20);
	is_u64(correlator_next_deadline(b.c), UINT64_MAX, "no window, no deadline");
	for (unsigned i = 0; i < 200; i++)
		feed_number(&b, i, i, 0);
	is_u64(correlator_next_deadline(b.c), 1000, "the first window ends first");
	for (uint64_t t = 5000; t == 5000 || correlator_next_deadline(b.c) == 0; t++, calls++) {
		b.out.n = b.out.dropped = 0;
		correlator_event(b.c, &b.ev, t, NULL, 0, &b.out);
		for (unsigned i = 0; i < b.out.n; i++) {
			in_order &= b.out.hit[i].time_ns >= last;
			last = b.out.hit[i].time_ns;
		}
		told += b.out.n;
		dropped += b.out.dropped;
	}
	ok(told == 200 && dropped == 0 && calls == 4 && in_order, "200 windows end at once: all told, in order");
	bench_done(&b);
}

static void test_inherit(void)
{
	struct correlator *old;
	struct bench b;
	uint64_t groups, evicted;

	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "u", 100), 3);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "c", 100), 3);
	bench_start(&b, 1 << 20);
	feed_user(&b, 1, SLICE("u"), SLICE("c"));
	feed_user(&b, 2, SLICE("u"), SLICE("c"));
	old = b.c;
	bench_start(&b, 1 << 18);
	correlator_inherit(b.c, old);
	correlator_free(old);
	feed_user(&b, 3, SLICE("u"), SLICE("other"));
	ok(b.out.n == 1 && b.out.hit[0].rule_no == DETECTIONS && b.out.hit[0].n_steps == 3 && b.out.hit[0].start_ns == 1,
	   "windows go on after a reload");
	bench_done(&b);

	bench_init(&b);
	at_least(add_spec(&b, CORR_EVENT_COUNT, "0", "u", 100000), 2);
	bench_start(&b, 1 << 20);
	for (unsigned i = 0; i < 500; i++)
		feed_number(&b, i, i, 0);
	old = b.c;
	bench_start(&b, 1 << 16);
	correlator_inherit(b.c, old);
	correlator_free(old);
	correlator_stats(b.c, &groups, &evicted);
	ok(groups < 500 && groups + evicted == 500, "into less memory goes what lives longest: %llu of 500",
	   (unsigned long long)groups);
	feed_number(&b, 500, 499, 0);
	is_u64(b.out.n, 1, "the youngest among it");
	bench_done(&b);
}

int main(void)
{
	for (int i = 0; i < 128; i++)
		letters[i][0] = (char)i;
	test_stories();
	test_flood();
	test_thresholds();
	test_texts();
	test_many_ends();
	test_inherit();
	test_random();
	return done_testing();
}
