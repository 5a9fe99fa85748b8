/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* compile.h - rules as written become an immutable struct ruleset that is fast to ask
 *
 * Rules are put in groups: those that name a service in one, the others in one per category (those without a category in all of
 * these). Per group every different test is one atom, one bit. Per field there is an index from values to atoms: hash tables
 * for whole texts, starts and ends (libhs takes ten times as long to compile those), sorted arrays for numbers, one matcher for patterns. Each rule is filed under its pivot, the atoms of which
 * one must hold for the rule to hold: only rules with a pivot that holds are tried. What an event costs therefore depends on
 * its values and on what matches, not on how many rules there are.
 */
#pragma once
#include <stdatomic.h>

#include "rules/correlation.h"
#include "rules/match.h"
#include "rules/sigma.h"

#define NO_ATOM UINT32_MAX

struct text_entry {
	const char *p; /* folded, unless the table is cased */
	uint32_t n, hash, atom;
};

/* Open addressing; .mask 0 and .slot NULL when empty. Texts that end a value are hashed from their last byte. */
struct text_table {
	struct text_entry *slot; /* .p NULL: free */
	uint32_t mask;
	uint32_t longest;
	uint64_t lengths; /* bit n % 64: a text of such a length is there */
};

/* 32-bit FNV-1a; texts are the administrator's, so nobody outside chooses collisions. */
#define TEXT_HASH_START 2166136261U

static inline uint32_t text_hash_add(uint32_t h, char c)
{
	return (h ^ (uint8_t)c) * 16777619U;
}

struct number_entry {
	long double number;
	uint32_t atom;
};

struct number_list {
	struct number_entry *e; /* ascending */
	size_t n;
};

struct net_entry {
	uint8_t addr[16];
	unsigned prefix;
	uint32_t atom;
};

struct ref_entry {
	unsigned other;
	enum place place;
	bool cased;
	uint32_t atom;
};

struct time_entry {
	enum time_part part;
	enum cmp cmp;
	long double number;
	uint32_t atom;
};

/* Plain texts: a whole value, its start, its end. */
enum text_place { TEXT_WHOLE, TEXT_START, TEXT_END, TEXT_PLACES };

/* From the values of one subject to atoms. */
struct subject_index {
	unsigned subject;
	struct text_table texts[TEXT_PLACES][2]; /* by place; [1]: cased */
	struct matcher *matcher;		 /* NULL if there are no patterns but such texts */
	struct number_list number[CMP_GTE + 1];
	struct net_entry *net;
	struct ref_entry *ref;
	struct time_entry *time;
	size_t n_net, n_ref, n_time;
	uint32_t present;   /* the field is there */
	uint32_t any;	    /* it has a value, whatever it is */
	bool text, numbers; /* has anything that looks at texts; at numbers */
};

/* One operation of a condition: kind in the upper two bits, atom below. */
#define CODE_KIND_SHIFT 30
#define CODE_ATOM_MASK	((1U << CODE_KIND_SHIFT) - 1)

struct group_rule {
	uint32_t no;
	enum category category; /* CATEGORY_NONE: see the texts */
	struct slice category_text, product, service;
	const uint32_t *code;
	uint32_t n_code;
};

struct rule_group {
	uint32_t n_rules, n_atoms, n_indexes;
	struct group_rule *rule;
	struct subject_index *index;
	struct subject_index *keywords; /* in .index, or NULL */
	uint32_t *pivot_start;		/* n_atoms + 1 */
	uint32_t *pivot_rule;
	uint32_t *always; /* rules that are tried on every event */
	uint32_t n_always;
};

#define GROUP_SERVICE CATEGORY_MAX
#define GROUPS	      (CATEGORY_MAX + 1)

struct ruleset {
	_Atomic unsigned refs;
	struct arena arena;
	unsigned n_rules, n_detections; /* detections come first */
	const struct rule_meta **meta;
	struct corr_spec **spec; /* in dependency order */
	unsigned n_specs;
	bool *silenced_part; /* by rule number: a correlation names it */
	uint64_t correlation_memory;
	struct rule_group *group[GROUPS];
	uint64_t fields[FIELD_WORDS];
	uint32_t max_atoms, max_group_rules;
};

/* Compiles the detections among @docs (numbered, not broken) into rs->group. */
int compile_groups(struct rule_source *s, struct rule_doc *docs, struct ruleset *rs);
/* Frees what the arena does not hold. */
void compile_done(struct ruleset *rs);
/* The atoms of which one must hold for the expression to hold. Returns their number (0: none), at most @max are written;
 * *ret_cost says how often they will hold, roughly. */
int compile_pivot(struct arena *a, const struct expr *e, const struct atom ***ret_atoms, size_t *ret_n,
		  unsigned *ret_cost);

#define PIVOT_COST_MAX 1000000 /* as bad as none */
