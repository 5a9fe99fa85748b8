/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/health.h"

#include <errno.h>

#include "core/log.h"

#define ULL(v)	      ((unsigned long long)(v))
#define STEP_NS	      ((int64_t)NSEC_PER_SEC)
#define TICK_SLACK_NS (100 * NSEC_PER_MSEC) /* a tick a little early must not wait for the next one */

static void pair_u64(struct alert *a, const char *key, uint64_t v)
{
	worker_tell_pair(a, key, "%llu", ULL(v));
}

/* ---- start, reload ---- */

static unsigned programs_attached(const struct probe *p, char *refused, size_t size)
{
	unsigned attached = 0;
	size_t n = 0;

	refused[0] = '\0';
	for (unsigned i = 0; i < p->n_programs; i++) {
		if (p->program[i].error == 0) {
			attached++;
			continue;
		}
		if (n < size)
			n += (size_t)snprintf(refused + n, size - n, "%s%s (%s)", n ? ", " : "", p->program[i].name,
					      strerror(p->program[i].error));
	}
	return attached;
}

static void pair_rules(struct alert *a, const struct compiled *c)
{
	pair_u64(a, "rules", c->rules);
	pair_u64(a, "rule_errors", c->errors);
	pair_u64(a, "rule_warnings", c->warnings);
	if (c->first[0])
		worker_tell_pair(a, "first_error", "%s", c->first);
}

void health_start(struct loop *l, const struct compiled *c)
{
	const struct sandbox *box = &l->s->box;
	char refused[400];
	unsigned attached = programs_attached(&l->s->probe, refused, sizeof(refused));
	struct alert *a =
		worker_tell(&l->worker, "tripline.start", c->errors ? LEVEL_MEDIUM : LEVEL_LOW, "Sensor started");

	log_info("started as user %s: %u rules (%u errors), %u of %u programs attached, Landlock ABI %u, self-test: %s",
		 box->user, c->rules, c->errors, attached, l->s->probe.n_programs, box->landlock_abi, box->self_test);
	if (refused[0])
		log_info("not attached, replaced where possible: %s", refused);
	if (l->s->snapshot_bad)
		log_warning("%llu records of the process snapshot made no sense", ULL(l->s->snapshot_bad));
	if (box->bounding_left)
		log_warning("started without CAP_SETPCAP: the capability bounding set could not be emptied");
	worker_tell_pair(a, "user", "%s", box->user);
	pair_rules(a, c);
	worker_tell_pair(a, "programs", "%u of %u", attached, l->s->probe.n_programs);
	if (refused[0])
		worker_tell_pair(a, "not_attached", "%s", refused);
	pair_u64(a, "landlock_abi", box->landlock_abi);
	worker_tell_pair(a, "seccomp", "%s", "kill process, all threads");
	worker_tell_pair(a, "self_test", "%s", box->self_test);
	pair_u64(a, "pre_existing", l->s->snapshot);
	pair_u64(a, "ring_bytes", l->s->probe.ring_bytes);
	worker_tell_push(&l->worker, a);
	l->next_heartbeat_ns = session_boot_ns() + l->config->heartbeat;
}

void health_reload(struct loop *l, const struct compiled *c)
{
	bool kept = c->error < 0;
	struct alert *a = worker_tell(&l->worker, "tripline.reload", kept || c->errors ? LEVEL_MEDIUM : LEVEL_LOW,
				      kept ? "Reload failed, the old rules stay" : "Rules reloaded");

	if (kept)
		log_error("cannot reload: %s%s; the old rules stay", c->first[0] ? c->first : strerror(-c->error),
			  c->error == -ENODATA ? " (nothing good among the rules)" : "");
	else
		log_info("reloaded: %u rules (%u errors)", c->rules, c->errors);
	if (kept)
		worker_tell_pair(a, "error", "%s", strerror(-c->error));
	pair_rules(a, c);
	worker_tell_push(&l->worker, a);
}

/* ---- numbers: at most TL_ALERT_PAIRS of them fit one alert ---- */

static void pair_sums(struct loop *l, struct alert *a, const struct probe_loss *loss)
{
	const struct worker *w = &l->worker;
	uint64_t known = w->received + loss->lost;

	pair_u64(a, "emitted", loss->emitted);
	pair_u64(a, "delivered", w->received);
	pair_u64(a, "lost", loss->lost);
	pair_u64(a, "queued", loss->emitted > known ? loss->emitted - known : 0);
}

static void pair_causes(struct alert *a, const struct probe_loss *loss)
{
	for (unsigned i = 0; i < WIRE_CAUSES; i++)
		if (loss->cause[i])
			pair_u64(a, probe_cause_name((enum wire_cause)i), loss->cause[i]);
}

void health_stop(struct loop *l)
{
	const struct worker *w = &l->worker;
	struct probe_loss loss;
	struct alert *a;
	uint64_t queued;

	probe_loss(&l->s->probe, &loss);
	a = worker_tell(&l->worker, "tripline.stop", LEVEL_LOW, "Sensor stopped");
	pair_sums(l, a, &loss);
	pair_causes(a, &loss);
	pair_u64(a, "alerts", w->alerts + 1);
	worker_tell_push(&l->worker, a);
	queued = loss.emitted - MIN(loss.emitted, w->received + loss.lost);
	log_info("stopped: emitted %llu = delivered %llu + lost %llu + queued %llu; %llu alerts", ULL(loss.emitted),
		 ULL(w->received), ULL(loss.lost), ULL(queued), ULL(w->alerts));
}

/* A number that is missing though the kernel counted no loss for it, with nothing left to read: should not happen. */
static uint64_t unaccounted(const struct loop *l, const struct probe_loss *loss)
{
	uint64_t missing = worker_missing(&l->worker);

	return ring_pending(&l->s->ring) == 0 && missing > loss->lost ? missing - loss->lost : 0;
}

static void tell_loss(struct loop *l, uint64_t now)
{
	struct worker *w = &l->worker;
	struct probe_loss loss;
	uint64_t unread;
	struct alert *a;

	/* Read before the counters: what is counted later cannot look unaccounted. */
	unread = worker_missing(w);
	probe_loss(&l->s->probe, &loss);
	unread = unread > loss.lost ? unaccounted(l, &loss) : 0;
	/* A record that an interrupt has overtaken looks missing for a moment: only what stays so counts. */
	unread = MIN(unread, l->seen_unread);
	l->seen_unread = unaccounted(l, &loss);
	if (loss.lost == l->told_lost && w->bad == l->told_bad && w->self_lost == l->told_self_lost &&
	    unread <= l->told_unread)
		return;
	if (now < l->next_loss_ns)
		return;
	a = worker_tell(w, "tripline.loss", LEVEL_MEDIUM, "Records were lost");
	if (!a)
		return;
	pair_sums(l, a, &loss);
	pair_causes(a, &loss);
	pair_u64(a, "bad_records", w->bad);
	pair_u64(a, "unaccounted", unread);
	pair_u64(a, "words_lost", w->self_lost);
	worker_tell_push(w, a);
	log_limited(LOG_LEVEL_WARNING, 6, "records lost: %llu more, %llu in all", ULL(loss.lost - l->told_lost),
		    ULL(loss.lost));
	l->told_lost = loss.lost;
	l->told_bad = w->bad;
	l->told_self_lost = w->self_lost;
	l->told_unread = unread;
	l->next_loss_ns = now + l->config->loss_interval;
}

static void tell_output(struct loop *l, unsigned i, const struct output_stats *st, bool turned)
{
	const char *title = !turned ? "Output gave up alerts" : st->last_errno ? "Output fails" : "Output works again";
	struct alert *a;

	if (!turned)
		log_limited(LOG_LEVEL_WARNING, 6, "output %s gave up %llu alerts", l->output_name[i],
			    ULL(st->dropped - l->output_dropped[i]));
	else if (st->last_errno)
		log_error("output %s fails: %s", l->output_name[i], strerror(st->last_errno));
	else
		log_info("output %s works again", l->output_name[i]);
	a = worker_tell(&l->worker, "tripline.output", turned && !st->last_errno ? LEVEL_LOW : LEVEL_MEDIUM, title);
	worker_tell_pair(a, "output", "%s", l->output_name[i]);
	if (st->last_errno)
		worker_tell_pair(a, "error", "%s", strerror(st->last_errno));
	pair_u64(a, "behind", st->behind);
	pair_u64(a, "dropped", st->dropped);
	worker_tell_push(&l->worker, a);
}

/* That an output fails or is well again is told at once, what it gave up also where it was well in between. */
static void tell_outputs(struct loop *l, uint64_t now)
{
	for (unsigned i = 0; i < l->n_outputs; i++) {
		struct output_stats st;
		bool turned;

		writer_output_stats(l->writer, i, &st);
		turned = (st.last_errno != 0) != (l->output_errno[i] != 0);
		if (!turned && (st.dropped == l->output_dropped[i] || now < l->next_dropped_ns))
			continue;
		tell_output(l, i, &st, turned);
		l->output_errno[i] = st.last_errno;
		if (st.dropped != l->output_dropped[i])
			l->next_dropped_ns = now + l->config->loss_interval;
		l->output_dropped[i] = st.dropped;
	}
}

static void tell_clock(struct loop *l)
{
	uint64_t offset = session_clock_offset();
	int64_t step = (int64_t)(offset - l->clock_offset_ns);
	struct alert *a;

	if (step > -STEP_NS && step < STEP_NS)
		return;
	l->clock_offset_ns = offset;
	a = worker_tell(&l->worker, "tripline.clock_step", LEVEL_LOW, "The wall clock was set");
	worker_tell_pair(a, "step_ns", "%lld", (long long)step);
	worker_tell_push(&l->worker, a);
	log_warning("the wall clock was set by %lld ms; times of events keep to the clock of the start",
		    (long long)step / 1000000);
}

/* Alerts given up and lines cut, of each output. */
static void pair_outputs(const struct loop *l, struct alert *a)
{
	for (unsigned i = 0; i < l->n_outputs; i++) {
		struct output_stats st;
		char key[32];

		writer_output_stats(l->writer, i, &st);
		(void)snprintf(key, sizeof(key), "output_%s", l->output_name[i]);
		worker_tell_pair(a, key, "%llu sent, %llu waiting, %llu dropped, %llu cut", ULL(st.sent),
				 ULL(st.behind), ULL(st.dropped), ULL(st.truncated));
	}
}

static void heartbeat(struct loop *l)
{
	const struct worker *w = &l->worker;
	struct proctab_stats ps;
	struct engine_stats es;
	struct probe_loss loss;
	struct alert *a = worker_tell(&l->worker, "tripline.heartbeat", LEVEL_INFORMATIONAL, "Sensor is alive");

	proctab_stats(l->s->procs, &ps);
	engine_stats(w->program.engine, &es);
	probe_loss(&l->s->probe, &loss);
	pair_sums(l, a, &loss);
	pair_u64(a, "alerts", w->alerts);
	worker_tell_pair(a, "hits", "%llu, %llu dropped", ULL(es.hits), ULL(es.hits_dropped));
	worker_tell_pair(a, "processes", "%llu, %llu of them dead, %llu without a known parent", ULL(ps.procs),
			 ULL(ps.dead), ULL(ps.unknown_parent));
	worker_tell_pair(a, "processes_evicted", "%llu dead, %llu live", ULL(ps.evicted_dead), ULL(ps.evicted_live));
	worker_tell_pair(a, "lineages", "%llu, %llu recycled", ULL(ps.lineages), ULL(ps.lineages_recycled));
	worker_tell_pair(a, "process_strings", "%llu bytes, %llu cut", ULL(ps.string_bytes), ULL(ps.strings_cut));
	worker_tell_pair(a, "correlation_groups", "%llu, %llu evicted", ULL(es.groups), ULL(es.groups_evicted));
	worker_tell_pair(a, "events", "%llu late, %llu with derived text cut", ULL(es.late), ULL(w->scratch_full));
	pair_outputs(l, a);
	worker_tell_push(&l->worker, a);
}

void health_tick(struct loop *l)
{
	uint64_t now = session_boot_ns();

	tell_loss(l, now);
	tell_outputs(l, now);
	tell_clock(l);
	if (now + TICK_SLACK_NS >= l->next_heartbeat_ns) {
		l->next_heartbeat_ns = MAX(l->next_heartbeat_ns, now - TICK_SLACK_NS) + l->config->heartbeat;
		heartbeat(l);
	}
}
