/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* proctab_describe.c - what the process table adds to events and alerts */
#include "config.h"

#include "core/utf8.h"
#include "sensor/proctab_table.h"

#define LINEAGE_ITEMS 32

/* ---- adding to the event ---- */

static bool want(const struct event *ev, const uint64_t *wanted, enum field f)
{
	return !event_has(ev, f) && (!wanted || wanted[f / 64] >> (f % 64) & 1);
}

/* Text whose UTF-8 was tested when it came in. */
static void set_known(struct event *ev, enum field f, struct slice s, uint8_t flags)
{
	ev->v[f] = (struct value){ .p = s.p, .n = (uint32_t)s.n, .flags = flags };
	event_mark(ev, f);
}

static void set_pooled(const struct proctab *t, struct event *ev, enum field f, strpool_t h)
{
	if (h)
		set_known(ev, f, strpool_text(&t->strings, h), strpool_flags(&t->strings, h));
}

static struct slice user_text(const struct proctab *t, uint32_t uid, char number[24])
{
	const char *name = t->c.users ? users_name(t->c.users, uid) : NULL;

	return name ? slice_of(name) : (struct slice){ number, proctab_put_dec(number, uid) };
}

static void set_user(const struct proctab *t, struct event *ev, enum field f, uint32_t uid)
{
	char number[24];
	struct slice s = user_text(t, uid, number);

	if (s.p == number) {
		char *p = event_scratch(ev, s.n);

		if (!p)
			return;
		memcpy(p, s.p, s.n);
		s.p = p;
	}
	event_set_str(ev, f, s);
}

/* A packed list as one text: items joined by one space. */
static size_t join(struct slice packed, char *to)
{
	size_t n = packed.n;

	if (n && packed.p[n - 1] == '\0')
		n--;
	for (size_t i = 0; i < n; i++)
		to[i] = packed.p[i] ? packed.p[i] : ' ';
	return n;
}

static void set_parent(struct proctab *t, struct proc *p, struct event *ev, const uint64_t *wanted)
{
	struct proc *q;
	char *to;

	if (!p->ppid)
		return;
	if (want(ev, wanted, F_parent_process_id)) {
		to = event_scratch(ev, GUID_MAX);
		if (to) {
			struct slice guid = { to, proctab_put_guid(t, to, p->ppid, p->parent_start) };

			event_set_str(ev, F_parent_process_id, guid);
			event_scratch_trim(ev, to + guid.n);
		}
	}
	p->parent = proctab_find_hinted(t, p->parent, p->ppid, p->parent_start);
	if (!p->parent)
		return;
	q = &t->proc[p->parent];
	if (want(ev, wanted, F_parent_exe))
		set_pooled(t, ev, F_parent_exe, q->exe);
	if (want(ev, wanted, F_parent_comm))
		event_set_str(ev, F_parent_comm, (struct slice){ q->comm, strnlen(q->comm, WIRE_COMM) });
	if (want(ev, wanted, F_parent_user))
		set_user(t, ev, F_parent_user, q->uid);
	if (want(ev, wanted, F_parent_cmdline) && q->args) {
		struct slice args = strpool_text(&t->strings, q->args);

		to = event_scratch(ev, args.n);
		if (to)
			set_known(ev, F_parent_cmdline, (struct slice){ to, join(args, to) },
				  strpool_flags(&t->strings, q->args));
	}
}

static void set_lineage(struct proctab *t, struct proc *p, struct event *ev)
{
	char *to = event_scratch(ev, LINEAGE_ITEMS * GUID_MAX);
	size_t n = 0;
	uint32_t i;

	if (!to)
		return;
	for (unsigned items = 0; items < LINEAGE_ITEMS; items++) {
		memcpy(to + n, p->guid, p->guid_n);
		n += p->guid_n;
		to[n++] = '\0';
		i = proctab_origin(t, p);
		if (!i)
			break;
		p = &t->proc[i];
	}
	event_set_list(ev, F_lineage, (struct slice){ to, n });
	event_scratch_trim(ev, to + n);
}

static void set_previous(const struct proc *p, struct event *ev, const uint64_t *wanted)
{
	if (!p->prev_known)
		return;
	if (want(ev, wanted, F_prev_uid))
		event_set_u64(ev, F_prev_uid, p->prev_uid);
	if (want(ev, wanted, F_prev_euid))
		event_set_u64(ev, F_prev_euid, p->prev_euid);
	if (want(ev, wanted, F_prev_cap_eff))
		event_set_u64(ev, F_prev_cap_eff, p->prev_cap_eff);
}

static bool changes_creds(enum category c)
{
	return c == CATEGORY_process_creation || c == CATEGORY_process_credentials;
}

void proctab_describe(struct proctab *t, struct proc *p, struct event *ev, const uint64_t *wanted)
{
	if (!event_has(ev, F_process_id)) /* correlations need it, whoever asks */
		event_set_str(ev, F_process_id, (struct slice){ p->guid, p->guid_n });
	if (want(ev, wanted, F_host) && t->host_n)
		event_set_str(ev, F_host, (struct slice){ t->host, t->host_n });
	if (want(ev, wanted, F_user))
		set_user(t, ev, F_user, p->uid);
	if (want(ev, wanted, F_exe))
		set_pooled(t, ev, F_exe, p->exe);
	/* CommandLine follows from Args: event_derive() */
	if ((want(ev, wanted, F_args) || want(ev, wanted, F_cmdline)) && !event_has(ev, F_args))
		set_pooled(t, ev, F_args, p->args);
	if (want(ev, wanted, F_args_truncated) && p->args_truncated)
		event_set_u64(ev, F_args_truncated, 1);
	if (want(ev, wanted, F_cwd))
		set_pooled(t, ev, F_cwd, p->cwd);
	if (want(ev, wanted, F_pre_existing))
		event_set_u64(ev, F_pre_existing, p->pre_existing);
	if (want(ev, wanted, F_kthread))
		event_set_u64(ev, F_kthread, p->kthread);
	if (changes_creds(ev->category))
		set_previous(p, ev, wanted);
	set_parent(t, p, ev, wanted);
	if (want(ev, wanted, F_lineage))
		set_lineage(t, p, ev);
	event_derive(ev);
}

/* ---- for alerts ---- */

static struct slice chain_cmdline(struct proctab *t, const struct proc *p)
{
	struct slice args = strpool_text(&t->strings, p->args);

	args.n = MIN(args.n, sizeof(t->tmp));
	args.n = join(args, t->tmp);
	return (struct slice){ t->tmp, utf8_cut(t->tmp, args.n, CHAIN_CMDLINE) };
}

/* The end of a long path says more than its start; the actor's own is whole in the event. */
static struct slice chain_exe(const struct proctab *t, const struct proc *p)
{
	struct slice exe = strpool_text(&t->strings, p->exe);

	if (exe.n > CHAIN_EXE) {
		exe.p += exe.n - CHAIN_EXE;
		exe.n = CHAIN_EXE;
	}
	return exe;
}

void proctab_chain(struct proctab *t, const struct proc *p, struct alert *a)
{
	while (p && a->n_chain < TL_ALERT_CHAIN) {
		struct alert_proc *c = &a->chain[a->n_chain++];
		char number[24];
		uint32_t up;

		*c = (struct alert_proc){ .pid = p->tgid, .start_ns = p->start_time };
		c->guid = alert_copy(a, (struct slice){ p->guid, p->guid_n }, NULL);
		c->exe = alert_copy(a, chain_exe(t, p), NULL);
		c->user = alert_copy(a, user_text(t, p->uid, number), NULL);
		c->cmdline = alert_copy(a, chain_cmdline(t, p), NULL);
		up = proctab_find_hinted(t, p->origin, p->origin_tgid, p->origin_start);
		p = up ? &t->proc[up] : NULL;
	}
}
