/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* session.h - the start that every live mode shares: kernel programs first, then no privilege at all
 *
 *   session_open (privileged) -> the mode opens its files -> session_drop -> threads -> session_seal -> session_begin
 *
 * Each returns 0, or -errno with a sentence in .why and the exit status of tripline(1) in .status. Main thread.
 */
#pragma once
#include "core/event.h"
#include "sensor/conf.h"
#include "sensor/decode.h"
#include "sensor/probe.h"
#include "sensor/proctab.h"
#include "sensor/ring.h"
#include "sensor/sandbox.h"

struct session {
	struct sandbox box;
	struct probe probe;
	struct ring ring;
	struct users *users;
	struct proctab *procs;
	struct decode_clock clock;
	struct event ev;
	int signal_fd;	   /* SIGTERM, SIGINT, SIGHUP; blocked on every thread */
	int lock_fd;	   /* held until the end; -1 */
	uint64_t snapshot; /* processes that were there before */
	uint64_t snapshot_bad;
	/* A process as this pid namespace sees it, to be found in the snapshot (0: none), and what it is there. */
	uint32_t seek_pid, pidns, found_tgid;
	uint64_t found_start;
	char host[256], kernel[256], boot_id[40], machine_id[40];
	char why[512];
	int status;
};

/* Wall clock minus boot-time clock, in ns; two readings around one, so that a preemption between them is small. */
uint64_t session_clock_offset(void);
uint64_t session_boot_ns(void);

void session_init(struct session *s);
/* Chooses the user, reads users and names of the machine, loads and attaches the programs, maps the ring. */
int session_open(struct session *s, const struct config *c);
/* A file for appending that the user to be can open again: directory (one level) and file are made and given to it if absent;
 * one that is there must be writable for it. */
int session_prepare_file(struct session *s, const char *path);
/* Takes @path for this sensor alone: two would mix their lines. A file that is not regular has no owner. */
int session_lock_file(struct session *s, const char *path);
/* Limits, ids, capabilities, Landlock, self-test: all of the sandbox that must come before threads. */
int session_drop(struct session *s, const struct sandbox_paths *paths);
/* The rest: no more processes, system call filter. */
int session_seal(struct session *s);
/* Takes memory and feeds the snapshot: the first foreign bytes that are read. @lineage_bytes: proctab.h. */
int session_begin(struct session *s, const struct config *c, size_t lineage_bytes);
/* Detaches the programs: what they emit from now on is nothing. */
void session_detach(struct session *s);
void session_close(struct session *s);
