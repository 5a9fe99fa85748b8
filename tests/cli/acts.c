// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/*
 * What the shell tests let happen on the live kernel, and a true account of it to hold the recording against.
 *
 *   acts spawn N FILE    N short-lived processes, eight at a time; a line "NUMBER PID PARENT" of each goes to FILE
 *   acts listen FILE     accepts on a free port of the loopback, which goes to FILE, until it is ended
 *   acts call PORT       connects to that port and ends
 *   acts mix SECONDS     processes, accepted and refused connections, as fast as they go
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 8 };

static void fail(const char *what)
{
	fprintf(stderr, "acts: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void reap(void)
{
	int status;

	if (wait(&status) < 0)
		fail("wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "acts: a child ended with %#x\n", (unsigned int)status);
		exit(1);
	}
}

static pid_t start(unsigned long number)
{
	char text[32], program[] = "/bin/true", mark[] = "spawned-by-acts";
	char *argv[] = { program, mark, text, NULL }, *envp[] = { NULL };
	pid_t pid;

	snprintf(text, sizeof(text), "number-%lu", number);
	errno = posix_spawn(&pid, program, NULL, NULL, argv, envp);
	if (errno != 0)
		fail(program);
	return pid;
}

static void spawn(unsigned long n, const char *path)
{
	FILE *account = fopen(path, "w");
	unsigned long i;

	if (!account)
		fail(path);
	for (i = 0; i < n; i++) {
		if (i >= AT_ONCE)
			reap();
		fprintf(account, "%lu %d %d\n", i, (int)start(i), (int)getpid());
	}
	for (i = 0; i < n && i < AT_ONCE; i++)
		reap();
	if (fclose(account) != 0)
		fail(path);
}

static struct sockaddr_in loopback(unsigned short port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int listen_somewhere(unsigned short *port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		fail("listen");
	*port = ntohs(address.sin_port);
	return fd;
}

static bool call(unsigned short port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct linger at_once = { .l_onoff = 1 };
	bool accepted;

	if (fd < 0)
		fail("socket");
	accepted = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	/* No TIME_WAIT: a long run would use up the ports. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	return accepted;
}

static void serve(const char *path)
{
	unsigned short port;
	int fd = listen_somewhere(&port);
	FILE *out = fopen(path, "w");

	if (!out || fprintf(out, "%u\n", (unsigned int)port) < 0 || fclose(out) != 0)
		fail(path);
	for (;;) {
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (peer >= 0)
			close(peer);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void mix(double seconds)
{
	double end = now() + seconds;
	unsigned short port, closed;
	int fd = listen_somewhere(&port), other = listen_somewhere(&closed);
	unsigned long n;

	close(other);
	for (n = 0; now() < end; n++) {
		if (n >= AT_ONCE)
			reap();
		start(n);
		if (!call(port))
			fail("connect");
		close(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
		call(closed);
	}
	for (unsigned long i = 0; i < n && i < AT_ONCE; i++)
		reap();
	printf("%lu\n", n);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc == 4 && strcmp(verb, "spawn") == 0) {
		spawn(strtoul(argv[2], NULL, 10), argv[3]);
	} else if (argc == 3 && strcmp(verb, "listen") == 0) {
		serve(argv[2]);
	} else if (argc == 3 && strcmp(verb, "call") == 0) {
		return !call((unsigned short)strtoul(argv[2], NULL, 10));
	} else if (argc == 3 && strcmp(verb, "mix") == 0) {
		mix(strtod(argv[2], NULL));
	} else {
		fputs("usage: acts spawn N FILE | listen FILE | call PORT | mix SECONDS\n", stderr);
		return 2;
	}
	return 0;
}
