/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* output.h - encoders and sinks: an output is one of each
 *
 * An encoder turns an alert into bytes and knows nothing of descriptors; a sink sends bytes and knows nothing of
 * alerts. Both are chosen by name from outputs.def. Everything here runs on the writer thread, but for *_open and the
 * first sink_open, which run before the sandbox closes.
 */
#pragma once
#include "core/alert.h"
#include "core/buf.h"

#define TL_LINE_MAX (1024 * 1024)

/* What encoders say of the machine and the sensor: the same for every alert. Text; owned by the caller. */
struct agent {
	struct slice host, version, kernel, boot_id, machine_id;
	uint32_t pid;
};

struct encode_options {
	const struct agent *agent;
	size_t max_bytes; /* cap of the whole line; 0 = TL_LINE_MAX. Cut visibly, never inside an escape */
	bool color;	  /* text encoder: a terminal */
};

/* Appends one alert without LF. Returns 0, 1 if something was cut to make it fit, or -E2BIG if it cannot be made to fit (nothing
 * appended). */
typedef int encoder_fn(struct buf *b, const struct alert *a, const struct encode_options *o);

struct encoder {
	const char *name, *doc;
	encoder_fn *encode;
};

const struct encoder *encoder_by_name(const char *name); /* json cef syslog text, see outputs.def */

enum sink_type { SINK_FILE, SINK_SYSLOG, SINK_STDOUT };

/* By the names of outputs.def: 0 or -ENOENT. */
int sink_by_name(const char *name, enum sink_type *ret_type);
const char *sink_name(enum sink_type type);

/* Counters of one output; written by the writer thread, read by anyone (relaxed atomics). */
struct output_stats {
	uint64_t sent, bytes, retries, dropped, truncated;
	int last_errno;	 /* 0 = healthy */
	uint64_t behind; /* alerts waiting */
};

struct output_config {
	const char *name;    /* for messages and counters */
	const char *encoder; /* row of outputs.def */
	enum sink_type sink;
	const char *path;     /* file: created 0640 O_APPEND; syslog: socket path, default /dev/log */
	enum level min_level; /* filter */
	bool record;	      /* the record file: fdatasync after each batch, has all the sensor says of itself */
	size_t max_bytes;
};

/* The writer: drains the queue on its own thread into every output. */
struct writer;

struct writer_config {
	const struct output_config *outputs;
	unsigned n_outputs;
	const struct agent *agent;
	struct queue *queue;
};

/* Opens every output (paths, sockets) so that nothing but openat on directories that were opened here is needed later.
 * A file that cannot be opened is an error with its reason in *diag; a syslog socket that is absent is not (it may come). */
int writer_new(const struct writer_config *c, struct writer **ret_writer, struct diag *diag);
/* Starts the thread (all signals blocked). */
int writer_start(struct writer *w);
/* Thread safe: files are opened again (log rotation), soon. */
void writer_reopen(struct writer *w);
/* Drains the queue and copies' backlogs for at most @timeout_ms, then stops and joins the thread. Returns alerts not durable in the record file. */
uint64_t writer_stop(struct writer *w, unsigned timeout_ms);
void writer_free(struct writer *w);
void writer_output_stats(const struct writer *w, unsigned output, struct output_stats *ret_stats);
/* Alerts taken from the queue that are durable in the record file, or will not be there: kept out by its filter, or given up
 * and counted as dropped when its backlog was full (relaxed atomics). While the disk refuses this stands still; stats.behind and .last_errno tell. */
uint64_t writer_durable(const struct writer *w);
