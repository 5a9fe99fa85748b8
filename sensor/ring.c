// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* kernel/bpf/ringbuf.c and include/uapi/linux/bpf.h: BPF_RINGBUF_BUSY_BIT, _DISCARD_BIT, _HDR_SZ. */
#define HEADER	    8U
#define LEN_BUSY    (1U << 31)
#define LEN_DISCARD (1U << 30)
#define LEN_MASK    (LEN_DISCARD - 1)
#define ROUND8(n)   (((uint64_t)(n) + 7) & ~7ULL)

int ring_init(struct ring *r, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumer, *rest;
	int err;

	*r = (struct ring){ .fd = fd, .size = size };
	if (size < page || (size & (size - 1)))
		return -EINVAL;
	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	rest = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (rest == MAP_FAILED) {
		err = -errno;
		munmap(consumer, page);
		return err;
	}
	r->consumer = consumer;
	r->producer = rest;
	r->data = (const char *)rest + page;
	r->pos = __atomic_load_n(r->consumer, __ATOMIC_ACQUIRE);
	return 0;
}

void ring_done(struct ring *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (r->consumer)
		munmap(r->consumer, page);
	if (r->producer)
		munmap((void *)r->producer, page + 2 * r->size);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct ring){ .fd = -1 };
}

int ring_next(struct ring *r, const void **ret_record, size_t *ret_size)
{
	for (;;) {
		uint64_t end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
		const char *at = r->data + (r->pos & (r->size - 1));
		uint32_t len;
		uint64_t span;

		if (end == r->pos)
			return 0;
		if (end - r->pos > r->size)
			return -EBADMSG;
		len = __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
		if (len & LEN_BUSY)
			return 0;
		span = ROUND8(HEADER + (uint64_t)(len & LEN_MASK));
		if (span > end - r->pos)
			return -EBADMSG;
		r->pos += span;
		if (len & LEN_DISCARD)
			continue;
		*ret_record = at + HEADER;
		*ret_size = len & LEN_MASK;
		return 1;
	}
}

void ring_ack(struct ring *r)
{
	__atomic_store_n(r->consumer, r->pos, __ATOMIC_RELEASE);
}

uint64_t ring_pending(const struct ring *r)
{
	return __atomic_load_n(r->producer, __ATOMIC_ACQUIRE) - r->pos;
}
