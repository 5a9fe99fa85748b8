/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* describe.c - what every encoder says of an alert: severity, category, outcome, one sentence */
#include "config.h"

#include "core/utf8.h"
#include "outputs/encoders.h"

#define PART_MAX 450 /* bytes of one foreign part: four of them and the words fit TL_SENTENCE_MAX */

/* clang-format off */
static const struct category_view category_views[CATEGORY_MAX] = {
	/* event.type as ECS 8.11 expects it for the category */
	[CATEGORY_NONE]                = { NULL,      NULL,      { NULL } },
	[CATEGORY_process_creation]    = { "process", "process", { "start" } },
	[CATEGORY_process_exec_failed] = { "process", "process", { "start" } }, /* with event.outcome failure */
	[CATEGORY_process_termination] = { "process", "process", { "end" } },
	[CATEGORY_process_fork]        = { "process", "process", { "start" } },
	[CATEGORY_process_rename]      = { "process", "process", { "change" } },
	[CATEGORY_process_credentials] = { "process", "process", { "change" } },
	[CATEGORY_network_connection]  = { "network", "network", { "connection", "start" } },
	[CATEGORY_network_close]       = { "network", "network", { "connection", "end" } },
	[CATEGORY_network_bind]        = { "network", "network", { "info" } },
	[CATEGORY_fd_passing]          = { "process", "process", { "info" } },
	[CATEGORY_file_event]          = { "file",    "file",    { "creation" } },
	[CATEGORY_file_delete]         = { "file",    "file",    { "deletion" } },
	[CATEGORY_file_rename]         = { "file",    "file",    { "change" } },
	[CATEGORY_file_change]         = { "file",    "file",    { "change" } },
	[CATEGORY_file_access]         = { "file",    "file",    { "access" } },
};
/* clang-format on */

static bool failed(const struct event *ev)
{
	return event_has(ev, F_error) && ev->v[F_error].u != 0;
}

struct category_view alert_category(const struct alert *a)
{
	if (a->kind == ALERT_SELF)
		return (struct category_view){ .cef_cat = "sensor", .ecs_type = { "info" } };
	return category_views[a->ev.category];
}

unsigned alert_severity(const struct alert *a)
{
	if (a->kind == ALERT_SELF || a->score == level_score(a->level))
		return level_cef(a->level);
	return MIN((a->score + 5) / 10, 10U);
}

const char *alert_outcome(const struct alert *a)
{
	if (a->kind == ALERT_SELF)
		return NULL;
	if (a->ev.category == CATEGORY_process_exec_failed)
		return "failure";
	if (event_has(&a->ev, F_error))
		return failed(&a->ev) ? "failure" : "success";
	return a->ev.category == CATEGORY_process_creation ? "success" : NULL;
}

static void put_part(struct buf *b, struct slice s)
{
	buf_put(b, s.p, utf8_cut(s.p, s.n, PART_MAX));
	if (s.n > PART_MAX)
		buf_puts(b, "...");
}

/* Appends @before and the field; nothing if it is absent or empty. */
static bool put_field(struct buf *b, const char *before, const struct event *ev, enum field f)
{
	struct slice s = event_str(ev, f);

	if (s.n == 0)
		return false;
	buf_puts(b, before);
	put_part(b, s);
	return true;
}

static void put_address(struct buf *b, const char *before, const struct event *ev, enum field ip, enum field port)
{
	if (!event_has(ev, ip))
		return;
	buf_puts(b, before);
	buf_put_ip(b, (const uint8_t *)ev->v[ip].p);
	if (event_has(ev, port)) {
		buf_puts(b, " port ");
		buf_put_u64(b, ev->v[port].u);
	}
}

static void put_actor(struct buf *b, const struct event *ev)
{
	if (put_field(b, "", ev, F_exe) || put_field(b, "", ev, F_comm))
		return;
	buf_puts(b, "a process");
}

static void put_process(struct buf *b, const struct event *ev)
{
	put_actor(b, ev);
	/* clang-format off */
	switch (ev->category) {
	case CATEGORY_process_creation:    buf_puts(b, " run"); break;
	case CATEGORY_process_exec_failed:
		buf_puts(b, " could not run a program");
		put_field(b, ": ", ev, F_script);
		break;
	case CATEGORY_process_termination: buf_puts(b, " ended, run"); break;
	case CATEGORY_process_fork:        buf_puts(b, " forked, run"); break;
	case CATEGORY_process_rename:
		buf_puts(b, " renamed itself");
		put_field(b, " from ", ev, F_prev_comm);
		put_field(b, " to ", ev, F_comm);
		buf_puts(b, ", run");
		break;
	case CATEGORY_process_credentials: buf_puts(b, " changed its credentials, run"); break;
	case CATEGORY_fd_passing:
		buf_puts(b, " passed a descriptor");
		put_field(b, " of ", ev, F_passed_file);
		buf_puts(b, ", run");
		break;
	case CATEGORY_NONE: case CATEGORY_MAX:
	case CATEGORY_network_connection: case CATEGORY_network_close: case CATEGORY_network_bind:
	case CATEGORY_file_event: case CATEGORY_file_delete: case CATEGORY_file_rename:
	case CATEGORY_file_change: case CATEGORY_file_access:
		break;
	}
	/* clang-format on */
	put_field(b, " by ", ev, F_user);
}

static void put_network(struct buf *b, const struct event *ev)
{
	bool out = !event_has(ev, F_initiated) || ev->v[F_initiated].u;

	put_actor(b, ev);
	if (ev->category == CATEGORY_network_bind) {
		put_address(b, " bound to ", ev, F_saddr, F_sport);
	} else if (ev->category == CATEGORY_network_close) {
		buf_puts(b, " closed a connection");
		put_address(b, out ? " to " : " from ", ev, out ? F_daddr : F_saddr, out ? F_dport : F_sport);
	} else if (out) {
		buf_puts(b, failed(ev) ? " could not connect" : " connected");
		put_address(b, " to ", ev, F_daddr, F_dport);
	} else {
		buf_puts(b, " accepted a connection");
		put_address(b, " from ", ev, F_saddr, F_sport);
		put_address(b, " on ", ev, F_daddr, F_dport);
	}
	put_field(b, ", run by ", ev, F_user);
}

static void put_file(struct buf *b, const struct event *ev, const char *what)
{
	if (!put_field(b, "", ev, F_file))
		buf_puts(b, "a watched file");
	buf_puts(b, what);
	put_actor(b, ev);
	put_field(b, ", run by ", ev, F_user);
}

static void put_event(struct buf *b, const struct alert *a)
{
	/* clang-format off */
	switch (a->ev.category) {
	case CATEGORY_file_event:  put_file(b, &a->ev, " written by "); return;
	case CATEGORY_file_delete: put_file(b, &a->ev, " deleted by "); return;
	case CATEGORY_file_rename: put_file(b, &a->ev, " moved by "); return;
	case CATEGORY_file_change: put_file(b, &a->ev, " changed by "); return;
	case CATEGORY_file_access: put_file(b, &a->ev, " accessed by "); return;
	case CATEGORY_network_connection: case CATEGORY_network_close: case CATEGORY_network_bind:
		put_network(b, &a->ev);
		return;
	case CATEGORY_process_creation: case CATEGORY_process_exec_failed: case CATEGORY_process_termination:
	case CATEGORY_process_fork: case CATEGORY_process_rename: case CATEGORY_process_credentials:
	case CATEGORY_fd_passing:
		put_process(b, &a->ev);
		return;
	case CATEGORY_NONE: case CATEGORY_MAX:
		put_part(b, a->title.n ? a->title : a->rule_id);
		return;
	}
	/* clang-format on */
}

void alert_sentence(struct buf *b, const struct alert *a)
{
	if (a->kind == ALERT_SELF) {
		put_part(b, a->description.n ? a->description : a->rule_id);
		return;
	}
	/* A log line speaks for itself. */
	if (put_field(b, "", &a->ev, F_message))
		return;
	put_event(b, a);
	if (a->n_steps > 1 && a->n_steps < TL_ALERT_STEPS)
		buf_printf(b, ", last of %u events", a->n_steps);
	if (a->by_lineage)
		buf_printf(b, "; its lineage reached a score of %u", a->lineage_score);
}
