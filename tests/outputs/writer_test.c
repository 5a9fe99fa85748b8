/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* writer_test.c - the writer thread against a full disk, an absent logger, a stopped terminal and rotation */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/queue.h"
#include "tests/outputs/sample.h"
#include "tests/tap.h"

#define PATIENCE_MS 20000

static char dir[] = "/tmp/tl-writer-XXXXXX";
static char record_path[64], copy_path[64], socket_path[64];
static struct queue queue;
static struct writer *writer;

static const char *in_dir(char *out, const char *name)
{
	snprintf(out, 64, "%s/%s", dir, name);
	return out;
}

static void start(const struct output_config *c, unsigned n)
{
	struct writer_config wc = { .outputs = c, .n_outputs = n, .agent = &sample_agent, .queue = &queue };
	struct diag diag = { 0 };

	if (queue_init(&queue, TL_ALERT_SIZE, 256) < 0 || writer_new(&wc, &writer, &diag) < 0 || writer_start(writer) < 0) {
		diag_print(&diag, stdout);
		printf("Bail out! cannot start the writer\n");
		exit(1);
	}
	diag_done(&diag);
}

static uint64_t stop(unsigned timeout_ms)
{
	uint64_t left = writer_stop(writer, timeout_ms);

	writer_free(writer);
	queue_done(&queue);
	return left;
}

/* Waits for the queue to have room, as the worker does. */
static void push(unsigned number, enum level level, struct slice cmdline)
{
	void *slot;

	while (!(slot = queue_slot(&queue)))
		poll(NULL, 0, 1);
	struct alert *a = sample_alert(slot, SLICE("t"), cmdline);

	a->number = number;
	a->level = level;
	queue_push(&queue);
}

/* A counter of an output reaches @want before patience ends. */
static bool wait_for(bool (*reached)(const void *), const void *arg)
{
	for (unsigned i = 0; i < PATIENCE_MS && !reached(arg); i++)
		poll(NULL, 0, 1);
	return reached(arg);
}

static struct output_stats stats(unsigned output)
{
	struct output_stats s;

	writer_output_stats(writer, output, &s);
	return s;
}

static bool all_durable(const void *want)
{
	return writer_durable(writer) >= *(const uint64_t *)want;
}

static bool first_retried(const void *unused)
{
	(void)unused;
	return stats(0).retries > 0;
}

static bool second_retried(const void *unused)
{
	(void)unused;
	return stats(1).retries > 0;
}

static bool second_dropped(const void *want)
{
	return stats(1).dropped >= *(const uint64_t *)want;
}

static char *slurp(const char *path, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	char *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	p = malloc((size_t)st.st_size + 1);
	*ret_n = 0;
	while (p && *ret_n < (size_t)st.st_size) {
		ssize_t n = read(fd, p + *ret_n, (size_t)st.st_size - *ret_n);

		if (n <= 0)
			break;
		*ret_n += (size_t)n;
	}
	if (p)
		p[*ret_n] = '\0';
	closep(&fd);
	return p;
}

/* Whole lines of the file that carry the numbers @from, @from + 1, ... in that order. */
static unsigned count_lines(const char *path, unsigned from)
{
	size_t n;
	_cleanup_(freep) char *text = slurp(path, &n);
	unsigned good = 0;

	for (char *p = text, *lf; p && (lf = strchr(p, '\n')); p = lf + 1) {
		char want[32];

		snprintf(want, sizeof(want), "\"number\":%u,", from + good);
		if (*p == '{' && lf[-1] == '}' && memmem(p, (size_t)(lf - p), want, strlen(want)))
			good++;
	}
	return good;
}

static unsigned count_lf(const char *path)
{
	size_t n = 0;
	_cleanup_(freep) char *text = slurp(path, &n);
	unsigned lf = 0;

	for (size_t i = 0; i < n; i++)
		lf += text[i] == '\n';
	return lf;
}

static const struct output_config record = { .name = "record", .encoder = "json", .sink = SINK_FILE, .path = record_path,
					     .record = true };
static const struct output_config copy = { .name = "copy", .encoder = "cef", .sink = SINK_FILE, .path = copy_path,
					   .min_level = LEVEL_HIGH };
static const struct output_config logger = { .name = "syslog", .encoder = "syslog", .sink = SINK_SYSLOG,
					     .path = socket_path };

static void test_plain(void)
{
	const struct output_config c[] = { record, copy };
	struct stat st;

	in_dir(record_path, "plain.json");
	in_dir(copy_path, "plain.cef");
	start(c, 2);
	for (unsigned i = 0; i < 1000; i++)
		push(i, i % 4 ? LEVEL_LOW : LEVEL_HIGH, SLICE("true"));
	is_u64(stop(PATIENCE_MS), 0, "stop: everything durable");
	is_u64(count_lines(record_path, 0), 1000, "record: 1000 lines in order");
	is_u64(count_lf(copy_path), 250, "copy: those of its level");
	ok(stat(record_path, &st) == 0 && (st.st_mode & 0777) == 0640, "record: mode 0640");
}

/* A line that a crash left in half is ended before the next one. */
static void test_torn(void)
{
	const struct output_config c[] = { record };
	int fd = open(in_dir(record_path, "torn.json"), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);

	if (!ok(write(fd, "{\"half", 6) == 6, "torn: prepared"))
		return;
	closep(&fd);
	start(c, 1);
	push(7, LEVEL_HIGH, SLICE("true"));
	is_u64(stop(PATIENCE_MS), 0, "torn: written");
	is_u64(count_lf(record_path), 2, "torn: ended with LF");
	is_u64(count_lines(record_path, 7), 1, "torn: the next line is whole");
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &l);
}

/* A file that may not grow: writes end in the middle of a line, then fail. */
static void test_full(void)
{
	const struct output_config c[] = { record, logger };
	uint64_t want = 50;
	struct rlimit old;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), got = 0;
	char datagram[8192];

	in_dir(record_path, "full.json");
	strcpy(to.sun_path, in_dir(socket_path, "full.sock"));
	ok(bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "full: logger listens");
	getrlimit(RLIMIT_FSIZE, &old);
	set_file_limit(40000); /* some lines and a part of one */
	start(c, 2);
	for (unsigned i = 0; i < want; i++)
		push(i, LEVEL_HIGH, SLICE("true"));
	ok(wait_for(first_retried, NULL), "full: retried");
	for (unsigned i = 0; i < PATIENCE_MS && got < 50; i++) {
		while (recv(fd, datagram, sizeof(datagram), 0) > 0)
			got++;
		poll(NULL, 0, 1);
	}
	is_i64(got, 50, "full: the copies have every alert");
	ok(writer_durable(writer) < want, "full: counted as not durable (%u of 50 are)", (unsigned)writer_durable(writer));
	is_i64(stats(0).last_errno, EFBIG, "full: reason told");
	ok(stats(0).behind > 0 && stats(0).dropped == 0, "full: waiting, none dropped");
	set_file_limit(old.rlim_cur);
	ok(wait_for(all_durable, &want), "full: all durable when space is back");
	is_i64(stats(0).last_errno, 0, "full: healthy again");
	is_u64(stop(PATIENCE_MS), 0, "full: nothing left");
	is_u64(count_lines(record_path, 0), 50, "full: each alert once and whole");
	is_u64(count_lf(record_path), 50, "full: no torn line");
	closep(&fd);
}

static void test_full_stop(void)
{
	const struct output_config c[] = { { .name = "record", .encoder = "json", .sink = SINK_FILE, .path = "/dev/full",
					     .record = true } };

	start(c, 1);
	for (unsigned i = 0; i < 5; i++)
		push(i, LEVEL_HIGH, SLICE("true"));
	ok(wait_for(first_retried, NULL), "/dev/full: retried");
	is_i64(stats(0).last_errno, ENOSPC, "/dev/full: reason told");
	is_u64(stop(50), 5, "/dev/full: stop ends in time and tells what is not durable");
}

static bool copy_sent(const void *want)
{
	return stats(1).sent == *(const uint64_t *)want;
}

static bool all_accounted(const void *want)
{
	/* the counters are ahead of the queue by the alert that is being taken */
	return stats(0).dropped + stats(0).behind == *(const uint64_t *)want && queue_len(&queue) == 0;
}

static int bind_logger(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(to.sun_path, socket_path);
	unlink(socket_path);
	return bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? fd : -1;
}

static unsigned drain(int fd, unsigned want)
{
	char datagram[8192];
	unsigned got = 0;

	for (unsigned i = 0; i < PATIENCE_MS && got < want; i++) {
		while (recv(fd, datagram, sizeof(datagram), 0) > 0)
			got++;
		poll(NULL, 0, got < want);
	}
	return got;
}

static void test_logger(void)
{
	const struct output_config c[] = { record, logger };
	int fd;

	in_dir(record_path, "logger.json");
	in_dir(socket_path, "logger.sock");
	start(c, 2);
	push(1, LEVEL_HIGH, SLICE("true"));
	ok(wait_for(second_retried, NULL), "logger absent: retried");
	is_i64(stats(1).last_errno, ENOENT, "logger absent: reason told");
	fd = bind_logger();
	is_u64(drain(fd, 1), 1, "logger comes: has the alert");
	closep(&fd); /* the path stays: ECONNREFUSED */
	for (unsigned i = 0; i < 200; i++)
		push(2 + i, LEVEL_HIGH, SLICE("true"));
	fd = bind_logger();
	is_u64(drain(fd, 200), 200, "logger restarted: nothing is missing, also where its queue was full");
	is_u64(stats(1).dropped, 0, "logger: none dropped");
	is_u64(stop(PATIENCE_MS), 0, "logger: stopped");
	closep(&fd);
}

/* Over 4 MiB for a logger that is not there: the low ones go, the critical ones stay. */
static void test_backlog(void)
{
	const struct output_config c[] = { record, logger };
	static char big[5000];
	uint64_t one = 1;
	unsigned high = 0;
	char datagram[8192];
	int fd;

	memset(big, 'x', sizeof(big));
	in_dir(record_path, "backlog.json");
	in_dir(socket_path, "backlog.sock");
	start(c, 2);
	for (unsigned i = 0; i < 20; i++)
		push(i, LEVEL_CRITICAL, (struct slice){ big, sizeof(big) });
	for (unsigned i = 20; i < 1200; i++)
		push(i, LEVEL_LOW, (struct slice){ big, sizeof(big) });
	ok(wait_for(second_dropped, &one), "backlog: full, dropping");
	one = 1200;
	ok(wait_for(all_durable, &one), "backlog: the record file is not held up");
	fd = bind_logger();
	for (unsigned i = 0; i < PATIENCE_MS && high < 20; i++) {
		ssize_t n;

		while ((n = recv(fd, datagram, sizeof(datagram), 0)) > 0)
			high += memcmp(datagram, "<82>", 4) == 0;
		poll(NULL, 0, 1);
	}
	is_u64(high, 20, "backlog: every critical alert arrives");
	drain(fd, (unsigned)(1200 - 20 - stats(1).dropped) / 2);
	for (unsigned i = 0; i < PATIENCE_MS && stats(1).behind; i++) {
		while (recv(fd, datagram, sizeof(datagram), 0) > 0)
			;
		poll(NULL, 0, 1);
	}
	is_u64(stop(PATIENCE_MS), 0, "backlog: stopped");
	closep(&fd);
}

static void test_reopen(void)
{
	const struct output_config c[] = { record };
	char moved[64];
	uint64_t want = 3;

	in_dir(record_path, "rotate.json");
	start(c, 1);
	for (unsigned i = 0; i < 3; i++)
		push(i, LEVEL_HIGH, SLICE("true"));
	ok(wait_for(all_durable, &want), "reopen: three durable");
	rename(record_path, in_dir(moved, "rotate.json.1"));
	writer_reopen(writer);
	for (unsigned i = 0; i < PATIENCE_MS && access(record_path, F_OK) < 0; i++)
		poll(NULL, 0, 1);
	for (unsigned i = 3; i < 6; i++)
		push(i, LEVEL_HIGH, SLICE("true"));
	is_u64(stop(PATIENCE_MS), 0, "reopen: stopped");
	is_u64(count_lines(moved, 0), 3, "reopen: the old file has the first three");
	is_u64(count_lines(record_path, 3), 3, "reopen: the new one the others");
}

static bool first_failed(const void *want)
{
	return stats(0).last_errno == *(const int *)want;
}

/* The new file cannot be opened: the old one stays in use until it can. */
static void test_reopen_fails(void)
{
	const struct output_config c[] = { record };
	char moved[64];
	uint64_t want = 2;
	int loop = ELOOP, healthy = 0;

	in_dir(record_path, "trap.json");
	start(c, 1);
	rename(record_path, in_dir(moved, "trap.json.1"));
	if (symlink("/nonexistent", record_path) < 0)
		return;
	writer_reopen(writer);
	ok(wait_for(first_failed, &loop), "reopen: a symbolic link is refused, and told");
	push(0, LEVEL_HIGH, SLICE("true"));
	push(1, LEVEL_HIGH, SLICE("true"));
	ok(wait_for(all_durable, &want), "reopen refused: alerts go on to the old file");
	unlink(record_path);
	ok(wait_for(first_failed, &healthy), "reopen: tried again by itself");
	push(2, LEVEL_HIGH, SLICE("true"));
	is_u64(stop(PATIENCE_MS), 0, "reopen: stopped");
	is_u64(count_lines(moved, 0), 2, "reopen refused: two in the old file");
	is_u64(count_lines(record_path, 2), 1, "reopen: one in the new file");
}

/* A disk that stays full: memory is bounded, the reading goes on, and every alert is accounted for. */
static void test_record_backlog(void)
{
	const struct output_config c[] = {
		{ .name = "record", .encoder = "json", .sink = SINK_FILE, .path = "/dev/full", .record = true },
		copy,
	};
	static char big[5000];
	uint64_t all = 3000;

	memset(big, 1, sizeof(big)); /* \u0001: six bytes each */
	in_dir(copy_path, "backlog.cef");
	start(c, 2);
	for (unsigned i = 0; i < all; i++)
		push(i, i < 20 ? LEVEL_CRITICAL : LEVEL_HIGH, (struct slice){ big, sizeof(big) });
	ok(wait_for(all_accounted, &all), "record backlog: waiting + dropped = all");
	ok(stats(0).dropped > 0 && queue_len(&queue) == 0, "record backlog: full, gives up what matters least, goes on taking");
	ok(wait_for(copy_sent, &all), "record backlog: the copy has every alert");
	is_u64(stop(50), all, "record backlog: told at the end");
}

/* Standard output is a pipe that nobody empties, then one that nobody reads. */
static void test_stdout(void)
{
	const struct output_config c[] = { record, { .name = "terminal", .encoder = "text", .sink = SINK_STDOUT } };
	int saved, p[2], flags;
	uint64_t want = 3000;

	in_dir(record_path, "stdout.json");
	fflush(stdout);
	saved = fcntl(1, F_DUPFD_CLOEXEC, 10);
	if (pipe2(p, O_CLOEXEC) < 0 || dup2(p[1], 1) < 0)
		return;
	closep(&p[1]);
	start(c, 2);
	for (unsigned i = 0; i < want; i++)
		push(i, LEVEL_HIGH, SLICE("true"));
	bool durable = wait_for(all_durable, &want), retried = wait_for(second_retried, NULL);
	int error = stats(1).last_errno;

	flags = fcntl(1, F_GETFL);
	closep(&p[0]);
	bool dropped = wait_for(second_dropped, &(uint64_t){ 1 });
	uint64_t left = stop(PATIENCE_MS);

	fflush(stdout);
	dup2(saved, 1);
	closep(&saved);
	ok(durable && retried, "stdout blocked: the record file goes on");
	is_i64(error, EAGAIN, "stdout blocked: reason told");
	ok(!(flags & O_NONBLOCK), "stdout: flags of the shared descriptor are untouched");
	ok(dropped, "stdout closed: counted");
	is_u64(left, 0, "stdout: stopped");
	is_u64(count_lines(record_path, 0), 3000, "stdout blocked: all in the record file");
}

static void test_refusals(void)
{
	char link[64], target[64];
	struct output_config c = record;
	struct writer_config wc = { .outputs = &c, .n_outputs = 1, .agent = &sample_agent, .queue = &queue };
	struct diag diag = { 0 };

	queue_init(&queue, TL_ALERT_SIZE, 4);
	in_dir(target, "target");
	if (symlink(target, in_dir(link, "link")) < 0)
		return;
	c.path = link;
	is_i64(writer_new(&wc, &writer, &diag), -ELOOP, "a symbolic link is not followed");
	c.path = "/nonexistent-directory/x";
	is_i64(writer_new(&wc, &writer, &diag), -ENOENT, "no such directory");
	c.encoder = "xml";
	is_i64(writer_new(&wc, &writer, &diag), -EINVAL, "no such format");
	is_u64(diag.errors, 3, "each with its reason");
	diag_done(&diag);
	queue_done(&queue);
}

static void remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

int main(void)
{
	umask(077); /* as the sensor's */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!mkdtemp(dir))
		return 1;
	test_plain();
	test_torn();
	test_full();
	test_full_stop();
	test_logger();
	test_backlog();
	test_reopen();
	test_reopen_fails();
	test_record_backlog();
	test_stdout();
	test_refusals();
	remove_dir();
	return done_testing();
}
