/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* cmd_record.c - tripline record: what happens, as lines that tripline test reads again
 *
 * The same sandbox as the sensor; no rules, no writer: one thread reads and writes.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/jsonl.h"
#include "core/log.h"
#include "sensor/args.h"
#include "sensor/cmd.h"
#include "sensor/command.h"
#include "sensor/session.h"

#define BUFFER	     (2 * TL_JSON_LINE_MAX)
#define BATCH	     4096
#define DRAIN_ROUNDS 200 /* ms, after the end: the last records may still be on their way */
#define TEXT_MAX     300 /* bytes of one value in the live view */

static const char usage[] = "Usage: tripline record [OPTION]... [-- COMMAND [ARGUMENT]...]\n"
			    "Writes events as JSON lines until SIGTERM or SIGINT. With COMMAND: runs it as the calling "
			    "user, records what it and its\n"
			    "descendants do, ends with it and returns its exit status.\n";

struct record {
	struct config config;
	struct session s;
	struct command command;
	bool has_command, ended, text;
	uint32_t kinds; /* bit per enum wire_kind */
	int out_fd, epoll_fd;
	struct buf out;
	uint64_t events, too_long, received, bad;
	int write_errno;
	uint32_t self; /* own pid as its namespace sees it */
};

/* ---- which records ---- */

static const char *const kind_gadget[WIRE_KINDS] = {
#define RECORD(id, number, gadget, doc) [WIRE_##id] = #gadget,
#include "core/events.def"
};

static int gadgets_choose(struct record *r, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ",");
		uint32_t found = 0;

		for (unsigned k = 0; k < WIRE_KINDS; k++)
			if (kind_gadget[k] && slice_eqs((struct slice){ list, n }, kind_gadget[k]))
				found |= 1U << k;
		if (!found) {
			log_error("there is no gadget \"%.*s\": exec, tcp and lifecycle are there", (int)n, list);
			return TL_EXIT_USAGE;
		}
		r->kinds |= found;
		list += n + (list[n] == ',');
	}
	return 0;
}

static bool is_ours(const struct record *r, const struct wire_proc *w)
{
	return w->ns_tgid == r->self && w->pidns == r->s.pidns;
}

static bool is_wanted(struct record *r, const struct proc *p, const struct wire_head *head)
{
	if (!(r->kinds >> head->kind & 1) || is_ours(r, &head->proc))
		return false;
	return !r->has_command || proctab_descends(r->s.procs, p, r->s.found_tgid, r->s.found_start);
}

/* ---- lines ---- */

static void flush(struct record *r)
{
	size_t done = 0;

	while (done < r->out.n && !r->write_errno) {
		ssize_t n = write(r->out_fd, r->out.p + done, r->out.n - done);

		if (n < 0 && errno != EINTR)
			r->write_errno = errno;
		done += n > 0 ? (size_t)n : 0;
	}
	buf_reset(&r->out, 0);
}

static void put_field(struct buf *b, const struct event *ev, enum field f)
{
	char tmp[3 * TEXT_MAX];
	struct value v = ev->v[f];
	enum value_type type = field_desc[f].type;

	if (type == TYPE_str && v.n > TEXT_MAX)
		v.n = TEXT_MAX;
	buf_putc(b, ' ');
	buf_puts(b, field_desc[f].id);
	buf_putc(b, '=');
	if (type == TYPE_str)
		buf_put_json(b, value_text(type, &v, tmp, sizeof(tmp)));
	else
		buf_put_slice(b, value_text(type, &v, tmp, sizeof(tmp)));
	if (v.n < ev->v[f].n)
		buf_puts(b, "...");
}

/* The live view: when, what, who, then what matters of it. Foreign bytes are escaped as in JSON. */
static void put_text(struct buf *b, const struct event *ev)
{
	static const enum field shown[] = {
		F_pid,	       F_comm,	    F_user,	   F_exe,	 F_cmdline,
		F_script,      F_errname,   F_saddr,	   F_sport,	 F_daddr,
		F_dport,       F_initiated, F_outcome,	   F_bytes_sent, F_bytes_received,
		F_duration_ns, F_exit_code, F_exit_signal, F_prev_comm,	 F_prev_uid,
		F_uid,	       F_euid,	    F_ppid,	   F_parent_exe,
	};

	buf_put_time(b, ev->time_ns, 6);
	buf_putc(b, ' ');
	buf_puts(b, category_name[ev->category]);
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (event_has(ev, shown[i]))
			put_field(b, ev, shown[i]);
	buf_putc(b, '\n');
}

static void event_put(struct record *r)
{
	if (buf_room(&r->out) < TL_JSON_LINE_MAX)
		flush(r);
	if (r->text)
		put_text(&r->out, &r->s.ev);
	else if (jsonl_write(&r->out, &r->s.ev) < 0)
		r->too_long++;
	r->events++;
}

static void record_take(struct record *r, const void *record, size_t size)
{
	struct event *ev = &r->s.ev;
	const struct wire_head *head;
	struct proc *p;

	r->received++;
	if (decode_record(ev, &r->s.clock, record, size, &head) < 0) {
		r->bad++;
		return;
	}
	p = proctab_event(r->s.procs, ev, head, NULL);
	if (is_wanted(r, p, head))
		event_put(r);
}

/* Reads what is there, at most a batch. Returns how many, or -errno. */
static int ring_take(struct record *r)
{
	const void *record;
	size_t size;
	int n = 0, e = 1;

	while (n < BATCH && (e = ring_next(&r->s.ring, &record, &size)) > 0) {
		record_take(r, record, size);
		n++;
	}
	ring_ack(&r->s.ring);
	return e < 0 ? e : n;
}

/* ---- the loop ---- */

static int watch(struct record *r, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 || epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : -errno;
}

/* An interrupt ends the recording; with a command only the second one does, the first is for the command. */
static bool wait_more(struct record *r, unsigned *interrupts)
{
	struct epoll_event e[4];
	struct signalfd_siginfo si;
	int n = epoll_wait(r->epoll_fd, e, ARRAY_SIZE(e), -1);

	for (int i = 0; i < n; i++) {
		if (e[i].data.fd == r->command.status_fd && r->has_command)
			r->ended = true;
		if (e[i].data.fd != r->s.signal_fd)
			continue;
		while (read(r->s.signal_fd, &si, sizeof(si)) == sizeof(si))
			*interrupts += si.ssi_signo == SIGTERM ? 2 : si.ssi_signo == SIGINT;
	}
	return !r->ended && *interrupts < (r->has_command ? 2U : 1U) && !r->write_errno;
}

static bool all_read(const struct record *r)
{
	struct probe_loss loss;

	probe_loss(&r->s.probe, &loss);
	return loss.emitted <= r->received + loss.lost;
}

static int listen_to_it(struct record *r)
{
	unsigned interrupts = 0;
	int n;

	do {
		while ((n = ring_take(r)) == BATCH)
			continue;
		flush(r);
	} while (n >= 0 && wait_more(r, &interrupts));
	session_detach(&r->s);
	for (unsigned i = 0; n >= 0 && i < DRAIN_ROUNDS; i++) {
		n = ring_take(r);
		if (n == 0 && all_read(r))
			break;
		if (n == 0)
			(void)poll(NULL, 0, 1);
	}
	flush(r);
	return n < 0 ? n : 0;
}

static int tell_end(const struct record *r)
{
	struct probe_loss loss;

	probe_loss(&r->s.probe, &loss);
	log_info("%llu events recorded; emitted %llu = delivered %llu + lost %llu + queued %llu",
		 (unsigned long long)r->events, (unsigned long long)loss.emitted, (unsigned long long)r->received,
		 (unsigned long long)loss.lost,
		 (unsigned long long)(loss.emitted - MIN(loss.emitted, r->received + loss.lost)));
	if (r->too_long || r->bad)
		log_error("%llu events did not fit a line, %llu records made no sense", (unsigned long long)r->too_long,
			  (unsigned long long)r->bad);
	if (r->write_errno)
		log_error("cannot write the recording: %s", strerror(r->write_errno));
	return r->too_long || r->bad || r->write_errno ? 1 : 0;
}

/* ---- start ---- */

/* With the rights of the user who called sudo(8): root must not write where that user could not. */
static int out_open(struct record *r, const char *path)
{
	uint32_t uid, gid;
	bool caller = command_caller(&uid, &gid);

	r->out_fd = STDOUT_FILENO;
	if (!path || strcmp(path, "-") == 0)
		return 0;
	if (caller &&
	    (setgroups(1, &gid) < 0 || setegid(gid) < 0 || seteuid(uid) < 0)) /* of root's groups none is left */
		return -errno;
	r->out_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0640);
	if (r->out_fd < 0)
		return -errno;
	if (caller && (seteuid(0) < 0 || setegid(0) < 0))
		return -errno;
	return 0;
}

static int start_failed(const struct session *s)
{
	log_error("%s", s->why);
	return s->status;
}

static int start(struct record *r, const char *path, char **command)
{
	static const struct sandbox_paths no_paths;
	int e = 0;

	if (command)
		e = command_fork(&r->command, command);
	if (e < 0) {
		log_error("cannot start %s: %s", command[0], strerror(-e));
		return 1;
	}
	r->has_command = command != NULL;
	if (sandbox_begin(&r->s.box, command ? COMMAND_FIRST_FREE_FD : 3) < 0) {
		log_error("%s", r->s.box.why);
		return 1;
	}
	e = out_open(r, path);
	if (e < 0) {
		log_error("cannot open %s: %s", path, strerror(-e));
		return 1;
	}
	if (session_open(&r->s, &r->config) < 0)
		return start_failed(&r->s);
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r->out = (struct buf){ .p = malloc(BUFFER), .cap = BUFFER };
	if (r->epoll_fd < 0 || !r->out.p || watch(r, r->s.ring.fd) < 0 || watch(r, r->s.signal_fd) < 0 ||
	    watch(r, r->command.status_fd) < 0) {
		log_error("cannot set up the event loop: %s", strerror(errno));
		return 1;
	}
	r->self = (uint32_t)getpid();
	r->s.seek_pid = r->command.pid;
	if (session_drop(&r->s, &no_paths) < 0 || session_seal(&r->s) < 0 || session_begin(&r->s, &r->config, 0) < 0)
		return start_failed(&r->s);
	if (r->has_command && !r->s.found_tgid) {
		log_error("the snapshot of processes does not show the command: cannot tell its events from others");
		return 1;
	}
	return 0;
}

static int work(struct record *r)
{
	int e, status;

	if (r->has_command && command_go(&r->command) < 0) {
		log_error("the command went away before it could run");
		return 1;
	}
	if (!r->has_command)
		log_info("recording; end with SIGINT or SIGTERM");
	e = listen_to_it(r);
	if (e < 0) {
		log_error("ended: %s", e == -EBADMSG ? "the ring buffer makes no sense" : strerror(-e));
		return 1;
	}
	e = tell_end(r);
	status = r->has_command && r->ended ? command_status(&r->command) : 0;
	return status ? status : e;
}

static int format_choose(struct record *r, const char *format)
{
	r->text = strcmp(format, "text") == 0;
	if (r->text || strcmp(format, "jsonl") == 0)
		return 0;
	log_error("there is no format \"%.64s\": jsonl and text are there", format);
	return TL_EXIT_USAGE;
}

static int run(struct record *r, int argc, char **argv)
{
	const char *path = NULL, *format = "jsonl", *gadget = "exec,tcp,lifecycle";
	const struct args_own own[] = {
		{ "output", 'o', &path, "File to write, replaced. Default: standard output." },
		{ "format", 0, &format, "jsonl (for tripline test) or text (to look at)." },
		{ "gadget", 0, &gadget, "What to record: exec, tcp, lifecycle, separated by commas. Default: all." },
		{ 0 },
	};
	struct args args;
	int e = args_read(&r->config, usage, own, argc, argv, &args);

	if (e != ARGS_GO_ON)
		return e;
	e = format_choose(r, format);
	if (e == 0)
		e = gadgets_choose(r, gadget);
	if (e == 0)
		e = start(r, path, args.first < argc ? argv + args.first : NULL);
	if (e == 0)
		e = work(r);
	config_done(&r->config);
	return e;
}

int cmd_record(int argc, char **argv)
{
	struct record r = { .out_fd = -1, .epoll_fd = -1, .command = { .go_fd = -1, .status_fd = -1 } };
	int e;

	log_setup(LOG_LEVEL_INFO);
	session_init(&r.s);
	e = run(&r, argc, argv);
	command_done(&r.command);
	session_close(&r.s);
	closep(&r.epoll_fd);
	free(r.out.p);
	return e;
}
