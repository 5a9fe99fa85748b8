/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/proctab.h"

#include <unistd.h>

#include "tests/tap.h"

#define SEC NSEC_PER_SEC

/* ---- making records ---- */

static struct event ev;
static uint64_t now = 100 * SEC;

struct who {
	uint32_t tgid, ppid;
	uint64_t start, parent_start;
	uint32_t uid, euid, ses, flags;
	uint64_t cgroup, caps;
	const char *comm;
};

static struct wire_proc block(const struct who *w)
{
	struct wire_proc p = { .tgid = w->tgid,	   .tid = w->tgid,  .start_time = w->start,
			       .ppid = w->ppid,	   .parent_start_time = w->parent_start,
			       .uid = w->uid,	   .euid = w->euid, .ses = w->ses,
			       .cgroup = w->cgroup, .cap_eff = w->caps, .task_flags = w->flags };

	if (w->comm)
		memcpy(p.comm.c, w->comm, MIN(strlen(w->comm), sizeof(p.comm.c)));
	return p;
}

static union {
	struct wire_head head;
	struct wire_fork fork;
	struct wire_exec exec;
} rec;

static void begin(const struct who *w, enum wire_kind kind, enum category c)
{
	memset(&rec, 0, sizeof(rec));
	rec.head = (struct wire_head){ .kind = (uint8_t)kind, .time = now += 1000, .proc = block(w) };
	event_reset(&ev);
	ev.live = true;
	ev.category = c;
	ev.time_ns = now;
	event_set_u64(&ev, F_uid, w->uid);
	event_set_u64(&ev, F_pid, w->tgid);
}

static struct proc *feed_only(struct proctab *t, const struct who *w, enum wire_kind kind, enum category c, const uint64_t *wanted)
{
	begin(w, kind, c);
	return proctab_event(t, &ev, &rec.head, wanted);
}

static struct proc *feed(struct proctab *t, const struct who *w, enum wire_kind kind, enum category c)
{
	return feed_only(t, w, kind, c, NULL);
}

static struct proc *feed_fork(struct proctab *t, const struct who *w)
{
	return feed(t, w, WIRE_fork, CATEGORY_process_fork);
}

static struct proc *feed_exit(struct proctab *t, const struct who *w)
{
	return feed(t, w, WIRE_exit, CATEGORY_process_termination);
}

static struct proc *feed_exec(struct proctab *t, const struct who *w, const char *exe, struct slice args, const char *cwd)
{
	begin(w, WIRE_exec, CATEGORY_process_creation);
	event_set_str(&ev, F_exe, slice_of(exe));
	event_set_list(&ev, F_args, args);
	event_set_str(&ev, F_cwd, slice_of(cwd));
	return proctab_event(t, &ev, &rec.head, NULL);
}

static struct proc *feed_task(struct proctab *t, const struct who *w, const char *exe, struct slice args)
{
	begin(w, WIRE_task, CATEGORY_NONE);
	event_set_str(&ev, F_exe, slice_of(exe));
	event_set_list(&ev, F_args, args);
	return proctab_event(t, &ev, &rec.head, NULL);
}

static struct proctab *table(struct proctab_config c)
{
	struct proctab *t = NULL;

	c.boot_id = SLICE("01234567-89ab-cdef-0123-456789abcdef");
	c.host = SLICE("box");
	if (!c.string_bytes)
		c.string_bytes = 1 << 20;
	(void)proctab_new(&c, &t);
	return t;
}

static void is_field(enum field f, const char *want, const char *name)
{
	struct slice got = event_str(&ev, f);

	if (want)
		is_slice(got, slice_of(want), name);
	else
		ok(!event_has(&ev, f), "%s", name);
}

static const struct who init_ = { .tgid = 1, .start = 10, .cgroup = 1, .comm = "init" };
static const struct who shell = { .tgid = 100, .start = SEC, .ppid = 1, .parent_start = 10, .uid = 7, .euid = 7, .ses = 3, .cgroup = 5, .comm = "sh" };

/* ---- tests ---- */

static void test_story(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct who child = { .tgid = 101, .start = 2 * SEC, .ppid = 100, .parent_start = SEC, .uid = 7, .euid = 7, .ses = 3, .cgroup = 5, .comm = "sh" };
	struct proctab_stats st;

	feed_task(t, &init_, "/sbin/init", SLICE("init\0"));
	feed_fork(t, &shell);
	is_field(F_exe, "/sbin/init", "a child runs its maker's image");
	is_field(F_parent_exe, "/sbin/init", "its parent");
	is_u64(ev.v[F_pre_existing].u, 0, "born before our eyes");
	feed_exec(t, &shell, "/bin/sh", SLICE("sh\0-i\0"), "/home/x/");
	is_field(F_cmdline, "sh -i", "exec has its own arguments");
	is_field(F_cwd, "/home/x", "directory without the slash");
	is_field(F_process_id, "0123456789ab-100-1000000000", "ProcessGuid");
	is_field(F_parent_process_id, "0123456789ab-1-10", "ParentProcessGuid");
	is_field(F_user, "7", "an unknown user is shown by number");
	is_field(F_host, "box", "Computer");
	feed_fork(t, &child);
	is_field(F_exe, "/bin/sh", "a fork copies the image");
	is_field(F_cmdline, "sh -i", "and the arguments");
	child.comm = "curl";
	feed_exec(t, &child, "/usr/bin/curl", SLICE("curl\0http://h/\0"), "/");
	is_field(F_parent_exe, "/bin/sh", "ParentImage at event time");
	is_field(F_parent_cmdline, "sh -i", "ParentCommandLine");
	is_field(F_parent_comm, "sh", "ParentComm");
	is_field(F_parent_user, "7", "ParentUser");
	is_slice(event_str(&ev, F_lineage), SLICE("0123456789ab-101-2000000000\0000123456789ab-100-1000000000\0000123456789ab-1-10\0"),
		 "lineage, nearest first");
	feed(t, &child, WIRE_tcp, CATEGORY_network_connection);
	is_field(F_exe, "/usr/bin/curl", "a connection gets its image from the table");
	is_field(F_cmdline, "curl http://h/", "and its command line");
	is_field(F_cwd, "/", "and its directory");
	feed_exit(t, &child);
	feed(t, &child, WIRE_tcp, CATEGORY_network_close);
	is_field(F_exe, "/usr/bin/curl", "the dead are known for a while");
	now += 20 * SEC;
	feed(t, &shell, WIRE_tcp, CATEGORY_network_connection);
	proctab_stats(t, &st);
	is_u64(st.procs, 2, "then they are gone");
	is_u64(st.unknown_parent, 0, "no parent was missing");
	proctab_free(t);
}

static void test_failed_exec(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });

	feed_exec(t, &shell, "/bin/sh", SLICE("sh\0"), "/");
	begin(&shell, WIRE_exec, CATEGORY_process_exec_failed);
	event_set_str(&ev, F_exe, SLICE("/bin/sh"));
	event_set_list(&ev, F_args, SLICE("nope\0-x\0"));
	event_set_u64(&ev, F_error, 2);
	proctab_event(t, &ev, &rec.head, NULL);
	is_field(F_cmdline, "nope -x", "a failed exec shows what was asked");
	is_field(F_errname, "ENOENT", "and why");
	feed(t, &shell, WIRE_tcp, CATEGORY_network_connection);
	is_field(F_cmdline, "sh", "the caller stays what it was");
	proctab_free(t);
}

static void test_credentials(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct who w = shell;

	feed_exec(t, &w, "/bin/sh", SLICE("sh\0"), "/");
	ok(!event_has(&ev, F_prev_uid), "what was before the first sight is not known");
	w.euid = 0;
	w.caps = 0xff;
	feed(t, &w, WIRE_cred, CATEGORY_process_credentials);
	is_u64(ev.v[F_prev_euid].u, 7, "PreviousEffectiveUserId");
	ok(event_has(&ev, F_prev_cap_eff) && ev.v[F_prev_cap_eff].u == 0, "PreviousCapEffective");
	w.uid = 0;
	feed_exec(t, &w, "/bin/su", SLICE("su\0"), "/");
	is_u64(ev.v[F_prev_uid].u, 7, "PreviousUserId of an exec");
	is_u64(ev.v[F_prev_euid].u, 0, "from the last that was seen");
	feed(t, &w, WIRE_tcp, CATEGORY_network_connection);
	ok(!event_has(&ev, F_prev_uid), "other events have none");
	proctab_free(t);
}

static void test_lost_records(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct who w = { .tgid = 300, .start = 9 * SEC, .ppid = 299, .parent_start = 8 * SEC, .comm = "ghost" };
	struct proctab_stats st;

	feed(t, &w, WIRE_tcp, CATEGORY_network_connection);
	ok(!event_has(&ev, F_exe), "an unknown process has no Image");
	is_field(F_process_id, "0123456789ab-300-9000000000", "but an identity");
	is_field(F_parent_process_id, "0123456789ab-299-8000000000", "and its parent's");
	ok(!event_has(&ev, F_parent_exe), "of whom nothing is known");
	proctab_stats(t, &st);
	is_u64(st.unknown_parent, 1, "which is counted");
	is_u64(st.procs, 1, "it is remembered from now on");
	feed_exec(t, &w, "/x", SLICE("x\0"), "/");
	is_field(F_exe, "/x", "and filled by what comes");
	proctab_free(t);
}

static void test_pid_reuse(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct who old = shell, young = shell, child = { .tgid = 500, .ppid = 100, .start = 60 * SEC };

	young.start = 50 * SEC;
	feed_exec(t, &old, "/bin/old", SLICE("old\0"), "/");
	feed_exit(t, &old);
	feed_exec(t, &young, "/bin/young", SLICE("young\0"), "/");
	child.parent_start = SEC;
	feed_fork(t, &child);
	is_field(F_parent_exe, "/bin/old", "the same number is not the same process");
	child = (struct who){ .tgid = 501, .ppid = 100, .start = 61 * SEC, .parent_start = 50 * SEC };
	feed_fork(t, &child);
	is_field(F_parent_exe, "/bin/young", "start times tell");
	feed(t, &old, WIRE_tcp, CATEGORY_network_close);
	is_field(F_exe, "/bin/old", "late records find the dead one");
	proctab_free(t);
}

/* A double fork gives the grandchild to init; its lineage still names who made it. */
static void test_reparenting(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct who mid = { .tgid = 101, .start = 2 * SEC, .ppid = 100, .parent_start = SEC, .ses = 3, .cgroup = 5 };
	struct who leaf = { .tgid = 102, .start = 3 * SEC, .ppid = 101, .parent_start = 2 * SEC, .ses = 3, .cgroup = 5 };
	struct proctab_stats st;
	struct proc *p;

	feed_task(t, &init_, "/sbin/init", SLICE("init\0"));
	feed_exec(t, &shell, "/bin/sh", SLICE("sh\0"), "/");
	feed_fork(t, &mid);
	feed_fork(t, &leaf);
	feed_exit(t, &mid);
	leaf.ppid = 1;
	leaf.parent_start = 10;
	now += 60 * SEC;
	feed(t, &init_, WIRE_tcp, CATEGORY_network_connection);
	p = feed(t, &leaf, WIRE_tcp, CATEGORY_network_connection);
	is_field(F_parent_exe, "/sbin/init", "the parent is who it is now");
	is_slice(event_str(&ev, F_lineage),
		 SLICE("0123456789ab-102-3000000000\0000123456789ab-101-2000000000\0000123456789ab-100-1000000000\0000123456789ab-1-10\0"),
		 "the lineage is who made it, long after the maker's death");
	ok(proctab_descends(t, p, 100, SEC), "it descends from the shell");
	ok(!proctab_descends(t, p, 100, 2 * SEC), "not from another of that number");
	feed_exit(t, &leaf);
	now += 60 * SEC;
	feed(t, &init_, WIRE_tcp, CATEGORY_network_connection);
	feed(t, &init_, WIRE_tcp, CATEGORY_network_connection);
	proctab_stats(t, &st);
	is_u64(st.procs, 2, "ancestors are kept only as long as they have descendants");
	proctab_free(t);
}

static void test_clone_parent(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct who sly = { .tgid = 101, .start = 2 * SEC, .ppid = 1, .parent_start = 10, .ses = 3, .cgroup = 5 };
	struct proc *p;

	feed_task(t, &init_, "/sbin/init", SLICE("init\0"));
	feed_exec(t, &shell, "/bin/sh", SLICE("sh\0"), "/");
	begin(&sly, WIRE_fork, CATEGORY_process_fork);
	rec.fork.creator_tgid = 100;
	p = proctab_event(t, &ev, &rec.head, NULL);
	ok(proctab_descends(t, p, 100, SEC), "CLONE_PARENT does not hide the maker");
	is_field(F_exe, "/bin/sh", "whose image it runs");
	is_field(F_parent_exe, "/sbin/init", "though the parent is another");
	proctab_free(t);
}

static void test_snapshot(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct who child = { .tgid = 101, .start = 2 * SEC, .ppid = 100, .parent_start = SEC, .ses = 3, .cgroup = 5 };
	struct proc *p;

	feed_task(t, &child, "/bin/child", SLICE("child\0")); /* before its parent */
	feed_task(t, &shell, "/bin/sh", SLICE("sh\0-l\0"));
	p = feed(t, &child, WIRE_tcp, CATEGORY_network_connection);
	is_u64(ev.v[F_pre_existing].u, 1, "older than the sensor");
	is_field(F_exe, "/bin/child", "Image of the snapshot");
	is_field(F_parent_cmdline, "sh -l", "and the parent's");
	ok(proctab_descends(t, p, 100, SEC), "order in the snapshot does not matter");
	feed_fork(t, &child);
	is_u64(ev.v[F_pre_existing].u, 0, "its fork, read later, says it is younger");
	is_field(F_exe, "/bin/child", "and takes nothing away");
	proctab_free(t);
}

static void test_wanted(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	uint64_t wanted[FIELD_WORDS] = { 0 };
	struct proc *p;

	feed_exec(t, &shell, "/bin/sh", SLICE("sh\0-c\0"), "/");
	p = feed_only(t, &shell, WIRE_tcp, CATEGORY_network_connection, wanted);
	ok(event_has(&ev, F_process_id), "ProcessGuid is always there");
	ok(!event_has(&ev, F_exe) && !event_has(&ev, F_args) && !event_has(&ev, F_user) && !event_has(&ev, F_lineage),
	   "nothing else was asked for");
	proctab_complete(t, p, &ev);
	is_field(F_exe, "/bin/sh", "completed later");
	is_field(F_cmdline, "sh -c", "with what is derived");
	wanted[F_cmdline / 64] |= 1ULL << (F_cmdline % 64);
	feed_only(t, &shell, WIRE_tcp, CATEGORY_network_connection, wanted);
	is_field(F_cmdline, "sh -c", "CommandLine alone can be asked for");
	ok(!event_has(&ev, F_exe), "without the rest");
	proctab_free(t);
}

static void test_lineages(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64, .lineage_bytes = 8, .max_lineages = 2 });
	struct who a = shell, b = shell, other = shell, daemon = shell;
	struct proctab_stats st;
	char *la, *lb, *lo;
	struct proc *p;

	feed_task(t, &init_, "/sbin/init", SLICE("init\0"));
	p = feed_exec(t, &a, "/bin/sh", SLICE("sh\0"), "/");
	la = proctab_lineage(t, p);
	memcpy(la, "mine", 4);
	b.tgid = 101, b.ppid = 100, b.start = 2 * SEC, b.parent_start = SEC;
	p = feed_fork(t, &b);
	lb = proctab_lineage(t, p);
	ok(la == lb && memcmp(lb, "mine", 4) == 0, "relatives share a lineage");
	other.tgid = 200, other.start = 3 * SEC;
	p = feed_exec(t, &other, "/bin/sh", SLICE("sh\0"), "/");
	lo = proctab_lineage(t, p);
	ok(lo != la && lo[0] == 0, "siblings under pid 1 do not");
	daemon.tgid = 102, daemon.ppid = 101, daemon.start = 4 * SEC, daemon.parent_start = 2 * SEC, daemon.cgroup = 6;
	p = feed_fork(t, &daemon);
	now += SEC;
	(void)proctab_lineage(t, p);
	proctab_stats(t, &st);
	is_u64(st.lineages_recycled, 1, "another cgroup is another lineage, and a full pool recycles");
	is_u64(st.lineages, 2, "two were there");
	daemon.cgroup = 5;
	p = feed(t, &daemon, WIRE_tcp, CATEGORY_network_connection);
	lo = proctab_lineage(t, p);
	p = feed(t, &b, WIRE_tcp, CATEGORY_network_connection);
	ok(lo == proctab_lineage(t, p), "moved back, it joins its relatives again");
	proctab_free(t);
}

static void test_eviction(void)
{
	enum { MAX = 32 };
	struct proctab *t = table((struct proctab_config){ .max_procs = MAX, .grace_ns = 1000 * SEC });
	struct proctab_stats st;

	for (unsigned i = 0; i < MAX; i++) {
		struct who w = { .tgid = 1000 + i, .start = i + 1, .cgroup = 1 };

		now += 2 * SEC;
		feed_exec(t, &w, "/bin/x", SLICE("x\0"), "/");
		if (i == 10 || i == 20)
			feed_exit(t, &w);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct who w = { .tgid = 2000 + i, .start = 1, .cgroup = 1 };

		now += 2 * SEC;
		feed_exec(t, &w, "/bin/y", SLICE("y\0"), "/");
	}
	proctab_stats(t, &st);
	is_u64(st.procs, MAX, "the table does not grow");
	is_u64(st.evicted_dead, 2, "the dead make room first");
	is_u64(st.evicted_live, 1, "then the living");
	feed(t, &(struct who){ .tgid = 1000, .start = 1 }, WIRE_tcp, CATEGORY_network_connection);
	ok(!event_has(&ev, F_exe), "the least recently used is gone");
	feed(t, &(struct who){ .tgid = 1002, .start = 3 }, WIRE_tcp, CATEGORY_network_connection);
	is_field(F_exe, "/bin/x", "others are there");
	proctab_free(t);
}

static void test_full_pool(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 4096, .string_bytes = 64 * 1024, .grace_ns = 1000 * SEC });
	struct proctab_stats st;
	static char long_arg[20000];
	char arg[600];
	bool kept = true;

	memset(arg, 'a', sizeof(arg));
	for (unsigned i = 0; i < 500; i++) { /* dead ones give their strings up */
		struct who w = { .tgid = 5000 + i, .start = 1 };

		memcpy(arg, &i, sizeof(i));
		arg[4] = arg[sizeof(arg) - 1] = '\0';
		feed_exec(t, &w, "/bin/x", (struct slice){ arg, sizeof(arg) }, "/");
		feed(t, &w, WIRE_tcp, CATEGORY_network_connection);
		kept &= event_has(&ev, F_args);
		feed_exit(t, &w);
	}
	proctab_stats(t, &st);
	ok(kept && st.strings_cut == 0 && st.evicted_dead > 0, "the dead make room for strings");
	for (unsigned i = 0; i < 200; i++) { /* the living keep theirs */
		struct who w = { .tgid = 8000 + i, .start = 1 };

		memcpy(arg, &i, sizeof(i));
		feed_exec(t, &w, "/bin/x", (struct slice){ arg, sizeof(arg) }, "/");
	}
	proctab_stats(t, &st);
	ok(st.strings_cut > 0, "what does not fit is counted");
	ok(st.evicted_live == 0, "and costs no living process");
	is_u64(st.string_bytes <= 64 * 1024, true, "the pool is bounded");
	proctab_free(t);

	t = table((struct proctab_config){ .max_procs = 8 });
	memset(long_arg, 'b', sizeof(long_arg) - 1);
	feed_exec(t, &shell, "/bin/x", (struct slice){ long_arg, sizeof(long_arg) }, "/");
	feed(t, &shell, WIRE_tcp, CATEGORY_network_connection);
	proctab_stats(t, &st);
	ok(event_has(&ev, F_args) && ev.v[F_args].n < sizeof(long_arg) && st.strings_cut == 1, "too long: cut, and counted");
	proctab_free(t);
}

static void test_chain(void)
{
	static _Alignas(16) char slot[TL_ALERT_SIZE];
	struct proctab *t = table((struct proctab_config){ .max_procs = 64 });
	struct alert *a = alert_init(slot, ALERT_RULE, 1);
	struct proc *p = NULL;

	for (unsigned i = 1; i <= 12; i++) {
		struct who w = { .tgid = i, .start = i, .ppid = i - 1, .parent_start = i - 1, .uid = i };

		p = feed_exec(t, &w, "/bin/x", SLICE("x\0y\0"), "/");
	}
	proctab_chain(t, p, a);
	is_u64(a->n_chain, TL_ALERT_CHAIN, "a chain is bounded");
	is_u64(a->chain[0].pid, 12, "the actor first");
	is_u64(a->chain[7].pid, 5, "then its ancestors");
	is_slice(a->chain[1].cmdline, SLICE("x y"), "command lines are joined");
	is_slice(a->chain[1].user, SLICE("11"), "users");
	proctab_free(t);
}

/* Hostile or broken: loops, a process that is its own parent, one slot. Nothing may hang or crash. */
static void test_hostile(void)
{
	struct proctab *t = table((struct proctab_config){ .max_procs = 64, .lineage_bytes = 8 });
	struct who a = { .tgid = 5, .start = 5, .ppid = 6, .parent_start = 6 }, b = { .tgid = 6, .start = 6, .ppid = 5, .parent_start = 5 };
	struct who self = { .tgid = 7, .start = 7, .ppid = 7, .parent_start = 7 }, zero = { 0 };
	struct proc *p;

	feed_fork(t, &a);
	p = feed_fork(t, &b);
	(void)proctab_lineage(t, p);
	ok(!proctab_descends(t, p, 99, 99), "a loop of parents ends");
	p = feed_fork(t, &self);
	(void)proctab_lineage(t, p);
	ok(p != NULL, "one's own parent");
	p = feed_fork(t, &zero);
	ok(p != NULL, "the idle task");
	for (unsigned i = 0; i < 8; i++) {
		feed_exit(t, &a);
		feed_exit(t, &b);
		feed_exit(t, &self);
	}
	now += 1000 * SEC;
	for (unsigned i = 0; i < 8; i++)
		feed(t, &zero, WIRE_tcp, CATEGORY_network_connection);
	proctab_free(t);

	t = table((struct proctab_config){ .max_procs = 1 });
	for (unsigned i = 0; i < 100; i++) {
		struct who w = { .tgid = i + 1, .start = 1, .ppid = i, .parent_start = 1 };

		feed_fork(t, &w);
		feed_exec(t, &w, "/bin/x", SLICE("x\0"), "/");
	}
	is_field(F_exe, "/bin/x", "a table of one");
	proctab_free(t);
}

static void test_random(void)
{
	enum { STEPS = 200000, PIDS = 150 };
	struct proctab *t = table((struct proctab_config){ .max_procs = 100, .string_bytes = 128 * 1024, .grace_ns = SEC, .lineage_bytes = 8, .max_lineages = 8 });
	uint64_t x = 0x9e3779b97f4a7c15ULL;
	struct proctab_stats st;
	bool sane = true;

	for (unsigned i = 0; i < STEPS; i++) {
		struct who w;
		struct proc *p;
		char arg[64];
		int n;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		w = (struct who){ .tgid = (uint32_t)(x % PIDS), .start = x >> 8 & 1, .ppid = (uint32_t)(x >> 16) % PIDS,
				  .parent_start = x >> 9 & 1, .ses = x >> 10 & 1, .cgroup = x >> 11 & 1 };
		now += x >> 40 & 0xffffff;
		n = snprintf(arg, sizeof(arg), "arg%u", (unsigned)(x >> 20) % 500) + 1;
		switch (x >> 12 & 7) {
		case 0:
		case 1:
			p = feed_exec(t, &w, arg, (struct slice){ arg, (size_t)n }, "/");
			break;
		case 2:
			p = feed_exit(t, &w);
			break;
		case 3:
			p = feed_task(t, &w, arg, (struct slice){ arg, (size_t)n });
			break;
		case 4:
		case 5:
			p = feed_fork(t, &w);
			break;
		default:
			p = feed(t, &w, WIRE_tcp, CATEGORY_network_connection);
			break;
		}
		(void)proctab_lineage(t, p);
		proctab_stats(t, &st);
		sane &= st.procs <= 100 && st.dead <= st.procs && event_has(&ev, F_process_id);
	}
	ok(sane, "%d random records leave the table in order", STEPS);
	proctab_free(t);
}

int main(void)
{
	if (event_init(&ev) < 0)
		return 1;
	test_story();
	test_failed_exec();
	test_credentials();
	test_lost_records();
	test_pid_reuse();
	test_reparenting();
	test_clone_parent();
	test_snapshot();
	test_wanted();
	test_lineages();
	test_eviction();
	test_full_pool();
	test_chain();
	test_hostile();
	test_random();
	event_done(&ev);
	return done_testing();
}
