/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/correlator.h"

#include "core/utf8.h"

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

/* c->result became true for @g. If it cannot wait it is lost, counted. */
static void fire(struct correlator *c, uint32_t index, struct group *g)
{
	struct corr *k = &c->corr[index];
	struct fired *f;

	if (c->tail - c->head == FIRED_MAX) {
		c->lost += !k->meta->silenced;
		return;
	}
	f = fired_at(c, c->tail);
	f->corr = index;
	f->result = c->result;
	memcpy(f->group, group_texts(g), k->spec->n_group * sizeof(*f->group));
	if (!c->pass.ev && k->n_keep)
		memcpy(kept_at(c, c->tail), f->result.keep, k->shape.keep_size);
	c->tail++;
	pend(c, k->spec->self);
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
		c->value[n++] =
			spec->n_value == 1 ? tuple[0] : siphash128(&c->key, tuple, spec->n_value * sizeof(*tuple));
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
	step->origin =
		c->pass.ev->live ? c->pass.serial : c->pass.ev->seq; /* lines of a recording arrived in their order */
	step->seq = c->pass.ev->seq;
	step->cpu = c->pass.ev->cpu;
	if (fieldtexts_get(c->texts, c->pass.ev, F_process_id, &guid)) {
		step->guid_n = (uint8_t)utf8_cut(guid->p, guid->n, TL_STEP_GUID);
		memcpy(step->guid, guid->p, step->guid_n);
	}
}

/* The hit of a correlation that reached @t last. */
static uint64_t target_latest(const struct correlator *c, const struct target *t)
{
	return c->link[t->link - 1].fired;
}

static void target_step(struct correlator *c, const struct target *t, struct step *step)
{
	if (c->pass.ev) {
		step_of_event(c, step);
	} else {
		const struct window_result *r = &fired_at(c, target_latest(c, t))->result;

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

/* What goes with the step, for wholes that read fields of its event after that is gone. */
static void target_keep(struct correlator *c, const struct corr *k, const struct target *t, struct text_kept *keep)
{
	unsigned n = 0;

	if (!c->pass.ev) {
		uint64_t fired = target_latest(c, t);

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

/* Numbers of a field count once per event, however many hits of parts carry them. */
static uint32_t target_numbers(struct correlator *c, const struct corr *k, const struct target *t)
{
	struct corr_source s = k->spec->value[0];
	bool taken = false;
	uint32_t n = 0;

	if (t->by_event && s.field < F_MAX) {
		n = fieldtexts_numbers(c->texts, c->pass.ev, s.field, c->number, VALUES_MAX);
		taken = true;
	}
	for (uint32_t i = t->link; i; i = c->link[i - 1].next) {
		uint64_t fired = c->link[i - 1].fired;
		bool own =
			s.part_group >= 0 && (unsigned)s.part_group < c->corr[fired_at(c, fired)->corr].spec->n_group;
		struct fieldtext *text = c->list[0];
		unsigned m;

		if (!own && taken)
			continue;
		taken |= !own;
		if (!own && c->pass.ev && s.field < F_MAX) {
			n += fieldtexts_numbers(c->texts, c->pass.ev, s.field, c->number + n, VALUES_MAX - n);
			continue;
		}
		m = source_texts(c, s, &fired, text);
		for (unsigned j = 0; j < m && n < VALUES_MAX; j++)
			n += fieldtext_number((struct slice){ text[j].p, text[j].n }, &c->number[n]);
	}
	return n;
}

/* What the measure is of; false if the event has nothing to give. */
static bool target_measure(struct correlator *c, const struct corr *k, const struct target *t, struct window_hit *hit)
{
	switch (k->spec->type) {
	case CORR_VALUE_COUNT:
		hit->value = c->value;
		hit->n_values = target_values(c, k, t);
		return hit->n_values;
	case CORR_VALUE_SUM:
	case CORR_VALUE_AVG:
	case CORR_VALUE_PERCENTILE:
		hit->number = c->number;
		hit->n_numbers = target_numbers(c, k, t);
		return hit->n_numbers;
	case CORR_EVENT_COUNT:
	case CORR_TEMPORAL:
	case CORR_TEMPORAL_ORDERED:
		break;
	}
	return true;
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

/* After its state changed: a group stands where it expires, or goes. */
static void corr_settle(struct corr *k, struct group *g)
{
	uint64_t expiry = window_expiry(&k->shape, group_window(k, g));

	if (!expiry)
		corr_drop(k, g);
	else if (expiry != g->expiry_ns)
		group_expire_at(&k->table, g, expiry);
}

static void target_apply(struct correlator *c, uint32_t index, const struct target *t)
{
	struct corr *k = &c->corr[index];
	struct window_hit hit = { .parts = t->parts };
	struct group *g;

	if (!target_measure(c, k, t, &hit))
		return;
	g = target_group(c, k, t);
	if (!g)
		return;

	target_step(c, t, &hit.step);
	if (k->shape.keep_size) {
		target_keep(c, k, t, c->keep);
		hit.keep = c->keep;
	}
	if (window_hit(&k->shape, group_window(k, g), &hit, &c->result))
		fire(c, index, g);
	k->evicted += hit.lost;
	corr_settle(k, g);
}

static void corr_pass(struct correlator *c, uint32_t index)
{
	struct corr *k = &c->corr[index];

	for (uint64_t m = k->pending; m; m &= m - 1) {
		unsigned part = (unsigned)__builtin_ctzll(m);

		if (k->part_corr[part] == CORR_NONE) {
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
		fire(c, index, g);
	corr_settle(k, g);
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
