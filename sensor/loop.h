/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* loop.h - the sensor at work: waits for the ring, signals and the clock; reloads; speaks of its own health
 *
 * Main thread, with one more that compiles rules on SIGHUP and sleeps otherwise.
 *   loop_init (before the sandbox closes) -> loop_first_rules (after it) -> loop_run
 */
#pragma once
#include <pthread.h>

#include "sensor/worker.h"

#define LOOP_OUTPUTS 4

/* What a compilation needs and makes. Filled by whoever compiles, read after it was handed over. */
struct compiled {
	struct program program;
	int error; /* of ruleset_load or engine_new; -EINVAL: the configuration */
	unsigned rules, errors, warnings;
	char first[256]; /* first error, with its place */
};

struct loop {
	struct session *s;
	struct config *config;	 /* as started; reloadable options follow */
	const char *config_path; /* NULL: none was read */
	uid_t config_owner;
	struct queue *queue;
	struct writer *writer;
	unsigned n_outputs;
	const char *output_name[LOOP_OUTPUTS];
	struct worker worker;
	int epoll_fd, timer_fd, compile_fd, compiled_fd; /* eventfds: asks for a compilation; tells that one is there */
	pthread_t compiler;
	bool compiler_runs, compiler_stop, compiling, compile_again;
	struct compiled *compiled; /* atomic: from the compiler to the main thread */
	bool ring_watched, stop;
	/* Told so far. */
	uint64_t told_lost, told_unread, seen_unread, told_bad, told_self_lost, next_loss_ns, next_heartbeat_ns;
	uint64_t clock_offset_ns;
	int output_errno[LOOP_OUTPUTS];
	uint64_t output_dropped[LOOP_OUTPUTS]; /* told so far */
	uint64_t next_dropped_ns;
};

int loop_init(struct loop *l);
int loop_start_compiler(struct loop *l);
/* Compiles the rules for the first time. 0, or why there is nothing to work with (ruleset_load(), engine_new()). */
int loop_first_rules(struct loop *l);
/* Tells the start and works until SIGTERM or SIGINT; then drains, tells the stop. 0, or -EBADMSG: the ring makes no sense. */
int loop_run(struct loop *l);
void loop_done(struct loop *l);
