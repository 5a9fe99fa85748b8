/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* worker.h - the hot path: ring -> decode -> process table -> rules -> score -> alert in the queue
 *
 * Main thread only; the one producer of the queue. Per event: no allocation, no lock, no system call.
 * A record counts as handled (ring_ack) only when the alerts it led to are durable: after a crash records repeat, none is skipped.
 */
#pragma once
#include "core/alert.h"
#include "core/queue.h"
#include "outputs/output.h"
#include "rules/ruleset.h"
#include "rules/score.h"
#include "sensor/session.h"

/* What a compiler hands over: belongs together. */
struct program {
	struct ruleset *rules;
	struct engine *engine;
	struct score_config score;
};

struct worker {
	struct session *s;
	struct queue *queue;
	struct writer *writer;
	unsigned record_output; /* number of the record file among the outputs */
	struct program program;
	struct hits hits;
	uint32_t slots_free; /* at least that many */
	/* Sequence numbers, per CPU: what was read against what was numbered. */
	uint64_t *next_seq;
	uint64_t received, bad, late, alerts, self_lost, scratch_full, hits_dropped;
	uint64_t alerts_acked; /* pushed, when the ring was acknowledged last */
};

enum worker_state {
	WORKER_IDLE,	/* everything that was there is read and acknowledged: the kernel wakes us */
	WORKER_MORE,	/* call again */
	WORKER_WAITING, /* read, or may not be read yet; the writer must catch up first */
	WORKER_BROKEN,	/* the ring makes no sense */
};

int worker_init(struct worker *w, struct session *s, struct queue *queue, struct writer *writer,
		unsigned record_output);
void worker_done(struct worker *w);
/* Reads what is there, but not more than a bounded batch. */
enum worker_state worker_run(struct worker *w);
/* Changes the rules between two events; windows of unchanged rules move over. Takes @p over and frees the old. */
void worker_take(struct worker *w, struct program *p);
void program_free(struct program *p);

/* Starts an alert of the sensor about itself, or NULL if the queue is full (counted). Add pairs, then worker_tell_push(). */
struct alert *worker_tell(struct worker *w, const char *id, enum level level, const char *title);
PRINTF(3, 4) void worker_tell_pair(struct alert *a, const char *key, const char *fmt, ...);
void worker_tell_push(struct worker *w, struct alert *a);
/* Numbered by the kernel up to the newest record of each CPU that was read, and not read: lost or still being written. */
uint64_t worker_missing(const struct worker *w);
