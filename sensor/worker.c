/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/worker.h"

#include <errno.h>

#include "core/utf8.h"

#define BATCH_RECORDS	 16384 /* then signals and timers have their turn */
#define DESCRIPTION_MAX	 1024
#define QUEUE_RESERVE	 8 /* slots that rule hits leave to the sensor's own words */
#define SLOTS_PER_RECORD (TL_HITS_MAX + QUEUE_RESERVE)

_Static_assert(SLOTS_PER_RECORD < 128, "config.def: smallest queue_slots");

static const uint64_t nothing_wanted[FIELD_WORDS];

int worker_init(struct worker *w, struct session *s, struct queue *queue, struct writer *writer, unsigned record_output)
{
	*w = (struct worker){ .s = s, .queue = queue, .writer = writer, .record_output = record_output };
	w->next_seq = calloc(MAX(s->probe.n_cpus, 1), sizeof(*w->next_seq));
	return w->next_seq ? 0 : -ENOMEM;
}

void worker_done(struct worker *w)
{
	program_free(&w->program);
	free(w->next_seq);
	w->next_seq = NULL;
}

void program_free(struct program *p)
{
	engine_free(p->engine);
	ruleset_unref(p->rules);
	*p = (struct program){ 0 };
}

void worker_take(struct worker *w, struct program *p)
{
	struct program old = w->program;

	if (old.engine)
		engine_inherit(p->engine, old.engine);
	w->program = *p;
	*p = (struct program){ 0 };
	program_free(&old);
}

/* ---- alerts ---- */

static uint64_t lost_now(const struct worker *w)
{
	struct probe_loss loss;

	probe_loss(&w->s->probe, &loss);
	return loss.lost;
}

static struct alert *alert_start(struct worker *w, enum alert_kind kind, uint64_t time_ns)
{
	void *slot = queue_slot(w->queue);

	return slot ? alert_init(slot, kind, time_ns) : NULL;
}

static void alert_push(struct worker *w, struct alert *a)
{
	a->number = ++w->alerts;
	a->lost = lost_now(w);
	alert_set_id(a, slice_of(w->s->boot_id));
	queue_push(w->queue);
	if (w->slots_free)
		w->slots_free--;
}

static void fill_rule(struct alert *a, const struct rule_meta *m, const struct verdict *v)
{
	struct slice description = slice_of(m->description);

	a->level = m->level == LEVEL_NONE ? LEVEL_MEDIUM : m->level;
	a->score = v->score;
	a->lineage_score = v->lineage_score;
	a->by_lineage = v->by_lineage;
	a->rule_line = m->line;
	a->rule_id = alert_copy(a, slice_of(m->identity), NULL);
	a->title = alert_copy(a, slice_of(m->title), NULL);
	a->tags = alert_copy(a, m->tags, NULL);
	a->rule_file = alert_copy(a, slice_of(m->file), NULL);
	description.n = utf8_cut(description.p, description.n, DESCRIPTION_MAX);
	a->description = alert_copy(a, description, NULL);
}

static void fill_evidence(struct alert *a, const struct hit *h, const struct verdict *v)
{
	for (unsigned i = 0; i < h->n_steps; i++) {
		struct alert_step *s = &a->step[a->n_steps++];

		*s = h->step[i];
		s->rule = alert_copy(a, s->rule, NULL);
		s->guid = alert_copy(a, s->guid, NULL);
	}
	for (unsigned i = 0; i < h->n_group; i++)
		alert_add_pair(a, h->group_name[i], h->group_text[i]);
	for (unsigned i = 0; i < v->n_parts; i++) {
		struct alert_part *p = &a->part[a->n_parts++];

		*p = v->part[i];
		p->rule = alert_copy(a, p->rule, NULL);
	}
}

/* A correlation that is judged at the end of its window fires on a later, unrelated event. */
static bool hit_is_of(const struct hit *h, const struct event *ev)
{
	if (!h->rule->correlation)
		return true;
	if (h->n_steps)
		return h->step[h->n_steps - 1].cpu == ev->cpu && h->step[h->n_steps - 1].seq == ev->seq;
	return h->time_ns == ev->time_ns;
}

static void hit_handle(struct worker *w, struct proc *p, const struct hit *h, bool *completed)
{
	struct event *ev = &w->s->ev;
	bool of_event = hit_is_of(h, ev);
	struct lineage *l = of_event ? proctab_lineage(w->s->procs, p) : NULL;
	struct verdict v;
	struct alert *a;

	if (h->rule->correlation)
		score_replace(l, h);
	score_hit(&w->program.score, l, h->rule, h->time_ns, &v);
	if (!v.alert)
		return;
	a = alert_start(w, ALERT_RULE, h->time_ns);
	if (!a) { /* worker_run() asked for room before the record was read */
		w->self_lost++;
		return;
	}
	fill_rule(a, h->rule, &v);
	if (of_event) {
		if (!*completed)
			proctab_complete(w->s->procs, p, ev);
		*completed = true;
		alert_copy_event(a, ev);
	} else {
		event_set_str(&a->ev, F_host, alert_copy(a, slice_of(w->s->host), NULL));
	}
	a->start_ns = h->start_ns;
	a->end_ns = h->time_ns;
	fill_evidence(a, h, &v);
	if (of_event)
		proctab_chain(w->s->procs, p, a);
	alert_push(w, a);
}

struct alert *worker_tell(struct worker *w, const char *id, enum level level, const char *title)
{
	struct alert *a = alert_start(w, ALERT_SELF, session_boot_ns() + w->s->clock.offset_ns);

	if (!a) {
		w->self_lost++;
		return NULL;
	}
	a->level = level;
	a->score = level_score(level);
	a->rule_id = alert_copy(a, slice_of(id), NULL);
	a->title = a->description = alert_copy(a, slice_of(title), NULL);
	event_set_str(&a->ev, F_host, alert_copy(a, slice_of(w->s->host), NULL));
	return a;
}

void worker_tell_pair(struct alert *a, const char *key, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	if (!a)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	alert_add_pair(a, slice_of(key),
		       (struct slice){ text, utf8_cut(text, MIN((size_t)MAX(n, 0), sizeof(text) - 1), sizeof(text)) });
}

void worker_tell_push(struct worker *w, struct alert *a)
{
	if (!a)
		return;
	/* The id is a hash of the last event's place; these have none but their own number. */
	a->ev.seq = w->alerts + 1;
	alert_push(w, a);
}

/* ---- records ---- */

/* Numbers of one CPU may come out of order (an interrupt between numbering and writing), so only sums are compared. */
static void sequence_count(struct worker *w, const struct wire_head *head)
{
	w->received++;
	if (head->cpu < w->s->probe.n_cpus && head->seq >= w->next_seq[head->cpu])
		w->next_seq[head->cpu] = head->seq + 1;
}

uint64_t worker_missing(const struct worker *w)
{
	uint64_t numbered = 0;

	for (unsigned i = 0; i < w->s->probe.n_cpus; i++)
		numbered += w->next_seq[i];
	return numbered > w->received ? numbered - w->received : 0;
}

static void record_handle(struct worker *w, const void *record, size_t size)
{
	struct event *ev = &w->s->ev;
	const struct wire_head *head;
	const uint64_t *wanted;
	bool completed = false;
	struct proc *p;

	if (decode_record(ev, &w->s->clock, record, size, &head) < 0) {
		w->received++;
		w->bad++;
		return;
	}
	sequence_count(w, head);
	wanted = w->program.rules && ruleset_wants(w->program.rules, ev->category) ? ruleset_fields(w->program.rules)
										   : nothing_wanted;
	p = proctab_event(w->s->procs, ev, head, wanted);
	if (w->program.engine) {
		engine_eval(w->program.engine, ev, &w->hits);
		w->hits_dropped += w->hits.dropped;
		for (unsigned i = 0; i < w->hits.n; i++)
			hit_handle(w, p, &w->hits.hit[i], &completed);
	}
	w->scratch_full += ev->scratch_full;
}

static bool queue_has_room(struct worker *w)
{
	if (w->slots_free < SLOTS_PER_RECORD)
		w->slots_free = w->queue->mask + 1 - queue_len(w->queue);
	return w->slots_free >= SLOTS_PER_RECORD;
}

/* Whether every alert that was pushed is safe, or cannot be made so: a disk that refuses must not stop the reading. */
static bool alerts_settled(struct worker *w)
{
	uint64_t durable = writer_durable(w->writer);
	struct output_stats st;

	if (durable >= w->alerts)
		return true;
	writer_output_stats(w->writer, w->record_output, &st);
	/* When it refuses, the copies have them and the record file has them waiting, counted. */
	return st.last_errno && !queue_len(w->queue);
}

static bool acknowledge(struct worker *w)
{
	if (w->alerts != w->alerts_acked && !alerts_settled(w))
		return false;
	w->alerts_acked = w->alerts;
	ring_ack(&w->s->ring);
	return true;
}

static uint64_t unacknowledged(const struct worker *w)
{
	return w->s->ring.pos - *w->s->ring.consumer;
}

enum worker_state worker_run(struct worker *w)
{
	struct ring *ring = &w->s->ring;
	uint64_t batch = ring->size / 4;
	const void *record;
	size_t size;
	int r = 1;

	for (unsigned n = 0; n < BATCH_RECORDS; n++) {
		if (unacknowledged(w) >= batch && !acknowledge(w))
			return WORKER_WAITING;
		if (!queue_has_room(w))
			return WORKER_WAITING;
		r = ring_next(ring, &record, &size);
		if (r <= 0)
			break;
		record_handle(w, record, size);
	}
	if (r < 0)
		return WORKER_BROKEN;
	if (!acknowledge(w))
		return r == 0 ? WORKER_WAITING : WORKER_MORE;
	return r == 0 ? WORKER_IDLE : WORKER_MORE;
}
