/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* item.h - an item while it is read: shared by the files that know modifiers
 *
 * modifier.c reads the key and drives; encode.c, expand.c and predicate.c hold what single modifiers do.
 */
#pragma once
#include "rules/modifier.h"

#define MODIFIERS_MAX	 8
#define ALTERNATIVES_MAX 3125 /* of one value: windash, expand, base64offset */

enum role { ROLE_FLAG, ROLE_SOURCE, ROLE_ENCODE, ROLE_WRAP, ROLE_TEST, ROLE_REGEX, ROLE_COMPARE, ROLE_PART };

enum modifier {
#define MODIFIER(name, canonical, role, apply, doc) MOD_##name,
#include "rules/modifiers.def"
	MOD_MAX
};

/* One reading of a value, on its way to an atom; alternatives are linked. */
struct draft {
	struct pattern pat;
	struct slice raw; /* text before it is read, for tests that take it raw */
	bool wrapped;	  /* has wildcards that a modifier added */
	bool wide;	  /* holds UTF-16 of characters beyond ASCII: only base64 makes it text */
	struct draft *next;
};

struct item {
	struct rule_source *src;
	const struct yaml_node *key, *value; /* value: the one being worked on */
	unsigned subject;
	enum modifier mod[MODIFIERS_MAX];
	unsigned n_mod;
	bool all, neq, cased, expand, wrap, encode;
	enum modifier test; /* MOD_MAX: text */
	unsigned regex_flags;
	enum cmp cmp;
	bool compare, part;
	enum time_part time_part;
	enum place place;
	struct expr *out;
	unsigned alternatives; /* pushed for the current value */
};

typedef int apply_fn(struct item *it, struct draft *d);

/* rules/encode.c: rewrite the pattern of @d; alternatives go behind it. */
apply_fn mod_windash, mod_utf16le, mod_utf16be, mod_utf16, mod_base64, mod_base64offset, mod_contains, mod_startswith,
	mod_endswith;
int item_wrap(struct item *it, struct draft *d, bool before, bool after);
/* rules/predicate.c: make the atom of one value. */
apply_fn mod_re, mod_cidr, mod_exists, mod_fieldref, mod_number, mod_time;
/* rules/expand.c: replaces @first by one draft per combination of placeholder values. */
int item_expand(struct item *it, struct draft *first);

/* rules/modifier.c. Each returns 0, -EINVAL (told) or -ENOMEM. */
int item_push(struct item *it, enum expr_kind kind, struct atom *atom);
struct atom *item_atom(struct item *it, enum atom_kind kind);
/* One more alternative of the current value. */
int item_put(struct item *it, struct atom *a);
/* A copy of @d, linked behind it; NULL when out of memory. */
struct draft *item_draft_after(struct item *it, struct draft *d);

static inline bool is_word(uint16_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       (c >= 0x80 && c < PAT_ANY);
}
