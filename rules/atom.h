/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* atom.h - what rules are made of: one test of one field, and expressions over such tests
 *
 * An atom holds if any value of its field passes (a scalar field has one, a list any number, an absent field none).
 * All else (all, neq, null, conditions) is said by the expression around it, so an atom that was never touched is false.
 * Everything lives in an arena. Built at load, then only read.
 */
#pragma once
#include "core/arena.h"
#include "core/event.h"

/* Where an atom looks: a field of the event, or one of these. */
enum {
	SUBJECT_KEYWORD = F_MAX, /* every value of the event, one at a time */
	SUBJECT_TIMESTAMP,	 /* @timestamp */
	SUBJECT_MAX,
};

/* A text pattern: bytes, and what stands for any bytes. */
enum { PAT_ANY = 0x100, PAT_ONE = 0x101 };

struct pattern {
	uint16_t *t;
	size_t n;
};

enum atom_kind {
	ATOM_TEXT,     /* .pat, whole text; .cased */
	ATOM_REGEX,    /* .regex, anywhere in the text */
	ATOM_NUMBER,   /* .cmp .number */
	ATOM_CIDR,     /* .addr .prefix */
	ATOM_PRESENT,  /* the field is there */
	ATOM_FIELDREF, /* .other .place .cased */
	ATOM_TIME,     /* .part .cmp .number */
};

enum cmp { CMP_EQ, CMP_LT, CMP_LTE, CMP_GT, CMP_GTE };
enum time_part { PART_MINUTE, PART_HOUR, PART_DAY, PART_WEEK, PART_MONTH, PART_YEAR };
enum place { PLACE_WHOLE, PLACE_ANYWHERE, PLACE_START, PLACE_END };

struct atom {
	enum atom_kind kind;
	unsigned subject;
	bool cased;
	enum cmp cmp;
	enum time_part part;
	enum place place;
	unsigned other; /* field of a fieldref */
	struct pattern pat;
	const char *regex;
	unsigned regex_flags;
	bool anchored;	  /* regex: at the start of the text only */
	unsigned literal; /* longest run of certain characters */
	long double number;
	uint8_t addr[16]; /* v4 as v4-mapped, host bits zero */
	unsigned prefix;  /* of 128 */
	unsigned line, col;
	uint32_t seen; /* scratch of the compiler */
};

/* Postfix; an empty expression is a mistake of ours. */
enum expr_kind { EXPR_ATOM, EXPR_AND, EXPR_OR, EXPR_NOT };

struct expr_op {
	enum expr_kind kind;
	struct atom *atom;
};

struct expr {
	struct expr_op *op;
	size_t n, cap;
};

#define TL_EXPR_OPS_MAX	  100000 /* of one rule, identifiers written out */
#define TL_EXPR_DEPTH_MAX 250

int expr_push(struct arena *a, struct expr *e, enum expr_kind kind, struct atom *atom);
int expr_append(struct arena *a, struct expr *e, const struct expr *tail);
/* Largest number of operands waiting at once. */
unsigned expr_depth(const struct expr *e);

/* Text as a rule writes it: * and ? are wildcards, \ escapes them and itself (rules 3.2 of the language). */
int pattern_parse(struct arena *a, struct slice text, struct pattern *ret_pattern);
/* Every byte is itself. */
int pattern_literal(struct arena *a, struct slice text, struct pattern *ret_pattern);
bool pattern_has_wildcard(const struct pattern *p);
/* Longest run without a wildcard. */
unsigned pattern_literal_run(const struct pattern *p);
bool atom_equal(const struct atom *a, const struct atom *b);
uint32_t atom_hash(const struct atom *a);
/* Name of a subject as rules write it. */
const char *subject_name(unsigned subject);
