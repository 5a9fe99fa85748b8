/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* parse.h - text of single values back to values: the inverse of buf_put_*
 *
 * Each takes the whole of @s; 0, -EINVAL (no such text) or -ERANGE (well formed, but too small or
 * too large). slice_u64() of base.h is the one for unsigned numbers.
 */
#pragma once
#include "core/base.h"

int parse_i64(struct slice s, int64_t *ret_value);
/* RFC 3339 section 5.6 with offset or Z, or without for UTC; "t", "z" and a space for "T" too; 1 to 9 digits of
 * fraction; the leap second (23:59:60 UTC) is the second after it. ns since 1970: nothing before
 * it, nothing after 2554. */
int parse_time(struct slice s, uint64_t *ret_ns);
/* IPv4 dotted (stored v4-mapped) or RFC 4291 section 2.2, no zone. 16 bytes, network order. */
int parse_ip(struct slice s, uint8_t *ret_addr);
/* "major:minor" as major << 20 | minor: 12 and 20 bits, MKDEV of the kernel. */
int parse_dev(struct slice s, uint64_t *ret_dev);
