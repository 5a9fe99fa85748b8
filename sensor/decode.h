/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* decode.h - a kernel record becomes an event, every bound checked
 *
 * Driven by the MEMBER rows of core/events.def. The record is trusted no further than a stranger's: sizes, offsets and
 * symbols are checked, and a record that fails is refused whole. No allocation; the event borrows from the record.
 */
#pragma once
#include "bpf/wire.h"
#include "core/event.h"

struct decode_clock {
	uint64_t offset_ns; /* boot-time clock + offset = ns since 1970; fixed at start */
};

/* Returns the kind (enum wire_kind) and fills @ev (reset first; not yet derived: the process table adds context before
 * event_derive()), or -EBADMSG. *ret_head borrows from @record. */
int decode_record(struct event *ev, const struct decode_clock *clock, const void *record, size_t size,
		  const struct wire_head **ret_head);
