/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define FILE_MODE      0640
#define DEFAULT_SYSLOG "/dev/log"
#define PIECE_MAX      4096 /* PIPE_BUF: poll(2) says that as much goes through, pipe(7) */

/* ---- file ---- */

/* A crash or a full disk may have left half a line: the next one must not be glued to it. */
static bool ends_torn(int fd, const struct stat *st)
{
	char last;

	if (!S_ISREG(st->st_mode) || st->st_size == 0)
		return false;
	return pread(fd, &last, 1, st->st_size - 1) == 1 && last != '\n';
}

static int file_open(const struct sink *s, struct stat *ret_st)
{
	int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int fd = openat(s->dirfd, s->base, O_RDWR | flags, FILE_MODE);

	if (fd < 0 && errno == EACCES) /* writable, not readable: then the last byte is not looked at */
		fd = openat(s->dirfd, s->base, O_WRONLY | flags, FILE_MODE);
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) < 0) {
		int r = -errno;

		closep(&fd);
		return r;
	}
	if (S_ISREG(ret_st->st_mode))
		(void)fsync(s->dirfd); /* the name too should survive; not every directory can be told */
	return fd;
}

static int file_open_dir(struct sink *s)
{
	char *slash = strrchr(s->path, '/');
	_cleanup_(freep) char *dir = NULL;

	s->base = slash ? slash + 1 : s->path;
	if (s->base[0] == '\0')
		return -EISDIR;
	dir = slash ? strndup(s->path, MAX((size_t)(slash - s->path), 1)) : strdup(".");
	if (!dir)
		return -ENOMEM;
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0 && errno == EACCES)
		s->dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->dirfd < 0 ? -errno : 0; /* NOLINT(clang-analyzer-unix.Malloc): freed by its cleanup attribute */
}

/* Nobody has moved it. Also spares a sensor that opened it with more rights than it has now the attempt. */
static bool file_unmoved(const struct sink *s)
{
	struct stat named, open_now;

	return s->fd >= 0 && fstat(s->fd, &open_now) == 0 &&
	       fstatat(s->dirfd, s->base, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_dev == open_now.st_dev &&
	       named.st_ino == open_now.st_ino;
}

int sink_reopen(struct sink *s)
{
	struct stat st = { 0 };
	int fd;

	if (s->type != SINK_FILE || file_unmoved(s))
		return 0;
	fd = file_open(s, &st);
	if (fd < 0)
		return fd;
	if (s->fd >= 0) {
		if (s->done) {
			/* half of the current line is in the old file; all of it goes to the new one */
			ssize_t n = write(s->fd, "\n", 1);

			(void)n;
		}
		closep(&s->fd);
	}
	s->fd = fd;
	s->done = 0;
	s->regular = S_ISREG(st.st_mode);
	s->torn = ends_torn(fd, &st);
	return 0;
}

/* The sensor's umask is 077, and fchmod(2) is not allowed later: the group's right to read is given to the first file here, to
 * those after a rotation by whoever rotates (logrotate(8), create). */
static int file_open_first(struct sink *s)
{
	struct stat st;
	int r = sink_reopen(s);

	if (r < 0 || !s->regular || fstat(s->fd, &st) < 0)
		return r;
	if (st.st_size == 0 && st.st_uid == geteuid() && (st.st_mode & 0777) == (FILE_MODE & ~077))
		(void)fchmod(s->fd, FILE_MODE);
	return 0;
}

static int file_send(struct sink *s, struct slice line)
{
	char lf[] = "\n";

	if (s->torn) {
		if (write(s->fd, lf, 1) != 1)
			return errno ? -errno : -EIO;
		s->torn = false;
	}
	while (s->done < line.n + 1) {
		struct iovec iov[2] = {
			{ (void *)(line.p + MIN(s->done, line.n)), line.n - MIN(s->done, line.n) },
			{ lf, 1 },
		};
		ssize_t n = writev(s->fd, iov, 2);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		s->done += (size_t)n;
	}
	s->done = 0;
	return 0;
}

/* ---- syslog ---- */

static int syslog_open(struct sink *s)
{
	if (strlen(s->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -ENAMETOOLONG;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return s->fd < 0 ? -errno : 0;
}

/* Unconnected, by path each time: this way it outlives a restart of the logger without a new socket. */
static int syslog_send(struct sink *s, struct slice line)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, s->path, strlen(s->path) + 1); /* length checked in syslog_open */
	if (sendto(s->fd, line.p, line.n, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

/* ---- standard output ---- */

/* O_NONBLOCK on descriptor 1 would change it for everyone who shares it, so a terminal or pipe is opened once more. */
static int stdout_open(struct sink *s)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) < 0)
		return -errno;
	s->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		s->fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (s->fd >= 0)
		return 0;
	s->poll_out = !S_ISREG(st.st_mode) && !s->is_socket;
	s->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return s->fd < 0 ? -errno : 0;
}

static ssize_t stdout_piece(const struct sink *s, const char *p, size_t n)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

	if (s->is_socket)
		return send(s->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (!s->poll_out)
		return write(s->fd, p, n);
	if (poll(&pfd, 1, 0) <= 0 || !(pfd.revents & (POLLOUT | POLLERR))) {
		errno = EAGAIN;
		return -1;
	}
	return write(s->fd, p, MIN(n, PIECE_MAX));
}

static int stdout_send(struct sink *s, struct slice line)
{
	while (s->done < line.n + 1) {
		bool text = s->done < line.n;
		ssize_t n = stdout_piece(s, text ? line.p + s->done : "\n", text ? line.n - s->done : 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		s->done += (size_t)n;
	}
	s->done = 0;
	return 0;
}

/* ---- any ---- */

static int open_by_type(struct sink *s)
{
	int r;

	switch (s->type) {
	case SINK_FILE:
		r = file_open_dir(s);
		return r < 0 ? r : file_open_first(s);
	case SINK_SYSLOG:
		return syslog_open(s);
	case SINK_STDOUT:
		return stdout_open(s);
	}
	return -EINVAL;
}

int sink_open(struct sink *s, const struct output_config *c, struct diag *diag)
{
	const char *path = c->path ? c->path : c->sink == SINK_SYSLOG ? DEFAULT_SYSLOG : "";
	int r;

	*s = (struct sink){ .type = c->sink, .fd = -1, .dirfd = -1, .path = strdup(path) };
	r = s->path ? open_by_type(s) : -ENOMEM;
	if (r < 0) {
		diag_add(diag, DIAG_ERROR, "", 0, 0, "cannot open output %s (%s %s): %s", c->name, sink_name(c->sink),
			 path, strerror(-r));
		sink_close(s);
	}
	return r;
}

int sink_send(struct sink *s, struct slice line)
{
	switch (s->type) {
	case SINK_FILE:
		return file_send(s, line);
	case SINK_SYSLOG:
		return syslog_send(s, line);
	case SINK_STDOUT:
		return stdout_send(s, line);
	}
	return -EINVAL;
}

int sink_sync(struct sink *s)
{
	if (!s->regular || fdatasync(s->fd) == 0)
		return 0;
	return -errno;
}

void sink_close(struct sink *s)
{
	closep(&s->fd);
	closep(&s->dirfd);
	free(s->path);
	s->path = NULL;
}
