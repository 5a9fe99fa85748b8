/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* sandbox.h - from root to a process that can read events, write its log, and nothing else
 *
 * One function per step, called in this order by every mode that reads foreign bytes. Each returns 0, or -errno with a
 * sentence in .why; the mode must then end. Steps up to sandbox_self_test() are per thread: before any thread exists.
 *
 *   sandbox_begin -> (open everything) -> sandbox_limits -> sandbox_hold -> sandbox_drop -> sandbox_lock -> sandbox_landlock ->
 *   sandbox_self_test -> (threads) -> sandbox_no_children -> sandbox_seccomp
 */
#pragma once
#include <sys/types.h>

#include "core/base.h"

#define SANDBOX_DEFAULT_USER "tripline"
#define SANDBOX_PATHS	     32

struct sandbox {
	uid_t uid;
	gid_t gid;
	char user[64];	       /* its name, or the number */
	bool privileged;       /* started as root */
	unsigned landlock_abi; /* reached; 0 = the kernel has none */
	bool bounding_left;    /* started without CAP_SETPCAP: the bounding set could not be emptied */
	unsigned n_held;       /* directories that sandbox_hold() opened */
	int held[SANDBOX_PATHS];
	char self_test[160]; /* "bpf killed, execve killed, ..." */
	char why[256];
};

struct sandbox_paths {
	const char *read[SANDBOX_PATHS]; /* directories or files to read */
	unsigned n_read;
	const char *write[SANDBOX_PATHS]; /* directories whose regular files may be made, written and removed */
	unsigned n_write;
};

/* umask 077; descriptors 0-2 are there, those from @first on (at least 3) are closed. */
int sandbox_begin(struct sandbox *s, unsigned first);
/* Who to become when started as root: @name (a user or a number), else "tripline" if there is one, else an id that nobody has.
 * Never root, 65534, or the user who called sudo(8). Reads @passwd and @group (NULL: those of /etc), no name service. Not root: the caller's own ids. */
int sandbox_choose_user(struct sandbox *s, const char *name, const char *passwd, const char *group);
/* No core files, few descriptors. */
int sandbox_limits(struct sandbox *s);
/* Opens the directories to write to, before the drop: they may lie where the new user cannot go. */
int sandbox_hold(struct sandbox *s, const struct sandbox_paths *paths);
/* User, groups, all capabilities; then reads /proc/self/status back and refuses to go on if anything is left. */
int sandbox_drop(struct sandbox *s);
/* Not dumpable (ptrace(2), /proc/PID/mem), no_new_privs. */
int sandbox_lock(struct sandbox *s);
/* Landlock to the level of the kernel, for what may be read and what is held; without Landlock: 0, .landlock_abi 0. A path that does
 * not exist is skipped. Lets go of what was held. */
int sandbox_landlock(struct sandbox *s, const struct sandbox_paths *paths);
/* Children under the same filter try bpf, execve, socket and /etc/shadow: each must die or fail. */
int sandbox_self_test(struct sandbox *s);
/* RLIMIT_NPROC 0. After the threads were made: earlier, pthread_create(3) would fail too. */
int sandbox_no_children(struct sandbox *s);
/* The system call filter, on all threads. Never undone. */
int sandbox_seccomp(struct sandbox *s);
/* The names that the filter allows, NULL-terminated; for the manual and tests. */
const char *const *sandbox_allowed(void);
