// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* exec.bpf.c - programs executed, and attempts that failed
 *
 * Success is told entirely from what the new program has become: no state is kept from the entry of the call, so
 * there is nothing to fill up, to leak or to miss (32-bit entries, exec from a thread, failures after the point of
 * no return). Failure is told at the return of the call, from the caller's memory.
 */
#include "bpf/common.bpf.h"
#include "bpf/syscalls.h"

#define ARGS_CHUNK    512 /* user memory is read in these where reading it whole fails */
#define ARGV_MAX      512 /* items of a failed exec's vector */
#define ARGS_TAIL_OFF (WIRE_ARGS_HEAD + 1)
#define ARGS_TAIL     (WIRE_ARGS_MAX - ARGS_TAIL_OFF)

/* Appends user memory, at most WIRE_ARGS_MAX; returns the length read, less than @n if a page was not there. */
static __always_inline u32 args_read(struct slot *s, u32 off, u64 src, u32 n)
{
	u32 done = 0;

	forget(off);
	off &= SLOT_OFF_MASK;
	forget(n);
	if (n > WIRE_ARGS_MAX)
		n = WIRE_ARGS_MAX;
	if (bpf_probe_read_user(s->record + off, n, (void *)src) == 0)
		return n;
	for (int i = 0; i < WIRE_ARGS_MAX / ARGS_CHUNK; i++) {
		u32 at = off + i * ARGS_CHUNK, len = n - done;

		if (done >= n)
			break;
		forget(len);
		if (len > ARGS_CHUNK)
			len = ARGS_CHUNK;
		forget(at);
		at &= 2 * SLOT_OFF_MASK + 1;
		if (at > SLOT_RECORD - ARGS_CHUNK)
			break;
		if (bpf_probe_read_user(s->record + at, len, (void *)(src + done)))
			break;
		done += len;
	}
	return done;
}

static __always_inline void record_byte(struct slot *s, u32 off, char c)
{
	forget(off);
	off &= 2 * SLOT_OFF_MASK + 1;
	if (off < SLOT_RECORD)
		s->record[off] = c;
}

/* The argument area of the new program, whole or as head and tail. Returns the new offset. */
static __always_inline u32 exec_put_args(struct slot *s, u32 off, struct mm_struct *mm)
{
	struct wire_exec *r = (struct wire_exec *)s->record;
	u64 start = mm->arg_start, end = mm->arg_end, n = end - start;
	u32 want, got, tail;

	if (end <= start)
		return off;
	r->args_len = n > 0xffffffff ? 0xffffffff : n;
	want = n > WIRE_ARGS_MAX ? WIRE_ARGS_HEAD : n;
	got = args_read(s, off, start, want);
	r->args_truncated = got < n;
	if (n > WIRE_ARGS_MAX && got == WIRE_ARGS_HEAD) {
		/* The item at the cut becomes two; no byte that was read is lost. */
		record_byte(s, off + WIRE_ARGS_HEAD, 0);
		tail = args_read(s, off + ARGS_TAIL_OFF, end - ARGS_TAIL, ARGS_TAIL);
		r->args_cut = ARGS_TAIL_OFF;
		got = ARGS_TAIL_OFF + tail;
	}
	if (got) /* a list ends in NUL, also where reading it stopped early */
		record_byte(s, off + got - 1, 0);
	r->args = (struct wire_str){ off, got };
	return off + got;
}

/* Change time of an inode, in the three layouts that kernels have had. */
static __always_inline u64 inode_ctime(struct inode *inode)
{
	struct inode___v66 *v66 = (void *)inode;
	struct inode___v61 *v61 = (void *)inode;

	if (bpf_core_field_exists(inode->i_ctime_sec)) /* bit 31 is a flag since 6.13 (4e40eff0b573) */
		return BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ULL +
		       (BPF_CORE_READ(inode, i_ctime_nsec) & 0x7fffffff);
	if (bpf_core_field_exists(v66->__i_ctime))
		return BPF_CORE_READ(v66, __i_ctime.tv_sec) * 1000000000ULL +
		       (BPF_CORE_READ(v66, __i_ctime.tv_nsec) & 0x7fffffff);
	return BPF_CORE_READ(v61, i_ctime.tv_sec) * 1000000000ULL + BPF_CORE_READ(v61, i_ctime.tv_nsec);
}

/* fs/overlayfs/ovl_entry.h, struct ovl_inode: the upper dentry follows the inode. Not in BTF where overlayfs is a
 * module; the place has been the same since 4.8. */
static __always_inline bool inode_is_upper(struct inode *inode)
{
	u64 upper = 0;

	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper != 0;
}

/* include/linux/dcache.h, d_unlinked(): also where another link to the file is left. */
static __always_inline bool dentry_is_unlinked(struct dentry *dentry)
{
	return !BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry;
}

/* A file of no directory, on tmpfs, with the name that memfd_create(2) gives. */
static __always_inline bool dentry_is_memfd(struct dentry *dentry)
{
	char name[8] = {};

	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(name, 6, BPF_CORE_READ(dentry, d_name.name));
	return *(u64 *)name == 0x3a64666d656dULL; /* "memfd:" */
}

static __always_inline u32 exec_put_file(struct slot *s, u32 index, u32 off, struct file *exe)
{
	struct wire_exec *r = (struct wire_exec *)s->record;
	struct inode *inode = exe->f_inode;
	struct super_block *sb = inode->i_sb;
	struct dentry *dentry = exe->f_path.dentry;
	u32 n = slot_put_path(index, off, &exe->f_path);

	r->exe_truncated = n >> 16 & 1;
	n &= 0xffff;
	r->exe = (struct wire_str){ off, n };
	r->ino = inode->i_ino;
	r->dev = sb->s_dev;
	r->ctime = inode_ctime(inode);
	r->nlink = inode->i_nlink;
	r->exe_memfd = r->nlink == 0 && sb->s_magic == TMPFS_MAGIC && dentry_is_memfd(dentry);
	r->exe_deleted = !r->exe_memfd && (r->nlink == 0 || dentry_is_unlinked(dentry));
	if (sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		r->exe_upper = inode_is_upper(inode);
	return off + n;
}

static __always_inline u32 exec_put_cwd(struct slot *s, u32 index, u32 off, struct task_struct *t)
{
	struct wire_exec *r = (struct wire_exec *)s->record;
	struct fs_struct *fs = t->fs;
	u32 n;

	if (!fs)
		return off;
	n = slot_put_path(index, off, &fs->pwd) & 0xffff;
	r->cwd = (struct wire_str){ off, n };
	return off + n;
}

/* The kernel calls a pseudo terminal "pts3"; its file is pts/3. */
static __always_inline u32 exec_put_tty(struct slot *s, u32 off, struct task_struct *t)
{
	struct wire_exec *r = (struct wire_exec *)s->record;
	struct tty_struct *tty = t->signal->tty;
	char *p;
	u32 n;

	if (!tty)
		return off;
	n = slot_put_kernel_str(s, off, WIRE_TTY_MAX, &tty->name);
	forget(off);
	p = s->record + (off & SLOT_OFF_MASK);
	if (p[0] == 'p' && p[1] == 't' && p[2] == 's' && p[3] >= '0' && p[3] <= '9') {
		p[3] = '/';
		n = 4 + slot_put_kernel_str(s, off + 4, WIRE_TTY_MAX - 4, &tty->name[3]);
	}
	r->tty = (struct wire_str){ off, n };
	return off + n;
}

/* Documentation/admin-guide/devices.txt: consoles and serial lines 4 5, pseudo terminals 136-143, ACM 166,
 * USB serial 188, low-density serial 204, hypervisor consoles 229. */
static __always_inline bool major_is_tty(u32 major)
{
	return major == 4 || major == 5 || (major >= 136 && major <= 143) || major == 166 || major == 188 ||
	       major == 204 || major == 229;
}

static __always_inline u8 exec_stdin(struct task_struct *t)
{
	struct file **fds = t->files->fdt->fd, *file = NULL;
	struct inode *inode;

	bpf_probe_read_kernel(&file, sizeof(file), fds);
	if (!file)
		return WIRE_stdin_NONE;
	inode = BPF_CORE_READ(file, f_inode);
	switch (BPF_CORE_READ(inode, i_mode) & S_IFMT) {
	case S_IFSOCK:
		return WIRE_stdin_SOCKET;
	case S_IFIFO:
		return WIRE_stdin_PIPE;
	case S_IFREG:
		return WIRE_stdin_REGULAR;
	case S_IFDIR:
		return WIRE_stdin_DIRECTORY;
	case S_IFBLK:
		return WIRE_stdin_BLOCK;
	case S_IFCHR:
		return major_is_tty(BPF_CORE_READ(inode, i_rdev) >> MINORBITS) ? WIRE_stdin_TTY : WIRE_stdin_CHAR;
	}
	return WIRE_stdin_OTHER;
}

/* What success and failure share: who, from where, and the program that is running now. */
static __always_inline u32 exec_put_common(struct slot *s, u32 index, const struct emit *e, struct task_struct *t)
{
	struct wire_exec *r = (struct wire_exec *)s->record;
	u32 off = sizeof(*r);
	struct mm_struct *mm = t->mm;
	struct file *exe = mm ? mm->exe_file : NULL;

	__builtin_memset(r, 0, sizeof(*r));
	head_fill(&r->head, e, 0);
	proc_fill(&r->head.proc, t);
	r->action = WIRE_action_EXEC;
	r->stdin = exec_stdin(t);
	if (exe)
		off = exec_put_file(s, index, off, exe);
	off = exec_put_cwd(s, index, off, t);
	return exec_put_tty(s, off, t);
}

static __always_inline void exec_deliver(struct slot *s, struct emit *e, u32 used)
{
	((struct wire_exec *)s->record)->head.size = used;
	forget(used);
	if (used > SLOT_RECORD || bpf_ringbuf_output(&events, s->record, used, 0))
		emit_lost(e, WIRE_LOST_RING);
	else
		emit_delivered(e);
}

static __always_inline bool name_is_fd(const char *name)
{
	char head[8] = {};

	bpf_probe_read_kernel(head, sizeof(head), name);
	return *(u64 *)head == 0x2f64662f7665642fULL; /* "/dev/fd/" */
}

/* fs/exec.c, exec_binprm(): the new program is in place, its first instruction has not run. @bprm->filename is the
 * kernel's copy of the name; the arguments are read from memory that no other thread can reach any more
 * (a process that shares it by ptrace or /proc/.../mem apart). */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec_success, struct task_struct *t, int old_tid, struct linux_binprm *bprm)
{
	const char *filename = bprm->filename;
	struct wire_exec *r;
	struct slot *s;
	struct emit e;
	u32 index = 0, off, n;

	if (!emit_begin(&e, WIRE_exec))
		return 0;
	s = slot_claim(&index);
	if (!s) {
		emit_lost(&e, WIRE_LOST_SLOT);
		return 0;
	}
	off = exec_put_common(s, index, &e, t);
	r = (struct wire_exec *)s->record;
	/* via stays 0: the state of the call is already that of the new program (set_personality_64bit()). */
	r->old_tid = old_tid;
	r->exe_setuid = BPF_CORE_READ_BITFIELD(bprm, secureexec) || r->head.proc.euid != r->head.proc.uid ||
			r->head.proc.egid != r->head.proc.gid;
	r->is_script = filename != bprm->interp; /* bprm_change_interp() makes another string */
	if (r->is_script || name_is_fd(filename)) {
		n = slot_put_kernel_str(s, off, WIRE_PATH_MAX, filename);
		r->script = (struct wire_str){ off, n };
		off += n;
	}
	off = exec_put_args(s, off, t->mm);
	exec_deliver(s, &e, off);
	slot_release(s);
	return 0;
}

/* ---- failure ---- */

struct argv {
	struct slot *s;
	u64 src;
	u32 off, start;
	u32 compat, truncated;
};

static long argv_step(u32 i, void *ctx)
{
	struct argv *a = ctx;
	u32 off = a->off, left = a->start + WIRE_ARGS_MAX - off;
	u64 item = 0;
	long n;

	if (a->compat)
		n = bpf_probe_read_user(&item, 4, (void *)(a->src + i * 4ULL));
	else
		n = bpf_probe_read_user(&item, 8, (void *)(a->src + i * 8ULL));
	if (n == 0 && !item)
		return 1;
	if (n || left < 2 || left > WIRE_ARGS_MAX) {
		a->truncated = 1;
		return 1;
	}
	forget(off);
	off &= 2 * SLOT_OFF_MASK + 1;
	forget(left);
	if (left > WIRE_ARGS_MAX || off > SLOT_RECORD - WIRE_ARGS_MAX)
		return 1;
	n = bpf_probe_read_user_str(a->s->record + off, left, (void *)item);
	if (n <= 0) {
		/* Below 0: on a page that nobody has touched; after ENOENT the kernel has not either. Told as an empty
		 * item. 0 is an empty string on kernels whose count leaves its NUL out. */
		a->s->record[off] = 0;
		a->truncated |= n < 0;
		n = 1;
	} else if ((u32)n == left) {
		a->truncated = 1;
	}
	a->off = off + n;
	return 0;
}

/* The vector of the call, from the caller's memory: another thread may have changed it since the kernel read it. */
static __always_inline u32 exec_put_argv(struct slot *s, u32 off, u64 argv, u32 compat)
{
	struct wire_exec *r = (struct wire_exec *)s->record;
	struct argv a = { .s = s, .src = argv, .off = off, .start = off, .compat = compat };

	if (!argv)
		return off;
	if (bpf_loop(ARGV_MAX, argv_step, &a, 0) >= ARGV_MAX)
		a.truncated = 1;
	r->args_truncated = a.truncated;
	r->args_len = a.off - off;
	r->args = (struct wire_str){ off, a.off - off };
	return a.off;
}

/* "/dev/fd/N" or "/dev/fd/N/", as the kernel names what is relative to a descriptor. */
static __always_inline u32 exec_put_dirfd(struct slot *s, u32 off, u32 fd)
{
	char *p;
	u32 n = 8, div = 1;

	forget(off);
	p = s->record + (off & SLOT_OFF_MASK);
	__builtin_memcpy(p, "/dev/fd/", 8);
	for (int i = 0; i < 9; i++)
		if (fd / div >= 10)
			div *= 10;
	for (int i = 0; i < 10; i++) {
		if (!div)
			break;
		p[8 + i] = '0' + fd / div % 10;
		div /= 10;
		n++;
	}
	return n;
}

/* The path that was asked for. Relative to a descriptor it is told as the kernel does, /dev/fd/N/path. */
static __always_inline u32 exec_put_asked(struct slot *s, u32 off, u64 path, s64 dirfd)
{
	struct wire_exec *r = (struct wire_exec *)s->record;
	u32 n = 0;
	char first = 0;
	long got;

	bpf_probe_read_user(&first, 1, (void *)path);
	if (dirfd >= 0 && first != '/') {
		n = exec_put_dirfd(s, off, dirfd);
		if (first)
			record_byte(s, off + n++, '/');
	}
	if (first) {
		u32 at = off + n;

		forget(at);
		got = bpf_probe_read_user_str(s->record + (at & SLOT_OFF_MASK), WIRE_PATH_MAX, (void *)path);
		n += got > 1 ? got - 1 : 0;
	}
	r->script = (struct wire_str){ off, n };
	return off + n;
}

#if defined(__TARGET_ARCH_x86)
static __always_inline u64 reg_arg(struct pt_regs *regs, u32 compat, u32 i)
{
	if (compat)
		return (u32)(i == 0 ? regs->bx : i == 1 ? regs->cx : regs->dx);
	return i == 0 ? regs->di : i == 1 ? regs->si : regs->dx;
}
#else
static __always_inline u64 reg_arg(struct pt_regs *regs, u32 compat, u32 i)
{
	return i == 0 ? regs->orig_x0 : i == 1 ? PT_REGS_PARM2_CORE(regs) : PT_REGS_PARM3_CORE(regs);
}
#endif

__noinline int exec_failed(u32 nr, s64 ret, u32 compat)
{
	struct task_struct *t = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(t);
	u32 index = 0, off, at = nr == NR_execveat;
	struct wire_exec *r;
	struct slot *s;
	struct emit e;

	if (ret <= -ERESTARTSYS && ret >= -ERESTART_LAST)
		return 0; /* interrupted before it began; it will be called again */
	if (!emit_begin(&e, WIRE_exec))
		return 0;
	if (emit_ring_is_short()) { /* a name of no file is soon tried: the room is for those that succeed */
		emit_lost(&e, WIRE_LOST_RESERVED);
		return 0;
	}
	s = slot_claim(&index);
	if (!s) {
		emit_lost(&e, WIRE_LOST_SLOT);
		return 0;
	}
	off = exec_put_common(s, index, &e, t);
	r = (struct wire_exec *)s->record;
	r->error = -ret;
	r->via = compat ? WIRE_via_COMPAT : WIRE_via_SYSCALL;
	r->old_tid = t->pid;
	off = exec_put_asked(s, off, reg_arg(regs, compat, at), at ? (s32)reg_arg(regs, compat, 0) : AT_FDCWD);
	off = exec_put_argv(s, off, reg_arg(regs, compat, at + 1), compat);
	exec_deliver(s, &e, off);
	slot_release(s);
	return 0;
}
