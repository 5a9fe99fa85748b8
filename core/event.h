/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* event.h - what happened, as the rules and encoders see it
 *
 * The seam of the program: kernel records (sensor/decode.c) and JSON lines (core/jsonl.c) both become this,
 * so a recorded fixture runs exactly the code that production runs. The fields are those of core/events.def.
 *
 * An event owns nothing: strings are borrowed from the record or line and from its scratch, and live until the
 * next event_reset(). One thread. No allocation.
 */
#pragma once
#include "core/base.h"

enum field {
#define FIELD(id, type, sigma, ecs, cef, doc) F_##id,
#include "core/events.def"
	F_MAX
};
#define F_none F_MAX

enum category {
	CATEGORY_NONE, /* none, or one that the table does not know (see category_text) */
#define CATEGORY(id, doc) CATEGORY_##id,
#include "core/events.def"
	CATEGORY_MAX
};

enum value_type {
	TYPE_str,  /* .p, .n: bytes as the kernel gave them, maybe not UTF-8 (VALUE_INVALID_UTF8) */
	TYPE_u16,  /* .u */
	TYPE_u32,  /* .u */
	TYPE_u64,  /* .u */
	TYPE_i64,  /* .i */
	TYPE_bool, /* .u, 0 or 1 */
	TYPE_ip,   /* .p: 16 bytes, network order, IPv4 as v4-mapped */
	TYPE_time, /* .u: ns since 1970 */
	TYPE_list, /* .p, .n: items of str, each followed by a NUL (which no item contains); .n 0 = empty list */
	TYPE_dev,  /* .u: major << 20 | minor; text "major:minor" */
};

enum {
	VALUE_INVALID_UTF8 = 1, /* str, list: text is the bytes after utf8_repair() */
};

struct value {
	union {
		uint64_t u;
		int64_t i;
		const char *p;
	};
	uint32_t n;
	uint8_t flags;
};

#define FIELD_WORDS	    ((F_MAX + 63) / 64)
#define TL_EVENT_SCRATCH    (96 * 1024) /* derived text of one event: CommandLine, lineage, guid, user names */
#define TL_EVENT_ARGS_ITEMS 4096

struct event {
	uint64_t time_ns; /* @timestamp: ns since 1970 */
	uint64_t seq;	  /* live: of its CPU; replay: line number, 0-based */
	uint16_t cpu;
	bool live; /* false: from a JSON line */
	enum category category;
	struct slice category_text; /* as given; "" if none */
	struct slice product;	    /* "linux" unless a line says otherwise */
	struct slice service;	    /* "" if none */
	uint64_t present[FIELD_WORDS];
	struct value v[F_MAX];
	size_t scratch_used;
	char *scratch;	   /* TL_EVENT_SCRATCH bytes of the owner */
	bool scratch_full; /* something derived did not fit: counted by who made the event */
};

struct field_desc {
	const char *id;	   /* short JSON key */
	const char *sigma; /* name in rules and recordings */
	const char *ecs, *cef, *doc;
	enum value_type type;
};

extern const struct field_desc field_desc[F_MAX];
extern const char *const category_name[CATEGORY_MAX]; /* [CATEGORY_NONE] = "" */

/* By Sigma name (case-sensitive), or by short JSON key. F_MAX if unknown. */
enum field field_by_sigma(struct slice name);
enum field field_by_id(struct slice id);
/* Closest Sigma name for an error message, or NULL if nothing is near. */
const char *field_suggest(struct slice name);
enum category category_by_name(struct slice name);
/* "EACCES" for 13; NULL if unknown. */
const char *errno_name(unsigned err);

/* Takes the scratch once (allocates); event_done frees it. */
int event_init(struct event *ev);
void event_done(struct event *ev);
/* Forgets everything; keeps the scratch. */
void event_reset(struct event *ev);

static inline bool event_has(const struct event *ev, enum field f)
{
	return ev->present[f / 64] >> (f % 64) & 1;
}

static inline void event_mark(struct event *ev, enum field f)
{
	ev->present[f / 64] |= 1ULL << (f % 64);
}

static inline void event_clear(struct event *ev, enum field f)
{
	ev->present[f / 64] &= ~(1ULL << (f % 64));
}

/* Setters; strings are borrowed. The str and list ones also test the UTF-8 and set the flag. */
void event_set_str(struct event *ev, enum field f, struct slice s);
void event_set_list(struct event *ev, enum field f, struct slice packed);
void event_set_u64(struct event *ev, enum field f, uint64_t u);
void event_set_i64(struct event *ev, enum field f, int64_t i);
void event_set_ip(struct event *ev, enum field f, const uint8_t addr[16]);
/* Room in the scratch, or NULL (and .scratch_full set). event_scratch_trim gives back what was not used. */
char *event_scratch(struct event *ev, size_t n);
void event_scratch_trim(struct event *ev, const char *end); /* @end: first byte not used of the last piece */

static inline struct slice event_str(const struct event *ev, enum field f)
{
	return event_has(ev, f) ? (struct slice){ ev->v[f].p, ev->v[f].n } : (struct slice){ 0 };
}

/* Fills what follows from other fields and is absent, the same for live events and lines:
 * CommandLine (Args), LogonId (UserId), Source*, Destination* from Local*, Remote* and Initiated (tcp), *IsIpv6, ErrorName,
 * and drops the trailing slash of CurrentDirectory. Call once, after all fields are set. */
void event_derive(struct event *ev);

/* The text that rules match and the JSON output shows (rules.md 3.1): decimal numbers, true/false, canonical
 * addresses, RFC 3339 with 9 digits, repaired UTF-8. Strings that are valid are returned as they are, without a copy;
 * everything else is written to @tmp. For TYPE_list use event_list_next. @tmp_size >= 3 * n for repaired strings:
 * a longer text is cut at a character. */
#define TL_VALUE_TEXT_MAX 64 /* longest text of a value that is not a string */
struct slice value_text(enum value_type type, const struct value *v, char *tmp, size_t tmp_size);
/* Walks a packed list: *pos starts at 0. False at the end. */
bool list_next(struct slice packed, size_t *pos, struct slice *ret_item);
