/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* proctab_table.h - the inside of the process table, shared by the files that keep it and that tell of it; nobody else */
#pragma once
#include "sensor/proctab.h"
#include "sensor/strpool.h"

#define GUID_MAX      48   /* 12 hex, '-', 10 digits, '-', 20 digits */
#define CHAIN_EXE     256  /* bytes of a path in the lineage of an alert */
#define CHAIN_CMDLINE 1024 /* bytes of an ancestor's command line in an alert; the actor's own is in the event */
#define NOBODY	      0U   /* index of no process */

enum list { LIST_LIVE, LIST_DEAD, LIST_KEPT, LISTS }; /* kept: grace is over, but it has children */

struct proc {
	/* Identity and links: the first cache line. */
	uint64_t start_time, last_ns, origin_start;
	uint32_t tgid, origin_tgid;
	uint32_t origin, parent; /* where the ancestors were found last: hints, checked by identity */
	uint32_t prev, next;	 /* of its list */
	uint32_t children;	 /* in the table that name it as origin */
	uint8_t list;
	bool pre_existing, kthread, image_known;
	/* Credentials and place, as last seen. */
	uint64_t cap_eff, cgroup, lineage_id;
	uint32_t uid, euid, gid, egid, ses;
	uint32_t lineage_slot;
	uint64_t prev_cap_eff;
	uint32_t prev_uid, prev_euid;
	strpool_t exe, args, cwd;
	uint64_t parent_start;
	uint32_t ppid;
	bool prev_known, args_truncated;
	uint8_t guid_n;
	char comm[WIRE_COMM];
	char guid[GUID_MAX];
};

struct proctab {
	struct proctab_config c;
	struct strpool strings;
	struct proc *proc; /* [0] is nobody */
	uint32_t n_procs, brk, free;
	uint32_t *index; /* open addressing by tgid; 0 = empty */
	uint32_t mask;
	uint64_t key;
	uint32_t head[LISTS], tail[LISTS]; /* oldest at the head */
	uint32_t n_list[LISTS];
	uint64_t now;
	char host[256], boot[13];
	size_t host_n;
	char *lineage_mem;
	uint64_t *lineage_ids, *lineage_used;
	uint64_t next_lineage;
	char tmp[WIRE_ARGS_MAX + CHAIN_CMDLINE];
	struct proctab_stats stats;
};

/* The process of this identity: at the index @hint, where it was found last, or by a search. NOBODY if unknown. */
uint32_t proctab_find_hinted(const struct proctab *t, uint32_t hint, uint32_t tgid, uint64_t start_time);
/* Who made @p, as far as the table knows; NOBODY else. */
uint32_t proctab_origin(struct proctab *t, struct proc *p);
/* Text without NUL; the length. Room for 20 bytes, and for GUID_MAX. */
size_t proctab_put_dec(char *to, uint64_t v);
size_t proctab_put_guid(const struct proctab *t, char *to, uint32_t tgid, uint64_t start_time);
/* Adds what the table knows of @p, then derives. */
void proctab_describe(struct proctab *t, struct proc *p, struct event *ev, const uint64_t *wanted);
