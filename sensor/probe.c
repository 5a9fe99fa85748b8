// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/probe.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/tripline.skel.h"
#include "sensor/snapshot.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"

static int log_none(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

PRINTF(2, 0)
static int log_stderr(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	return vfprintf(stderr, fmt, ap);
}

PRINTF(3, 4)
static void why_set(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, size, fmt, ap);
	va_end(ap);
}

/* ---- configuring the object before it is loaded ---- */

/* Parameters of the kernel's tracepoint @name, from its BTF: void *data counts too. 0 if it is not there. */
static unsigned tracepoint_params(const struct btf *btf, const char *name)
{
	const struct btf_type *t;
	char type_name[64];
	int id;

	(void)snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, type_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return 0;
	t = btf__type_by_id(btf, btf__type_by_id(btf, (unsigned)id)->type); /* pointer */
	if (!t || !btf_is_ptr(t))
		return 0;
	t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) ? btf_vlen(t) : 0;
}

struct setup {
	size_t ring_bytes;
	unsigned n_cpus;
	bool exit_tells_group_dead;
	uint64_t cookie_key[2];
};

static int skel_configure(struct tripline_bpf *skel, const struct setup *s)
{
	int r;

	r = bpf_map__set_max_entries(skel->maps.events, (uint32_t)s->ring_bytes);
	if (r < 0)
		return r;
	r = bpf_map__set_max_entries(skel->maps.stats, s->n_cpus);
	if (r < 0)
		return r;
	skel->rodata->ring_floodable = s->ring_bytes / 4 * 3;
	skel->rodata->exit_tells_group_dead = s->exit_tells_group_dead;
	memcpy((void *)skel->rodata->cookie_key, s->cookie_key, sizeof(s->cookie_key));
	return 0;
}

/* Opens the object with only those programs whose bit is set in @programs. */
static struct tripline_bpf *skel_open(const struct setup *s, uint64_t programs)
{
	struct tripline_bpf *skel = tripline_bpf__open();
	struct bpf_program *prog;
	unsigned i = 0;

	if (!skel)
		return NULL;
	bpf_object__for_each_program(prog, skel->obj)(void) bpf_program__set_autoload(prog, programs >> i++ & 1);
	if (skel_configure(skel, s) < 0) {
		tripline_bpf__destroy(skel);
		errno = EINVAL;
		return NULL;
	}
	return skel;
}

/* Loads what the kernel takes: all at once; if it refuses, each program by itself to find which, then the rest. */
static int skel_load(const struct setup *s, struct probe *p, struct tripline_bpf **ret_skel)
{
	uint64_t good = 0;
	struct tripline_bpf *skel = skel_open(s, ~0ULL);
	struct bpf_program *prog;
	int r;

	if (!skel)
		return -errno;
	bpf_object__for_each_program(prog, skel->obj)
	{
		char *name = strdup(bpf_program__name(prog)); /* outlives the object */

		if (!name || p->n_programs == PROBE_PROGRAMS) {
			free(name);
			tripline_bpf__destroy(skel);
			return -ENOMEM;
		}
		p->program[p->n_programs++] = (struct probe_program){ name, 0, -1 };
	}
	r = tripline_bpf__load(skel);
	if (r == 0) {
		*ret_skel = skel;
		return 0;
	}
	tripline_bpf__destroy(skel);
	for (unsigned i = 0; i < p->n_programs; i++) {
		skel = skel_open(s, 1ULL << i);
		if (!skel)
			return -errno;
		r = tripline_bpf__load(skel);
		p->program[i].error = -r;
		if (r == 0)
			good |= 1ULL << i;
		tripline_bpf__destroy(skel);
	}
	if (!good)
		return -p->program[0].error;
	skel = skel_open(s, good);
	if (!skel)
		return -errno;
	r = tripline_bpf__load(skel);
	if (r < 0) {
		tripline_bpf__destroy(skel);
		return r;
	}
	*ret_skel = skel;
	return 0;
}

/* ---- attaching ---- */

static int dup_fd(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

static unsigned skel_attach(struct tripline_bpf *skel, struct probe *p)
{
	struct bpf_program *prog;
	unsigned i = 0, attached = 0;

	bpf_object__for_each_program(prog, skel->obj)
	{
		struct probe_program *pp;
		struct bpf_link *link;

		if (i >= p->n_programs)
			break;
		pp = &p->program[i++];
		if (pp->error || prog == skel->progs.lifecycle_snapshot)
			continue;
		link = bpf_program__attach(prog);
		if (!link) {
			pp->error = errno ? errno : EINVAL;
			continue;
		}
		pp->link_fd = dup_fd(bpf_link__fd(link));
		if (pp->link_fd < 0) {
			pp->error = -pp->link_fd;
			pp->link_fd = -1;
		} else {
			attached++;
		}
		(void)bpf_link__destroy(link);
	}
	return attached;
}

/* ---- the snapshot ---- */

static int snapshot_take(struct bpf_program *prog, struct probe *p)
{
	struct bpf_link *link = bpf_program__attach_iter(prog, NULL);
	int fd, r;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	r = fd < 0 ? fd : snapshot_read(fd, &p->snapshot, &p->snapshot_size);
	if (fd >= 0)
		close(fd);
	(void)bpf_link__destroy(link);
	return r;
}

/* ---- memory shared with the kernel ---- */

static size_t page_round(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (n + page - 1) & ~(page - 1);
}

/* Everything but the ring (its consumer page) and the knobs is closed to writes by user space; programs still write. */
static int maps_share(struct tripline_bpf *skel, struct probe *p)
{
	struct bpf_map *map;
	void *mem;

	bpf_object__for_each_map(map, skel->obj)
	{
		if (map != skel->maps.events && map != skel->maps.knobs)
			(void)bpf_map_freeze(bpf_map__fd(map)); /* libbpf froze .rodata: EBUSY */
	}
	mem = mmap(NULL, page_round(p->n_cpus * sizeof(struct wire_stats)), PROT_READ, MAP_SHARED,
		   bpf_map__fd(skel->maps.stats), 0);
	if (mem == MAP_FAILED)
		return -errno;
	p->stats = mem;
	mem = mmap(NULL, page_round(sizeof(struct wire_knobs)), PROT_READ | PROT_WRITE, MAP_SHARED,
		   bpf_map__fd(skel->maps.knobs), 0);
	if (mem == MAP_FAILED)
		return -errno;
	p->knobs = mem;
	p->ring_fd = dup_fd(bpf_map__fd(skel->maps.events));
	return p->ring_fd < 0 ? p->ring_fd : 0;
}

/* ---- the whole ---- */

static int setup_read(const struct probe_config *c, struct setup *s, char *why, size_t why_size)
{
	struct btf *btf;
	int n = libbpf_num_possible_cpus();

	if (c->ring_bytes < (size_t)sysconf(_SC_PAGESIZE) || (c->ring_bytes & (c->ring_bytes - 1)) ||
	    c->ring_bytes > 1U << 30) {
		why_set(why, why_size,
			"ring of %zu bytes: must be a power of two, at least a page and at most 1 "
			"GiB",
			c->ring_bytes);
		return -EINVAL;
	}
	if (access(BTF_PATH, R_OK) < 0) {
		why_set(why, why_size,
			"cannot read " BTF_PATH ": %s: the kernel must be built with "
			"CONFIG_DEBUG_INFO_BTF, and sysfs mounted",
			strerror(errno));
		return -ENOENT;
	}
	btf = btf__parse(BTF_PATH, NULL);
	if (!btf || n <= 0) {
		why_set(why, why_size, "cannot use " BTF_PATH ": %s", strerror(errno));
		return -EINVAL;
	}
	s->ring_bytes = c->ring_bytes;
	s->n_cpus = (unsigned)n;
	s->exit_tells_group_dead = tracepoint_params(btf, "sched_process_exit") >= 3;
	btf__free(btf);
	if (getrandom(s->cookie_key, sizeof(s->cookie_key), 0) != (ssize_t)sizeof(s->cookie_key)) {
		why_set(why, why_size, "cannot get random bytes: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

static void why_not_loaded(int r, char *why, size_t why_size)
{
	switch (-r) {
	case EPERM:
	case EACCES:
		why_set(why, why_size,
			"cannot load the BPF programs: %s: run as root, or with CAP_BPF and "
			"CAP_PERFMON",
			strerror(-r));
		return;
	case ENOMEM:
	case E2BIG:
		why_set(why, why_size,
			"cannot load the BPF programs: %s: too little memory, or RLIMIT_MEMLOCK "
			"(before Linux 5.11)",
			strerror(-r));
		return;
	}
	why_set(why, why_size,
		"cannot load the BPF programs: %s: the kernel refused all of them (Linux 5.17 or "
		"later is needed; TL_LIBBPF_DEBUG=1 shows its words)",
		strerror(-r));
}

static int probe_fill(struct tripline_bpf *skel, struct probe *p, char *why, size_t why_size)
{
	int r;

	assert(skel);
	if (skel_attach(skel, p) == 0) {
		r = -p->program[0].error;
		why_set(why, why_size, "cannot attach any BPF program: %s", strerror(-r));
		return r ? r : -ENOENT;
	}
	r = snapshot_take(skel->progs.lifecycle_snapshot, p);
	if (r < 0)
		why_set(why, why_size, "cannot read the list of processes (iter/task): %s", strerror(-r));
	if (r == 0) {
		r = maps_share(skel, p);
		if (r < 0)
			why_set(why, why_size, "cannot map the BPF arrays: %s", strerror(-r));
	}
	return r;
}

int probe_open(const struct probe_config *c, struct probe *ret_probe, char *why, size_t why_size)
{
	struct probe p = { .ring_fd = -1, .ring_bytes = c->ring_bytes };
	struct setup s = { 0 };
	struct tripline_bpf *skel = NULL;
	int r;

	(void)libbpf_set_print(getenv("TL_LIBBPF_DEBUG") ? log_stderr : log_none);
	r = setup_read(c, &s, why, why_size);
	if (r < 0)
		return r;
	p.n_cpus = s.n_cpus;
	r = skel_load(&s, &p, &skel);
	if (r < 0) {
		why_not_loaded(r, why, why_size);
		probe_close(&p);
		return r;
	}
	r = probe_fill(skel, &p, why, why_size);
	tripline_bpf__destroy(skel);
	if (r < 0) {
		probe_close(&p);
		return r;
	}
	*ret_probe = p;
	return 0;
}

void probe_close(struct probe *p)
{
	for (unsigned i = 0; i < p->n_programs; i++) {
		if (p->program[i].link_fd >= 0)
			close(p->program[i].link_fd);
		free((char *)p->program[i].name);
	}
	if (p->ring_fd >= 0)
		close(p->ring_fd);
	if (p->stats)
		munmap((void *)p->stats, page_round(p->n_cpus * sizeof(struct wire_stats)));
	if (p->knobs)
		munmap(p->knobs, page_round(sizeof(struct wire_knobs)));
	free(p->snapshot);
	*p = (struct probe){ .ring_fd = -1 };
}

static uint64_t load_u64(const wire_u64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

void probe_loss(const struct probe *p, struct probe_loss *ret_loss)
{
	struct probe_loss l = { 0 };

	assert(p->stats || p->n_cpus == 0);
	for (unsigned cpu = 0; cpu < p->n_cpus; cpu++) {
		const struct wire_stats *st = &p->stats[cpu];

		l.emitted += load_u64(&st->emitted);
		for (unsigned i = 0; i < WIRE_CAUSES; i++)
			l.cause[i] += load_u64(&st->lost[i]);
		for (unsigned i = 0; i < ARRAY_SIZE(st->delivered); i++)
			l.delivered += load_u64(&st->delivered[i]);
	}
	for (unsigned i = 0; i < WIRE_CAUSES; i++)
		l.lost += l.cause[i];
	*ret_loss = l;
}

const char *probe_cause_name(enum wire_cause c)
{
	switch (c) {
	case WIRE_LOST_RING:
		return "ring_full";
	case WIRE_LOST_RESERVED:
		return "ring_reserved";
	case WIRE_LOST_SLOT:
		return "no_slot";
	case WIRE_LOST_MAP:
		return "map_full";
	case WIRE_CAUSES:
		break;
	}
	return "unknown";
}

/* Of the program behind one link. */
static int link_misses(int link_fd, uint64_t *ret_misses)
{
	struct bpf_link_info link = { 0 };
	struct bpf_prog_info prog = { 0 };
	uint32_t n = sizeof(link);
	int fd, r;

	r = bpf_obj_get_info_by_fd(link_fd, &link, &n);
	if (r < 0)
		return r;
	fd = bpf_prog_get_fd_by_id(link.prog_id);
	if (fd < 0)
		return fd;
	n = sizeof(prog);
	r = bpf_obj_get_info_by_fd(fd, &prog, &n);
	close(fd);
	if (r == 0)
		*ret_misses = prog.recursion_misses;
	return r;
}

uint64_t probe_skipped(const struct probe *p)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < p->n_programs; i++) {
		uint64_t misses = 0;

		if (p->program[i].link_fd < 0)
			continue;
		if (link_misses(p->program[i].link_fd, &misses) < 0)
			return UINT64_MAX;
		sum += misses;
	}
	return sum;
}
