/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* workload.h - the parts of the workload program; each action returns its exit status (77: cannot be done here) */
#pragma once
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>

extern char workload_self[4096]; /* path of the program itself */

_Noreturn void workload_fail(const char *what);
/* A copy of the program under another name. */
void workload_copy_self(const char *to, mode_t mode);

int workload_overlay(char **arg);
int workload_bind(char **arg);
int workload_chroot(char **arg);
int workload_pidns(char **arg);
int workload_tty(char **arg);
int workload_auid(char **arg);

int workload_tcp_connect(char **arg);
int workload_tcp_refused(char **arg);
int workload_tcp_nonblocking(char **arg);
int workload_tcp_aborted(char **arg);
int workload_tcp_v6(char **arg);
int workload_tcp_mapped(char **arg);
int workload_tcp_child(char **arg);
int workload_tcp_unreachable(char **arg);
int workload_tcp_x32(char **arg);
int workload_tcp_busy(char **arg);
int workload_tcp_fastopen(char **arg);
int workload_tcp_reset(char **arg);
int workload_tcp_shutdown(char **arg);
int workload_tcp_uring(char **arg);
