// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* maps.bpf.c - the maps that more than one gadget uses, and the licence of the linked object */
#include "bpf/common.bpf.h"

struct events_map events SEC(".maps");
struct stats_map stats SEC(".maps");
struct knobs_map knobs SEC(".maps");
struct gadget_heap_map gadget_heap SEC(".maps");

/* Bytes waiting in the ring above which floodable kinds are lost: three quarters of its size. Set by the loader. */
const volatile __u64 ring_floodable = 12 << 20;

char LICENSE[] SEC("license") = "GPL";
