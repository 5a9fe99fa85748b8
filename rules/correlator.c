/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/correlator.h"

#include <assert.h>
#include <errno.h>

#define MEMORY_DEFAULT (64ULL << 20)

static bool is_correlation(const struct correlator *c, uint32_t rule, uint32_t *ret_index)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->corr[i].spec->self == rule) {
			*ret_index = i;
			return true;
		}
	return false;
}

/* ---- making ---- */

static int refs_init(struct correlator *c)
{
	uint32_t at = 0, total = 0;

	for (unsigned i = 0; i < c->n; i++) {
		const struct corr_spec *spec = c->corr[i].spec;

		c->n_rules = MAX(c->n_rules, spec->self + 1);
		for (unsigned p = 0; p < spec->n_rules; p++)
			c->n_rules = MAX(c->n_rules, spec->rule[p] + 1);
		total += spec->n_rules;
	}
	c->first_ref = calloc((size_t)c->n_rules + 1, sizeof(*c->first_ref));
	c->ref = calloc((size_t)total + 1, sizeof(*c->ref));
	if (!c->first_ref || !c->ref)
		return -ENOMEM;

	/* Count, sum up, fill from the back. */
	for (unsigned i = 0; i < c->n; i++)
		for (unsigned p = 0; p < c->corr[i].spec->n_rules; p++)
			c->first_ref[c->corr[i].spec->rule[p]]++;
	for (uint32_t r = 0; r <= c->n_rules; r++) {
		at += c->first_ref[r];
		c->first_ref[r] = at;
	}
	for (unsigned i = c->n; i-- > 0;)
		for (unsigned p = c->corr[i].spec->n_rules; p-- > 0;)
			c->ref[--c->first_ref[c->corr[i].spec->rule[p]]] = (struct part_ref){ i, p };
	return 0;
}

static void ends_init(struct correlator *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct corr *k = &c->corr[i];
		struct window_shape shape;

		window_shape_init(&shape, k->spec, 0);
		k->ends = shape.at_end;
		for (unsigned p = 0; p < k->spec->n_rules; p++)
			k->ends |= k->part_corr[p] != CORR_NONE && c->corr[k->part_corr[p]].ends;
	}
}

static void keep_source(struct corr *part, struct corr_source s)
{
	if (s.part_group < 0 && s.field < F_MAX)
		part->keep[s.field / 64] |= 1ULL << (s.field % 64);
}

/* From wholes to parts: a hit that comes from the end of a window must carry what those above it will read. */
static void keeps_init(struct correlator *c)
{
	for (unsigned i = c->n; i-- > 0;) {
		struct corr *whole = &c->corr[i];
		const struct corr_spec *spec = whole->spec;

		for (unsigned f = 0; f < F_MAX; f++)
			if (whole->keep[f / 64] >> (f % 64) & 1)
				whole->n_keep += field_desc[f].type == TYPE_list ? KEEP_LIST : 1;
		c->n_kept = MAX(c->n_kept, whole->n_keep);

		for (unsigned p = 0; p < spec->n_rules; p++) {
			if (whole->part_corr[p] == CORR_NONE)
				continue;
			for (unsigned g = 0; g < spec->n_group; g++)
				keep_source(&c->corr[whole->part_corr[p]], spec->source[p][g]);
			for (unsigned v = 0; v < spec->n_value; v++)
				keep_source(&c->corr[whole->part_corr[p]], spec->value[v]);
			for (unsigned w = 0; w < FIELD_WORDS; w++)
				c->corr[whole->part_corr[p]].keep[w] |= whole->keep[w];
		}
	}
}

static int tables_init(struct correlator *c, uint64_t memory)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct corr *k = &c->corr[i];
		int r;

		window_shape_init(&k->shape, k->spec, k->ends ? k->n_keep * sizeof(struct text_kept) : 0);
		k->window_at = sizeof(struct group) + k->spec->n_group * sizeof(struct text_kept);
		k->window_at = (k->window_at + 7) & ~(size_t)7;
		r = group_table_init(&k->table, k->window_at + k->shape.size, memory / c->n);
		if (r < 0)
			return r;
	}
	return 0;
}

static int scratch_init(struct correlator *c)
{
	c->pending_words = (c->n + 63) / 64;
	c->pending = calloc((size_t)c->pending_words + 1, sizeof(*c->pending));
	c->fired = calloc(FIRED_MAX, sizeof(*c->fired));
	c->kept = calloc((size_t)FIRED_MAX * c->n_kept + 1, sizeof(*c->kept));
	c->keep = calloc((size_t)c->n_kept + 1, sizeof(*c->keep));
	c->target = calloc(TARGETS_MAX, sizeof(*c->target));
	c->target_slot = calloc(TARGET_SLOTS, sizeof(*c->target_slot));
	c->link = calloc(LINKS_MAX, sizeof(*c->link));
	c->value = calloc(VALUES_MAX, sizeof(*c->value));
	c->value_list = calloc((size_t)TL_CORR_FIELDS * VALUES_MAX, sizeof(*c->value_list));
	c->number = calloc(VALUES_MAX, sizeof(*c->number));
	c->list = calloc(TL_CORR_FIELDS, sizeof(*c->list));
	if (!c->pending || !c->fired || !c->kept || !c->keep || !c->target || !c->target_slot || !c->link ||
	    !c->value || !c->value_list || !c->number || !c->list)
		return -ENOMEM;
	return fieldtexts_new(&c->key, &c->texts);
}

int correlator_new(const struct corr_spec *const *specs, unsigned n, const struct rule_meta *const *metas,
		   uint64_t memory, struct correlator **ret_correlator)
{
	struct correlator *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->corr = calloc((size_t)n + 1, sizeof(*c->corr));
	if (!c->corr) {
		free(c);
		return -ENOMEM;
	}
	c->n = n;
	c->metas = metas;
	c->deadline_ns = UINT64_MAX;
	siphash_key_random(&c->key);
	for (unsigned i = 0; i < n; i++) {
		c->corr[i].spec = specs[i];
		c->corr[i].meta = metas[specs[i]->self];
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned p = 0; p < specs[i]->n_rules; p++)
			if (!is_correlation(c, specs[i]->rule[p], &c->corr[i].part_corr[p]))
				c->corr[i].part_corr[p] = CORR_NONE;
	ends_init(c);
	keeps_init(c);

	r = refs_init(c);
	if (r >= 0)
		r = tables_init(c, memory ? memory : MEMORY_DEFAULT);
	if (r >= 0)
		r = scratch_init(c);
	if (r < 0) {
		correlator_free(c);
		return r;
	}
	*ret_correlator = c;
	return 0;
}

void correlator_free(struct correlator *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n; i++)
		group_table_done(&c->corr[i].table);
	fieldtexts_free(c->texts);
	free(c->corr);
	free(c->first_ref);
	free(c->ref);
	free(c->pending);
	free(c->fired);
	free(c->kept);
	free(c->keep);
	free(c->target);
	free(c->target_slot);
	free(c->link);
	free(c->value);
	free(c->value_list);
	free(c->number);
	free(c->list);
	free(c);
}

/* ---- groups ---- */

void corr_drop(struct corr *k, struct group *g)
{
	window_clear(&k->shape, group_window(k, g));
	group_drop(&k->table, g);
}

void corr_make_room(struct corr *k, uint64_t now_ns)
{
	struct group *g;

	for (unsigned i = 0; i < 2 && (g = group_first(&k->table)) && g->expiry_ns < now_ns; i++)
		corr_drop(k, g);
	if (group_full(&k->table)) {
		k->evicted++;
		corr_drop(k, group_first(&k->table));
	}
}

struct corr *corr_next_end(const struct correlator *c, uint32_t *ret_index)
{
	struct corr *next = NULL;
	uint64_t end = UINT64_MAX;

	for (uint32_t i = 0; i < c->n; i++) {
		struct corr *k = &c->corr[i];
		const struct group *g = k->shape.at_end ? group_first(&k->table) : NULL;

		if (g && (!next || g->expiry_ns < end)) {
			next = k;
			end = g->expiry_ns;
			*ret_index = i;
		}
	}
	return next;
}

void deadline_update(struct correlator *c)
{
	uint32_t index;
	const struct corr *k = corr_next_end(c, &index);

	c->deadline_ns = k ? group_first(&k->table)->expiry_ns : UINT64_MAX;
	if (c->told < c->tail)
		c->deadline_ns = 0;
}

void correlator_stats(const struct correlator *c, uint64_t *ret_groups, uint64_t *ret_evicted)
{
	*ret_groups = *ret_evicted = 0;
	for (unsigned i = 0; i < c->n; i++) {
		*ret_groups += c->corr[i].table.live;
		*ret_evicted += c->corr[i].evicted;
	}
}

/* ---- reload ---- */

static struct corr *corr_like(struct correlator *c, const struct corr *k)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->corr[i].meta->hash[0] == k->meta->hash[0] && c->corr[i].meta->hash[1] == k->meta->hash[1])
			return &c->corr[i];
	return NULL;
}

static void corr_inherit(struct corr *to, struct corr *from, uint64_t now_ns)
{
	to->evicted += from->evicted;
	/* Other wholes may keep other fields with each step: such windows begin anew. */
	if (to->shape.size != from->shape.size || to->shape.keep_size != from->shape.keep_size ||
	    to->spec->n_group != from->spec->n_group || memcmp(to->keep, from->keep, sizeof(to->keep)) != 0) {
		to->evicted += from->table.live;
		return;
	}
	for (uint32_t i = 0; i < from->table.live; i++) {
		struct group *old = group_at(&from->table, i), *new;

		if (group_full(&to->table) && old->expiry_ns <= group_first(&to->table)->expiry_ns) {
			to->evicted++;
			continue;
		}
		corr_make_room(to, now_ns);
		new = group_open(&to->table, old->key, old->expiry_ns);
		new->order = old->order;
		group_expire_at(&to->table, new, old->expiry_ns); /* the order counts among equals */
		memcpy(group_texts(new), group_texts(old), to->spec->n_group * sizeof(struct text_kept));
		memcpy(group_window(to, new), group_window(from, old), to->shape.size);
	}
	to->table.opened = from->table.opened;
}

void correlator_inherit(struct correlator *c, struct correlator *old)
{
	assert(c->serial == 0);
	/* The groups are known by hashes under the old key. */
	c->key = old->key;
	fieldtexts_key(c->texts, &c->key);
	c->serial = old->serial;
	c->now_ns = old->now_ns;
	for (unsigned i = 0; i < c->n; i++) {
		struct corr *from = corr_like(old, &c->corr[i]);

		if (from)
			corr_inherit(&c->corr[i], from, c->now_ns);
	}
	for (uint64_t i = old->told; i < old->tail; i++) /* texts of the old rules: they end here, counted */
		c->lost += !old->corr[old->fired[i % FIRED_MAX].corr].meta->silenced;
	deadline_update(c);
}
