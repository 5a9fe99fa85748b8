/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/correlate.h"

#include <assert.h>
#include <errno.h>

#include "core/utf8.h"
#include "rules/fieldtext.h"
#include "rules/group.h"
#include "rules/window.h"

#define MEMORY_DEFAULT (64ULL << 20)
#define TARGETS_MAX    4096  /* groups that one event reaches in one correlation */
#define LINKS_MAX      8192
#define VALUES_MAX     65536 /* values that one event brings to one group */
#define FIRED_MAX      4096  /* hits that wait to be told or passed on */
#define KEEP_LIST      32    /* items of a list field that a hit keeps for wholes: as many as LineageGuids has */
#define NONE	       UINT32_MAX

/* A text that outlives its event. */
struct text_kept {
	struct hash128 hash;
	uint16_t n;
	uint16_t field; /* keep areas: whose; F_MAX = not filled */
	char p[TL_FIELDTEXT];
};

struct part_ref {
	uint32_t corr;
	unsigned part;
};

struct corr {
	const struct corr_spec *spec;
	const struct rule_meta *meta;
	struct window_shape shape;
	struct group_table table; /* entry: struct group, group texts, keep area (at_end), state */
	size_t keep_at, window_at;
	uint32_t part_corr[TL_CORR_RULES]; /* index of the part that is a correlation, else NONE */
	uint64_t pending;		   /* parts hit in this pass */
	uint64_t evicted;
	uint64_t keep[FIELD_WORDS]; /* fields that wholes read of its hits when there is no event at hand */
	unsigned n_keep;	    /* texts these can be */
};

/* A hit of a correlation: waits for its wholes, and to be told. */
struct fired {
	uint32_t corr;
	struct window_result result;
	struct text_kept group[TL_CORR_FIELDS];
};

/* A group that the hits of this pass reach. */
struct target {
	struct hash128 key;
	uint64_t parts;
	bool by_event;	/* some detection rule among them */
	uint32_t link;	/* hits of correlations among them, index + 1 */
	struct fieldtext text[TL_CORR_FIELDS];
};

struct link {
	uint64_t fired;
	uint32_t next;
};

#define TARGET_SLOTS (2 * TARGETS_MAX)

/* One event, or one window that ended, and all that follows from it at that time. */
struct pass {
	const struct event *ev; /* NULL: a window ended */
	uint64_t now_ns, serial;
	uint64_t fired_from;
};

struct correlator {
	struct siphash_key key;
	unsigned n;
	struct corr *corr;
	const struct rule_meta *const *metas;

	uint32_t n_rules;     /* rule numbers that are known here are below */
	uint32_t *first_ref;  /* by rule number, n_rules + 1 entries into ref */
	struct part_ref *ref; /* who names the rule */

	uint64_t now_ns, serial;
	uint64_t deadline_ns;
	unsigned pending_words;
	uint64_t *pending; /* correlations to look at in this pass */
	struct pass pass;

	struct fieldtexts *texts;
	struct fired *fired; /* ring of FIRED_MAX */
	struct text_kept *kept; /* n_kept for each of them */
	unsigned n_kept;
	uint64_t head, told, tail; /* [head, told): given out; [told, tail): waiting */
	unsigned lost;

	struct target *target;
	uint32_t n_targets;
	uint16_t *target_slot; /* index + 1 */
	struct link *link;
	uint32_t n_links;
	struct hash128 *value, *value_list; /* VALUES_MAX; the same for each field of a tuple */
	struct fieldtext (*list)[TL_FIELDTEXT_LIST];
	struct window_result result;
};

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
			if (whole->part_corr[p] == NONE)
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

		k->keep_at = sizeof(struct group) + k->spec->n_group * sizeof(struct text_kept);
		k->window_at = k->keep_at + (k->shape.at_end ? k->n_keep * sizeof(struct text_kept) : 0);
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
	c->target = calloc(TARGETS_MAX, sizeof(*c->target));
	c->target_slot = calloc(TARGET_SLOTS, sizeof(*c->target_slot));
	c->link = calloc(LINKS_MAX, sizeof(*c->link));
	c->value = calloc(VALUES_MAX, sizeof(*c->value));
	c->value_list = calloc((size_t)TL_CORR_FIELDS * VALUES_MAX, sizeof(*c->value_list));
	c->list = calloc(TL_CORR_FIELDS, sizeof(*c->list));
	if (!c->pending || !c->fired || !c->kept || !c->target || !c->target_slot || !c->link || !c->value ||
	    !c->value_list || !c->list)
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
		window_shape_init(&c->corr[i].shape, specs[i]);
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned p = 0; p < specs[i]->n_rules; p++)
			if (!is_correlation(c, specs[i]->rule[p], &c->corr[i].part_corr[p]))
				c->corr[i].part_corr[p] = NONE;
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
	free(c->target);
	free(c->target_slot);
	free(c->link);
	free(c->value);
	free(c->value_list);
	free(c->list);
	free(c);
}

/* ---- entries of a group table ---- */

static struct text_kept *group_texts(struct group *g)
{
	return (struct text_kept *)(g + 1);
}

static struct text_kept *group_keep(const struct corr *k, struct group *g)
{
	return (struct text_kept *)((char *)g + k->keep_at);
}

static struct window *group_window(const struct corr *k, struct group *g)
{
	return (struct window *)((char *)g + k->window_at);
}

static void text_keep(struct text_kept *to, const struct fieldtext *from, enum field f)
{
	to->hash = from->hash;
	to->n = (uint16_t)from->n;
	to->field = (uint16_t)f;
	if (from->n)
		memcpy(to->p, from->p, from->n);
}

static struct fieldtext text_of(const struct text_kept *k)
{
	return (struct fieldtext){ .hash = k->hash, .p = k->p, .n = k->n };
}

static void corr_drop(struct corr *k, struct group *g)
{
	window_clear(&k->shape, group_window(k, g));
	group_drop(&k->table, g);
}

/* Room for one more: what expired goes for nothing, what had to live is counted. */
static void corr_make_room(struct corr *k, uint64_t now_ns)
{
	struct group *g;

	for (unsigned i = 0; i < 2 && (g = group_first(&k->table)) && g->expiry_ns < now_ns; i++)
		corr_drop(k, g);
	if (group_full(&k->table)) {
		k->evicted++;
		corr_drop(k, group_first(&k->table));
	}
}

/* ---- hits that wait ---- */

static struct fired *fired_at(const struct correlator *c, uint64_t i)
{
	return &c->fired[i % FIRED_MAX];
}

static struct text_kept *kept_at(const struct correlator *c, uint64_t i)
{
	return &c->kept[i % FIRED_MAX * c->n_kept];
}

static void pend(struct correlator *c, uint32_t rule)
{
	if (rule >= c->n_rules)
		return;
	for (uint32_t i = c->first_ref[rule]; i < c->first_ref[rule + 1]; i++) {
		c->corr[c->ref[i].corr].pending |= 1ULL << c->ref[i].part;
		c->pending[c->ref[i].corr / 64] |= 1ULL << (c->ref[i].corr % 64);
	}
}

/* c->result became true for @g. @keep: texts that hits without an event carry, n_keep of them, or NULL. */
static bool fire(struct correlator *c, uint32_t index, struct group *g, const struct text_kept *keep)
{
	struct corr *k = &c->corr[index];
	struct fired *f;

	if (c->tail - c->head == FIRED_MAX) {
		c->lost += !c->corr[index].meta->silenced;
		return false;
	}
	f = fired_at(c, c->tail);
	f->corr = index;
	f->result = c->result;
	memcpy(f->group, group_texts(g), k->spec->n_group * sizeof(*f->group));
	for (unsigned i = 0; i < k->n_keep; i++) {
		kept_at(c, c->tail)[i].field = F_MAX;
		if (keep)
			kept_at(c, c->tail)[i] = keep[i];
	}
	c->tail++;
	pend(c, k->spec->self);
	return true;
}

/* What a whole above @part would read of hit @fired: the texts of @f. Returns how many. */
static unsigned kept_texts(const struct correlator *c, uint64_t fired, enum field f, struct fieldtext *out)
{
	const struct text_kept *kept = kept_at(c, fired);
	unsigned n = 0, max = c->corr[fired_at(c, fired)->corr].n_keep;

	for (unsigned i = 0; i < max; i++)
		if (kept[i].field == f)
			out[n++] = text_of(&kept[i]);
	return n;
}

/* ---- where names are read ---- */

/* Texts of @s for a hit: of a correlation (@fired), or of the event. At most TL_FIELDTEXT_LIST. */
static unsigned source_texts(struct correlator *c, struct corr_source s, const uint64_t *fired, struct fieldtext *out)
{
	const struct fieldtext *text;
	unsigned n;

	if (fired) {
		const struct fired *f = fired_at(c, *fired);

		if (s.part_group >= 0 && (unsigned)s.part_group < c->corr[f->corr].spec->n_group) {
			out[0] = text_of(&f->group[s.part_group]);
			return 1;
		}
	}
	if (s.field >= F_MAX)
		return 0;
	if (!c->pass.ev)
		return fired ? kept_texts(c, *fired, s.field, out) : 0;
	n = fieldtexts_get(c->texts, c->pass.ev, s.field, &text);
	for (unsigned i = 0; i < n; i++)
		out[i] = text[i];
	return n;
}

static uint32_t source_values(struct correlator *c, struct corr_source s, const uint64_t *fired, struct hash128 *out)
{
	struct fieldtext *text = c->list[0];
	unsigned n;

	if (!(fired && s.part_group >= 0) && s.field < F_MAX && c->pass.ev)
		return fieldtexts_values(c->texts, c->pass.ev, s.field, out, VALUES_MAX);
	n = source_texts(c, s, fired, text);
	for (unsigned i = 0; i < n; i++)
		out[i] = text[i].hash;
	return n;
}

/* Appends to c->value the tuples that one hit brings. */
static uint32_t hit_values(struct correlator *c, const struct corr_spec *spec, const uint64_t *fired, uint32_t n)
{
	uint32_t count[TL_CORR_FIELDS], at[TL_CORR_FIELDS] = { 0 };
	unsigned i;

	for (i = 0; i < spec->n_value; i++) {
		count[i] = source_values(c, spec->value[i], fired, c->value_list + (size_t)i * VALUES_MAX);
		if (!count[i])
			return n;
	}
	while (n < VALUES_MAX) {
		struct hash128 tuple[TL_CORR_FIELDS];

		for (i = 0; i < spec->n_value; i++)
			tuple[i] = c->value_list[(size_t)i * VALUES_MAX + at[i]];
		c->value[n++] = spec->n_value == 1 ? tuple[0] :
						      siphash128(&c->key, tuple, spec->n_value * sizeof(*tuple));
		for (i = spec->n_value; i-- > 0;) {
			if (++at[i] < count[i])
				break;
			at[i] = 0;
		}
		if (i > spec->n_value) /* every wheel turned over */
			break;
	}
	return n;
}

/* ---- one pass: from hits to groups ---- */

static struct target *target_get(struct correlator *c, struct hash128 key)
{
	uint32_t s = (uint32_t)key.lo % TARGET_SLOTS;

	for (; c->target_slot[s]; s = (s + 1) % TARGET_SLOTS) {
		struct target *t = &c->target[c->target_slot[s] - 1];

		if (t->key.lo == key.lo && t->key.hi == key.hi)
			return t;
	}
	if (c->n_targets == TARGETS_MAX)
		return NULL;
	c->target[c->n_targets] = (struct target){ .key = key };
	c->target_slot[s] = (uint16_t)++c->n_targets;
	return &c->target[c->n_targets - 1];
}

static void targets_forget(struct correlator *c)
{
	for (uint32_t i = 0; i < c->n_targets; i++) {
		uint32_t s = (uint32_t)c->target[i].key.lo % TARGET_SLOTS;

		/* Every slot on the way belongs to a target that goes, too. */
		for (; c->target_slot[s]; s = (s + 1) % TARGET_SLOTS)
			c->target_slot[s] = 0;
	}
	c->n_targets = c->n_links = 0;
}

static void target_add(struct correlator *c, struct corr *k, unsigned part, const uint64_t *fired,
		       const struct fieldtext *text)
{
	struct hash128 hash[TL_CORR_FIELDS];
	struct target *t;
	unsigned n = k->spec->n_group;

	for (unsigned g = 0; g < n; g++)
		hash[g] = text[g].hash;
	t = target_get(c, siphash128(&c->key, hash, n * sizeof(*hash)));
	if (!t || (fired && c->n_links == LINKS_MAX)) {
		k->evicted++; /* a group that could not be had */
		return;
	}
	if (!t->parts)
		memcpy(t->text, text, n * sizeof(*text));
	t->parts |= 1ULL << part;
	if (!fired) {
		t->by_event = true;
		return;
	}
	c->link[c->n_links] = (struct link){ .fired = *fired, .next = t->link };
	t->link = ++c->n_links;
}

/* One hit reaches the group of every combination of its texts. */
static void hit_targets(struct correlator *c, struct corr *k, unsigned part, const uint64_t *fired)
{
	unsigned count[TL_CORR_FIELDS], at[TL_CORR_FIELDS] = { 0 }, g, n = k->spec->n_group;

	for (g = 0; g < n; g++) {
		count[g] = source_texts(c, k->spec->source[part][g], fired, c->list[g]);
		if (!count[g])
			return;
	}
	for (unsigned i = 0; i < TL_CORR_GROUPS_PER_HIT; i++) {
		struct fieldtext text[TL_CORR_FIELDS];

		for (g = 0; g < n; g++)
			text[g] = c->list[g][at[g]];
		target_add(c, k, part, fired, text);
		for (g = n; g-- > 0;) {
			if (++at[g] < count[g])
				break;
			at[g] = 0;
		}
		if (g > n)
			break;
	}
}

static void step_of_event(struct correlator *c, struct step *step)
{
	const struct fieldtext *guid;

	step->start_ns = c->pass.now_ns;
	step->seq = c->pass.ev->seq;
	step->cpu = c->pass.ev->cpu;
	if (fieldtexts_get(c->texts, c->pass.ev, F_process_id, &guid)) {
		step->guid_n = (uint8_t)utf8_cut(guid->p, guid->n, TL_STEP_GUID);
		memcpy(step->guid, guid->p, step->guid_n);
	}
}

static void target_step(struct correlator *c, const struct target *t, struct step *step)
{
	if (c->pass.ev) {
		step_of_event(c, step);
	} else {
		const struct window_result *r = &fired_at(c, c->link[t->link - 1].fired)->result;

		*step = r->step[r->n_steps - 1];
	}
	for (uint32_t i = t->link; i; i = c->link[i - 1].next)
		step->start_ns = MIN(step->start_ns, fired_at(c, c->link[i - 1].fired)->result.start_ns);
	step->time_ns = c->pass.now_ns;
	step->event = c->pass.serial;
}

static uint32_t target_values(struct correlator *c, const struct corr *k, const struct target *t)
{
	uint32_t n = 0;

	if (t->by_event)
		n = hit_values(c, k->spec, NULL, n);
	for (uint32_t i = t->link; i; i = c->link[i - 1].next)
		n = hit_values(c, k->spec, &c->link[i - 1].fired, n);
	return n;
}

/* What the hit of a whole, or a window's end, will carry of this event. */
static void target_keep(struct correlator *c, const struct corr *k, const struct target *t, struct text_kept *keep)
{
	unsigned n = 0;

	if (!c->pass.ev) {
		uint64_t fired = c->link[t->link - 1].fired;

		/* The part keeps at least what its wholes do, in the same order of fields. */
		for (unsigned i = 0; i < c->corr[fired_at(c, fired)->corr].n_keep; i++) {
			const struct text_kept *from = &kept_at(c, fired)[i];

			if (from->field < F_MAX && (k->keep[from->field / 64] >> (from->field % 64) & 1))
				keep[n++] = *from;
		}
	} else {
		for (unsigned f = 0; f < F_MAX; f++) {
			const struct fieldtext *text;
			unsigned m;

			if (!(k->keep[f / 64] >> (f % 64) & 1))
				continue;
			m = fieldtexts_get(c->texts, c->pass.ev, f, &text);
			for (unsigned i = 0; i < m && i < KEEP_LIST; i++)
				text_keep(&keep[n++], &text[i], f);
		}
	}
	for (; n < k->n_keep; n++)
		keep[n].field = F_MAX;
}

static struct group *target_group(struct correlator *c, struct corr *k, const struct target *t)
{
	struct group *g = group_find(&k->table, t->key);

	if (g || !window_begins(&k->shape, t->parts))
		return g;
	corr_make_room(k, c->pass.now_ns);
	g = group_open(&k->table, t->key, UINT64_MAX);
	for (unsigned i = 0; i < k->spec->n_group; i++)
		text_keep(&group_texts(g)[i], &t->text[i], F_MAX);
	return g;
}

static void target_apply(struct correlator *c, uint32_t index, const struct target *t)
{
	struct corr *k = &c->corr[index];
	struct window_hit hit = { .parts = t->parts };
	struct group *g;
	uint64_t expiry;

	if (k->spec->type == CORR_VALUE_COUNT) {
		hit.value = c->value;
		hit.n_values = target_values(c, k, t);
		if (!hit.n_values)
			return;
	}
	g = target_group(c, k, t);
	if (!g)
		return;

	target_step(c, t, &hit.step);
	if (k->shape.at_end && k->n_keep)
		target_keep(c, k, t, group_keep(k, g));
	if (window_hit(&k->shape, group_window(k, g), &hit, &c->result)) {
		if (fire(c, index, g, NULL) && !c->pass.ev && k->n_keep)
			target_keep(c, k, t, kept_at(c, c->tail - 1));
	}

	expiry = window_expiry(&k->shape, group_window(k, g));
	if (!expiry)
		corr_drop(k, g);
	else if (expiry != g->expiry_ns)
		group_expire_at(&k->table, g, expiry);
}

static void corr_pass(struct correlator *c, uint32_t index)
{
	struct corr *k = &c->corr[index];

	for (uint64_t m = k->pending; m; m &= m - 1) {
		unsigned part = (unsigned)__builtin_ctzll(m);

		if (k->part_corr[part] == NONE) {
			hit_targets(c, k, part, NULL);
			continue;
		}
		for (uint64_t i = c->pass.fired_from; i < c->tail; i++)
			if (fired_at(c, i)->corr == k->part_corr[part])
				hit_targets(c, k, part, &i);
	}
	k->pending = 0;
	for (uint32_t i = 0; i < c->n_targets; i++)
		target_apply(c, index, &c->target[i]);
	targets_forget(c);
}

/* Parts come before wholes: what fires here sets bits that are still ahead. */
static void pass_run(struct correlator *c)
{
	for (unsigned w = 0; w < c->pending_words; w++)
		while (c->pending[w]) {
			uint32_t index = w * 64 + (uint32_t)__builtin_ctzll(c->pending[w]);

			c->pending[w] &= c->pending[w] - 1;
			corr_pass(c, index);
		}
}

/* ---- windows that end ---- */

static struct corr *corr_next_end(const struct correlator *c, uint32_t *ret_index)
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

/* Judges the window that ends next if that is before @before_ns (NULL: whenever); a pass of its own. */
static bool close_next(struct correlator *c, const uint64_t *before_ns)
{
	uint32_t index = 0;
	struct corr *k = corr_next_end(c, &index);
	struct group *g = k ? group_first(&k->table) : NULL;

	if (!g || (before_ns && g->expiry_ns >= *before_ns))
		return false;

	c->now_ns = MAX(c->now_ns, g->expiry_ns);
	c->pass = (struct pass){ .now_ns = c->now_ns, .serial = ++c->serial, .fired_from = c->tail };
	if (window_close(&k->shape, group_window(k, g), g->expiry_ns, &c->result))
		fire(c, index, g, group_keep(k, g));
	corr_drop(k, g);
	pass_run(c);
	return true;
}

/* ---- telling ---- */

static void hit_fill(const struct correlator *c, const struct fired *f, struct hit *hit)
{
	const struct corr_spec *spec = c->corr[f->corr].spec;
	const struct window_result *r = &f->result;

	*hit = (struct hit){
		.rule = c->corr[f->corr].meta,
		.rule_no = spec->self,
		.time_ns = r->time_ns,
		.start_ns = r->start_ns,
		.n_group = spec->n_group,
		.n_steps = r->n_steps,
	};
	for (unsigned i = 0; i < spec->n_group; i++) {
		hit->group_name[i] = slice_of(spec->group_name[i]);
		hit->group_text[i] = (struct slice){ f->group[i].p, f->group[i].n };
	}
	for (unsigned i = 0; i < r->n_steps; i++) {
		const struct step *s = &r->step[i];

		hit->step[i] = (struct alert_step){
			.rule = slice_of(c->metas[spec->rule[s->part]]->identity),
			.guid = { s->guid, s->guid_n },
			.time_ns = s->time_ns,
			.seq = s->seq,
			.cpu = s->cpu,
		};
	}
}

static void tell(struct correlator *c, struct hits *out)
{
	for (; c->told < c->tail; c->told++) {
		const struct fired *f = fired_at(c, c->told);

		if (c->corr[f->corr].meta->silenced)
			continue;
		if (out->n == TL_HITS_MAX)
			break;
		hit_fill(c, f, &out->hit[out->n++]);
	}
	out->dropped += c->lost;
	c->lost = 0;
}

static void deadline_update(struct correlator *c)
{
	uint32_t index;
	const struct corr *k = corr_next_end(c, &index);

	c->deadline_ns = k ? group_first(&k->table)->expiry_ns : UINT64_MAX;
	if (c->told < c->tail)
		c->deadline_ns = 0;
}

void correlator_event(struct correlator *c, const struct event *ev, uint64_t time_ns, const struct corr_hit *hits,
		      unsigned n_hits, struct hits *out)
{
	uint64_t now = MAX(time_ns, c->now_ns);

	c->head = c->told;
	if (c->deadline_ns < now)
		while (close_next(c, &now))
			;

	c->now_ns = now;
	c->pass = (struct pass){ .ev = ev, .now_ns = now, .serial = ++c->serial, .fired_from = c->tail };
	fieldtexts_reset(c->texts);
	for (unsigned i = 0; i < n_hits; i++)
		if (!hits[i].hit)
			pend(c, hits[i].rule);
	pass_run(c);
	tell(c, out);
	deadline_update(c);
}

bool correlator_finish(struct correlator *c, struct hits *out)
{
	unsigned before = out->n;
	bool closed;

	c->head = c->told;
	do
		closed = close_next(c, NULL);
	while (closed && c->tail - c->told < TL_HITS_MAX);
	tell(c, out);
	deadline_update(c);
	return out->n > before || c->told < c->tail || closed;
}

uint64_t correlator_next_deadline(const struct correlator *c)
{
	return c->deadline_ns;
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
	bool keep = to->shape.at_end && memcmp(to->keep, from->keep, sizeof(to->keep)) == 0;

	to->evicted += from->evicted;
	if (to->shape.size != from->shape.size || to->spec->n_group != from->spec->n_group)
		return;
	for (uint32_t i = 0; i < from->table.live; i++) {
		struct group *old = group_at(&from->table, i), *new;

		corr_make_room(to, now_ns);
		new = group_open(&to->table, old->key, old->expiry_ns);
		new->order = old->order;
		group_expire_at(&to->table, new, old->expiry_ns); /* the order counts among equals */
		memcpy(group_texts(new), group_texts(old), to->spec->n_group * sizeof(struct text_kept));
		for (unsigned t = 0; t < to->n_keep && to->shape.at_end; t++)
			group_keep(to, new)[t].field = F_MAX;
		if (keep)
			memcpy(group_keep(to, new), group_keep(from, old), to->n_keep * sizeof(struct text_kept));
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
	deadline_update(c);
}
