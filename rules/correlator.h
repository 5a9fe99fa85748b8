/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* correlator.h - what rules/correlator.c (makes, keeps) and rules/correlate.c (moves) share; for no one else */
#pragma once
#include "rules/correlate.h"
#include "rules/fieldtext.h"
#include "rules/group.h"
#include "rules/window.h"

#define TARGETS_MAX 4096 /* groups that one event reaches in one correlation */
#define LINKS_MAX   8192
#define VALUES_MAX  65536 /* values that one event brings to one group */
#define FIRED_MAX   4096  /* hits that wait to be told or passed on */
#define KEEP_LIST   32	  /* items of a list field that a hit keeps for wholes: as many as LineageGuids has */
#define CORR_NONE   UINT32_MAX

/* A text that outlives its event. */
struct text_kept {
	struct hash128 hash;
	uint16_t n;
	uint16_t field; /* what steps keep: whose; F_MAX = not filled */
	char p[TL_FIELDTEXT];
};

struct part_ref {
	uint32_t corr;
	unsigned part;
};

struct corr {
	const struct corr_spec *spec;
	const struct rule_meta *meta;
	struct window_shape shape;
	struct group_table table; /* entry: struct group, group texts, state */
	size_t window_at;
	bool ends;			   /* may fire at the end of a window, its own or a part's */
	uint32_t part_corr[TL_CORR_RULES]; /* index of the part that is a correlation, else NONE */
	uint64_t pending;		   /* parts hit in this pass */
	uint64_t evicted;
	uint64_t keep[FIELD_WORDS]; /* fields that wholes read of its hits when there is no event at hand */
	unsigned n_keep;	    /* texts these can be */
};

/* A hit of a correlation: waits for its wholes, and to be told. */
struct fired {
	uint32_t corr;
	struct window_result result;
	struct text_kept group[TL_CORR_FIELDS];
};

/* A group that the hits of this pass reach. */
struct target {
	struct hash128 key;
	uint64_t parts;
	bool by_event; /* some detection rule among them */
	uint32_t link; /* hits of correlations among them, index + 1 */
	struct fieldtext text[TL_CORR_FIELDS];
};

struct link {
	uint64_t fired;
	uint32_t next;
};

#define TARGET_SLOTS (2 * TARGETS_MAX)

/* One event, or one window that ended, and all that follows from it at that time. */
struct pass {
	const struct event *ev; /* NULL: a window ended */
	uint64_t now_ns, serial;
	uint64_t fired_from;
};

struct correlator {
	struct siphash_key key;
	unsigned n;
	struct corr *corr;
	const struct rule_meta *const *metas;

	uint32_t n_rules;     /* rule numbers that are known here are below */
	uint32_t *first_ref;  /* by rule number, n_rules + 1 entries into ref */
	struct part_ref *ref; /* who names the rule */

	uint64_t now_ns, serial;
	uint64_t deadline_ns;
	unsigned pending_words;
	uint64_t *pending; /* correlations to look at in this pass */
	struct pass pass;

	struct fieldtexts *texts;
	struct fired *fired;	/* ring of FIRED_MAX */
	struct text_kept *kept; /* n_kept for each of them */
	unsigned n_kept;
	struct text_kept *keep;	   /* of the hit at hand */
	uint64_t head, told, tail; /* [head, told): given out; [told, tail): waiting */
	unsigned lost;

	struct target *target;
	uint32_t n_targets;
	uint16_t *target_slot; /* index + 1 */
	struct link *link;
	uint32_t n_links;
	struct hash128 *value, *value_list; /* VALUES_MAX; the same for each field of a tuple */
	double *number;			    /* VALUES_MAX */
	struct fieldtext (*list)[TL_FIELDTEXT_LIST];
	struct window_result result;
};

/* ---- parts of a group's entry ---- */

static inline struct text_kept *group_texts(struct group *g)
{
	return (struct text_kept *)(g + 1);
}

static inline struct window *group_window(const struct corr *k, struct group *g)
{
	return (struct window *)((char *)g + k->window_at);
}

/* Forgets a group. */
void corr_drop(struct corr *k, struct group *g);
/* Makes room for one more group: what expired goes for nothing, what had to live is counted. */
void corr_make_room(struct corr *k, uint64_t now_ns);
/* The correlation whose window ends next; NULL: no window is open. */
struct corr *corr_next_end(const struct correlator *c, uint32_t *ret_index);
/* After any change: when correlator_event() must be called next. */
void deadline_update(struct correlator *c);
