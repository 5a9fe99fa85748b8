/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* wire.h - what the kernel side writes and the sensor reads: records, statistics, knobs
 *
 * Compiled for BPF and for the host from core/events.def; host byte order. A record is wire_head, the fixed
 * members, then a tail of strings that struct wire_str members address by offset from the record's start.
 * A record is at most WIRE_RECORD_MAX bytes; every byte of it is initialised.
 */
#pragma once
#ifdef __bpf__
typedef unsigned char wire_u8_t;
typedef unsigned short wire_u16_t;
typedef unsigned int wire_u32_t;
typedef int wire_i32_t;
typedef unsigned long long wire_u64_t;
typedef long long wire_i64_t;
#else
#include <stdint.h>
typedef uint8_t wire_u8_t;
typedef uint16_t wire_u16_t;
typedef uint32_t wire_u32_t;
typedef int32_t wire_i32_t;
typedef uint64_t wire_u64_t;
typedef int64_t wire_i64_t;
#endif

#define WIRE_COMM	16
#define WIRE_PATH_MAX	4096
#define WIRE_ARGS_MAX	8192
#define WIRE_ARGS_HEAD	6144 /* of WIRE_ARGS_MAX, when the vector is longer; the rest is its tail */
#define WIRE_TTY_MAX	64
#define WIRE_RECORD_MAX (32 * 1024)
#define WIRE_ABSENT_U64 (~(wire_u64_t)0)
#define WIRE_ABSENT_I64 ((wire_i64_t)(1ULL << 63))

/* Fixed kernel facts, shared so that no one invents them twice. */
#define WIRE_TASK_KTHREAD   (1U << 0) /* PF_KTHREAD */
#define WIRE_TASK_IO_WORKER (1U << 1) /* PF_IO_WORKER */
#define WIRE_TASK_COMPAT    (1U << 2) /* in a 32-bit system call */

struct wire_str {
	wire_u16_t off, len;
};

struct wire_ip {
	wire_u8_t b[16];
};

struct wire_comm {
	char c[WIRE_COMM]; /* NUL padded, not always terminated */
};

typedef struct wire_ip wire_ip_t;
typedef struct wire_str wire_str_t;
typedef struct wire_str wire_list_t; /* NUL after each item */
typedef struct wire_comm wire_comm_t;

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/* The actor. */
struct wire_proc {
#define HEAD(wtype, name, field, doc) wire_##wtype##_t name;
#include "core/events.def"
};

struct wire_head {
	wire_u32_t size; /* of the whole record */
	wire_u8_t kind;	 /* enum wire_kind */
	wire_u8_t flags; /* 0 */
	wire_u16_t cpu;	 /* whose sequence it is */
	wire_u64_t seq;	 /* per CPU, from 0, taken before the place in the ring: a gap is a loss */
	wire_u64_t time; /* bpf_ktime_get_boot_ns() */
	struct wire_proc proc;
};

#define RECORD(id, number, gadget, doc)                                                                                \
	struct wire_##id {                                                                                             \
		struct wire_head head;
#define MEMBER(record, wtype, name, field, doc) wire_##wtype##_t name;
#define SYM(record, set, name, field, doc)	wire_u8_t name;
#define RECORD_END(id)                                                                                                 \
	}                                                                                                              \
	;
#include "core/events.def"

/* Why a record that was emitted is not in the ring. */
enum wire_cause {
	WIRE_LOST_RING,	    /* the ring was full */
	WIRE_LOST_RESERVED, /* one that anybody can make at will (not a success of exec, fork, exit), and less than a quarter of the ring was free */
	WIRE_LOST_SLOT,	    /* no free build area on this CPU */
	WIRE_LOST_MAP,	    /* a hand-over map took no entry: the event cannot be told */
	WIRE_CAUSES
};

/* One per possible CPU in the mmapable array `stats`; written by BPF only.
 * emitted = delivered + sum(lost), to the record; what was delivered is read or waits in the ring. */
struct wire_stats {
	wire_u64_t emitted; /* next sequence number of this CPU */
	wire_u64_t lost[WIRE_CAUSES];
	wire_u64_t delivered[8]; /* per enum wire_kind: records put into the ring */
	wire_u64_t knob_changes; /* how often this CPU saw another value of wire_knobs.muted */
	wire_u64_t muted_seen;	 /* the knob as this CPU saw it last */
	wire_u64_t reserved;	 /* two cache lines in all: nobody shares one with a neighbour */
};

/* The mmapable array `knobs`, one entry: the only thing the sensor may write. */
struct wire_knobs {
	wire_u32_t muted; /* bit per enum wire_kind: return at the first instruction */
	wire_u32_t reserved;
};

#pragma GCC diagnostic pop

enum wire_kind {
	WIRE_NONE,
#define RECORD(id, number, gadget, doc) WIRE_##id = number,
#include "core/events.def"
	WIRE_KINDS
};

#define SYMBOL(set, name, number, text) WIRE_##set##_##name = (number),
enum wire_symbol {
#include "core/events.def"
};
