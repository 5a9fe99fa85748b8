// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* lifecycle.bpf.c - processes come, go and change: fork, exit, rename, credentials, and who was there before
 *
 * Tracepoints with BTF arguments (include/trace/events/sched.h, task.h), the same on 6.1 to 6.18 but for trailing
 * arguments. They run in process context with preemption off; arguments are kernel objects and cannot be changed
 * by the caller.
 */
#include "bpf/common.bpf.h"

/* sched_process_exit has its second argument (6.16, "was it the last thread"). Set by the loader. */
const volatile bool exit_tells_group_dead = false;

/* Last threads that have been told, for kernels that do not say which one it was: two threads that end at the same
 * time may both see signal->live at zero. An eviction here could repeat one record, never lose one. */
struct ident {
	u32 tgid;
	u32 reserved;
	u64 start_time;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ident);
	__type(value, u8);
} exits SEC(".maps");

/* kernel/fork.c, kernel_clone(): after the child is complete and before it runs, in the parent. Threads are left out. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(lifecycle_fork, struct task_struct *parent, struct task_struct *child)
{
	struct emit e;
	struct wire_fork *r;

	if (child->pid != child->tgid || !emit_begin(&e, WIRE_fork))
		return 0;
	r = emit_reserve(&e, sizeof(*r));
	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(&r->head, &e, sizeof(*r));
	proc_fill(&r->head.proc, child);
	r->action = WIRE_action_FORK;
	r->creator_tgid = parent->tgid;
	emit_submit(&e, r);
	return 0;
}

/* Is the exiting thread the last of its process, told for the first time? */
static __always_inline bool exit_is_last(struct task_struct *t)
{
	struct ident id = { .tgid = t->tgid, .start_time = t->group_leader->start_boottime };
	u8 one = 1;

	if (t->signal->live.counter > 0)
		return false;
	/* As an int: before 6.4 (d7ba4cc900bf) the call leaves the upper half of the register to chance. */
	return (int)bpf_map_update_elem(&exits, &id, &one, BPF_NOEXIST) != -EEXIST;
}

/* kernel/exit.c, do_exit(). The status is the one that wait(2) gives: the group's, if the group was ended as one. */
static __always_inline int exit_emit(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	struct emit e;
	struct wire_exit *r;
	u32 code;

	if (!emit_begin(&e, WIRE_exit))
		return 0;
	r = emit_reserve(&e, sizeof(*r));
	if (!r)
		return 0;
	code = sig->flags & SIGNAL_GROUP_EXIT ? sig->group_exit_code : t->group_leader->exit_code;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(&r->head, &e, sizeof(*r));
	proc_fill(&r->head.proc, t);
	r->action = WIRE_action_EXIT;
	r->exit_signal = code & 0x7f; /* 0x80 tells of a core dump */
	r->exit_code = code >> 8 & 0xff;
	emit_submit(&e, r);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int lifecycle_exit(unsigned long long *ctx)
{
	struct task_struct *t = (struct task_struct *)ctx[0];

	if (exit_tells_group_dead ? !(bool)ctx[1] : !exit_is_last(t))
		return 0;
	return exit_emit(t);
}

static __always_inline bool comm_same(const char *a, const char *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

/* fs/exec.c, __set_task_comm(): prctl(PR_SET_NAME), a write to /proc/.../comm; not the renaming that each exec
 * does, nor kernel threads naming themselves, nor a name that stays the same. @comm is a kernel copy. */
SEC("tp_btf/task_rename")
int BPF_PROG(lifecycle_rename, struct task_struct *task, const char *comm)
{
	char now[WIRE_COMM] __attribute__((aligned(8))) = {};
	char next[WIRE_COMM] __attribute__((aligned(8))) = {};
	struct emit e;
	struct wire_rename *r;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER) || BPF_CORE_READ_BITFIELD(task, in_execve))
		return 0;
	bpf_probe_read_kernel_str(now, sizeof(now), &task->comm);
	bpf_probe_read_kernel_str(next, sizeof(next), comm);
	if (comm_same(now, next) || !emit_begin(&e, WIRE_rename))
		return 0;
	r = emit_reserve_floodable(&e, sizeof(*r));
	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(&r->head, &e, sizeof(*r));
	proc_fill(&r->head.proc, task);
	r->action = WIRE_action_RENAME;
	__builtin_memcpy(&r->prev_comm, now, sizeof(now));
	__builtin_memcpy(&r->head.proc.comm, next, sizeof(next));
	emit_submit(&e, r);
	return 0;
}

/* A system call that changes credentials or namespaces returned 0. Called at sys_exit: the new state is in place. */
__noinline int cred_changed(u32 nr, u32 compat)
{
	struct emit e;
	struct wire_cred *r;

	if (!emit_begin(&e, WIRE_cred))
		return 0;
	r = emit_reserve_floodable(&e, sizeof(*r));
	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(&r->head, &e, sizeof(*r));
	proc_fill(&r->head.proc, bpf_get_current_task_btf());
	r->action = WIRE_action_CREDENTIALS;
	r->via = compat ? WIRE_via_COMPAT : WIRE_via_SYSCALL;
	r->syscall = nr;
	emit_submit(&e, r);
	return 0;
}

/* Strings of a task record, appended to what is in the slot. Returns the length used. */
static __always_inline u32 task_put_paths(struct slot *s, u32 index, struct task_struct *t)
{
	struct wire_task *r = (struct wire_task *)s->record;
	struct mm_struct *mm = t->mm;
	u32 off = sizeof(*r), n;
	struct file *exe;

	exe = mm ? mm->exe_file : NULL;
	if (exe) {
		n = slot_put_path(index, off, &exe->f_path) & 0xffff;
		r->exe = (struct wire_str){ off, n };
		off += n;
		r->ino = exe->f_inode->i_ino;
		r->dev = exe->f_inode->i_sb->s_dev;
	}
	if (t->fs) {
		n = slot_put_path(index, off, &t->fs->pwd) & 0xffff;
		r->cwd = (struct wire_str){ off, n };
		off += n;
	}
	return off;
}

/* kernel/bpf/task_iter.c: every process that is alive, for the loader. Takes no number: these are not events. */
SEC("iter/task")
int lifecycle_snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct seq_file *seq = ctx->meta->seq;
	struct wire_task *r;
	struct slot *s;
	u32 index = 0, used;

	if (!t || t->pid != t->tgid || t->signal->live.counter == 0)
		return 0;
	s = slot_claim(&index);
	if (!s)
		return 1; /* the task is shown again */
	r = (struct wire_task *)s->record;
	__builtin_memset(r, 0, sizeof(*r));
	proc_fill(&r->head.proc, t);
	used = task_put_paths(s, index, t);
	r->head.kind = WIRE_task;
	r->head.time = bpf_ktime_get_boot_ns();
	r->head.size = used;
	forget(used);
	if (used <= SLOT_OFF_MASK)
		bpf_seq_write(seq, r, used);
	slot_release(s);
	return 0;
}
