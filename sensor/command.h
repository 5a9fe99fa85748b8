/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* command.h - a command that waits until the sensor watches, outside of every restriction of it
 *
 * Made before everything else: the command runs as whoever called (of sudo(8): the calling user). A helper process waits for it and
 * reports through a pipe, because a sensor in its sandbox can neither fork nor wait.
 */
#pragma once
#include "core/base.h"

#define COMMAND_FIRST_FREE_FD 5 /* sandbox_begin(): those below are ours */

struct command {
	uint32_t pid;
	int go_fd;     /* closed: the command ends without having run */
	int status_fd; /* readable: it has ended */
};

/* Forks. 0, or -errno. */
int command_fork(struct command *c, char **argv);
/* Lets it run. */
int command_go(struct command *c);
/* After status_fd was readable: its exit status as a shell gives it, 128 + signal if one ended it. */
int command_status(struct command *c);
void command_done(struct command *c);
/* The user behind sudo(8); false: there is none. */
bool command_caller(uint32_t *ret_uid, uint32_t *ret_gid);
