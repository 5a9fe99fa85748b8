// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* syscall.bpf.c - the one look at returning system calls, shared by the gadgets
 *
 * Runs at the end of every system call of the host, so it leaves at once for those that no gadget wants. There is no
 * hook at the entry: the registers still hold the arguments here, and what they point to is read when the kernel
 * has used it. The caller's other threads can have changed that memory meanwhile (said where it matters).
 */
#include "bpf/common.bpf.h"
#include "bpf/syscalls.h"

/* The number of @nr in the table that records use; 0 (read) for those not wanted. */
static __always_inline u32 syscall_native(u32 nr)
{
#define CALL(name, ...)                                                                                                \
	case HOST_##name:                                                                                              \
		return NR_##name;
	switch (nr) {
		SYSCALLS(CALL)
	}
#undef CALL
	return 0;
}

static __always_inline u32 syscall_compat(u32 nr)
{
	switch (nr) {
#define CALL(name, ...)                                                                                                \
	case COMPAT_##name:                                                                                            \
		return NR_##name;
		SYSCALLS(CALL)
#undef CALL
#define CALL(name, number)                                                                                             \
	case number:                                                                                                   \
		return NR_##name;
		SYSCALLS_COMPAT16(CALL)
#undef CALL
	}
	return 0;
}

struct call {
	u32 nr;
	u32 compat;
	u64 arg[3];
};

/* socketcall(call, args): args is an array of 32-bit words. False if it is not one of ours, or not readable. */
static __always_inline bool call_from_socketcall(struct call *c)
{
	u32 word[3] = {};

	if (c->arg[0] == SYS_CONNECT)
		c->nr = NR_connect;
	else if (c->arg[0] == SYS_ACCEPT)
		c->nr = NR_accept;
	else if (c->arg[0] == SYS_ACCEPT4)
		c->nr = NR_accept4;
	else
		return false;
	if (bpf_probe_read_user(word, sizeof(word), (void *)c->arg[1]))
		return false;
	for (int i = 0; i < 3; i++)
		c->arg[i] = word[i];
	return true;
}

static __always_inline void call_dispatch(const struct call *c, s64 ret)
{
	switch (c->nr) {
	case NR_execve:
	case NR_execveat:
		if (ret < 0)
			exec_failed(c->nr, ret, c->compat);
		break;
	case NR_accept:
	case NR_accept4:
		if (ret >= 0)
			tcp_accepted(ret, c->compat);
		break;
	case NR_connect:
		if (ret < 0)
			tcp_connect_failed(c->arg[0], c->arg[1], ret, c->compat);
		break;
	default:
		if (ret == 0)
			cred_changed(c->nr, c->compat);
	}
}

/* kernel/entry/common.c, syscall_exit_work(). */
SEC("tp_btf/sys_exit")
int BPF_PROG(syscall_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *t = bpf_get_current_task_btf();
	struct call c = { .compat = task_is_compat(t) };
#if defined(__TARGET_ARCH_x86)
	u32 nr = regs->orig_ax & ~(u32)X32_SYSCALL_BIT;
#else
	u32 nr = regs->syscallno;
#endif

	c.nr = c.compat ? syscall_compat(nr) : syscall_native(nr);
#if defined(__TARGET_ARCH_x86)
	if (c.compat && nr == I386_SOCKETCALL) {
		c.arg[0] = (u32)regs->bx;
		c.arg[1] = (u32)regs->cx;
		if (!call_from_socketcall(&c))
			return 0;
	} else if (c.compat && c.nr) {
		c.arg[0] = (u32)regs->bx;
		c.arg[1] = (u32)regs->cx;
		c.arg[2] = (u32)regs->dx;
	} else if (c.nr) {
		c.arg[0] = regs->di;
		c.arg[1] = regs->si;
		c.arg[2] = regs->dx;
	}
#else
	c.arg[0] = regs->orig_x0;
	c.arg[1] = PT_REGS_PARM2_CORE(regs);
	c.arg[2] = PT_REGS_PARM3_CORE(regs);
#endif
	if (!c.nr)
		return 0;
	if (c.compat)
		ret = (s32)ret;
	call_dispatch(&c, ret);
	return 0;
}
