// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* snapshot_test - the command line is joined where the process is still the same one */
#include "config.h"

#include "sensor/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sys/mman.h>

#include "sensor/decode.h"
#include "tests/tap.h"

/* Field 22 of our own stat, in ns. */
static uint64_t own_start(void)
{
	char buf[1024] = "", *at;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) <= 0)
		return 0;
	close(fd);
	at = strrchr(buf, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) * (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK)) : 0;
}

struct record {
	struct wire_task task;
	char exe[5]; /* makes the records lie at odd places */
};

static struct record record(uint64_t start)
{
	struct record r = { .exe = "/bin" };

	r.task.head.size = sizeof(r.task) + sizeof(r.exe) - 1;
	r.task.head.kind = WIRE_task;
	r.task.head.proc.tgid = (uint32_t)getpid();
	r.task.head.proc.start_time = start;
	r.task.exe = (struct wire_str){ sizeof(r.task), sizeof(r.exe) - 1 };
	return r;
}

static int fd_of(const void *p, size_t n)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
		exit(1);
	return fd;
}

static int read_back(const void *p, size_t n, char **ret_records, size_t *ret_size)
{
	int fd = fd_of(p, n), r = snapshot_read(fd, ret_records, ret_size);

	close(fd);
	return r;
}

static void test_join(void)
{
	const struct decode_clock clock = { 0 };
	struct record one = record(own_start()), other = record(own_start() + NSEC_PER_SEC),
		      kernel = record(0);
	size_t each = one.task.head.size, size = 0, at = 0, pos = 0;
	char all[3 * sizeof(struct record)], *records = NULL;
	const struct wire_head *h;
	struct slice item = { 0 };
	struct event ev;

	kernel.task.exe.len = 0;
	memcpy(all, &one, each);
	memcpy(all + each, &other, each);
	memcpy(all + 2 * each, &kernel, each);
	is_i64(read_back(all, 3 * each, &records, &size), 0, "three records");
	if (event_init(&ev) < 0 || !records)
		exit(1);
	for (int i = 0; i < 3; i++) {
		const struct wire_head *rec = (const void *)(records + at);

		is_u64(rec->size % 8, 0, "length is a multiple of 8");
		is_i64(decode_record(&ev, &clock, rec, rec->size, &h), WIRE_task, "decodes");
		if (i == 0)
			ok(list_next(event_str(&ev, F_args), &pos, &item) && item.n > 0 &&
				   memmem(item.p, item.n, "snapshot_test", 13),
			   "the arguments of the one that is still there");
		else
			ok(!event_has(&ev, F_args), i == 1 ? "none of one with another start time"
							   : "none of a kernel thread");
		at += rec->size;
	}
	is_u64(at, size, "and nothing behind them");
	event_done(&ev);
	free(records);
}

static void test_bad(void)
{
	struct record r = record(1);
	size_t n = r.task.head.size, size = 1, taken = 0;
	char *records = NULL;

	is_i64(read_back(&r, 0, &records, &size), 0, "no record at all");
	ok(size == 0 && !records, "is an empty snapshot");
	for (size_t cut = 1; cut < n; cut++)
		taken += read_back(&r, cut, &records, &size) != -EBADMSG;
	is_u64(taken, 0, "cut at each byte: refused");
	r.task.head.size = sizeof(r.task) - 1;
	is_i64(read_back(&r, n, &records, &size), -EBADMSG, "shorter than a record");
	r.task.head.size = 0xffffffff;
	is_i64(read_back(&r, n, &records, &size), -EBADMSG, "longer than what is there");
	is_i64(snapshot_read(-1, &records, &size), -EBADF, "not readable");
}

int main(void)
{
	test_join();
	test_bad();
	return done_testing();
}
