/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* probe.h - puts the BPF programs into the kernel
 *
 * The only file that sees libbpf. Needs CAP_BPF and CAP_PERFMON (or root); everything it returns can be used without.
 * Each program is optional and tried by itself; what could not be attached is told, never silent.
 */
#pragma once
#include "bpf/wire.h"
#include "core/base.h"

struct probe_config {
	size_t ring_bytes; /* power of two, >= page size */
};

#define PROBE_PROGRAMS 32

struct probe_program {
	const char *name; /* <gadget>_<hook> */
	int error;	  /* 0 = attached, else errno */
	int link_fd;	  /* kept open where nothing is pinned; -1 */
};

struct probe {
	int ring_fd;
	size_t ring_bytes;
	unsigned n_cpus;
	const struct wire_stats *stats; /* [n_cpus], mapped read only; the map is frozen for user space */
	struct wire_knobs *knobs;	/* mapped read-write */
	unsigned n_programs;
	struct probe_program program[PROBE_PROGRAMS];
	char *snapshot; /* wire_task records in a row, command lines joined from /proc; heap */
	size_t snapshot_size;
};

/* Loads, sizes, attaches, takes the task snapshot (after attaching, so that no process is in neither), freezes, maps, closes
 * map and program descriptors. Returns 0 (perhaps with programs that were refused), or -errno with a sentence in @why: what was attempted, why it failed,
 * what to do (no BTF, no permission, kernel too old ...). */
int probe_open(const struct probe_config *c, struct probe *ret_probe, char *why, size_t why_size);
void probe_close(struct probe *p);

struct probe_loss {
	uint64_t emitted, delivered, lost, cause[WIRE_CAUSES];
};
/* Sums the mapped statistics of all CPUs. No system call. */
void probe_loss(const struct probe *p, struct probe_loss *ret_loss);
const char *probe_cause_name(enum wire_cause c);
/* How often the kernel left a program out because it was already running on that CPU (recursion_misses): the events of
 * those hooks are in no counter. Asks bpf(2), so only before privilege is given up; UINT64_MAX if that is refused. */
uint64_t probe_skipped(const struct probe *p);
