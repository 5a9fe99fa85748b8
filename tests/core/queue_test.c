/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "tests/tap.h"

#define ITEMS 1000000

struct item {
	uint64_t number, check[6];
};

static void test_init(void)
{
	struct queue q;

	is_i64(queue_init(&q, 100, 3), -EINVAL, "slots must be a power of two");
	is_i64(queue_init(&q, 100, 0), -EINVAL, "no slots");
	is_i64(queue_init(&q, 0, 4), -EINVAL, "no slot size");
	is_i64(queue_init(&q, SIZE_MAX / 2, 1U << 20), -EOVERFLOW, "too large");
}

static void test_one_thread(void)
{
	struct queue q;
	uint64_t count;
	char *slot;
	bool good = true;

	if (!ok(queue_init(&q, 100, 4) == 0, "init"))
		return;
	ok(!queue_peek(&q) && queue_len(&q) == 0, "a new one is empty");
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 4; i++) {
			slot = queue_slot(&q);
			good = good && slot && slot == queue_slot(&q);
			memset(slot, (int)(round * 4 + i), 100);
			queue_push(&q);
		}
		good = good && !queue_slot(&q) && queue_len(&q) == 4;
		for (unsigned i = 0; i < 4; i++) {
			slot = queue_peek(&q);
			good = good && slot && slot[0] == (char)(round * 4 + i) &&
			       slot[99] == slot[0];
			queue_pop(&q);
		}
		good = good && !queue_peek(&q);
	}
	ok(good, "four in, full, the same four out, empty; three times");
	ok(read(q.wake_fd, &count, sizeof(count)) == sizeof(count) && count == 12,
	   "each push woke");
	ok(read(q.wake_fd, &count, sizeof(count)) < 0 && errno == EAGAIN, "and nothing else");
	queue_wake(&q);
	ok(poll(&(struct pollfd){ .fd = q.wake_fd, .events = POLLIN }, 1, 0) == 1,
	   "queue_wake wakes");

	/* the indices wrap at 2^32 */
	q.head = q.tail = UINT32_MAX - 1;
	good = true;
	for (unsigned i = 0; i < 4; i++) {
		slot = queue_slot(&q);
		good = good && slot;
		slot[0] = (char)i;
		queue_push(&q);
	}
	good = good && !queue_slot(&q) && queue_len(&q) == 4;
	for (unsigned i = 0; i < 4; i++) {
		slot = queue_peek(&q);
		good = good && slot && slot[0] == (char)i;
		queue_pop(&q);
	}
	ok(good && !queue_peek(&q), "over the end of the indices");
	queue_done(&q);
	queue_done(&q);
	ok(!q.mem, "done, also twice");
}

static void *produce(void *arg)
{
	struct queue *q = arg;

	for (uint64_t i = 0; i < ITEMS;) {
		struct item *it = queue_slot(q);

		if (!it) {
			sched_yield();
			continue;
		}
		it->number = i;
		for (size_t k = 0; k < ARRAY_SIZE(it->check); k++)
			it->check[k] = i * (k + 3);
		queue_push(q);
		i++;
	}
	return NULL;
}

/* The consumer sleeps in poll(2) as the writer thread does: a lost wake-up would hang here until
 * the test's time is up. */
static void test_two_threads(void)
{
	struct queue q;
	pthread_t thread;
	uint64_t wrong = 0, next = 0;
	int timeouts = 0;

	if (!ok(queue_init(&q, sizeof(struct item), 64) == 0, "init"))
		return;
	if (pthread_create(&thread, NULL, produce, &q) != 0) {
		ok(false, "a second thread");
		return;
	}
	while (next < ITEMS && timeouts == 0) {
		struct item *it = queue_peek(&q);
		uint64_t count;

		if (!it) {
			struct pollfd p = { .fd = q.wake_fd, .events = POLLIN };

			timeouts += poll(&p, 1, 30000) == 0;
			(void)!read(q.wake_fd, &count, sizeof(count));
			continue;
		}
		wrong += it->number != next;
		for (size_t k = 0; k < ARRAY_SIZE(it->check); k++)
			wrong += it->check[k] != next * (k + 3);
		next++;
		queue_pop(&q);
	}
	is_u64(next, ITEMS, "a million items came");
	is_u64(wrong, 0, "in order and whole");
	is_i64(timeouts, 0, "no wake-up was lost");
	if (next == ITEMS)
		pthread_join(thread, NULL);
	else
		pthread_cancel(thread);
	ok(!queue_peek(&q) && queue_len(&q) == 0, "and nothing more");
	queue_done(&q);
}

int main(void)
{
	test_init();
	test_one_thread();
	test_two_threads();
	return done_testing();
}
