/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* snapshot.h - the processes that were there before the sensor: the kernel's list, with command lines from /proc
 *
 * The kernel side cannot read another process's memory, so each record's arguments are added here, if the process
 * is still the one of the record (its start time is compared). Runs once, before privilege is given up.
 */
#pragma once
#include "core/base.h"

/* Reads struct wire_task records from @fd to its end. *ret_records is heap: the records in a row, each a multiple of
 * 8 bytes long by its head.size; NULL if there were none. 0, -EBADMSG (not such records), -ENOMEM or -errno of the read. */
int snapshot_read(int fd, char **ret_records, size_t *ret_size);
