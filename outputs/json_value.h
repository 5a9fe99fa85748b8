/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* json_value.h - values of a JSON line: text with its cap, numbers and ids, fields of the event and what tells of their cuts
 *
 * Only for json.c. Each appends to .b; those that have nothing to say append nothing.
 */
#pragma once
#include "outputs/encoders.h"

struct json {
	struct buf *b;
	const struct alert *a;
	const struct agent *agent;
	size_t cap; /* of one text, in bytes before escaping */
	bool cut;
	bool brief; /* only what identifies the alert */
};

/* Separates from what stands before, if anything does. */
void json_put_comma(struct buf *b);
/* Comma and "key": - @key is a constant of ours, never escaped. */
void json_put_key(struct json *j, const char *key);
/* A string, cut visibly at .cap (and .cut set). The _if forms leave an empty one out. */
void json_put_text(struct json *j, struct slice s);
void json_put_text_if(struct json *j, struct slice s);
void json_put_string(struct json *j, const char *s); /* NULL = nothing */
void json_put_quoted_u64(struct json *j, uint64_t v);
void json_put_time(struct json *j, uint64_t ns); /* since 1970 */
/* An array of strings; at most 8 * .cap bytes of it. */
void json_put_list(struct json *j, struct slice packed);
/* Key and text; with its bytes as <key>_raw beside it if it is not UTF-8. Nothing if empty. */
void json_put_member(struct json *j, const char *key, struct slice s);
void json_put_member_u64(struct json *j, const char *key, uint64_t v);
/* The value of @f, if the event has it. */
void json_put_field(struct json *j, enum field f);
/* tripline.raw: the bytes of every field with invalid UTF-8. */
void json_put_raw(struct json *j);
/* tripline.truncated: names of the fields that were cut, here or before. */
void json_put_truncated(struct json *j);
