/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* writer.c - the thread that drains the queue into every output
 *
 * A round: take what the queue holds (bounded), write and sync the record file, then the copies. Nothing in a round waits for
 * a receiver: what cannot be sent stays in the backlog of its output, in memory and bounded, and is tried again after a while.
 * A full backlog gives up its oldest alerts of the lowest level, counted; of the record file too: a disk that refuses must not
 * stop the reading of events. While it refuses, what waits in memory is told as not durable (stats.behind).
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "core/queue.h"
#include "outputs/backlog.h"
#include "outputs/encoders.h"
#include "outputs/sink.h"

#define RECORD_BACKLOG (16 * 1024 * 1024)
#define COPY_BACKLOG   (4 * 1024 * 1024)
#define ROUND_ALERTS   256 /* taken before the record file is synced */
#define ROUND_LINES    256 /* of a copy, before the record file has its turn again */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
#define BUSY_MIN_MS    2 /* EAGAIN: the receiver is there, only slower */
#define BUSY_MAX_MS    200
#define STOP_RETRY_MS  20

struct output {
	struct output_config config; /* name and path are not used after writer_new */
	const struct encoder *encoder;
	struct encode_options options;
	struct sink sink;
	struct backlog backlog;
	struct line *current;	      /* being sent, maybe in part: never given up */
	struct line_list unsynced;    /* record: written, not yet durable */
	uint64_t n_unsynced, handled; /* record: alerts that are durable or need not be */
	unsigned backoff_ms;
	uint64_t retry_at_ms;
	bool reopen_due;
	struct output_stats stats;
};

struct writer {
	struct output *output;
	unsigned n_outputs;
	struct queue *queue;
	struct buf buf; /* one line, TL_LINE_MAX */
	pthread_t thread;
	bool started;
	uint64_t stop_at_ms; /* 0 = runs on */
	bool reopen;
	uint64_t taken, durable;
};

#define load(p)	    __atomic_load_n(p, __ATOMIC_RELAXED)
#define store(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
/* Only the writer thread adds. */
#define count(p, v) store(p, load(p) + (v))

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- one output ---- */

static uint64_t output_behind(const struct output *o)
{
	return o->backlog.n + o->n_unsynced + (o->current != NULL);
}

static void output_failed(struct output *o, int r)
{
	bool busy = r == -EAGAIN || r == -ENOBUFS;
	unsigned min = busy ? BUSY_MIN_MS : BACKOFF_MIN_MS, max = busy ? BUSY_MAX_MS : BACKOFF_MAX_MS;

	o->backoff_ms = o->backoff_ms ? MIN(MAX(o->backoff_ms * 2, min), max) : min;
	o->retry_at_ms = now_ms() + o->backoff_ms;
	count(&o->stats.retries, 1);
	store(&o->stats.last_errno, -r);
}

static void output_healthy(struct output *o)
{
	o->backoff_ms = 0;
	o->retry_at_ms = 0;
	if (!o->reopen_due)
		store(&o->stats.last_errno, 0);
}

static void output_drop(struct output *o, struct line *line)
{
	free(line);
	count(&o->stats.dropped, 1);
	o->handled++;
}

/* Makes room by giving up what matters least, the new line included. */
static void output_push(struct output *o, struct line *line)
{
	while (!backlog_fits(&o->backlog, line->n)) {
		struct line *victim = backlog_pop_lowest(&o->backlog, line->level);

		if (!victim) {
			output_drop(o, line);
			return;
		}
		output_drop(o, victim);
	}
	backlog_push(&o->backlog, line);
}

static bool output_wants(const struct output *o, const struct alert *a)
{
	enum level l = a->level == LEVEL_NONE ? LEVEL_MEDIUM : a->level;

	/* What the sensor says of itself explains gaps: the record file has all of it. */
	return l >= o->config.min_level || (o->config.record && a->kind == ALERT_SELF);
}

static void output_take(struct output *o, struct buf *b, const struct alert *a)
{
	struct line *line;
	int r;

	if (!output_wants(o, a)) {
		o->handled++;
		return;
	}
	buf_reset(b, 0);
	r = o->encoder->encode(b, a, &o->options);
	line = r < 0 ? NULL : line_new((struct slice){ b->p, b->n }, a->level);
	if (!line) { /* max_bytes is smaller than the smallest line, or out of memory */
		store(&o->stats.last_errno, r < 0 ? -r : ENOMEM);
		output_drop(o, NULL);
		return;
	}
	if (r > 0)
		count(&o->stats.truncated, 1);
	output_push(o, line);
}

/* Sends the next line; it is the caller's then. NULL: nothing to send, or *ret_error. */
static struct line *output_send_one(struct output *o, int *ret_error)
{
	struct line *line = o->current ? o->current : backlog_pop(&o->backlog);
	int r;

	*ret_error = 0;
	if (!line)
		return NULL;
	o->current = line;
	r = sink_send(&o->sink, (struct slice){ line->p, line->n });
	if (r < 0) {
		*ret_error = r;
		return NULL;
	}
	o->current = NULL;
	return line;
}

static void output_sent(struct output *o, struct line *line)
{
	count(&o->stats.sent, 1);
	count(&o->stats.bytes, line->n);
	free(line);
}

/* After a failed fdatasync the kernel may have dropped the pages and marked them clean: what was written
 * since the last success is written again. An alert may then stand twice, with the same id. */
static int record_sync(struct output *o)
{
	struct line *line;
	int r = o->unsynced.head ? sink_sync(&o->sink) : 0;

	if (r < 0) {
		backlog_return(&o->backlog, &o->unsynced);
		o->n_unsynced = 0;
		return r;
	}
	while ((line = line_list_pop(&o->unsynced)))
		output_sent(o, line);
	o->handled += o->n_unsynced;
	o->n_unsynced = 0;
	return 0;
}

static void record_flush(struct output *o)
{
	struct line *line;
	int r, sync;

	while ((line = output_send_one(o, &r))) {
		line_list_append(&o->unsynced, line);
		o->n_unsynced++;
	}
	sync = record_sync(o);
	if (r < 0 || sync < 0)
		output_failed(o, r < 0 ? r : sync);
	else
		output_healthy(o);
}

/* Will never succeed: too long for the socket, or nobody reads any more. */
static bool is_final(const struct output *o, int r)
{
	return r == -EMSGSIZE || (r == -EPIPE && o->sink.type == SINK_STDOUT);
}

static void copy_flush(struct output *o)
{
	for (unsigned i = 0; i < ROUND_LINES; i++) {
		int r;
		struct line *line = output_send_one(o, &r);

		if (line) {
			output_sent(o, line);
			output_healthy(o);
		} else if (r < 0 && is_final(o, r)) {
			output_drop(o, TAKE_PTR(o->current));
			o->sink.done = 0;
			store(&o->stats.last_errno, -r);
		} else {
			if (r < 0)
				output_failed(o, r);
			return;
		}
	}
}

static void output_reopen(struct output *o)
{
	bool failed = o->reopen_due;
	int r = sink_reopen(&o->sink);

	o->reopen_due = r < 0;
	if (r < 0)
		output_failed(o, r);
	else if (failed)
		output_healthy(o);
	else
		o->retry_at_ms = 0; /* whether lines go through again is for the next one to show */
}

/* ---- the thread ---- */

/* Returns whether it stopped for the sake of the batch, with more to take. */
static bool take_alerts(struct writer *w)
{
	for (unsigned n = 0; n < ROUND_ALERTS; n++) {
		const struct alert *a = queue_peek(w->queue);

		if (!a)
			return false;
		for (unsigned i = 0; i < w->n_outputs; i++)
			output_take(&w->output[i], &w->buf, a);
		queue_pop(w->queue);
		count(&w->taken, 1);
	}
	return true;
}

static void publish(struct writer *w)
{
	uint64_t durable = w->taken;

	for (unsigned i = 0; i < w->n_outputs; i++) {
		struct output *o = &w->output[i];

		store(&o->stats.behind, output_behind(o));
		if (o->config.record)
			durable = MIN(durable, o->handled);
	}
	store(&w->durable, durable);
}

static void flush_outputs(struct writer *w, bool records, bool stopping)
{
	uint64_t now = now_ms();

	for (unsigned i = 0; i < w->n_outputs; i++) {
		struct output *o = &w->output[i];

		if (o->config.record != records || (now < o->retry_at_ms && !stopping))
			continue;
		if (o->reopen_due)
			output_reopen(o);
		if (output_behind(o) == 0)
			continue;
		if (records)
			record_flush(o);
		else
			copy_flush(o);
	}
}

/* Milliseconds until an output wants its turn; -1 = none. */
static int next_turn_ms(const struct writer *w, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < w->n_outputs; i++) {
		const struct output *o = &w->output[i];

		if (output_behind(o) || o->reopen_due)
			next = MIN(next, MAX(o->retry_at_ms, now));
	}
	return next == UINT64_MAX ? -1 : (int)(next - now);
}

static void wait_for_work(struct writer *w, uint64_t stop_at)
{
	struct pollfd pfd = { .fd = w->queue->wake_fd, .events = POLLIN };
	uint64_t now = now_ms(), woken;
	int timeout = next_turn_ms(w, now);

	if (timeout < 0 && queue_len(w->queue) > 0)
		timeout = BACKOFF_MIN_MS; /* no memory for the next one */
	if (stop_at)
		timeout = timeout < 0 ? STOP_RETRY_MS : MIN(timeout, STOP_RETRY_MS);
	if (poll(&pfd, 1, timeout) > 0 && read(w->queue->wake_fd, &woken, sizeof(woken)) < 0)
		return; /* EAGAIN: someone else has read it */
}

static bool idle(const struct writer *w)
{
	for (unsigned i = 0; i < w->n_outputs; i++)
		if (output_behind(&w->output[i]))
			return false;
	return queue_len(w->queue) == 0;
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;

	for (;;) {
		uint64_t stop_at = load(&w->stop_at_ms);
		bool more;

		if (__atomic_exchange_n(&w->reopen, false, __ATOMIC_ACQUIRE))
			for (unsigned i = 0; i < w->n_outputs; i++)
				output_reopen(&w->output[i]);
		more = take_alerts(w);
		flush_outputs(w, true, stop_at != 0);
		publish(w); /* what is durable need not wait for the copies */
		flush_outputs(w, false, stop_at != 0);
		publish(w);
		if (stop_at && (idle(w) || now_ms() >= stop_at))
			return NULL;
		if (!more)
			wait_for_work(w, stop_at);
	}
}

/* ---- the other threads' side ---- */

static int output_init(struct output *o, const struct output_config *c, const struct agent *agent, struct diag *diag)
{
	int r;

	o->config = *c;
	o->encoder = encoder_by_name(c->encoder);
	if (!o->encoder) {
		diag_add(diag, DIAG_ERROR, "", 0, 0, "output %s: no such format: %s", c->name, c->encoder);
		return -EINVAL;
	}
	r = sink_open(&o->sink, c, diag);
	if (r < 0)
		return r;
	o->options = (struct encode_options){ .agent = agent, .max_bytes = c->max_bytes };
	o->options.color = c->sink == SINK_STDOUT && isatty(o->sink.fd) && !getenv("NO_COLOR");
	o->backlog.cap = c->record ? RECORD_BACKLOG : COPY_BACKLOG;
	return 0;
}

int writer_new(const struct writer_config *c, struct writer **ret_writer, struct diag *diag)
{
	struct writer *w = calloc(1, sizeof(*w));
	int r = 0;

	if (!w)
		return -ENOMEM;
	tzset(); /* reads the zone; no file can be opened later */
	w->queue = c->queue;
	w->buf = (struct buf){ .p = malloc(TL_LINE_MAX), .cap = TL_LINE_MAX };
	w->output = calloc(MAX(c->n_outputs, 1), sizeof(w->output[0]));
	if (!w->buf.p || !w->output)
		r = -ENOMEM;
	for (unsigned i = 0; r == 0 && i < c->n_outputs; i++) {
		r = output_init(&w->output[i], &c->outputs[i], c->agent, diag);
		w->n_outputs += r == 0;
	}
	if (r < 0) {
		writer_free(w);
		return r;
	}
	*ret_writer = w;
	return 0;
}

int writer_start(struct writer *w)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->started = r == 0;
	return -r;
}

void writer_reopen(struct writer *w)
{
	__atomic_store_n(&w->reopen, true, __ATOMIC_RELEASE);
	queue_wake(w->queue);
}

static uint64_t records_dropped(const struct writer *w)
{
	uint64_t dropped = 0;

	for (unsigned i = 0; i < w->n_outputs; i++)
		if (w->output[i].config.record)
			dropped = MAX(dropped, load(&w->output[i].stats.dropped));
	return dropped;
}

uint64_t writer_stop(struct writer *w, unsigned timeout_ms)
{
	if (w->started) {
		store(&w->stop_at_ms, now_ms() + timeout_ms);
		queue_wake(w->queue);
		pthread_join(w->thread, NULL);
		w->started = false;
	}
	return queue_len(w->queue) + load(&w->taken) - load(&w->durable) + records_dropped(w);
}

void writer_free(struct writer *w)
{
	struct line *line;

	if (!w)
		return;
	for (unsigned i = 0; w->output && i < w->n_outputs; i++) {
		struct output *o = &w->output[i];

		while ((line = line_list_pop(&o->unsynced)))
			free(line);
		free(o->current);
		backlog_done(&o->backlog);
		sink_close(&o->sink);
	}
	free(w->output);
	free(w->buf.p);
	free(w);
}

void writer_output_stats(const struct writer *w, unsigned output, struct output_stats *ret_stats)
{
	const struct output_stats *s = &w->output[output].stats;

	*ret_stats = (struct output_stats){
		.sent = load(&s->sent),
		.bytes = load(&s->bytes),
		.retries = load(&s->retries),
		.dropped = load(&s->dropped),
		.truncated = load(&s->truncated),
		.last_errno = load(&s->last_errno),
		.behind = load(&s->behind),
	};
}

uint64_t writer_durable(const struct writer *w)
{
	return load(&w->durable);
}
