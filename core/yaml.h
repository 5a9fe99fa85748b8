/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* yaml.h - YAML 1.2 text to a tree that knows its places
 *
 * libyaml reads the syntax (event interface); what a plain scalar means is decided here, by the core schema of YAML 1.2.2
 * (chapter 10.3) and not by YAML 1.1: yes, no, on, off, dates and 12:30 are text; 017 is seventeen, 0o17 is fifteen.
 * Every scalar keeps its source text. Refused, with the place: duplicate keys, aliases, merge keys, keys that are not scalars.
 * Tags other than !!str are ignored. Nodes live in the caller's arena. Any thread, one arena each.
 */
#pragma once
#include "core/arena.h"

#define TL_YAML_BYTES_MAX  (1024 * 1024) /* per stream */
#define TL_YAML_DEPTH_MAX  32		 /* collections inside each other */
#define TL_YAML_VALUES_MAX 10000	 /* per document; keys do not count */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };
enum yaml_type { YAML_TEXT, YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT };

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_type type;   /* of a scalar */
	unsigned line, col;    /* 1-based; of a map: its first key's */
	uint32_t hash;	       /* of text */
	bool truth;	       /* YAML_BOOL */
	struct slice text;     /* of a scalar: as written (quotes and escapes resolved); ends in NUL */
	unsigned n;	       /* children of a list, entries of a map */
	struct yaml_node *key; /* when this is a value in a map */
	struct yaml_node *first, *last, *next;
};

struct yaml_doc {
	struct yaml_node *root; /* NULL: the document is broken (told in diag) */
	unsigned line;		/* where it begins */
	struct yaml_doc *next;
};

/* Parses a stream. A broken document is told in @diag (may be NULL) under the name @file and has no root; a syntax error
 * or too deep a nesting ends the stream, documents before it stay. Empty documents are left out. Returns 0 or -ENOMEM. */
int yaml_parse(struct arena *a, const char *file, struct slice text, struct diag *diag, struct yaml_doc **ret_docs);

/* The value of @key in a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* An integer scalar as 64 bits: 0, -EINVAL (not an integer) or -ERANGE. */
int yaml_u64(const struct yaml_node *n, uint64_t *ret_value);
/* Any number; integers of 64 bits are exact where long double has a 64-bit mantissa. 0 or -EINVAL. */
int yaml_number(const struct yaml_node *n, long double *ret_value);

static inline bool yaml_is_text(const struct yaml_node *n)
{
	return n && n->kind == YAML_SCALAR && n->type == YAML_TEXT;
}
