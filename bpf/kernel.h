/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* kernel.h - the kernel types and constants that the BPF programs touch, and no more
 *
 * Every struct names only the members that are read; CO-RE relocates them against the running kernel's BTF, so
 * neither order nor omissions matter. A member that not every kernel has is tested with bpf_core_field_exists() or
 * read through a ___flavour. Numbers are kernel ABI, or stable internal constants with their file.
 */
#pragma once

#define __VMLINUX_H__ /* bpf_tracing.h: registers have their kernel names */

typedef unsigned char __u8, u8;
typedef signed char __s8;
typedef unsigned short __u16, u16;
typedef short __s16;
typedef unsigned int __u32, u32;
typedef int __s32, s32;
typedef unsigned long long __u64, u64;
typedef long long __s64, s64;
typedef _Bool bool;
typedef __u16 __be16, __sum16;
typedef __u32 __be32, __wsum;
typedef __u64 __be64;
#define true 1
#define false 0
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_F_MMAPABLE = 1 << 10,
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
	BPF_RB_AVAIL_DATA = 0,
};

/* include/linux/sched.h */
#define PF_EXITING   0x00000004
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD   0x00200000
/* include/linux/sched/signal.h */
#define SIGNAL_GROUP_EXIT 0x00000004
/* arch/x86/include/asm/thread_info.h */
#define TS_COMPAT 0x0002
/* arch/arm64/include/asm/thread_info.h */
#define TIF_32BIT 22
/* include/linux/pid.h */
#define PIDTYPE_TGID 1

/* include/uapi/asm-generic/errno*.h and include/linux/errno.h */
#define EINTR	      4
#define EEXIST	      17
#define EISCONN	      106
#define ECONNRESET    104
#define ETIMEDOUT     110
#define ECONNREFUSED  111
#define EHOSTUNREACH  113
#define ENETUNREACH   101
#define EALREADY      114
#define EINPROGRESS   115
#define ERESTARTSYS   512
#define ERESTART_LAST 516

/* include/uapi/linux/stat.h */
#define S_IFMT	  00170000
#define S_IFSOCK  0140000
#define S_IFREG	  0100000
#define S_IFBLK	  0060000
#define S_IFDIR	  0040000
#define S_IFCHR	  0020000
#define S_IFIFO	  0010000
#define MINORBITS 20 /* include/linux/kdev_t.h: dev_t inside the kernel */

/* include/uapi/linux/magic.h */
#define TMPFS_MAGIC	      0x01021994
#define OVERLAYFS_SUPER_MAGIC 0x794c7630

#define AT_FDCWD (-100)

/* include/linux/socket.h, include/uapi/linux/in.h, include/net/tcp_states.h */
#define AF_INET	    2
#define AF_INET6    10
#define IPPROTO_TCP 6
#define SOCK_DONE   1 /* include/net/sock.h, enum sock_flags: the other side's FIN has come */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
	TCP_NEW_SYN_RECV,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	u32 val;
} kuid_t;
typedef struct {
	u32 val;
} kgid_t;
typedef struct {
	u64 val; /* two u32 before 6.3 (f122a08b197d): the same 8 bytes, low half first */
} kernel_cap_t;
typedef struct {
	int counter;
} atomic_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	kgid_t egid;
	kernel_cap_t cap_effective;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct inode;

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount { /* fs/mount.h */
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

struct inode {
	u16 i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	u32 i_rdev;
	s64 i_ctime_sec; /* since 6.11 */
	u32 i_ctime_nsec;
};

struct inode___v66 { /* 6.6 to 6.10 */
	struct timespec64 __i_ctime;
};

struct inode___v61 { /* before 6.6 */
	struct timespec64 i_ctime;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path pwd;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct tty_struct {
	char name[64];
};

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
	struct pid *pids[4];
	struct tty_struct *tty;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct thread_info {
	unsigned long flags;
	u32 status; /* x86 */
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm;
	int exit_code;
	int pid;
	int tgid;
	unsigned int in_execve : 1;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid; /* with CONFIG_AUDIT */
	unsigned int sessionid;
	struct css_set *cgroups; /* with CONFIG_CGROUPS */
};

struct linux_binprm {
	unsigned int secureexec : 1;
	const char *filename;
	const char *interp;
};

struct in6_addr {
	u8 s6_addr[16];
};

typedef struct {
	struct net *net; /* with CONFIG_NET_NS */
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
	int sk_err;
};

struct inet_sock {
	__be16 inet_sport; /* stays when the port is given back, where skc_num does not */
};

struct tcp_sock {
	u64 bytes_received, bytes_acked, bytes_sent, bytes_retrans;
};

struct socket {
	struct sock *sk;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bx, cx, dx, si, di, orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
};
struct pt_regs {
	u64 orig_x0;
	s32 syscallno;
};
#else
#error no system call table for this machine
#endif

#pragma clang attribute pop
