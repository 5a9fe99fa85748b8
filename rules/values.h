/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* values.h - tests of one value that are not text patterns: numbers, networks, parts of a time, other fields
 *
 * Pure functions; no allocation. Texts are those that value_text() shows.
 */
#pragma once
#include "rules/atom.h"

/* A plain decimal, [-]digits[.digits]; false for anything else. */
bool number_of_text(struct slice s, long double *ret_number);
/* The number of a numeric value; false for other types. */
bool number_of_value(enum value_type type, const struct value *v, long double *ret_number);
bool number_compare(enum cmp cmp, long double a, long double b);
/* Whether an address is in a network (both as parse_ip() gives them); versions are not mixed. */
bool addr_inside(const uint8_t *addr, const uint8_t *net, unsigned prefix);
/* Part of a time in UTC; seconds since 1970. */
int64_t time_part_of(int64_t seconds, enum time_part part);
/* Whether @text holds @other at @place; ASCII letters fold unless @cased. */
bool text_compare(struct slice text, struct slice other, enum place place, bool cased);

static inline char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}
