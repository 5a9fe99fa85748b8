// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* events_test - runs each action of the workload program and asserts exactly what the kernel side tells of it
 *
 * Needs the privilege to load BPF programs (skipped without; TL_REQUIRE_LIVE=1 makes that a failure).
 */
#include "config.h"

#include <fcntl.h>

#include <sys/mman.h>

#include "tests/bpf/run.h"

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

	if (!run(r, l, "int80", NULL))
		return;
	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 3)
		expect(r, 1, "this kernel has no 32-bit entry: who tries it is killed, and that is told",
		       "process_termination", "ExitSignal", "11", NULL);
	else
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

/* The terminal that the action "tty" got is its last argument: /dev/pts/N. */
static void expect_tty(struct run *r)
{
	const struct wire_head *h;
	struct event *ev = &r->live->ev;

	for (size_t i = 0; i < r->n; i++) {
		struct slice args, tty;

		if (decode_record(ev, &r->live->clock, r->record[i], r->size[i], &h) != WIRE_exec)
			continue;
		args = event_str(ev, F_args);
		tty = event_str(ev, F_tty);
		if (args.n < 14 || memcmp(args.p, "tty\0noop\0/dev/", 14))
			continue;
		is_slice(tty, (struct slice){ args.p + 14, args.n - 15 }, "terminal");
		is_slice(event_str(ev, F_stdin_type), SLICE("tty"), "stdin is a terminal");
		return;
	}
	ok(false, "exec with a terminal");
}

static void test_places(struct run *r, struct live *l)
{
	if (run(r, l, "overlay", NULL)) {
		expect(r, 1, "overlay: from the lower layer", CREATION, "Image",
		       path(r, "m/merged/below"), "ImageUpperLayer", "false", NULL);
		expect(r, 1, "overlay: written into the upper layer", CREATION, "Image",
		       path(r, "m/merged/above"), "ImageUpperLayer", "true", NULL);
	}
	run(r, l, "bind", NULL);
	expect(r, 1, "bind mount: the path that was used", CREATION, "Image", path(r, "b/in/prog"),
	       NULL);
	run(r, l, "chroot", NULL);
	expect(r, 1, "chroot: the path outside", CREATION, "Image", path(r, "jail/prog"),
	       "CurrentDirectory", path(r, "jail"), NULL);
	if (run(r, l, "pidns", NULL))
		expect(r, 1, "pid namespace: both numbers", CREATION, "NsProcessId", "1",
		       "ParentProcessId", number((unsigned)r->pid), NULL);
	if (run(r, l, "tty", NULL))
		expect_tty(r);
	if (run(r, l, "auid", NULL))
		expect(r, 1, "audit login user", CREATION, "Args", "auid|noop", "AuditUserId",
		       "1234", NULL);
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

#if defined(__x86_64__)
	run(r, l, "tcp-x32", NULL);
	expect(r, 1, "by a number of the x32 table: told", CONNECTION, "RemoteIp", "255.255.255.255",
	       "RemotePort", "4322", NULL);
#endif
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
	/* Each CPU counts what it sees: the one that saw the switch need not run anything after it was turned back. */
	ok(changes >= 1 && changes <= 2 * l->probe.n_cpus, "the changes were counted (%u)",
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
	test_places(&r, &l);
	test_tcp(&r, &l);
	test_tcp_ends(&r, &l);
	test_knobs(&r, &l);
	test_closed(&l);
	probe_loss(&l.probe, &loss);
	is_u64(loss.lost, 0, "nothing was lost");
	live_close(&l);
	return done_testing();
}
