/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* One event against all rules: values set atoms, atoms nominate rules, rules run their condition, hits feed correlations. */
#include "config.h"

#include <errno.h>

#include "core/parse.h"
#include "rules/compile.h"
#include "rules/correlate.h"
#include "rules/ruleset.h"
#include "rules/values.h"

#define TEXT_BYTES (3 * TL_EVENT_SCRATCH) /* a repaired string grows threefold at most */

struct engine {
	struct ruleset *rs;
	struct correlator *correlator;
	struct match_scratch *scratch;
	const struct rule_group *group; /* being asked */
	uint64_t *bits;			/* atoms of the group that hold */
	uint32_t *touched, n_touched;	/* to clear them again */
	uint32_t *candidate, n_candidates;
	uint32_t *mark, epoch; /* candidates are nominated once per event */
	struct corr_hit *hit;
	unsigned n_hits;
	char *text, *other; /* TEXT_BYTES each */
	uint64_t newest_ns;
	struct engine_stats stats;
};

/* ---- atoms ---- */

static void set_atom(struct engine *e, uint32_t atom)
{
	const struct rule_group *g = e->group;
	uint64_t bit = 1ULL << (atom % 64);

	if (e->bits[atom / 64] & bit)
		return;
	e->bits[atom / 64] |= bit;
	e->touched[e->n_touched++] = atom;
	for (uint32_t i = g->pivot_start[atom]; i < g->pivot_start[atom + 1]; i++) {
		uint32_t rule = g->pivot_rule[i];

		if (e->mark[rule] == e->epoch)
			continue;
		e->mark[rule] = e->epoch;
		e->candidate[e->n_candidates++] = rule;
	}
}

static void on_match(void *context, uint32_t id)
{
	set_atom(context, id);
}

static void probe(struct engine *e, const struct text_table *t, struct slice text, uint32_t h, bool cased)
{
	for (uint32_t at = h & t->mask; t->slot[at].p; at = (at + 1) & t->mask) {
		const struct text_entry *s = &t->slot[at];

		if (s->hash == h && s->n == text.n &&
		    text_compare(text, (struct slice){ s->p, s->n }, PLACE_WHOLE, cased))
			set_atom(e, s->atom);
	}
}

static void look_whole(struct engine *e, const struct text_table *t, struct slice text, bool cased)
{
	uint32_t h = TEXT_HASH_START;

	if (!t->slot || !(t->lengths >> (text.n % 64) & 1))
		return;
	for (size_t i = 0; i < text.n; i++)
		h = text_hash_add(h, cased ? text.p[i] : fold(text.p[i]));
	probe(e, t, text, h, cased);
}

/* Every start, or end, that has the length of one in the table. */
static void look_edge(struct engine *e, const struct text_table *t, struct slice text, bool end, bool cased)
{
	size_t max = MIN(text.n, t->longest);
	uint32_t h = TEXT_HASH_START;

	for (size_t n = 1; n <= max; n++) {
		char c = end ? text.p[text.n - n] : text.p[n - 1];

		h = text_hash_add(h, cased ? c : fold(c));
		if (t->lengths >> (n % 64) & 1)
			probe(e, t, (struct slice){ end ? text.p + text.n - n : text.p, n }, h, cased);
	}
}

/* Lists are ascending: only entries that hold are walked. */
static void look_number(struct engine *e, const struct subject_index *ix, long double n)
{
	const struct number_list *eq = &ix->number[CMP_EQ];
	size_t low = 0, high = eq->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (eq->e[mid].number < n)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < eq->n && eq->e[low].number == n)
		set_atom(e, eq->e[low].atom);
	for (unsigned c = CMP_GT; c <= CMP_GTE; c++)
		for (size_t i = 0; i < ix->number[c].n && number_compare(c, n, ix->number[c].e[i].number); i++)
			set_atom(e, ix->number[c].e[i].atom);
	for (unsigned c = CMP_LT; c <= CMP_LTE; c++)
		for (size_t i = ix->number[c].n; i > 0 && number_compare(c, n, ix->number[c].e[i - 1].number); i--)
			set_atom(e, ix->number[c].e[i - 1].atom);
}

static void look_addr(struct engine *e, const struct subject_index *ix, const uint8_t *addr)
{
	for (size_t i = 0; i < ix->n_net; i++)
		if (addr_inside(addr, ix->net[i].addr, ix->net[i].prefix))
			set_atom(e, ix->net[i].atom);
}

static void look_time(struct engine *e, const struct subject_index *ix, int64_t seconds)
{
	for (size_t i = 0; i < ix->n_time; i++)
		if (number_compare(ix->time[i].cmp, (long double)time_part_of(seconds, ix->time[i].part),
				   ix->time[i].number))
			set_atom(e, ix->time[i].atom);
}

/* Everything that looks at a text. @typed: numbers, addresses and times were taken from the value itself. */
static void look_text(struct engine *e, const struct subject_index *ix, struct slice text, bool typed)
{
	uint8_t addr[16];
	uint64_t time_ns;
	long double n;

	if (ix->any != NO_ATOM)
		set_atom(e, ix->any);
	for (unsigned cased = 0; cased < 2; cased++) {
		look_whole(e, &ix->texts[TEXT_WHOLE][cased], text, cased);
		look_edge(e, &ix->texts[TEXT_START][cased], text, false, cased);
		look_edge(e, &ix->texts[TEXT_END][cased], text, true, cased);
	}
	if (ix->matcher)
		matcher_scan(ix->matcher, e->scratch, text, on_match, e);
	if (typed)
		return;
	bool number = (ix->numbers || ix->n_time) && number_of_text(text, &n);

	if (ix->numbers && number)
		look_number(e, ix, n);
	if (ix->n_net && parse_ip(text, addr) == 0)
		look_addr(e, ix, addr);
	if (ix->n_time && parse_time(text, &time_ns) == 0)
		look_time(e, ix, (int64_t)(time_ns / NSEC_PER_SEC));
	else if (ix->n_time && number && n >= 0 && n <= (long double)UINT64_MAX)
		look_time(e, ix, (int64_t)(n / NSEC_PER_SEC));
}

/* ---- values ---- */

static void look_list(struct engine *e, const struct subject_index *ix, const struct value *v)
{
	struct slice item;
	size_t pos = 0;

	while (list_next((struct slice){ v->p, v->n }, &pos, &item)) {
		struct value one = { .p = item.p, .n = (uint32_t)item.n, .flags = v->flags };

		look_text(e, ix, value_text(TYPE_str, &one, e->text, TEXT_BYTES), false);
	}
}

static void look_value(struct engine *e, const struct subject_index *ix, enum value_type type, const struct value *v)
{
	long double n;

	switch (type) {
	case TYPE_list:
		look_list(e, ix, v);
		return;
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
	case TYPE_i64:
	case TYPE_time:
		if (number_of_value(type, v, &n)) {
			look_number(e, ix, n);
			if (ix->n_time && n >= 0)
				look_time(e, ix, (int64_t)(n / NSEC_PER_SEC));
		}
		break;
	case TYPE_ip:
		look_addr(e, ix, (const uint8_t *)v->p);
		break;
	case TYPE_str:
	case TYPE_bool:
	case TYPE_dev:
		break;
	}
	if (ix->text)
		look_text(e, ix, value_text(type, v, e->text, TEXT_BYTES),
			  type != TYPE_str && type != TYPE_bool && type != TYPE_dev);
}

static bool refers(struct engine *e, const struct ref_entry *r, struct slice text, enum value_type type,
		   const struct value *v)
{
	struct slice item;
	size_t pos = 0;

	if (type != TYPE_list)
		return text_compare(text, value_text(type, v, e->other, TEXT_BYTES), r->place, r->cased);
	while (list_next((struct slice){ v->p, v->n }, &pos, &item)) {
		struct value one = { .p = item.p, .n = (uint32_t)item.n, .flags = v->flags };

		if (text_compare(text, value_text(TYPE_str, &one, e->other, TEXT_BYTES), r->place, r->cased))
			return true;
	}
	return false;
}

static void look_refs(struct engine *e, const struct subject_index *ix, const struct event *ev)
{
	const struct value *v = &ev->v[ix->subject];
	enum value_type type = field_desc[ix->subject].type;

	for (size_t i = 0; i < ix->n_ref; i++) {
		const struct ref_entry *r = &ix->ref[i];
		struct slice item;
		size_t pos = 0;

		if (!event_has(ev, (enum field)r->other))
			continue;
		const struct value *other = &ev->v[r->other];
		enum value_type other_type = field_desc[r->other].type;

		if (type != TYPE_list) {
			if (refers(e, r, value_text(type, v, e->text, TEXT_BYTES), other_type, other))
				set_atom(e, r->atom);
			continue;
		}
		while (list_next((struct slice){ v->p, v->n }, &pos, &item)) {
			struct value one = { .p = item.p, .n = (uint32_t)item.n, .flags = v->flags };

			if (refers(e, r, value_text(TYPE_str, &one, e->text, TEXT_BYTES), other_type, other))
				set_atom(e, r->atom);
		}
	}
}

static void look_keywords(struct engine *e, const struct subject_index *ix, const struct event *ev)
{
	for (unsigned w = 0; w < FIELD_WORDS; w++)
		for (uint64_t left = ev->present[w]; left; left &= left - 1) {
			unsigned f = w * 64 + (unsigned)__builtin_ctzll(left);
			const struct value *v = &ev->v[f];

			if (field_desc[f].type == TYPE_list)
				look_list(e, ix, v);
			else
				look_text(e, ix, value_text(field_desc[f].type, v, e->text, TEXT_BYTES), false);
		}
}

static void look_event(struct engine *e, const struct event *ev)
{
	const struct rule_group *g = e->group;

	for (uint32_t i = 0; i < g->n_indexes; i++) {
		const struct subject_index *ix = &g->index[i];
		struct value time = { .u = ev->time_ns };

		if (ix->subject == SUBJECT_KEYWORD) {
			look_keywords(e, ix, ev);
			continue;
		}
		if (ix->subject != SUBJECT_TIMESTAMP && !event_has(ev, (enum field)ix->subject))
			continue;
		if (ix->present != NO_ATOM)
			set_atom(e, ix->present);
		if (ix->subject == SUBJECT_TIMESTAMP) {
			look_value(e, ix, TYPE_time, &time);
			continue;
		}
		look_value(e, ix, field_desc[ix->subject].type, &ev->v[ix->subject]);
		look_refs(e, ix, ev);
	}
}

/* ---- rules ---- */

static bool run_code(const struct engine *e, const struct group_rule *r)
{
	bool stack[TL_EXPR_DEPTH_MAX + 1] = { false };
	unsigned depth = 0;

	for (uint32_t i = 0; i < r->n_code; i++) {
		uint32_t atom = r->code[i] & CODE_ATOM_MASK;

		switch ((enum expr_kind)(r->code[i] >> CODE_KIND_SHIFT)) {
		case EXPR_ATOM:
			stack[depth++] = e->bits[atom / 64] >> (atom % 64) & 1;
			break;
		case EXPR_AND:
			depth--;
			stack[depth - 1] &= stack[depth];
			break;
		case EXPR_OR:
			depth--;
			stack[depth - 1] |= stack[depth];
			break;
		case EXPR_NOT:
			stack[depth - 1] = !stack[depth - 1];
			break;
		}
	}
	return stack[0];
}

/* @name is lower case. */
static bool is_source(struct slice name, struct slice given)
{
	return !name.n || text_compare(given, name, PLACE_WHOLE, false);
}

static bool applies(const struct group_rule *r, const struct event *ev)
{
	if (r->category != CATEGORY_NONE ? r->category != ev->category
					 : !is_source(r->category_text, ev->category_text))
		return false;
	return is_source(r->product, ev->product) && is_source(r->service, ev->service);
}

static void report(struct engine *e, const struct event *ev, uint32_t no, struct hits *out)
{
	const struct rule_meta *m = e->rs->meta[no];
	struct hit *h;

	if (e->rs->silenced_part[no])
		e->hit[e->n_hits++] = (struct corr_hit){ .rule = no };
	if (m->silenced)
		return;
	e->stats.hits++;
	if (out->n < TL_HITS_MAX) {
		h = &out->hit[out->n++];
	} else {
		h = &out->hit[0];
		for (unsigned i = 1; i < out->n; i++)
			if (out->hit[i].rule->score < h->rule->score)
				h = &out->hit[i];
		out->dropped++;
		if (h->rule->score >= m->score)
			return;
	}
	h->rule = m;
	h->rule_no = no;
	h->time_ns = h->start_ns = ev->time_ns;
	h->n_group = h->n_steps = 0;
}

static void try_rule(struct engine *e, const struct event *ev, const struct group_rule *r, struct hits *out)
{
	if (applies(r, ev) && run_code(e, r))
		report(e, ev, r->no, out);
}

static void ask_group(struct engine *e, const struct rule_group *g, const struct event *ev, struct hits *out)
{
	if (!g)
		return;
	e->group = g;
	e->n_touched = e->n_candidates = 0;
	if (++e->epoch == 0) { /* after 2^32 groups: the marks of old would look new */
		memset(e->mark, 0, e->rs->max_group_rules * sizeof(*e->mark));
		e->epoch = 1;
	}
	look_event(e, ev);
	for (uint32_t i = 0; i < e->n_candidates; i++)
		try_rule(e, ev, &g->rule[e->candidate[i]], out);
	for (uint32_t i = 0; i < g->n_always; i++)
		try_rule(e, ev, &g->rule[g->always[i]], out);
	for (uint32_t i = 0; i < e->n_touched; i++)
		e->bits[e->touched[i] / 64] = 0;
}

static void order_hits(struct hits *out)
{
	for (unsigned i = 1; i < out->n; i++)
		for (unsigned k = i; k > 0 && out->hit[k].rule_no < out->hit[k - 1].rule_no; k--) {
			struct hit *a = &out->hit[k], *b = &out->hit[k - 1];
			const struct rule_meta *rule = a->rule;
			unsigned no = a->rule_no;

			/* hits of one event on detections differ in nothing else */
			a->rule = b->rule;
			a->rule_no = b->rule_no;
			b->rule = rule;
			b->rule_no = no;
		}
}

void engine_eval(struct engine *e, const struct event *ev, struct hits *ret_hits)
{
	uint64_t now = ev->time_ns;

	ret_hits->n = ret_hits->dropped = 0;
	e->n_hits = 0;
	e->stats.events++;
	ask_group(e, e->rs->group[ev->category], ev, ret_hits);
	if (ev->service.n)
		ask_group(e, e->rs->group[GROUP_SERVICE], ev, ret_hits);
	order_hits(ret_hits);
	if (now < e->newest_ns) {
		e->stats.late++;
		now = e->newest_ns;
	}
	e->newest_ns = now;
	if (e->correlator && (e->n_hits || correlator_next_deadline(e->correlator) <= now)) {
		unsigned before = ret_hits->n;

		correlator_event(e->correlator, ev, now, e->hit, e->n_hits, ret_hits);
		e->stats.hits += ret_hits->n - before;
	}
	e->stats.hits_dropped += ret_hits->dropped;
}

bool engine_finish(struct engine *e, struct hits *ret_hits)
{
	ret_hits->n = ret_hits->dropped = 0;
	if (!e->correlator)
		return false;
	bool more = correlator_finish(e->correlator, ret_hits);

	e->stats.hits += ret_hits->n;
	e->stats.hits_dropped += ret_hits->dropped;
	return more;
}

void engine_stats(const struct engine *e, struct engine_stats *ret_stats)
{
	*ret_stats = e->stats;
	if (e->correlator)
		correlator_stats(e->correlator, &ret_stats->groups, &ret_stats->groups_evicted);
}

/* ---- life ---- */

static int take_memory(struct engine *e)
{
	const struct ruleset *rs = e->rs;

	e->bits = calloc(rs->max_atoms / 64 + 1, sizeof(*e->bits));
	e->touched = calloc(rs->max_atoms + 1, sizeof(*e->touched));
	e->candidate = calloc(rs->max_group_rules + 1, sizeof(*e->candidate));
	e->mark = calloc(rs->max_group_rules + 1, sizeof(*e->mark));
	e->hit = calloc(rs->n_detections + 1, sizeof(*e->hit));
	e->text = malloc(TEXT_BYTES);
	e->other = malloc(TEXT_BYTES);
	if (!e->bits || !e->touched || !e->candidate || !e->mark || !e->hit || !e->text || !e->other)
		return -ENOMEM;
	for (unsigned g = 0; g < GROUPS; g++)
		for (uint32_t i = 0; rs->group[g] && i < rs->group[g]->n_indexes; i++) {
			const struct matcher *m = rs->group[g]->index[i].matcher;
			int r = m ? match_scratch_add(&e->scratch, m) : 0;

			if (r < 0)
				return r;
		}
	return 0;
}

int engine_new(struct ruleset *rs, struct engine **ret_engine)
{
	struct engine *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->rs = ruleset_ref(rs);
	r = take_memory(e);
	if (r == 0 && rs->n_specs)
		r = correlator_new((const struct corr_spec *const *)rs->spec, rs->n_specs, rs->meta,
				   rs->correlation_memory, &e->correlator);
	if (r < 0) {
		engine_free(e);
		return r;
	}
	*ret_engine = e;
	return 0;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	correlator_free(e->correlator);
	match_scratch_free(e->scratch);
	free(e->bits);
	free(e->touched);
	free(e->candidate);
	free(e->mark);
	free(e->hit);
	free(e->text);
	free(e->other);
	ruleset_unref(e->rs);
	free(e);
}

void engine_inherit(struct engine *e, struct engine *old)
{
	e->newest_ns = old->newest_ns;
	if (e->correlator && old->correlator)
		correlator_inherit(e->correlator, old->correlator);
}
