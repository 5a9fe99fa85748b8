/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/queue.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* head and tail run freely and wrap at 2^32; tail - head is the number of slots in use, at most
 * mask + 1. */

static size_t queue_bytes(const struct queue *q)
{
	return q->slot_size * ((size_t)q->mask + 1);
}

int queue_init(struct queue *q, size_t slot_size, uint32_t slots)
{
	size_t bytes;
	void *mem;
	int fd;

	/* 2^31 slots at most: a full queue must differ from an empty one. */
	if (slot_size == 0 || slots == 0 || slots > 1U << 31 || (slots & (slots - 1)) != 0)
		return -EINVAL;
	slot_size = (slot_size + 63) & ~(size_t)63; /* a slot shares no cache line with its neighbour */
	if (__builtin_mul_overflow(slot_size, (size_t)slots, &bytes))
		return -EOVERFLOW;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		int r = -errno;

		close(fd);
		return r;
	}
	*q = (struct queue){ .mem = mem, .slot_size = slot_size, .mask = slots - 1, .wake_fd = fd };
	return 0;
}

void queue_done(struct queue *q)
{
	if (!q->mem)
		return;
	munmap(q->mem, queue_bytes(q));
	close(q->wake_fd);
	*q = (struct queue){ .wake_fd = -1 };
}

static void *slot_at(const struct queue *q, uint32_t index)
{
	return q->mem + (size_t)(index & q->mask) * q->slot_size;
}

void *queue_slot(struct queue *q)
{
	uint32_t tail = q->tail; /* ours */
	uint32_t head = __atomic_load_n(&q->head, __ATOMIC_ACQUIRE);

	return tail - head > q->mask ? NULL : slot_at(q, tail);
}

void queue_push(struct queue *q)
{
	__atomic_store_n(&q->tail, q->tail + 1, __ATOMIC_RELEASE);
	queue_wake(q);
}

void *queue_peek(struct queue *q)
{
	uint32_t head = q->head; /* ours */
	uint32_t tail = __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE);

	return head == tail ? NULL : slot_at(q, head);
}

void queue_pop(struct queue *q)
{
	__atomic_store_n(&q->head, q->head + 1, __ATOMIC_RELEASE);
}

uint32_t queue_len(const struct queue *q)
{
	/* head first: it only grows towards tail, so the difference is never negative. A third
	 * thread may see more than there are slots when it is held up between the two. */
	uint32_t head = __atomic_load_n(&q->head, __ATOMIC_ACQUIRE);
	uint32_t len = __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE) - head;

	return MIN(len, q->mask + 1);
}

void queue_wake(struct queue *q)
{
	uint64_t one = 1;
	ssize_t r;

	/* EAGAIN: the counter is at its end, so the consumer is awake anyway. */
	do
		r = write(q->wake_fd, &one, sizeof(one));
	while (r < 0 && errno == EINTR);
}
