/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define GO_FD	  3
#define STATUS_FD 4
#define HIGH_FD	  10 /* out of the way of both */
#define NOT_RUN	  127
#define NOT_EXEC  126

static bool env_id(const char *name, uint32_t *ret_id)
{
	const char *text = getenv(name);
	uint64_t v;

	if (!text || slice_u64(slice_of(text), &v) < 0 || v >= UINT32_MAX)
		return false;
	*ret_id = (uint32_t)v;
	return true;
}

bool command_caller(uint32_t *ret_uid, uint32_t *ret_gid)
{
	uint32_t uid, gid;

	/* Only root was made root by sudo; for anyone else the variables are just text. */
	if (geteuid() != 0 || !env_id("SUDO_UID", &uid) || !env_id("SUDO_GID", &gid))
		return false;
	*ret_uid = uid;
	*ret_gid = gid;
	return true;
}

static int become_caller(void)
{
	const char *name = getenv("SUDO_USER");
	uint32_t uid, gid;

	if (!command_caller(&uid, &gid))
		return 0;
	if ((name ? initgroups(name, gid) : setgroups(1, &gid)) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
		return -errno;
	return 0;
}

_Noreturn static void child_main(int go, char **argv)
{
	ssize_t n;
	char c;

	do
		n = read(go, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(NOT_RUN);
	close(go);
	(void)execvp(argv[0], argv);
	fprintf(stderr, "tripline: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? NOT_RUN : NOT_EXEC);
}

static bool put_word(int fd, uint32_t v)
{
	return write(fd, &v, sizeof(v)) == (ssize_t)sizeof(v);
}

/* Says who the command is, then how it ended. A terminal's interrupt is for the command. */
_Noreturn static void helper_main(int go, int status_fd, char **argv)
{
	int status = 0;
	pid_t pid;

	if (become_caller() < 0)
		_exit(1);
	pid = fork();
	if (pid == 0) {
		close(status_fd);
		child_main(go, argv);
	}
	close(go);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (pid < 0 || !put_word(status_fd, (uint32_t)pid))
		_exit(1);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(1);
	(void)put_word(status_fd,
		       WIFSIGNALED(status) ? 128U + (uint32_t)WTERMSIG(status) : (uint32_t)WEXITSTATUS(status));
	_exit(0);
}

/* The two ends that stay go to fixed numbers, so that all other descriptors can be closed. */
static int pipes_open(int go[2], int status[2])
{
	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(status, O_CLOEXEC) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		int *fds = i ? status : go;

		for (int k = 0; k < 2; k++) {
			int high = fcntl(fds[k], F_DUPFD_CLOEXEC, HIGH_FD);

			if (high < 0)
				return -errno;
			close(fds[k]);
			fds[k] = high;
		}
	}
	return 0;
}

static int word_read(int fd, uint32_t *ret_word)
{
	ssize_t n;

	do
		n = read(fd, ret_word, sizeof(*ret_word));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*ret_word) ? 0 : -EIO;
}

int command_fork(struct command *c, char **argv)
{
	int go[2] = { -1, -1 }, status[2] = { -1, -1 }, r = pipes_open(go, status);
	pid_t pid;

	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(go[1]);
		close(status[0]);
		helper_main(go[0], status[1], argv);
	}
	close(go[0]);
	close(status[1]);
	if (dup3(go[1], GO_FD, O_CLOEXEC) < 0 || dup3(status[0], STATUS_FD, O_CLOEXEC) < 0)
		return -errno;
	close(go[1]);
	close(status[0]);
	c->go_fd = GO_FD;
	c->status_fd = STATUS_FD;
	return word_read(c->status_fd, &c->pid);
}

int command_go(struct command *c)
{
	int r = write(c->go_fd, "g", 1) == 1 ? 0 : -errno;

	closep(&c->go_fd);
	c->go_fd = -1;
	return r;
}

int command_status(struct command *c)
{
	uint32_t status;

	return word_read(c->status_fd, &status) < 0 ? 1 : (int)(status & 0xff);
}

void command_done(struct command *c)
{
	closep(&c->go_fd);
	closep(&c->status_fd);
	c->go_fd = c->status_fd = -1;
}
