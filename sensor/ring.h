/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* ring.h - consumer of a BPF ring buffer without bpf(2)
 *
 * The layout is the kernel's (kernel/bpf/ringbuf.c): one consumer page (writable), one producer page and the
 * data, mapped twice in a row (read only). Each record has an 8-byte header: length (bits 0-29), discard (30), busy (31).
 * The consumer position is stored only by ring_ack(), so whoever reads decides when a record counts as handled;
 * a crash before it repeats records and skips none. Main thread only.
 */
#pragma once
#include "core/base.h"

struct ring {
	int fd; /* for epoll; owned */
	size_t size;
	uint64_t *consumer;
	const uint64_t *producer;
	const char *data;
	uint64_t pos; /* read up to here; acknowledged up to *consumer */
};

/* Maps the ring behind @fd (owned from now on) of @size bytes (a power of two). 0 or -errno. */
int ring_init(struct ring *r, int fd, size_t size);
void ring_done(struct ring *r);
/* Next record in place, or 0 if there is none yet (or it is still being written). 1 with the record;
 * -EBADMSG if the memory makes no sense (a record longer than what was produced). */
int ring_next(struct ring *r, const void **ret_record, size_t *ret_size);
/* Everything returned so far is handled: its place may be reused. */
void ring_ack(struct ring *r);
/* Bytes that wait to be read. */
uint64_t ring_pending(const struct ring *r);
