/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* proctab.h - live and recently dead processes, by (tgid, start time)
 *
 * Filled from fork, exec, exit, rename and cred records and, once, from the task snapshot. Main thread only.
 * Memory: one slab and one string pool taken in proctab_new; a full table evicts (longest dead, then least recently
 * used; both counted), it never fails.
 */
#pragma once
#include "bpf/wire.h"
#include "core/alert.h"
#include "core/event.h"

struct proctab;
struct proc;
struct users;

struct proctab_config {
	unsigned max_procs;   /* default 65536 */
	size_t string_bytes;  /* default 64 MiB: exe, args, cwd of all */
	uint64_t grace_ns;    /* how long a dead process is still found: default 10 s */
	struct slice boot_id; /* text for ProcessGuid (12 hex digits) */
	struct slice host;    /* Computer */
	const struct users *users;
	size_t lineage_bytes;  /* size of one lineage's memory */
	unsigned max_lineages; /* default 4096 */
};

struct proctab_stats {
	uint64_t procs, dead, evicted_dead, evicted_live, unknown_parent, string_bytes, strings_cut, lineages,
		lineages_recycled;
};

int proctab_new(const struct proctab_config *c, struct proctab **ret_tab);
void proctab_free(struct proctab *t);

/* Takes in one decoded record (all kinds) and adds to @ev what the table knows: ProcessGuid, User, Image, Args, CurrentDirectory (where the
 * record has none), Parent*, LineageGuids, Previous*, PreExisting, Computer. Only fields in @wanted (FIELD_WORDS) are
 * derived; NULL = all. Then event_derive(ev) has been called too. Returns the process (borrowed until the next call). */
struct proc *proctab_event(struct proctab *t, struct event *ev, const struct wire_head *head, const uint64_t *wanted);

/* Derives what proctab_event() left out because nobody had asked: for an event that becomes an alert or a recording.
 * @p is what proctab_event() returned for @ev; call before any other proctab_event(). */
void proctab_complete(struct proctab *t, struct proc *p, struct event *ev);
/* Fills .chain of the alert: the actor, then its ancestors (by who created whom, so that a re-parented child keeps them). */
void proctab_chain(struct proctab *t, const struct proc *p, struct alert *a);
/* Memory of config.lineage_bytes (zeroed when new), shared by a whole lineage: the process and its relatives below the topmost
 * ancestor with the same audit session and cgroup (never pid 1 or a kernel thread). What is in it is the business of rules/score.h.
 * A full pool recycles the least recently used lineage, counted. Valid until the next proctab_* call. */
void *proctab_lineage(struct proctab *t, struct proc *p);
/* Whether @p is the process @tgid that was there at @start_time, or descends from it. */
bool proctab_descends(struct proctab *t, const struct proc *p, uint32_t tgid, uint64_t start_time);
void proctab_stats(const struct proctab *t, struct proctab_stats *ret_stats);

/* User names by id, read from passwd(5) before the drop. */
int users_read(const char *path, struct users **ret_users);
void users_free(struct users *u);
const char *users_name(const struct users *u, uint32_t uid); /* NULL if unknown */
