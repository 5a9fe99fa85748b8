/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/session.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

PRINTF(4, 5)
static int fail(struct session *s, int status, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	s->status = status;
	return err < 0 ? err : -EIO;
}

static int box_failed(struct session *s, int status, int r)
{
	return fail(s, status, r, "%s", s->box.why);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t session_boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t session_clock_offset(void)
{
	uint64_t before = clock_ns(CLOCK_BOOTTIME), wall = clock_ns(CLOCK_REALTIME), after = clock_ns(CLOCK_BOOTTIME);

	return wall - (before + (after - before) / 2);
}

/* First line of a small file, "" if there is none. */
static void read_word(const char *path, char *to, size_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, to, size - 1);

	to[n < 0 ? 0 : n] = '\0';
	to[strcspn(to, "\n")] = '\0';
}

static void names_read(struct session *s)
{
	struct utsname u;
	struct stat ns;

	if (uname(&u) == 0) {
		(void)snprintf(s->host, sizeof(s->host), "%s", u.nodename);
		(void)snprintf(s->kernel, sizeof(s->kernel), "%s", u.release);
	}
	if (stat("/proc/self/ns/pid", &ns) == 0)
		s->pidns = (uint32_t)ns.st_ino;
	read_word("/proc/sys/kernel/random/boot_id", s->boot_id, sizeof(s->boot_id));
	read_word("/etc/machine-id", s->machine_id, sizeof(s->machine_id));
}

static int signals_open(struct session *s)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGPIPE); /* a reader that goes away is an error of write(2), not an end */
	(void)sigaddset(&set, SIGXFSZ);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return fail(s, 1, -errno, "cannot block signals: %m");
	(void)sigdelset(&set, SIGPIPE);
	(void)sigdelset(&set, SIGXFSZ);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return fail(s, 1, -errno, "cannot make a signalfd: %m");
	return 0;
}

void session_init(struct session *s)
{
	*s = (struct session){ .signal_fd = -1, .lock_fd = -1, .ring.fd = -1, .probe.ring_fd = -1 };
}

int session_open(struct session *s, const struct config *c)
{
	struct probe_config pc = { .ring_bytes = c->ring_bytes };
	char why[384] = "";
	int r;

	r = sandbox_choose_user(&s->box, c->user, NULL, NULL);
	if (r < 0)
		return box_failed(s, TL_EXIT_CONFIG, r);
	r = signals_open(s);
	if (r < 0)
		return r;
	names_read(s);
	r = users_read("/etc/passwd", &s->users);
	if (r < 0 && r != -ENOENT)
		return fail(s, 1, r, "cannot read /etc/passwd: %s", strerror(-r));
	r = probe_open(&pc, &s->probe, why, sizeof(why));
	if (r < 0)
		return fail(s, TL_EXIT_NO_PRIVILEGE, r, "%s", why);
	r = ring_init(&s->ring, s->probe.ring_fd, s->probe.ring_bytes);
	s->probe.ring_fd = -1; /* the ring owns it, whatever ring_init said */
	if (r < 0)
		return fail(s, 1, r, "cannot map the ring buffer: %s", strerror(-r));
	s->clock.offset_ns = session_clock_offset();
	r = event_init(&s->ev);
	if (r < 0)
		return fail(s, 1, r, "out of memory");
	return 0;
}

/* ---- files that are written ---- */

/* The directory of @path, made and given away if it is not there. Descriptor, or -errno. */
static int dir_prepare(struct session *s, const char *path)
{
	char copy[PATH_MAX], *dir;
	bool made;
	int fd;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	made = mkdir(dir, 0750) == 0;
	if (!made && errno != EEXIST)
		return fail(s, TL_EXIT_CONFIG, -errno, "cannot make directory %s: %m", dir);
	/* What was made is changed by descriptor only: by name it could be another one by now. */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (made ? O_NOFOLLOW : 0));
	if (fd < 0)
		return fail(s, TL_EXIT_CONFIG, -errno, "cannot open directory %s: %m", dir);
	if (made && (fchmod(fd, 0750) < 0 || (s->box.privileged && fchown(fd, s->box.uid, s->box.gid) < 0))) {
		(void)fail(s, TL_EXIT_CONFIG, -errno, "cannot give %s to user %s: %m", dir, s->box.user);
		closep(&fd);
		return -EIO;
	}
	return fd;
}

/* The ids for files of the user to be, or root's again. */
static int files_as(struct session *s, bool user)
{
	int r = user ? setgroups(1, &s->box.gid) : seteuid(0);

	if (r == 0)
		r = setegid(user ? s->box.gid : 0);
	if (r == 0 && user)
		r = seteuid(s->box.uid);
	return r < 0 ? -errno : 0;
}

/* Opened as the sensor will have to open it after a rotation: root could write it, the user that root becomes perhaps not. */
static int file_check(struct session *s, const char *path)
{
	_cleanup_(closep) int fd = -1;
	int r = files_as(s, true), err = 0;

	if (r == 0) {
		fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		err = fd < 0 && errno != ENXIO ? errno : 0; /* ENXIO: a FIFO that nobody reads yet */
	}
	if (r < 0 || files_as(s, false) < 0)
		return fail(s, 1, -errno, "cannot act as user %s: %m", s->box.user);
	if (err)
		return fail(s, TL_EXIT_CONFIG, -err,
			    "user %s, which the program becomes, cannot write %s: %s; give it the file (chown), or "
			    "name another",
			    s->box.user, path, err == ELOOP ? "it is a symbolic link" : strerror(err));
	return 0;
}

int session_prepare_file(struct session *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(closep) int dir = -1, fd = -1;

	if (!s->box.privileged)
		return 0; /* as the user it is; the writer tells what cannot be opened */
	dir = dir_prepare(s, path);
	if (dir < 0)
		return dir;
	fd = openat(dir, slash ? slash + 1 : path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return errno == EEXIST ? file_check(s, path)
				       : fail(s, TL_EXIT_CONFIG, -errno, "cannot make %s: %m", path);
	if (fchmod(fd, 0640) < 0 || fchown(fd, s->box.uid, s->box.gid) < 0)
		return fail(s, TL_EXIT_CONFIG, -errno, "cannot give %s to user %s: %m", path, s->box.user);
	return 0;
}

/* A file beside it, because a rotation takes the record file away under its name. */
int session_lock_file(struct session *s, const char *path)
{
	char lock[PATH_MAX];
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	if (snprintf(lock, sizeof(lock), "%s.lock", path) >= (int)sizeof(lock))
		return fail(s, TL_EXIT_CONFIG, -ENAMETOOLONG, "%s is too long", path);
	s->lock_fd = open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return fail(s, TL_EXIT_CONFIG, -errno, "cannot open %s: %m", lock);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return fail(s, 1, -EBUSY, "another sensor writes %s: end it, or name another file with --record-file",
			    path);
	return fail(s, 1, -errno, "cannot lock %s: %m", lock);
}

int session_drop(struct session *s, const struct sandbox_paths *paths)
{
	int r = sandbox_limits(&s->box);

	if (r == 0) {
		r = sandbox_hold(&s->box, paths);
		if (r < 0)
			return box_failed(s, TL_EXIT_CONFIG, r);
	}
	if (r == 0)
		r = sandbox_drop(&s->box);
	if (r == 0)
		r = sandbox_lock(&s->box);
	if (r == 0) {
		r = sandbox_landlock(&s->box, paths);
		if (r == -EACCES) /* a path of the configuration that the new user cannot reach */
			return box_failed(s, TL_EXIT_CONFIG, r);
	}
	if (r == 0)
		r = sandbox_self_test(&s->box);
	return r < 0 ? box_failed(s, 1, r) : 0;
}

int session_seal(struct session *s)
{
	int r = sandbox_no_children(&s->box);

	if (r == 0)
		r = sandbox_seccomp(&s->box);
	return r < 0 ? box_failed(s, 1, r) : 0;
}

static void snapshot_seek(struct session *s, const struct wire_proc *w)
{
	if (s->seek_pid && w->ns_tgid == s->seek_pid && w->pidns == s->pidns) {
		s->found_tgid = w->tgid;
		s->found_start = w->start_time;
	}
}

static void snapshot_feed(struct session *s)
{
	static const uint64_t nothing[FIELD_WORDS];
	const char *p = s->probe.snapshot;
	size_t left = s->probe.snapshot_size;

	while (left >= sizeof(struct wire_head)) {
		const struct wire_head *head;
		uint32_t size;

		memcpy(&size, p, sizeof(size));
		if (size < sizeof(struct wire_head) || size > left) {
			s->snapshot_bad++;
			return;
		}
		if (decode_record(&s->ev, &s->clock, p, size, &head) == WIRE_task) {
			(void)proctab_event(s->procs, &s->ev, head, nothing);
			snapshot_seek(s, &head->proc);
			s->snapshot++;
		} else {
			s->snapshot_bad++;
		}
		size = (size + 7) & ~7U;
		p += MIN(size, left);
		left -= MIN(size, left);
	}
}

int session_begin(struct session *s, const struct config *c, size_t lineage_bytes)
{
	struct proctab_config pc = {
		.max_procs = (unsigned)c->max_processes,
		.string_bytes = c->string_memory,
		.grace_ns = c->process_grace,
		.boot_id = slice_of(s->boot_id),
		.host = slice_of(s->host),
		.users = s->users,
		.lineage_bytes = lineage_bytes,
	};
	int r = proctab_new(&pc, &s->procs);

	if (r < 0)
		return fail(s, 1, r, "cannot take memory for the process table: %s", strerror(-r));
	snapshot_feed(s);
	free(s->probe.snapshot);
	s->probe.snapshot = NULL;
	s->probe.snapshot_size = 0;
	return 0;
}

void session_detach(struct session *s)
{
	for (unsigned i = 0; i < s->probe.n_programs; i++)
		closep(&s->probe.program[i].link_fd);
	for (unsigned i = 0; i < s->probe.n_programs; i++)
		s->probe.program[i].link_fd = -1;
}

void session_close(struct session *s)
{
	event_done(&s->ev);
	proctab_free(s->procs);
	users_free(s->users);
	ring_done(&s->ring);
	probe_close(&s->probe);
	closep(&s->signal_fd);
	closep(&s->lock_fd);
}
