// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* ring_test - the consumer against a ring made by hand: a memory file laid out as the kernel's, data written twice */
#include "config.h"

#include "sensor/ring.h"

#include <errno.h>
#include <unistd.h>

#include <sys/mman.h>

#include "tests/tap.h"

#define SIZE 4096U

struct fake {
	size_t page;
	int fd;
	char *mem; /* consumer page, producer page, data, data again */
	uint64_t produced;
};

static uint64_t *fake_producer(struct fake *f)
{
	return (uint64_t *)(void *)(f->mem + f->page);
}

static void fake_open(struct fake *f, struct ring *r)
{
	size_t all;

	*f = (struct fake){ .page = (size_t)sysconf(_SC_PAGESIZE) };
	all = 2 * f->page + 2 * SIZE;
	f->fd = memfd_create("ring", MFD_CLOEXEC);
	if (f->fd < 0 || ftruncate(f->fd, (off_t)all) < 0)
		exit(1);
	f->mem = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (f->mem == MAP_FAILED || ring_init(r, f->fd, SIZE) < 0)
		exit(1);
}

static void fake_close(struct fake *f, struct ring *r)
{
	munmap(f->mem, 2 * f->page + 2 * SIZE);
	ring_done(r);
}

static void fake_byte(struct fake *f, uint64_t pos, char c)
{
	char *data = f->mem + 2 * f->page;

	data[pos % SIZE] = c;
	data[pos % SIZE + SIZE] = c;
}

/* Writes header and content; the producer position moves only if @publish. */
static void fake_put(struct fake *f, const char *text, uint32_t n, uint32_t bits, bool publish)
{
	uint32_t header[2] = { n | bits, 0 };

	for (size_t i = 0; i < sizeof(header); i++)
		fake_byte(f, f->produced + i, ((const char *)header)[i]);
	for (uint32_t i = 0; i < n; i++)
		fake_byte(f, f->produced + 8 + i, text[i]);
	f->produced += (8 + (uint64_t)n + 7) & ~7ULL;
	if (publish)
		__atomic_store_n(fake_producer(f), f->produced, __ATOMIC_RELEASE);
}

static struct slice next(struct ring *r)
{
	const void *rec;
	size_t n;

	if (ring_next(r, &rec, &n) != 1)
		return (struct slice){ 0 };
	return (struct slice){ rec, n };
}

#define BUSY	(1U << 31)
#define DISCARD (1U << 30)

static void test_order(void)
{
	struct fake f;
	struct ring r;
	const void *rec;
	size_t n;

	fake_open(&f, &r);
	is_i64(ring_next(&r, &rec, &n), 0, "empty");
	fake_put(&f, "first", 5, 0, true);
	fake_put(&f, "dropped", 7, DISCARD, true);
	fake_put(&f, "second!!", 8, 0, true);
	is_u64(ring_pending(&r), 48, "three records wait");
	is_slice(next(&r), SLICE("first"), "first record");
	is_slice(next(&r), SLICE("second!!"), "a discarded record is stepped over");
	is_i64(ring_next(&r, &rec, &n), 0, "then no more");
	is_u64(*r.consumer, 0, "reading acknowledges nothing");
	ring_ack(&r);
	is_u64(*r.consumer, 48, "ring_ack does");
	is_u64(ring_pending(&r), 0, "nothing waits");
	fake_close(&f, &r);
}

static void test_busy(void)
{
	struct fake f;
	struct ring r;
	const void *rec;
	size_t n;
	char *header;

	fake_open(&f, &r);
	fake_put(&f, "slow", 4, BUSY, true);
	fake_put(&f, "fast", 4, 0, true);
	is_i64(ring_next(&r, &rec, &n), 0,
	       "a record that is being written holds back those behind it");
	header = f.mem + 2 * f.page;
	header[3] = 0;
	is_slice(next(&r), SLICE("slow"), "until it is done");
	is_slice(next(&r), SLICE("fast"), "in order");
	fake_close(&f, &r);
}

/* Many times around; some records lie across the end of the data. */
static void test_wrap(void)
{
	char text[600];
	struct fake f;
	struct ring r;
	unsigned wrong = 0;

	fake_open(&f, &r);
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t n = 1 + i * 37 % 599;

		memset(text, 'a' + (int)(i % 26), n);
		fake_put(&f, text, n, 0, true);
		wrong += !slice_eq(next(&r), (struct slice){ text, n });
		ring_ack(&r);
	}
	is_u64(wrong, 0, "a thousand records, the data many times around");
	fake_close(&f, &r);
}

static void test_resume(void)
{
	struct fake f;
	struct ring r, again;

	fake_open(&f, &r);
	fake_put(&f, "one", 3, 0, true);
	fake_put(&f, "two", 3, 0, true);
	(void)next(&r);
	ring_ack(&r);
	(void)next(&r);
	is_i64(ring_init(&again, dup(f.fd), SIZE), 0, "opened again");
	is_slice(next(&again), SLICE("two"), "goes on behind what was acknowledged");
	ring_done(&again);
	is_i64(again.fd, -1, "done");
	fake_close(&f, &r);
}

static void test_nonsense(void)
{
	struct fake f;
	struct ring r;
	const void *rec;
	size_t n;

	fake_open(&f, &r);
	fake_put(&f, "x", 1, 0, false);
	*fake_producer(&f) = 8;
	is_i64(ring_next(&r, &rec, &n), -EBADMSG, "record longer than what was produced");
	*fake_producer(&f) = SIZE + 8;
	is_i64(ring_next(&r, &rec, &n), -EBADMSG, "more produced than the ring holds");
	fake_put(&f, "", 0, 0x3fffffff, true);
	*fake_producer(&f) = SIZE;
	r.pos = 16;
	is_i64(ring_next(&r, &rec, &n), -EBADMSG, "the longest length");
	fake_close(&f, &r);
	f.fd = memfd_create("ring", MFD_CLOEXEC);
	is_i64(ring_init(&r, f.fd, 5000), -EINVAL, "size is no power of two");
	is_i64(ring_init(&r, f.fd, 16), -EINVAL, "size is below a page");
	ring_done(&r);
}

int main(void)
{
	test_order();
	test_busy();
	test_wrap();
	test_resume();
	test_nonsense();
	return done_testing();
}
