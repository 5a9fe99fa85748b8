// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "bpf/wire.h"

#define SNAPSHOT_READ (64 * 1024)

struct text {
	char *p;
	size_t n, cap;
};

static int text_room(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 256 * 1024;
	char *p;

	while (cap - t->n < more)
		if (__builtin_mul_overflow(cap, 2, &cap))
			return -ENOMEM;
	if (cap == t->cap)
		return 0;
	p = realloc(t->p, cap);
	if (!p)
		return -ENOMEM;
	t->p = p;
	t->cap = cap;
	return 0;
}

/* Reads all of @fd. */
static int text_read(struct text *t, int fd)
{
	for (;;) {
		ssize_t n;

		if (text_room(t, SNAPSHOT_READ) < 0)
			return -ENOMEM;
		n = read(fd, t->p + t->n, SNAPSHOT_READ);
		if (n == 0)
			return 0;
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		t->n += (size_t)n;
	}
}

static ssize_t proc_read(unsigned pid, const char *name, char *buf, size_t size)
{
	char path[64];
	size_t done = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (done < size) {
		ssize_t n = read(fd, buf + done, size - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(fd);
	return (ssize_t)done;
}

/* Field 22 of proc(5) stat, clock ticks since boot. The name in field 2 can hold anything, also parentheses. */
static bool proc_started_at(unsigned pid, uint64_t start_ns)
{
	uint64_t tick_ns = NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	char buf[1024];
	ssize_t n = proc_read(pid, "stat", buf, sizeof(buf) - 1);
	char *at;

	if (n <= 0)
		return false;
	buf[n] = '\0';
	at = strrchr(buf, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at && strtoull(at + 1, NULL, 10) == start_ns / tick_ns;
}

/* Appends one record with its command line. The kernel's record has none: another process's memory is not readable there. */
static int snapshot_put(struct text *out, const struct wire_task *rec)
{
	size_t size = rec->head.size, used = size;
	struct wire_task *r;
	ssize_t n = 0;

	if (text_room(out, size + WIRE_ARGS_MAX + 8) < 0)
		return -ENOMEM;
	r = (struct wire_task *)(void *)(out->p + out->n);
	memcpy(r, rec, size);
	if (rec->exe.len) {
		char *args = (char *)r + size;

		n = proc_read(rec->head.proc.tgid, "cmdline", args, WIRE_ARGS_MAX - 1);
		if (n > 0 && proc_started_at(rec->head.proc.tgid, rec->head.proc.start_time)) {
			if (args[n - 1] != '\0') /* setproctitle, or cut */
				args[n++] = '\0';
			r->args = (struct wire_str){ (uint16_t)size, (uint16_t)n };
			used = size + (size_t)n;
		}
	}
	while (used % 8)
		((char *)r)[used++] = '\0';
	r->head.size = (uint32_t)used;
	out->n += used;
	return 0;
}

static int snapshot_join(const struct text *raw, struct text *out)
{
	size_t at = 0;

	while (raw->n - at >= sizeof(struct wire_task)) {
		struct wire_task rec;
		char *copy;
		int r;

		memcpy(&rec, raw->p + at, sizeof(rec));
		if (rec.head.size < sizeof(rec) || rec.head.size > raw->n - at)
			return -EBADMSG;
		copy = malloc(rec.head.size); /* the kernel packs records, whatever their alignment */
		if (!copy)
			return -ENOMEM;
		memcpy(copy, raw->p + at, rec.head.size);
		r = snapshot_put(out, (const struct wire_task *)(void *)copy);
		free(copy);
		if (r < 0)
			return r;
		at += rec.head.size;
	}
	return at == raw->n ? 0 : -EBADMSG;
}

int snapshot_read(int fd, char **ret_records, size_t *ret_size)
{
	struct text raw = { 0 }, out = { 0 };
	int r;

	r = text_read(&raw, fd);
	if (r == 0)
		r = snapshot_join(&raw, &out);
	free(raw.p);
	if (r < 0) {
		free(out.p);
		return r;
	}
	*ret_records = out.p;
	*ret_size = out.n;
	return 0;
}
