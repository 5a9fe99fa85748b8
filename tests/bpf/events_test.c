// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* events_test - runs each action of the workload program and asserts exactly what the kernel side tells of it
 *
 * Needs the privilege to load BPF programs (skipped without; TL_REQUIRE_LIVE=1 makes that a failure).
 */
#include "config.h"

#include <fcntl.h>
#include <stdarg.h>

#include <sys/mman.h>

#include "tests/bpf/live.h"

#define RECORDS 4096

/* Everything told of one run: of the process and its descendants. Records stay in the ring until the next run. */
struct run {
	struct live *live;
	pid_t pid;
	int status;
	char cwd[128];
	size_t n;
	const void *record[RECORDS];
	size_t size[RECORDS];
	uint32_t family[512];
	size_t n_family;
};

static bool run_knows(const struct run *r, uint32_t pid)
{
	for (size_t i = 0; i < r->n_family; i++)
		if (r->family[i] == pid)
			return true;
	return false;
}

/* Takes what is in the ring. Children are known by their fork records, which come first. */
static void run_collect(struct run *r)
{
	const void *rec;
	size_t size;
	int k;

	while ((k = ring_next(&r->live->ring, &rec, &size)) > 0) {
		const struct wire_head *h = rec;
		const struct wire_fork *f = rec;

		if (h->kind == WIRE_fork &&
		    (run_knows(r, h->proc.ppid) || run_knows(r, f->creator_tgid)) &&
		    r->n_family < ARRAY_SIZE(r->family))
			r->family[r->n_family++] = h->proc.tgid;
		if (!run_knows(r, h->proc.tgid) || r->n == RECORDS)
			continue;
		r->record[r->n] = rec;
		r->size[r->n++] = size;
	}
	if (k < 0)
		printf("Bail out! ring_next: %d\n", k);
}

static bool run_saw_exit(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct wire_head *h = r->record[i];

		if (h->kind == WIRE_exit && h->proc.tgid == (uint32_t)r->pid)
			return true;
	}
	return false;
}

/* Runs an action in a directory of its own. False if it cannot be done here. */
static bool run(struct run *r, struct live *l, const char *action, const char *arg)
{
	r->live = l;
	r->n = 0;
	ring_ack(&l->ring);
	(void)snprintf(r->cwd, sizeof(r->cwd), "%s/%s%s", l->dir, action, arg ? arg : "");
	if (mkdir(r->cwd, 0755) < 0)
		printf("# mkdir %s: %s\n", r->cwd, strerror(errno));
	r->pid = fork();
	if (r->pid == 0) {
		if (chdir(r->cwd) == 0)
			execl(l->helper, "workload", action, arg, NULL);
		_exit(126);
	}
	r->family[0] = (uint32_t)r->pid;
	r->n_family = 1;
	if (r->pid < 0 || waitpid(r->pid, &r->status, 0) != r->pid)
		printf("# cannot run %s: %s\n", action, strerror(errno));
	for (int i = 0; i < 1000 && !run_saw_exit(r); i++)
		run_collect(r);
	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 77) {
		printf("ok %u - %s # SKIP not possible on this machine\n", ++tap_count, action);
		return false;
	}
	return true;
}

/* The text of a field; "-" if absent; items of a list joined by '|'. */
static struct slice field_text(struct event *ev, enum field f, char *buf, size_t size)
{
	size_t pos = 0, n = 0;
	struct slice item, list;

	if (!event_has(ev, f))
		return SLICE("-");
	if (field_desc[f].type != TYPE_list)
		return value_text(field_desc[f].type, &ev->v[f], buf, size);
	list = event_str(ev, f);
	while (list_next(list, &pos, &item)) {
		if (n && n < size)
			buf[n++] = '|';
		if (item.n > size - n)
			item.n = size - n;
		if (item.n)
			memcpy(buf + n, item.p, item.n);
		n += item.n;
	}
	return (struct slice){ buf, n };
}

static void run_print(struct run *r, const char *category)
{
	static char buf[64 * 1024];
	const struct wire_head *h;

	for (size_t i = 0; i < r->n; i++) {
		if (decode_record(&r->live->ev, &r->live->clock, r->record[i], r->size[i], &h) <
		    0) {
			printf("# record of kind %u refused\n",
			       ((const struct wire_head *)r->record[i])->kind);
			continue;
		}
		if (strcmp(category_name[r->live->ev.category], category))
			continue;
		printf("# %s", category);
		for (int f = 0; f < F_MAX; f++) {
			struct slice t = field_text(&r->live->ev, (enum field)f, buf, sizeof(buf));

			if (!slice_eqs(t, "-"))
				printf(" %s=%.*s", field_desc[f].sigma, (int)MIN(t.n, 120), t.p);
		}
		putchar('\n');
	}
}

/* Number of events of @category whose fields have these texts: name, text, ..., NULL. */
static unsigned run_count_va(struct run *r, const char *category, va_list ap)
{
	static char buf[64 * 1024];
	const struct wire_head *h;
	unsigned n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const char *name;
		bool match;
		va_list ap2;

		match = decode_record(&r->live->ev, &r->live->clock, r->record[i], r->size[i], &h) >
				0 &&
			strcmp(category_name[r->live->ev.category], category) == 0;
		va_copy(ap2, ap);
		while (match && (name = va_arg(ap2, const char *)) != NULL) {
			const char *text = va_arg(ap2, const char *);
			enum field f = field_by_sigma(slice_of(name));

			if (f == F_MAX)
				printf("Bail out! no field %s\n", name);
			match = f != F_MAX &&
				slice_eqs(field_text(&r->live->ev, f, buf, sizeof(buf)), text);
		}
		va_end(ap2);
		n += match;
	}
	return n;
}

static void expect(struct run *r, unsigned want, const char *what, const char *category, ...)
{
	unsigned got;
	va_list ap;

	va_start(ap, category);
	got = run_count_va(r, category, ap);
	va_end(ap);
	if (ok(got == want, "%s", what))
		return;
	printf("# got %u, want %u; all of this category:\n", got, want);
	run_print(r, category);
}

#define CREATION "process_creation"
#define FAILED	 "process_exec_failed"

static const char *number(unsigned long long n)
{
	static char text[8][24];
	static unsigned next;
	char *p = text[next++ % 8];

	(void)snprintf(p, sizeof(text[0]), "%llu", n);
	return p;
}

static const char *path(const struct run *r, const char *name)
{
	static char text[4][256];
	static unsigned next;
	char *p = text[next++ % 4];

	(void)snprintf(p, sizeof(text[0]), "%s/%s", r->cwd, name);
	return p;
}

static void test_exec(struct run *r, struct live *l)
{
	const char *me = number((unsigned long long)getpid());

	run(r, l, "noop", NULL);
	expect(r, 1, "exec: one, with image, parent, directory and ids", CREATION, "Image",
	       l->helper, "Args", "workload|noop", "ArgsLength", "14", "ParentProcessId", me,
	       "CurrentDirectory", r->cwd, "UserId", "0", "EffectiveUserId", "0", "ProcessId",
	       number((unsigned)r->pid), "ThreadId", number((unsigned)r->pid), "Comm", "workload",
	       "Error", "0", "Action", "exec", "ScriptPath", "-", "ArgsTruncated", "false",
	       "ImageDeleted", "false", "ImageMemfd", "false", "ImageSetuid", "false", "Via", "-",
	       NULL);
	expect(r, 1, "exec: in all", CREATION, NULL);
	expect(r, 1, "fork: one, of the test", "process_fork", "ProcessId",
	       number((unsigned)r->pid), "ParentProcessId", me, NULL);
	expect(r, 1, "exit: one, status 0", "process_termination", "ExitCode", "0", "ExitSignal",
	       "0", NULL);
	expect(r, 0, "exec is no rename", "process_rename", NULL);

	run(r, l, "args", NULL);
	expect(r, 1, "args: with spaces, empty, not UTF-8", CREATION, "Args",
	       "argv zero|noop|a b||\xff\xfe", "ArgsLength", "23", NULL);

	run(r, l, "script", NULL);
	expect(r, 1, "script: interpreter is the image, path normalised", CREATION, "Image",
	       l->helper, "ScriptPath", path(r, "run.sh"), NULL);

	run(r, l, "memfd", NULL);
	expect(r, 1, "memfd", CREATION, "Image", "/memfd:tl-test", "ImageMemfd", "true",
	       "ImageDeleted", "false", "ScriptPath", "/dev/fd/9", NULL);

	run(r, l, "deleted", NULL);
	expect(r, 1, "deleted file keeps its path", CREATION, "Image", path(r, "gone"),
	       "ImageDeleted", "true", "ImageMemfd", "false", NULL);
	run(r, l, "deleted", "link");
	expect(r, 1, "deleted, but another link is left", CREATION, "Image", path(r, "gone"),
	       "ImageDeleted", "true", "ImageMemfd", "false", NULL);

	run(r, l, "thread", NULL);
	expect(r, 1, "exec from a thread becomes the leader", CREATION, "Args", "t|noop",
	       "ThreadId", number((unsigned)r->pid), "ProcessId", number((unsigned)r->pid), NULL);
	expect(r, 1, "exec from a thread: one exit", "process_termination", NULL);
}

static void test_exec_fail(struct run *r, struct live *l)
{
	char up[128];

	run(r, l, "fail", NULL);
	expect(r, 6, "failed: six", FAILED, "Image", l->helper, "Via", "syscall", NULL);
	expect(r, 1, "failed: ENOENT, with arguments", FAILED, "ScriptPath", "/nonexistent/prog",
	       "Error", "2", "Args", "prog|-x||last", "ArgsTruncated", "false", NULL);
	expect(r, 1, "failed: EACCES", FAILED, "ScriptPath", path(r, "noexec"), "Error", "13",
	       NULL);
	expect(r, 1, "failed: ENOEXEC", FAILED, "ScriptPath", path(r, "garbage"), "Error", "8",
	       NULL);
	expect(r, 1, "failed: relative to a descriptor", FAILED, "ScriptPath", "/dev/fd/9/missing",
	       "Error", "2", NULL);
	(void)snprintf(up, sizeof(up), "%s/missing", l->dir);
	expect(r, 1, "failed: relative, with ..", FAILED, "ScriptPath", up, NULL);
	expect(r, 1, "failed: no argument vector", FAILED, "ScriptPath", "/nonexistent/noargs",
	       "Args", "-", NULL);

	run(r, l, "thread-fail", NULL);
	expect(r, 1, "failed in a thread", FAILED, "ScriptPath", "/nonexistent/thread", "ProcessId",
	       number((unsigned)r->pid), NULL);
	expect(r, 0, "failed in a thread: the thread is named", FAILED, "ThreadId",
	       number((unsigned)r->pid), NULL);

	run(r, l, "broken", NULL);
	expect(r, 1, "failed after the point of no return: the caller's memory is gone", FAILED,
	       "Image", path(r, "broken"), "ScriptPath", "-", NULL);
	expect(r, 1, "and killed by SIGSEGV", "process_termination", "ExitSignal", "11", "ExitCode",
	       "-", NULL);

	if (run(r, l, "int80", NULL))
		expect(r, 1, "failed by the 32-bit entry", FAILED, "ScriptPath",
		       "/nonexistent/int80", "Args", "i386|/nonexistent/int80", "Via", "compat",
		       NULL);
}

/* The vector of the action "long" as it must be told: head, cut, tail. */
static bool long_args_right(struct run *r)
{
	struct event *ev = &r->live->ev;
	const struct wire_head *h;

	for (size_t i = 0; i < r->n; i++) {
		const struct wire_exec *e = r->record[i];
		struct slice a;

		if (e->head.kind != WIRE_exec || e->args_len != 1000020)
			continue;
		if (decode_record(ev, &r->live->clock, r->record[i], r->size[i], &h) < 0)
			return false;
		a = event_str(ev, F_args);
		return a.n == WIRE_ARGS_MAX && e->args_cut == WIRE_ARGS_HEAD + 1 &&
		       e->args_truncated && memcmp(a.p, "long\0noop\0aaaa", 14) == 0 &&
		       a.p[WIRE_ARGS_HEAD - 1] == 'a' && a.p[WIRE_ARGS_HEAD] == '\0' &&
		       a.p[WIRE_ARGS_HEAD + 1] == 'j' &&
		       memcmp(a.p + a.n - 16, "jjjjj\0the end..", 16) == 0;
	}
	return false;
}

static void test_exec_edges(struct run *r, struct live *l)
{
	static const struct {
		const char *bytes, *truncated;
	} size[] = {
		{ "8191", "false" }, { "8192", "false" }, { "8193", "true" }, { "6144", "false" }
	};
	static const struct {
		const char *what, *type;
	} in[] = { { "pipe", "pipe" },
		   { "socket", "socket" },
		   { "file", "regular" },
		   { "null", "char" },
		   { "closed", "none" } };

	run(r, l, "long", NULL);
	ok(long_args_right(r), "a megabyte of arguments: head and tail");
	for (size_t i = 0; i < ARRAY_SIZE(size); i++) {
		run(r, l, "size", size[i].bytes);
		expect(r, 1, size[i].bytes, CREATION, "ArgsLength", size[i].bytes, "ArgsTruncated",
		       size[i].truncated, NULL);
	}
	run(r, l, "argc0", NULL);
	expect(r, 1, "argc 0: the kernel makes it one empty item", CREATION, "Image",
	       path(r, "argc0"), "Args", "", "ArgsLength", "1", NULL);

	run(r, l, "setuid", NULL);
	expect(r, 1, "setuid program", CREATION, "Image", path(r, "suid"), "ImageSetuid", "true",
	       "UserId", "65534", "EffectiveUserId", "0", "GroupId", "65534", NULL);

	run(r, l, "deep", NULL);
	expect(r, 1, "path too long: its end, and said so", CREATION, "Args", "p|noop",
	       "ImageTruncated", "true", NULL);

	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		run(r, l, "stdin", in[i].what);
		expect(r, 1, in[i].type, CREATION, "Args", "stdin|noop", "StdinType", in[i].type,
		       NULL);
	}
}

static void test_life(struct run *r, struct live *l)
{
	run(r, l, "rename", NULL);
	expect(r, 1, "rename", "process_rename", "Comm", "kworker/0:1", "PreviousComm", "workload",
	       NULL);
	expect(r, 1, "rename: cut to 15", "process_rename", "Comm", "a name longer t",
	       "PreviousComm", "kworker/0:1", NULL);
	expect(r, 2, "rename: to the same name is none", "process_rename", NULL);

	run(r, l, "forks", NULL);
	expect(r, 5, "fork: itself, fork twice, vfork, clone; no thread", "process_fork", NULL);
	expect(r, 1, "exit status 7", "process_termination", "ExitCode", "7", "ExitSignal", "0",
	       NULL);
	expect(r, 1, "exit status 8, after vfork", "process_termination", "ExitCode", "8", NULL);
	expect(r, 1, "ended by SIGKILL", "process_termination", "ExitSignal", "9", "ExitCode", "-",
	       NULL);

	run(r, l, "threads-exit", NULL);
	expect(r, 20, "nine threads end at once: one exit each time", "process_termination",
	       "ExitCode", "3", NULL);
	expect(r, 2, "the last thread ends after the leader: the status that wait(2) gave",
	       "process_termination", "ExitCode", number((unsigned)WEXITSTATUS(r->status)), NULL);
	ok(WEXITSTATUS(r->status) == 4 || WEXITSTATUS(r->status) == 5, "which is one of theirs");
	expect(r, 22, "exits in all", "process_termination", NULL);

	run(r, l, "cred", NULL);
	expect(r, 3, "credentials: unshare, setgid, setuid; not the one that failed",
	       "process_credentials", NULL);
	expect(r, 1, "credentials: the new ids", "process_credentials", "UserId", "65534",
	       "GroupId", "65533", "EffectiveUserId", "65534", "CapEffective", "0", "Via",
	       "syscall", NULL);
}

#define CONNECTION "network_connection"
#define CLOSE	   "network_close"
#define LO	   "127.0.0.1"

static void expect_talk(struct run *r, const char *name, const char *local, const char *via)
{
	printf("# %s\n", name);
	expect(r, 1, "connect: established", CONNECTION, "Action", "connect", "Outcome",
	       "established", "Error", "0", "LocalIp", local, "RemoteIp", local, "Initiated",
	       "true", "Via", via, "Protocol", "tcp", NULL);
	expect(r, 1, "accept", CONNECTION, "Action", "accept", "LocalIp", local, "RemoteIp", local,
	       "Initiated", "false", "Error", "0", "Outcome", "-", NULL);
	expect(r, 1, "close: of the connecting side, with bytes", CLOSE, "Initiated", "true",
	       "BytesSent", "5", "BytesReceived", "1000", "LocalIp", local, NULL);
	expect(r, 1, "close: of the accepting side, with bytes", CLOSE, "Initiated", "false",
	       "BytesSent", "1000", "BytesReceived", "5", NULL);
	expect(r, 2, "close: in all", CLOSE, NULL);
	expect(r, 0, "ports are never 0", CONNECTION, "LocalPort", "0", NULL);
	expect(r, 0, "ports are never 0 at close", CLOSE, "LocalPort", "0", NULL);
}

static void test_tcp(struct run *r, struct live *l)
{
	run(r, l, "tcp-connect", NULL);
	expect_talk(r, "IPv4", LO, "syscall");
	expect(r, 2, "connections in all", CONNECTION, NULL);
	if (run(r, l, "tcp-v6", NULL))
		expect_talk(r, "IPv6", "::1", "syscall");
	if (run(r, l, "tcp-mapped", NULL))
		expect_talk(r, "IPv4-mapped", LO, "syscall");
	run(r, l, "tcp-nonblocking", NULL);
	expect_talk(r, "non-blocking", LO, "syscall");
	expect(r, 1, "refused later, asked again: told once", CONNECTION, "Outcome", "refused",
	       "Error", "111", NULL);
	expect(r, 3, "connections in all", CONNECTION, NULL);

	run(r, l, "tcp-refused", NULL);
	expect(r, 1, "refused: told once", CONNECTION, NULL);
	expect(r, 1, "refused", CONNECTION, "Outcome", "refused", "Error", "111", "RemoteIp", LO,
	       "LocalIp", LO, "Initiated", "true", NULL);
	expect(r, 0, "refused: has a local port", CONNECTION, "LocalPort", "0", NULL);
	expect(r, 0, "refused: was never open, is not closed", CLOSE, NULL);

	if (run(r, l, "tcp-aborted", NULL))
		expect(r, 1, "aborted: given up without an answer", CONNECTION, "Outcome",
		       "aborted", "Error", "0", NULL);

	run(r, l, "tcp-child", NULL);
	expect(r, 1, "accept: the owner is the child", CONNECTION, "Action", "accept",
	       "ParentProcessId", number((unsigned)r->pid), NULL);
	expect(r, 1, "close: the owner is the child", CLOSE, "Initiated", "false",
	       "ParentProcessId", number((unsigned)r->pid), "BytesSent", "7", "BytesReceived", "5",
	       NULL);

	run(r, l, "tcp-unreachable", NULL);
	expect(r, 1, "unreachable: told from the call's return", CONNECTION, "Outcome",
	       "unreachable", "Error", "101", "RemoteIp", "255.255.255.255", "RemotePort", "4321",
	       "ReturnValue", "-101", NULL);
	expect(r, 1, "unreachable: told once", CONNECTION, NULL);

	run(r, l, "tcp-busy", NULL);
	expect(r, 1, "tuple in use: told once, with the reason", CONNECTION, "Outcome", "failed",
	       "Error", "99", NULL);
	expect(r, 2, "tuple in use: and the first", CONNECTION, NULL);
}

static void test_tcp_ends(struct run *r, struct live *l)
{
	if (run(r, l, "tcp-fastopen", NULL)) {
		expect(r, 1, "fastopen: data in the SYN", CONNECTION, "Outcome", "established",
		       "Via", "fastopen", NULL);
		expect(r, 1, "fastopen: close with bytes", CLOSE, "Initiated", "true", "BytesSent",
		       "5", NULL);
	}
	run(r, l, "tcp-reset", NULL);
	expect(r, 1, "reset: close of the one", CLOSE, "Initiated", "true", "BytesSent", "3", NULL);
	expect(r, 1, "reset: close of the other", CLOSE, "Initiated", "false", "BytesReceived", "3",
	       NULL);

	run(r, l, "tcp-shutdown", NULL);
	expect(r, 1, "shutdown: close with all bytes", CLOSE, "Initiated", "true", "BytesSent",
	       "11", "BytesReceived", "2222", NULL);
	expect(r, 1, "shutdown: close of the other", CLOSE, "Initiated", "false", "BytesSent",
	       "2222", "BytesReceived", "11", NULL);
	expect(r, 2, "shutdown: one close each", CLOSE, NULL);

	if (run(r, l, "tcp-uring", NULL)) {
		expect(r, 1, "io_uring: connect", CONNECTION, "Action", "connect", "Outcome",
		       "established", "Via", "io_uring", NULL);
		expect(r, 1, "io_uring: close", CLOSE, "Initiated", "true", "BytesSent", "5", NULL);
	}
}

/* The test itself was there before: it is in the snapshot, with what /proc says. */
static void test_snapshot(struct live *l)
{
	const struct wire_head *h;
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	size_t at = 0;
	unsigned found = 0, kthreads = 0, bad = 0, all = 0;

	while (at < l->probe.snapshot_size) {
		const struct wire_head *rec = (const void *)(l->probe.snapshot + at);

		at += rec->size;
		all++;
		if (decode_record(&l->ev, &l->clock, rec, rec->size, &h) != WIRE_task) {
			bad++;
			continue;
		}
		kthreads += !!(h->proc.task_flags & WIRE_TASK_KTHREAD);
		found += h->proc.tgid == (uint32_t)getpid() &&
			 slice_eq(event_str(&l->ev, F_exe), (struct slice){ exe, (size_t)n }) &&
			 event_str(&l->ev, F_args).n > 0 && h->proc.ppid == (uint32_t)getppid();
	}
	is_u64(bad, 0, "snapshot: every record decodes");
	is_u64(found, 1, "snapshot: the test, with image, arguments and parent");
	ok(kthreads > 2 && all > kthreads, "snapshot: kernel threads (%u) and others (%u)",
	   kthreads, all - kthreads);
}

/* A switch of the sensor silences one kind, not the others, and is counted by the kernel side. */
static void test_knobs(struct run *r, struct live *l)
{
	uint64_t changes = 0;

	__atomic_store_n(&l->probe.knobs->muted, 1U << WIRE_exec, __ATOMIC_SEQ_CST);
	run(r, l, "noop", "muted");
	expect(r, 0, "exec is muted", CREATION, NULL);
	expect(r, 1, "exit is not", "process_termination", NULL);
	__atomic_store_n(&l->probe.knobs->muted, 0, __ATOMIC_SEQ_CST);
	run(r, l, "script", "again");
	expect(r, 2, "exec is told again", CREATION, NULL);
	for (unsigned i = 0; i < l->probe.n_cpus; i++)
		changes += l->probe.stats[i].knob_changes;
	ok(changes >= 2 && changes <= 2 * l->probe.n_cpus, "the changes were counted (%u)",
	   (unsigned)changes);
}

/* What the sensor holds does not let it touch the accounts. */
static void test_closed(const struct live *l)
{
	void *page = (void *)(uintptr_t)l->probe.stats;

	ok(mprotect(page, 4096, PROT_READ | PROT_WRITE) < 0,
	   "the statistics cannot be made writable");
	ok(l->ring.fd >= 0 && fcntl(l->ring.fd, F_GETFD) == FD_CLOEXEC,
	   "the ring's descriptor closes on exec");
}

int main(void)
{
	static struct run r;
	struct live l;
	struct probe_loss loss;

	live_open(&l, 16 << 20);
	for (unsigned i = 0; i < l.probe.n_programs; i++)
		is_i64(l.probe.program[i].error, 0, l.probe.program[i].name);
	test_snapshot(&l);
	test_exec(&r, &l);
	test_exec_fail(&r, &l);
	test_exec_edges(&r, &l);
	test_life(&r, &l);
	test_tcp(&r, &l);
	test_tcp_ends(&r, &l);
	test_knobs(&r, &l);
	test_closed(&l);
	probe_loss(&l.probe, &loss);
	is_u64(loss.lost, 0, "nothing was lost");
	live_close(&l);
	return done_testing();
}
