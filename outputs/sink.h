/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* sink.h - where the bytes of an output go: a file, a datagram socket, standard output
 *
 * None of them ever waits. What cannot be sent now is -EAGAIN or another negative errno, and the caller comes again with the
 * same line: a line that was written in part is then completed, not repeated. Opened before the sandbox closes; afterwards
 * only openat(2) below a directory opened here, write, sendto, fdatasync, fsync, poll and close are called (no socket, no open).
 * Writer thread only, but for sink_open.
 */
#pragma once
#include "outputs/output.h"

struct sink {
	enum sink_type type;
	int fd;
	int dirfd;	  /* file: of its directory; -1 */
	char *path;	  /* owned */
	const char *base; /* file: last component of .path */
	size_t done;	  /* bytes of the current line already written, its LF included */
	bool torn;	  /* file: the last byte there is not LF */
	bool regular;	  /* fdatasync means something */
	bool poll_out;	  /* not regular, not a private description: ask poll(2) before each piece */
	bool is_socket;
};

/* 0 or a negative errno, with the reason in *diag. An absent syslog socket is no error. */
int sink_open(struct sink *s, const struct output_config *c, struct diag *diag);
/* Opens a file again by name, if another one (or none) has that name now. On failure the old one stays in use. */
int sink_reopen(struct sink *s);
/* Sends one line (LF added where the sink has lines). 0, or a negative errno: -EMSGSIZE never succeeds. */
int sink_send(struct sink *s, struct slice line);
/* Makes what was sent durable, where that means something. */
int sink_sync(struct sink *s);
void sink_close(struct sink *s);
