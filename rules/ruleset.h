/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* ruleset.h - the rule engine's front door: load, evaluate, score
 *
 *   files -> ruleset (immutable, may be shared by threads) -> engine (state of one event stream: one thread)
 *
 * Sigma Rules Specification 2.1.0 as decided by tripline-rules(7). The engine reads no clock: event time drives
 * every window, so the same events give the same hits. No allocation after engine_new().
 */
#pragma once
#include "core/alert.h"
#include "core/event.h"

struct ruleset;
struct engine;

/* What an alert tells of its rule. Owned by the ruleset. */
struct rule_meta {
	const char *identity; /* id, else name, else title */
	const char *title;
	const char *id, *name; /* NULL if not given */
	const char *description;
	const char *status;
	const char *file; /* relative to its rule directory */
	unsigned line;
	enum level level; /* LEVEL_NONE if not given */
	unsigned score;	  /* of tripline: {score}, else of the level */
	bool correlation;
	bool silenced;	   /* a part of a correlation without generate: hits are not reported */
	struct slice tags; /* packed list */
	uint64_t hash[2];  /* of the normalised document: equal = the same rule (windows survive a reload) */
};

struct ruleset_options {
	const char *const *dirs;     /* NULL-terminated; a file instead of a directory is accepted too */
	bool strict;		     /* any error refuses the set */
	uint64_t correlation_memory; /* bytes for all correlations; 0 = default 64 MiB */
	const char *placeholders;    /* YAML file: name -> values, for the modifier expand; NULL = none */
};

/* Loads what is good and reports the rest to @diag (file:line:col). Returns 0 with *ret_ruleset, -ENOENT (no rule file at
 * all), -ENODATA (files, but nothing good in them), -EINVAL (strict and errors), -ENOMEM, or -errno of a directory that
 * cannot be read. A bad document affects only itself and those that refer to it. */
int ruleset_load(const struct ruleset_options *o, struct ruleset **ret_ruleset, struct diag *diag);
/* The same for one rule file that is already in memory, told as @name. */
int ruleset_load_text(const char *name, struct slice text, struct ruleset **ret_ruleset, struct diag *diag);
/* A ruleset is reference counted (atomic). */
struct ruleset *ruleset_ref(struct ruleset *rs);
void ruleset_unref(struct ruleset *rs);
static inline void ruleset_unrefp(struct ruleset **rs)
{
	ruleset_unref(*rs);
}

unsigned ruleset_n_rules(const struct ruleset *rs);
const struct rule_meta *ruleset_meta(const struct ruleset *rs, unsigned rule);
/* Fields that any rule or correlation can ask for: who makes events need not derive the others. */
const uint64_t *ruleset_fields(const struct ruleset *rs);
/* Whether any rule applies to events of this category (product linux, no service). */
bool ruleset_wants(const struct ruleset *rs, enum category c);

#define TL_HITS_MAX  64 /* per event; more: the lowest scores go, counted */
#define TL_HIT_GROUP 8	/* group-by names */

/* One match. Pointers into the engine's or the ruleset's memory, valid until the next engine_eval(). */
struct hit {
	const struct rule_meta *rule;
	unsigned rule_no;
	uint64_t time_ns;  /* of the last contributing event */
	uint64_t start_ns; /* of the first */
	unsigned n_group;  /* correlations: group-by names and texts */
	struct slice group_name[TL_HIT_GROUP], group_text[TL_HIT_GROUP];
	unsigned n_steps; /* correlations: events that made it, oldest first (the latest TL_ALERT_STEPS of them) */
	struct alert_step step[TL_ALERT_STEPS]; /* .rule and .guid point into engine memory */
};

struct hits {
	unsigned n;
	unsigned dropped; /* over TL_HITS_MAX */
	struct hit hit[TL_HITS_MAX];
};

struct engine_stats {
	uint64_t events, hits, hits_dropped;
	uint64_t groups, groups_evicted; /* of correlations: live now; pushed out before they expired */
	uint64_t late;			 /* events older than one already seen: entered windows with the newest time */
};

/* Takes every byte of state the ruleset can need. */
int engine_new(struct ruleset *rs, struct engine **ret_engine);
void engine_free(struct engine *e);
/* Moves windows of unchanged rules (same hash) from @old to @e. */
void engine_inherit(struct engine *e, struct engine *old);
/* Evaluates one event; @ret_hits holds only hits that are reported (7.7 of the language), detection rules first. */
void engine_eval(struct engine *e, const struct event *ev, struct hits *ret_hits);
/* End of a replay: windows that are judged at their end are closed and their hits returned; false when nothing was left. */
bool engine_finish(struct engine *e, struct hits *ret_hits);
void engine_stats(const struct engine *e, struct engine_stats *ret_stats);
