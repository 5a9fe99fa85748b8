/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* common.bpf.h - how every program emits: number, place, fill, deliver; and the maps that all share
 *
 * A record takes its number first (emit_begin), whatever happens then. From there each way out is either
 * emit_delivered() or emit_lost() with a cause, so that emitted = delivered + lost, to the record.
 */
#pragma once
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/wire.h"

/* ---- maps, defined in maps.bpf.c ---- */

struct events_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20); /* the loader sets it */
};

struct stats_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the loader sets it: possible CPUs */
	__type(key, u32);
	__type(value, struct wire_stats);
};

struct knobs_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct wire_knobs);
};

/* Where a record of variable length is built. Strings are appended at offsets below SLOT_OFF_MASK + 1, each of at most
 * WIRE_ARGS_MAX bytes: the buffer holds both, whatever the verifier thinks of the offset. */
#define SLOTS	      4
#define SLOT_OFF_MASK 0x3fff
#define SLOT_RECORD   (SLOT_OFF_MASK + 1 + WIRE_ARGS_MAX)
#define SLOT_NAME     256 /* longest file name, NUL included */

struct slot {
	u32 busy;
	u32 reserved;
	char path[WIRE_PATH_MAX + SLOT_NAME]; /* a path grows here, from its end towards its start */
	char record[SLOT_RECORD] __attribute__((aligned(8)));
};

struct gadget_heap_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct slot);
};

extern struct events_map events SEC(".maps");
extern struct stats_map stats SEC(".maps");
extern struct knobs_map knobs SEC(".maps");
extern struct gadget_heap_map gadget_heap SEC(".maps");

/* ---- functions of other objects; verified once each, by themselves ---- */

/* Writes the path of (mnt, dentry) at @off of the record in slot @index. Length, PATH_TRUNCATED set if it is only the
 * end of a longer one; 0 if there is none. path.bpf.c */
#define PATH_TRUNCATED 0x10000
int path_put(u32 index, u64 mnt, u64 dentry, u32 off);

/* Gadgets' parts of the one sys_exit program; native numbers. syscall.bpf.c calls them. */
int exec_failed(u32 nr, s64 ret, u32 compat);
int cred_changed(u32 nr, u32 compat);
int tcp_accepted(s64 fd, u32 compat);
int tcp_connect_failed(u64 fd, u64 addr, s64 ret, u32 compat);

/* ---- numbering and accounting ---- */

struct emit {
	struct wire_stats *stats;
	u64 seq;
	u32 cpu;
	u32 kind;
};

/* False if the kind is muted: then nothing happened. */
static __always_inline bool emit_begin(struct emit *e, u32 kind)
{
	u32 zero = 0, cpu = bpf_get_smp_processor_id();
	struct wire_knobs *k = bpf_map_lookup_elem(&knobs, &zero);
	struct wire_stats *st = bpf_map_lookup_elem(&stats, &cpu);
	u64 muted;

	if (!k || !st)
		return false;
	muted = *(volatile u32 *)&k->muted;
	if (muted != st->muted_seen) {
		st->muted_seen = muted;
		__sync_fetch_and_add(&st->knob_changes, 1);
	}
	if (muted >> kind & 1)
		return false;
	e->stats = st;
	e->cpu = cpu;
	e->kind = kind;
	e->seq = __sync_fetch_and_add(&st->emitted, 1);
	return true;
}

static __always_inline void emit_lost(struct emit *e, enum wire_cause cause)
{
	__sync_fetch_and_add(&e->stats->lost[cause], 1);
}

static __always_inline void emit_delivered(struct emit *e)
{
	__sync_fetch_and_add(&e->stats->delivered[e->kind & 7], 1);
}

/* Room of constant size, or NULL and the loss is counted. The memory is not zeroed by the kernel. */
#define emit_reserve(e, size)                                                                                          \
	({                                                                                                             \
		void *room_ = bpf_ringbuf_reserve(&events, (size), 0);                                                 \
		if (!room_)                                                                                            \
			emit_lost((e), WIRE_LOST_RING);                                                                \
		room_;                                                                                                 \
	})

/* Kinds that a user can make at will leave a quarter of the ring to those that tell who is there. */
#define emit_reserve_floodable(e, size)                                                                                \
	({                                                                                                             \
		void *place_ = NULL;                                                                                   \
		if (emit_ring_is_short())                                                                              \
			emit_lost((e), WIRE_LOST_RESERVED);                                                            \
		else                                                                                                   \
			place_ = emit_reserve((e), (size));                                                            \
		place_;                                                                                                \
	})

extern const volatile __u64 ring_floodable;

static __always_inline bool emit_ring_is_short(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > ring_floodable;
}

static __always_inline void emit_submit(struct emit *e, void *rec)
{
	bpf_ringbuf_submit(rec, 0);
	emit_delivered(e);
}

static __always_inline void head_fill(struct wire_head *h, const struct emit *e, u32 size)
{
	h->size = size;
	h->kind = e->kind;
	h->cpu = e->cpu;
	h->seq = e->seq;
	h->time = bpf_ktime_get_boot_ns();
}

/* ---- the process block ---- */

static __always_inline bool task_is_compat(struct task_struct *t)
{
#if defined(__TARGET_ARCH_x86)
	return t->thread_info.status & TS_COMPAT;
#else
	return t->thread_info.flags >> TIF_32BIT & 1;
#endif
}

static __always_inline void proc_fill_ids(struct wire_proc *p, struct task_struct *t)
{
	const struct cred *cred = t->cred;
	struct nsproxy *ns = t->nsproxy;
	struct pid *pid = t->signal->pids[PIDTYPE_TGID];
	u32 level = 0;
	struct upid upid = {};

	p->uid = cred->uid.val;
	p->gid = cred->gid.val;
	p->euid = cred->euid.val;
	p->egid = cred->egid.val;
	bpf_core_read(&p->cap_eff, sizeof(p->cap_eff), &cred->cap_effective);
	p->auid = p->ses = ~0U;
	if (bpf_core_field_exists(t->loginuid)) {
		p->auid = t->loginuid.val;
		p->ses = t->sessionid;
	}
	if (ns) {
		p->mntns = BPF_CORE_READ(ns, mnt_ns, ns.inum);
		p->netns = BPF_CORE_READ(ns, net_ns, ns.inum);
	}
	level = BPF_CORE_READ(pid, level);
	bpf_core_read(&upid.nr, sizeof(upid.nr), &pid->numbers[level].nr);
	bpf_core_read(&upid.ns, sizeof(upid.ns), &pid->numbers[level].ns);
	p->ns_tgid = upid.nr;
	p->pidns = BPF_CORE_READ(upid.ns, ns.inum);
}

/* The actor as @t is now. Fields of kernels without the feature stay 0 or unset. */
static __always_inline void proc_fill(struct wire_proc *p, struct task_struct *t)
{
	struct task_struct *parent = t->real_parent;

	p->start_time = t->group_leader->start_boottime;
	p->parent_start_time = parent->group_leader->start_boottime;
	p->ppid = parent->tgid;
	p->tgid = t->tgid;
	p->tid = t->pid;
	p->cgroup = 0;
	if (bpf_core_field_exists(t->cgroups))
		p->cgroup = BPF_CORE_READ(t, cgroups, dfl_cgrp, kn, id);
	p->task_flags = 0;
	if (t->flags & PF_KTHREAD)
		p->task_flags |= WIRE_TASK_KTHREAD;
	if (t->flags & PF_IO_WORKER)
		p->task_flags |= WIRE_TASK_IO_WORKER;
	if (task_is_compat(t))
		p->task_flags |= WIRE_TASK_COMPAT;
	/* What io_uring does in a thread of its own ("iou-wrk-N") is done for the process. */
	if (t->flags & PF_IO_WORKER)
		bpf_core_read(&p->comm, sizeof(p->comm), &t->group_leader->comm);
	else
		bpf_core_read(&p->comm, sizeof(p->comm), &t->comm);
	proc_fill_ids(p, t);
}

/* ---- build areas ---- */

/* Takes a free slot of this CPU: its index and memory. NULL if all are busy: something that runs between us and
 * the end of our program wanted one too, SLOTS deep. */
static __always_inline struct slot *slot_claim(u32 *ret_index)
{
	for (u32 i = 0; i < SLOTS; i++) {
		u32 key = i;
		struct slot *s = bpf_map_lookup_elem(&gadget_heap, &key);

		if (s && !__sync_lock_test_and_set(&s->busy, 1)) {
			*ret_index = i;
			return s;
		}
	}
	return NULL;
}

static __always_inline void slot_release(struct slot *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}

/* Hides a value's history from the compiler, so that the bound that follows stays in the code for the verifier. */
#define forget(x) asm volatile("" : "+r"(x))

/* Appends the string at @src (kernel memory) of at most @max bytes, NUL excluded; returns its length. */
static __always_inline u32 slot_put_kernel_str(struct slot *s, u32 off, u32 max, const void *src)
{
	long n;

	forget(off);
	n = bpf_probe_read_kernel_str(s->record + (off & SLOT_OFF_MASK), max, src);
	return n > 1 ? n - 1 : 0;
}

/* path_put() of a struct path in kernel memory: a global function takes numbers, not the verifier's typed pointers. */
static __always_inline u32 slot_put_path(u32 index, u32 off, const struct path *path)
{
	u64 mnt = 0, dentry = 0;

	bpf_core_read(&mnt, sizeof(mnt), &path->mnt);
	bpf_core_read(&dentry, sizeof(dentry), &path->dentry);
	return path_put(index, mnt, dentry, off);
}
