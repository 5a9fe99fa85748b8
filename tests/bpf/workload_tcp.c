// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* workload_tcp.c - connections over loopback, of each kind that ends up differently */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/bpf/workload.h"

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int stream(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		workload_fail("socket");
	return fd;
}

/* A listener on a port of the kernel's choice. */
static int listener(int backlog, struct sockaddr_in *ret_addr)
{
	struct sockaddr_in a = loopback(0);
	socklen_t n = sizeof(a);
	int fd = stream(AF_INET);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, backlog) ||
	    getsockname(fd, (struct sockaddr *)&a, &n))
		workload_fail("listen");
	*ret_addr = a;
	return fd;
}

static void put(int fd, size_t n)
{
	static const char zero[4096];

	if (write(fd, zero, n) != (ssize_t)n)
		workload_fail("write");
}

static void get(int fd, size_t n)
{
	char buf[4096];

	while (n) {
		ssize_t got = read(fd, buf, n);

		if (got <= 0)
			workload_fail("read");
		n -= (size_t)got;
	}
}

static void get_eof(int fd)
{
	char c;

	if (read(fd, &c, 1) != 0)
		workload_fail("eof");
}

/* 5 bytes out, 1000 bytes back; the connecting side closes first. */
static void talk(int client, int server)
{
	put(client, 5);
	get(server, 5);
	put(server, 1000);
	get(client, 1000);
	close(client);
	get_eof(server);
	close(server);
}

int workload_tcp_connect(char **arg)
{
	struct sockaddr_in a;
	int l = listener(5, &a), c = stream(AF_INET), s;

	(void)arg;
	if (connect(c, (struct sockaddr *)&a, sizeof(a)))
		workload_fail("connect");
	s = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	if (s < 0)
		workload_fail("accept");
	talk(c, s);
	return 0;
}

int workload_tcp_refused(char **arg)
{
	struct sockaddr_in a;
	int l = listener(5, &a), c = stream(AF_INET);

	(void)arg;
	close(l);
	return connect(c, (struct sockaddr *)&a, sizeof(a)) < 0 && errno == ECONNREFUSED ? 0 : 1;
}

int workload_tcp_nonblocking(char **arg)
{
	struct sockaddr_in a;
	int l = listener(5, &a), c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), s;
	struct pollfd p = { .fd = c, .events = POLLOUT };

	(void)arg;
	if (connect(c, (struct sockaddr *)&a, sizeof(a)) == 0 || errno != EINPROGRESS)
		workload_fail("nonblocking connect");
	if (poll(&p, 1, 5000) != 1)
		workload_fail("poll");
	s = accept(l, NULL, NULL);
	if (s < 0)
		workload_fail("accept");
	fcntl(c, F_SETFL, 0);
	talk(c, s);
	/* And one that is refused later; asking again for its outcome is no second attempt. */
	close(l);
	c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	p.fd = c;
	if (connect(c, (struct sockaddr *)&a, sizeof(a)) == 0 || errno != EINPROGRESS)
		workload_fail("nonblocking connect");
	if (poll(&p, 1, 5000) != 1)
		workload_fail("poll");
	return connect(c, (struct sockaddr *)&a, sizeof(a)) < 0 && errno == ECONNREFUSED ? 0 : 1;
}

/* The accept queue is full (backlog 0 holds one), so the third connection's SYN goes unanswered; it is given up. */
int workload_tcp_aborted(char **arg)
{
	struct sockaddr_in a;
	int c[8];

	(void)arg;
	listener(0, &a);
	for (int i = 0; i < 8; i++) {
		struct pollfd p = { .events = POLLOUT };

		c[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(c[i], (struct sockaddr *)&a, sizeof(a)) && errno != EINPROGRESS)
			workload_fail("connect");
		p.fd = c[i];
		if (poll(&p, 1, 100) == 0) {
			close(c[i]);
			return 0;
		}
	}
	return 77;
}

int workload_tcp_v6(char **arg)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t n = sizeof(a);
	int l = socket(AF_INET6, SOCK_STREAM, 0), c, s;

	(void)arg;
	if (l < 0 || bind(l, (struct sockaddr *)&a, sizeof(a)))
		return 77;
	if (listen(l, 5) || getsockname(l, (struct sockaddr *)&a, &n))
		workload_fail("listen");
	c = stream(AF_INET6);
	if (connect(c, (struct sockaddr *)&a, sizeof(a)))
		workload_fail("connect");
	s = accept(l, NULL, NULL);
	if (s < 0)
		workload_fail("accept");
	talk(c, s);
	return 0;
}

int workload_tcp_mapped(char **arg)
{
	struct sockaddr_in a;
	struct sockaddr_in6 m = { .sin6_family = AF_INET6 };
	int l = listener(5, &a), c = socket(AF_INET6, SOCK_STREAM, 0), s;

	(void)arg;
	if (c < 0)
		return 77;
	m.sin6_port = a.sin_port;
	if (inet_pton(AF_INET6, "::ffff:127.0.0.1", &m.sin6_addr) != 1)
		return 1;
	if (connect(c, (struct sockaddr *)&m, sizeof(m)))
		workload_fail("connect");
	s = accept(l, NULL, NULL);
	if (s < 0)
		workload_fail("accept");
	talk(c, s);
	return 0;
}

/* The parent listens, its child accepts and is the owner; the parent connects. */
int workload_tcp_child(char **arg)
{
	struct sockaddr_in a;
	int l = listener(5, &a), c, status;
	pid_t pid = fork();

	(void)arg;
	if (pid == 0) {
		int s = accept(l, NULL, NULL);

		get(s, 5);
		put(s, 7);
		_exit(0); /* closes */
	}
	c = stream(AF_INET);
	if (connect(c, (struct sockaddr *)&a, sizeof(a)))
		workload_fail("connect");
	put(c, 5);
	get(c, 7);
	get_eof(c);
	close(c);
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

/* Refused before a SYN leaves: TCP to the broadcast address, or no route to it. */
int workload_tcp_unreachable(char **arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(4321),
				 .sin_addr.s_addr = INADDR_BROADCAST };
	int c = stream(AF_INET);

	(void)arg;
	return connect(c, (struct sockaddr *)&a, sizeof(a)) < 0 && errno == ENETUNREACH ? 0 : 1;
}

/* The same by the number of the x32 table, whether the kernel has that or not. */
int workload_tcp_x32(char **arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(4322),
				 .sin_addr.s_addr = INADDR_BROADCAST };

	(void)arg;
	return syscall(0x40000000 | SYS_connect, stream(AF_INET), &a, sizeof(a)) < 0 ? 0 : 1;
}

/* A second connection with the same four numbers: the call enters SYN_SENT and takes it back. */
int workload_tcp_busy(char **arg)
{
	struct sockaddr_in a, from = loopback(0);
	socklen_t n = sizeof(from);
	int one = 1, l = listener(5, &a), c[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		c[i] = stream(AF_INET);
		if (setsockopt(c[i], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
		    bind(c[i], (struct sockaddr *)&from, sizeof(from)) ||
		    getsockname(c[i], (struct sockaddr *)&from, &n))
			workload_fail("bind");
	}
	if (connect(c[0], (struct sockaddr *)&a, sizeof(a)))
		workload_fail("connect");
	(void)l;
	return connect(c[1], (struct sockaddr *)&a, sizeof(a)) < 0 && errno == EADDRNOTAVAIL ? 0
											     : 1;
}

int workload_tcp_fastopen(char **arg)
{
	struct sockaddr_in a;
	int l = listener(5, &a), c = stream(AF_INET), s;

	(void)arg;
	if (sendto(c, "hello", 5, MSG_FASTOPEN, (struct sockaddr *)&a, sizeof(a)) < 0)
		return 77; /* net.ipv4.tcp_fastopen */
	s = accept(l, NULL, NULL);
	if (s < 0)
		workload_fail("accept");
	get(s, 5);
	close(c);
	get_eof(s);
	close(s);
	return 0;
}

/* Closed with unsent patience: a reset, on both sides one end. */
int workload_tcp_reset(char **arg)
{
	struct linger now = { .l_onoff = 1 };
	struct sockaddr_in a;
	int l = listener(5, &a), c = stream(AF_INET), s;
	char byte;

	(void)arg;
	if (connect(c, (struct sockaddr *)&a, sizeof(a)))
		workload_fail("connect");
	s = accept(l, NULL, NULL);
	if (s < 0 || setsockopt(c, SOL_SOCKET, SO_LINGER, &now, sizeof(now)))
		workload_fail("linger");
	put(c, 3);
	get(s, 3);
	close(c);
	return read(s, &byte, 1) < 0 && errno == ECONNRESET ? 0 : 1;
}

/* One direction is closed long before the other: one end, and all bytes are counted. */
int workload_tcp_shutdown(char **arg)
{
	struct sockaddr_in a;
	int l = listener(5, &a), c = stream(AF_INET), s;

	(void)arg;
	if (connect(c, (struct sockaddr *)&a, sizeof(a)))
		workload_fail("connect");
	s = accept(l, NULL, NULL);
	if (s < 0)
		workload_fail("accept");
	put(c, 11);
	shutdown(c, SHUT_WR);
	get(s, 11);
	get_eof(s);
	put(s, 2222);
	get(c, 2222);
	close(s);
	get_eof(c);
	close(c);
	return 0;
}

/* ---- io_uring(7), one entry at a time ---- */

struct uring {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
};

static int uring_open(struct uring *u)
{
	struct io_uring_params p = { 0 };
	char *sq, *cq;

	u->fd = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (u->fd < 0)
		return -1;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE,
		  MAP_SHARED, u->fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_CQ_RING);
	u->sqe = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
		      MAP_SHARED, u->fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || u->sqe == MAP_FAILED)
		workload_fail("mmap");
	u->sq_tail = (unsigned *)(void *)(sq + p.sq_off.tail);
	u->sq_mask = (unsigned *)(void *)(sq + p.sq_off.ring_mask);
	u->sq_array = (unsigned *)(void *)(sq + p.sq_off.array);
	u->cq_head = (unsigned *)(void *)(cq + p.cq_off.head);
	u->cq_tail = (unsigned *)(void *)(cq + p.cq_off.tail);
	u->cq_mask = (unsigned *)(void *)(cq + p.cq_off.ring_mask);
	u->cqe = (struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes);
	return 0;
}

static int uring_do(struct uring *u, const struct io_uring_sqe *sqe)
{
	unsigned tail = *u->sq_tail, at = tail & *u->sq_mask, head;
	int res;

	u->sqe[at] = *sqe;
	u->sq_array[at] = at;
	__atomic_store_n(u->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		workload_fail("io_uring_enter");
	head = *u->cq_head;
	res = u->cqe[head & *u->cq_mask].res;
	__atomic_store_n(u->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

int workload_tcp_uring(char **arg)
{
	struct sockaddr_in a;
	struct uring u = { 0 };
	int l = listener(5, &a), c = stream(AF_INET), s;
	struct io_uring_sqe sqe = { .opcode = IORING_OP_CONNECT, .fd = c, .off = sizeof(a) };

	(void)arg;
	if (uring_open(&u) < 0)
		return 77;
	sqe.addr = (uint64_t)(uintptr_t)&a;
	if (uring_do(&u, &sqe) != 0)
		workload_fail("uring connect");
	s = accept(l, NULL, NULL);
	if (s < 0)
		workload_fail("accept");
	put(c, 5);
	get(s, 5);
	close(s);
	get_eof(c);
	sqe = (struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .fd = c };
	return uring_do(&u, &sqe) == 0 ? 0 : 1;
}
