/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* utf8.h - strict UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF) */
#pragma once
#include "core/base.h"

/* Decodes one character at @p (@n > 0 bytes). Returns its length 1-4 and stores it, or 0 if the
 * first byte starts no valid character: the caller then treats that one byte as rejected. */
unsigned utf8_next(const char *p, size_t n, uint32_t *ret_char);
/* Encodes into @out (room for 4). Returns the length. @c must be a valid scalar value. */
unsigned utf8_put(char *out, uint32_t c);
bool utf8_valid(const char *p, size_t n);
/* Longest prefix of at most @max bytes that does not cut a valid character. */
size_t utf8_cut(const char *p, size_t n, size_t max);
/* Characters that steer a terminal or reader: C1, U+061C, 200B-200F, 2028-202E, 2060, 2066-2069,
 * FEFF, E0000-E007F (outputs.md 2). C0 and DEL are not in it. */
bool utf8_steering(uint32_t c);
/* Copies @s to @out with each rejected byte as U+FFFD; needs up to 3 * n bytes. Returns bytes written. */
size_t utf8_repair(struct slice s, char *out);
