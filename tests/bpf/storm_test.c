// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* storm_test - many short processes and connections at once: nothing is lost unseen, nothing is mixed up
 *
 * Emitted, delivered, lost and read must agree to the record, with a ring that is large enough and with one that is
 * not. TL_STORM_PROCESSES sets how many (2000).
 */
#include "config.h"

#include <poll.h>
#include <spawn.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/bpf/live.h"

#define WORKERS 2
#define CPUS	1024

struct storm {
	struct live *live;
	unsigned per_worker;
	uint32_t worker[WORKERS + 1]; /* the last one makes connections */
	uint64_t read;		      /* records of anyone */
	uint64_t read_cpu[CPUS], next_seq[CPUS], gaps[CPUS];
	uint64_t forks, execs, exits,
		refused; /* of the workers' children; connects of the last worker */
	uint64_t wrong;	 /* records that contradict themselves */
};

/* Starts @n processes one after another, each with its number as argument, on one processor. */
static _Noreturn void worker_spawn(const struct live *l, unsigned cpu, unsigned n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
	for (unsigned i = 0; i < n; i++) {
		char name[] = "storm", noop[] = "noop", number[16];
		char *argv[] = { name, noop, number, NULL };
		pid_t pid;
		int status;

		(void)snprintf(number, sizeof(number), "%u", i);
		if (posix_spawn(&pid, l->helper, NULL, NULL, argv, environ) ||
		    waitpid(pid, &status, 0) != pid || status)
			_exit(1);
	}
	_exit(0);
}

/* Connections that are refused in softirq while the others build records: @n, to a port that nobody listens on. */
static _Noreturn void worker_connect(unsigned n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(taken, (struct sockaddr *)&a, sizeof(a)) ||
	    getsockname(taken, (struct sockaddr *)&a, &len))
		_exit(1);
	for (unsigned i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ||
		    errno != ECONNREFUSED)
			_exit(1);
		close(fd);
	}
	_exit(0);
}

static int worker_index(const struct storm *s, uint32_t pid)
{
	for (int i = 0; i <= WORKERS; i++)
		if (s->worker[i] == pid)
			return i;
	return -1;
}

/* An exec of a worker's child says all of the same child: name, image, "storm|noop|N". */
static bool exec_is_sound(struct storm *s, const struct wire_head *h)
{
	struct event *ev = &s->live->ev;
	struct slice args = event_str(ev, F_args), item;
	uint64_t number;
	size_t pos = 0;

	if (!slice_eq(event_str(ev, F_exe), slice_of(s->live->helper)) ||
	    h->proc.tgid != h->proc.tid)
		return false;
	return strncmp(h->proc.comm.c, "workload", WIRE_COMM) == 0 &&
	       list_next(args, &pos, &item) && slice_eqs(item, "storm") &&
	       list_next(args, &pos, &item) && slice_eqs(item, "noop") &&
	       list_next(args, &pos, &item) && slice_u64(item, &number) == 0 &&
	       number < s->per_worker && !list_next(args, &pos, &item);
}

static void storm_record(struct storm *s, const void *rec, size_t size)
{
	const struct wire_head *h;
	int kind = decode_record(&s->live->ev, &s->live->clock, rec, size, &h);
	int parent;

	s->read++;
	if (kind < 0) {
		s->wrong++;
		return;
	}
	s->read_cpu[h->cpu % CPUS]++;
	if (h->seq < s->next_seq[h->cpu % CPUS])
		s->wrong++;
	else
		s->gaps[h->cpu % CPUS] += h->seq - s->next_seq[h->cpu % CPUS];
	s->next_seq[h->cpu % CPUS] = h->seq + 1;

	parent = worker_index(s, h->proc.ppid);
	if (kind == WIRE_tcp && h->proc.tgid == s->worker[WORKERS]) {
		const struct wire_tcp *t = rec;

		s->refused++;
		s->wrong += t->outcome != WIRE_outcome_REFUSED || t->error != ECONNREFUSED ||
			    !t->lport || !t->rport;
	} else if (parent >= 0 && parent < WORKERS) {
		s->forks += kind == WIRE_fork;
		s->exits += kind == WIRE_exit;
		if (kind == WIRE_exec) {
			s->execs++;
			s->wrong += !exec_is_sound(s, h);
		}
	}
}

static void storm_read(struct storm *s)
{
	const void *rec;
	size_t size;

	while (ring_next(&s->live->ring, &rec, &size) > 0)
		storm_record(s, rec, size);
	ring_ack(&s->live->ring);
}

/* Silences all kinds and waits until the last programs are out, so that the sums stand still. */
static void storm_stop(struct storm *s, struct probe_loss *ret_loss)
{
	struct probe_loss before = { 0 };

	__atomic_store_n(&s->live->probe.knobs->muted, ~0U, __ATOMIC_SEQ_CST);
	for (int i = 0, same = 0; i < 1000 && same < 20; i++) {
		sched_yield();
		poll(NULL, 0, 1);
		probe_loss(&s->live->probe, ret_loss);
		same = memcmp(&before, ret_loss, sizeof(before)) == 0 ? same + 1 : 0;
		before = *ret_loss;
	}
}

static void storm_run(struct storm *s, struct live *l, unsigned processes, bool reading)
{
	int status, running = WORKERS + 1;
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	bool good = true;

	*s = (struct storm){ .live = l, .per_worker = processes / WORKERS };
	for (unsigned i = 0; i <= WORKERS; i++) {
		pid_t pid = fork();

		if (pid == 0 && i < WORKERS)
			worker_spawn(l, i % cpus, s->per_worker);
		if (pid == 0)
			worker_connect(processes / 4);
		s->worker[i] = (uint32_t)pid;
	}
	while (running) {
		struct pollfd p = { .fd = l->ring.fd, .events = POLLIN };

		if (reading) {
			(void)poll(&p, 1, 10);
			storm_read(s);
		} else {
			(void)poll(NULL, 0, 10);
		}
		for (unsigned i = 0; i <= WORKERS; i++)
			if (waitpid((pid_t)s->worker[i], &status, WNOHANG) == (pid_t)s->worker[i]) {
				running--;
				good = good && status == 0;
			}
	}
	ok(good, "the storm itself went well");
}

/* What each processor numbered is what came, or is missing in its numbers and counted as lost there. */
static void storm_balance(struct storm *s, const struct probe_loss *loss)
{
	uint64_t per_cpu_wrong = 0, gaps = 0, tail = 0;

	is_u64(loss->emitted, loss->delivered + loss->lost, "emitted = delivered + lost");
	is_u64(s->read, loss->delivered, "read = delivered");
	for (unsigned cpu = 0; cpu < s->live->probe.n_cpus && cpu < CPUS; cpu++) {
		const struct wire_stats *st = &s->live->probe.stats[cpu];
		uint64_t lost = 0;

		for (unsigned i = 0; i < WIRE_CAUSES; i++)
			lost += st->lost[i];
		gaps += s->gaps[cpu];
		tail += st->emitted - s->next_seq[cpu]; /* lost after the last that came */
		per_cpu_wrong += st->emitted - s->read_cpu[cpu] != lost;
	}
	is_u64(per_cpu_wrong, 0, "on each processor: numbered = read + lost");
	is_u64(gaps + tail, loss->lost, "gaps in the numbers = lost");
	is_u64(s->wrong, 0, "no record contradicts itself");
}

static void test_large(unsigned processes)
{
	static struct storm s;
	struct probe_loss loss;
	struct live l;

	live_open(&l, 16 << 20);
	storm_run(&s, &l, processes, true);
	storm_stop(&s, &loss);
	storm_read(&s);
	printf("# 16 MiB: %llu emitted, %llu lost\n", (unsigned long long)loss.emitted,
	       (unsigned long long)loss.lost);
	is_u64(loss.lost, 0, "a ring of 16 MiB that is read loses nothing");
	storm_balance(&s, &loss);
	is_u64(probe_skipped(&l.probe), 0, "no program was left out by the kernel");
	is_u64(s.forks, processes / WORKERS * WORKERS, "every fork");
	is_u64(s.execs, processes / WORKERS * WORKERS,
	       "every exec, with its parent, image and arguments");
	is_u64(s.exits, processes / WORKERS * WORKERS, "every exit");
	is_u64(s.refused, processes / 4, "every refused connection");
	live_close(&l);
}

static void test_small(unsigned processes)
{
	static struct storm s;
	struct probe_loss loss;
	struct live l;
	int status;
	pid_t pid;

	live_open(&l, 64 << 10);
	storm_run(&s, &l, processes, false);
	pid = fork();
	if (pid == 0)
		worker_connect(50); /* the ring is full by now */
	ok(waitpid(pid, &status, 0) == pid && status == 0, "connections while the ring is full");
	storm_stop(&s, &loss);
	storm_read(&s);
	printf("# 64 KiB: %llu emitted, %llu lost: ring %llu, reserved %llu, slot %llu\n",
	       (unsigned long long)loss.emitted, (unsigned long long)loss.lost,
	       (unsigned long long)loss.cause[WIRE_LOST_RING],
	       (unsigned long long)loss.cause[WIRE_LOST_RESERVED],
	       (unsigned long long)loss.cause[WIRE_LOST_SLOT]);
	ok(loss.lost > 0, "a ring of 64 KiB that nobody reads loses");
	ok(loss.cause[WIRE_LOST_RESERVED] >= 50,
	   "and floodable kinds leave a quarter to the others");
	storm_balance(&s, &loss);
	live_close(&l);
}

/* One program that was executed with "needle", among what waits in the ring. */
static unsigned needles_read(struct live *l)
{
	unsigned found = 0;
	const void *record;
	size_t size;

	while (ring_next(&l->ring, &record, &size) > 0) {
		const struct wire_exec *r = record;

		found += r->head.kind == WIRE_exec && r->error == 0 && r->args.len &&
			 memmem((const char *)record + r->args.off, r->args.len, "needle", 7);
	}
	return found;
}

/* Refused executions cost their maker next to nothing: they must not take the room of those that succeed. */
static void test_hay(void)
{
	char hay[1000], none[] = "/nonexistent", *argv[] = { none, hay, NULL }, *few[] = { none, NULL };
	struct probe_loss loss;
	struct live l;
	int status = 0;
	pid_t pid;

	memset(hay, 'h', sizeof(hay) - 1);
	hay[sizeof(hay) - 1] = '\0';
	live_open(&l, 256 << 10);
	for (unsigned i = 0; i < 600; i++)
		(void)execv(none, i < 400 ? argv : few);
	probe_loss(&l.probe, &loss);
	ok(loss.lost > 0, "refused executions fill the ring");
	pid = fork();
	if (pid == 0) {
		execl(l.helper, "workload", "noop", "needle", hay, (char *)NULL);
		_exit(1);
	}
	ok(waitpid(pid, &status, 0) == pid && status == 0, "a program among them");
	is_u64(needles_read(&l), 1, "is told all the same");
	probe_loss(&l.probe, &loss);
	is_u64(loss.emitted, loss.delivered + loss.lost, "emitted = delivered + lost");
	live_close(&l);
}

int main(void)
{
	const char *env = getenv("TL_STORM_PROCESSES");
	unsigned processes = env ? (unsigned)atoi(env) : 2000;

	test_large(processes);
	test_hay();
	test_small(MAX(processes / 10, 400U)); /* enough to fill it */
	return done_testing();
}
