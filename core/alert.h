/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* alert.h - a verdict on its way to the outputs, self-contained
 *
 * Lives in a slot of the queue (TL_ALERT_SIZE bytes); everything it points to lies in its own data[], so it outlives the event, the
 * process table entry and the ruleset. Filled by the worker thread, read by the writer thread.
 * What does not fit is cut at a character, ends in "..." and its field is marked in .truncated, or .cut is set.
 */
#pragma once
#include "core/event.h"

#define TL_ALERT_SIZE  (16 * 1024)
#define TL_ALERT_CHAIN 8  /* processes shown, nearest first; [0] is the actor */
#define TL_ALERT_STEPS 16 /* events of a correlation */
#define TL_ALERT_PARTS 8  /* parts of a score */
#define TL_ALERT_PAIRS 16 /* key=value of the sensor's own events, group of a correlation */

enum level { LEVEL_NONE, LEVEL_INFORMATIONAL, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVEL_CRITICAL };

/* Tables of rules.md 5.4. LEVEL_NONE counts as medium. */
const char *level_name(enum level l);
enum level level_by_name(struct slice s); /* LEVEL_NONE if unknown */
unsigned level_score(enum level l);
unsigned level_cef(enum level l);
unsigned level_syslog(enum level l); /* 0-7, RFC 5424 6.2.1 */

enum alert_kind {
	ALERT_RULE, /* a rule or correlation fired, or a lineage passed its threshold */
	ALERT_SELF, /* the sensor speaks of itself: start, stop, loss, coverage, reload, rule errors */
};

struct alert_proc {
	struct slice guid, exe, cmdline, user;
	uint32_t pid;
	uint64_t start_ns; /* since boot */
};

struct alert_step {
	struct slice rule; /* identity */
	struct slice guid; /* ProcessGuid of the event */
	uint64_t time_ns, seq;
	uint16_t cpu;
};

struct alert_part {
	struct slice rule; /* identity of the rule that contributed */
	unsigned points;   /* now, after decay */
	uint64_t age_ns;
};

struct alert_pair {
	struct slice key, value;
};

struct alert {
	enum alert_kind kind;
	enum level level;
	unsigned score;		/* 0-100: of the rule */
	unsigned lineage_score; /* decayed sum of the lineage, this one included */
	bool by_lineage;	/* left because of lineage_score, not of its own level */
	char id[37];		/* UUID version 8, see alert_set_id() */
	uint64_t number;	/* of this sensor's alerts, from 1: a gap is visible */
	uint64_t lost;		/* records lost so far, all causes */
	struct slice rule_id;	/* id, else name, else title; of ALERT_SELF: "tripline.start" and so on */
	struct slice title;
	struct slice description; /* ALERT_SELF: the sentence */
	struct slice tags;	  /* packed list */
	struct slice rule_file;	  /* and its line, 0 = none */
	unsigned rule_line;
	uint64_t start_ns, end_ns; /* first and last event; equal for a single event */
	unsigned n_chain, n_steps, n_parts, n_pairs;
	struct alert_proc chain[TL_ALERT_CHAIN];
	struct alert_step step[TL_ALERT_STEPS];
	struct alert_part part[TL_ALERT_PARTS];
	struct alert_pair pair[TL_ALERT_PAIRS]; /* ALERT_RULE: the group of a correlation */
	uint64_t truncated[FIELD_WORDS];	/* fields cut */
	bool cut;				/* a text that is no field of the event was cut, or a pair left out */
	struct event ev;			/* copy; .scratch is NULL. ALERT_SELF: host and time only */
	size_t used;
	char data[];
};

#define TL_ALERT_DATA (TL_ALERT_SIZE - sizeof(struct alert))
#define TL_ALERT_REST 3072 /* of data[], that alert_copy_event() leaves free for what is copied after it */

/* Starts a fresh alert in @slot (TL_ALERT_SIZE bytes). */
struct alert *alert_init(void *slot, enum alert_kind kind, uint64_t time_ns);
/* Copies bytes into data[]; cuts at a character if need be, "..." at the end (*cut set, may be NULL). */
struct slice alert_copy(struct alert *a, struct slice s, bool *cut);
/* Copies the event; long strings share the room fairly: short fields are never pushed out by a long one. */
void alert_copy_event(struct alert *a, const struct event *ev);
void alert_add_pair(struct alert *a, struct slice key, struct slice value);
/* UUIDv8 (RFC 9562 5.8): 48 bits of event ms, the rest a hash of boot id, cpu and sequence number of the last event, rule identity and
 * group: an alert repeated after a crash has the same id. Set every input first. @boot_id: text. */
void alert_set_id(struct alert *a, struct slice boot_id);
