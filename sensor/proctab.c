/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/proctab.h"

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>

#include "core/buf.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "sensor/proctab_table.h"

#define CLIMB_MAX	 4096	      /* ancestors looked at; a longer chain is cut there */
#define TOUCH_NS	 NSEC_PER_SEC /* precision of "least recently used" */
#define EXPIRE_PER_EVENT 4
#define UNSET_ID	 4294967295U

static void *pages_take(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void pages_give(void *p, size_t n)
{
	if (p)
		munmap(p, n);
}

static void config_defaults(struct proctab *t)
{
	if (!t->c.max_procs)
		t->c.max_procs = 65536;
	if (!t->c.string_bytes)
		t->c.string_bytes = 64UL << 20;
	if (!t->c.grace_ns)
		t->c.grace_ns = 10 * NSEC_PER_SEC;
	if (!t->c.max_lineages)
		t->c.max_lineages = 4096;
}

/* The first 12 hex digits of the boot id, whatever stands between them. */
static void boot_set(struct proctab *t, struct slice boot_id)
{
	size_t n = 0;

	for (size_t i = 0; i < boot_id.n && n < sizeof(t->boot) - 1; i++)
		if (boot_id.p[i] != '-')
			t->boot[n++] = boot_id.p[i];
	while (n < sizeof(t->boot) - 1)
		t->boot[n++] = '0';
}

int proctab_new(const struct proctab_config *c, struct proctab **ret_tab)
{
	struct proctab *t = calloc(1, sizeof(*t));
	struct siphash_key key;
	size_t slots = 16;

	if (!t)
		return -ENOMEM;
	t->c = *c;
	config_defaults(t);
	while (slots < 2UL * t->c.max_procs)
		slots *= 2;
	t->mask = (uint32_t)slots - 1;
	siphash_key_random(&key);
	t->key = key.k[0];
	t->host_n = MIN(c->host.n, sizeof(t->host));
	memcpy(t->host, c->host.p, t->host_n);
	boot_set(t, c->boot_id);
	t->brk = 1;
	t->proc = pages_take((t->c.max_procs + 1UL) * sizeof(*t->proc));
	t->index = pages_take(slots * sizeof(*t->index));
	t->lineage_ids = calloc(t->c.max_lineages, sizeof(*t->lineage_ids));
	t->lineage_used = calloc(t->c.max_lineages, sizeof(*t->lineage_used));
	if (t->c.lineage_bytes)
		t->lineage_mem = pages_take(t->c.lineage_bytes * t->c.max_lineages);
	if (!t->proc || !t->index || !t->lineage_ids || !t->lineage_used || (t->c.lineage_bytes && !t->lineage_mem) ||
	    strpool_init(&t->strings, t->c.string_bytes) < 0) {
		proctab_free(t);
		return -ENOMEM;
	}
	*ret_tab = t;
	return 0;
}

void proctab_free(struct proctab *t)
{
	if (!t)
		return;
	strpool_done(&t->strings);
	pages_give(t->proc, (t->c.max_procs + 1UL) * sizeof(*t->proc));
	pages_give(t->index, (t->mask + 1UL) * sizeof(*t->index));
	pages_give(t->lineage_mem, t->c.lineage_bytes * t->c.max_lineages);
	free(t->lineage_ids);
	free(t->lineage_used);
	free(t);
}

/* ---- lists ---- */

static void list_remove(struct proctab *t, uint32_t i)
{
	struct proc *p = &t->proc[i];

	*(p->prev ? &t->proc[p->prev].next : &t->head[p->list]) = p->next;
	*(p->next ? &t->proc[p->next].prev : &t->tail[p->list]) = p->prev;
	t->n_list[p->list]--;
}

static void list_append(struct proctab *t, uint32_t i, enum list list)
{
	struct proc *p = &t->proc[i];

	p->list = (uint8_t)list;
	p->prev = t->tail[list];
	p->next = NOBODY;
	*(p->prev ? &t->proc[p->prev].next : &t->head[list]) = i;
	t->tail[list] = i;
	t->n_list[list]++;
}

static void list_move(struct proctab *t, uint32_t i, enum list list)
{
	list_remove(t, i);
	list_append(t, i, list);
}

/* ---- index ---- */

static uint32_t index_home(const struct proctab *t, uint32_t tgid)
{
	return (uint32_t)hash_u64(tgid ^ t->key) & t->mask;
}

static uint32_t index_find(const struct proctab *t, uint32_t tgid, uint64_t start_time)
{
	for (uint32_t s = index_home(t, tgid);; s = (s + 1) & t->mask) {
		uint32_t i = t->index[s];

		if (i == NOBODY || (t->proc[i].tgid == tgid && t->proc[i].start_time == start_time))
			return i;
	}
}

/* The living process of this tgid, or the one that died last. */
static uint32_t index_find_tgid(const struct proctab *t, uint32_t tgid)
{
	uint32_t best = NOBODY;

	for (uint32_t s = index_home(t, tgid); t->index[s]; s = (s + 1) & t->mask) {
		uint32_t i = t->index[s];

		if (t->proc[i].tgid == tgid && (!best || t->proc[i].start_time > t->proc[best].start_time))
			best = i;
	}
	return best;
}

static void index_add(struct proctab *t, uint32_t i)
{
	uint32_t s = index_home(t, t->proc[i].tgid);

	while (t->index[s])
		s = (s + 1) & t->mask;
	t->index[s] = i;
}

/* Closes the gap by moving later entries of the same run back (Knuth 6.4, algorithm R). */
static void index_remove(struct proctab *t, uint32_t i)
{
	uint32_t hole = index_home(t, t->proc[i].tgid);

	while (t->index[hole] != i)
		hole = (hole + 1) & t->mask;
	for (uint32_t s = (hole + 1) & t->mask; t->index[s]; s = (s + 1) & t->mask) {
		uint32_t home = index_home(t, t->proc[t->index[s]].tgid);

		if (((s - home) & t->mask) >= ((s - hole) & t->mask)) {
			t->index[hole] = t->index[s];
			hole = s;
		}
	}
	t->index[hole] = NOBODY;
}

/* ---- life and death of entries ---- */

/* @hint is tried first: a link that was right once mostly still is. */
uint32_t proctab_find_hinted(const struct proctab *t, uint32_t hint, uint32_t tgid, uint64_t start_time)
{
	if (hint && t->proc[hint].tgid == tgid && t->proc[hint].start_time == start_time)
		return hint;
	return tgid ? index_find(t, tgid, start_time) : NOBODY;
}

uint32_t proctab_origin(struct proctab *t, struct proc *p)
{
	p->origin = proctab_find_hinted(t, p->origin, p->origin_tgid, p->origin_start);
	return p->origin;
}

static void proc_strings_drop(struct proctab *t, struct proc *p)
{
	strpool_unref(&t->strings, p->exe);
	strpool_unref(&t->strings, p->args);
	strpool_unref(&t->strings, p->cwd);
	p->exe = p->args = p->cwd = 0;
}

/* Frees the entry, and ancestors that were kept for it alone. */
static void proc_drop(struct proctab *t, uint32_t i)
{
	while (i) {
		struct proc *p = &t->proc[i];
		uint32_t up = proctab_origin(t, p);

		proc_strings_drop(t, p);
		index_remove(t, i);
		list_remove(t, i);
		*p = (struct proc){ .next = t->free };
		t->free = i;
		t->n_procs--;
		if (!up || up == i)
			return;
		if (t->proc[up].children)
			t->proc[up].children--;
		i = t->proc[up].children == 0 && t->proc[up].list == LIST_KEPT ? up : NOBODY;
	}
}

/* Takes away one process: the longest dead, then the least recently used. False if only @keep is left. */
static bool evict(struct proctab *t, uint32_t keep, bool live_too)
{
	static const enum list order[] = { LIST_KEPT, LIST_DEAD, LIST_LIVE };

	for (size_t n = 0; n < (live_too ? ARRAY_SIZE(order) : 2); n++) {
		uint32_t i = t->head[order[n]];

		if (i && i == keep)
			i = t->proc[i].next;
		if (!i)
			continue;
		if (order[n] == LIST_LIVE)
			t->stats.evicted_live++;
		else
			t->stats.evicted_dead++;
		proc_drop(t, i);
		return true;
	}
	return false;
}

static void expire(struct proctab *t)
{
	for (unsigned n = 0; n < EXPIRE_PER_EVENT; n++) {
		uint32_t i = t->head[LIST_DEAD];

		if (!i || t->proc[i].last_ns + t->c.grace_ns > t->now)
			return;
		if (t->proc[i].children)
			list_move(t, i, LIST_KEPT);
		else
			proc_drop(t, i);
	}
}

size_t proctab_put_dec(char *to, uint64_t v)
{
	char digits[20];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

size_t proctab_put_guid(const struct proctab *t, char *to, uint32_t tgid, uint64_t start_time)
{
	size_t n = sizeof(t->boot) - 1;

	memcpy(to, t->boot, n);
	to[n++] = '-';
	n += proctab_put_dec(to + n, tgid);
	to[n++] = '-';
	return n + proctab_put_dec(to + n, start_time);
}

static uint32_t proc_take(struct proctab *t, uint32_t keep)
{
	uint32_t i;

	if (!t->free && t->brk > t->c.max_procs)
		(void)evict(t, keep, true);
	i = t->free;
	if (i)
		t->free = t->proc[i].next;
	else if (t->brk <= t->c.max_procs)
		i = t->brk++;
	return i;
}

/* A new entry from the process block. Never fails: with a single slot the evicted one is reused. */
static uint32_t proc_create(struct proctab *t, const struct wire_proc *w)
{
	uint32_t parent = w->ppid ? index_find(t, w->ppid, w->parent_start_time) : NOBODY;
	uint32_t i = proc_take(t, parent);
	struct proc *p;

	if (!i) { /* the parent is all there is */
		proc_drop(t, parent);
		i = proc_take(t, NOBODY);
	}
	assert(i);
	p = &t->proc[i];
	*p = (struct proc){ .tgid = w->tgid, .start_time = w->start_time, .last_ns = t->now };
	p->guid_n = (uint8_t)proctab_put_guid(t, p->guid, w->tgid, w->start_time);
	p->cgroup = w->cgroup;
	p->ses = w->ses;
	p->ppid = w->ppid;
	p->parent_start = w->parent_start_time;
	p->kthread = w->task_flags & WIRE_TASK_KTHREAD;
	t->n_procs++;
	list_append(t, i, LIST_LIVE);
	index_add(t, i);
	return i;
}

/* Says who made @i. An origin is never changed, so counts of children stay true. */
static void origin_set(struct proctab *t, uint32_t i, uint32_t origin, const struct wire_proc *w)
{
	struct proc *p = &t->proc[i];

	if (p->origin_tgid || origin == i)
		return;
	p->origin_tgid = origin ? t->proc[origin].tgid : w->ppid;
	p->origin_start = origin ? t->proc[origin].start_time : w->parent_start_time;
	p->origin = origin;
	if (origin)
		t->proc[origin].children++;
}

/* ---- strings ---- */

static strpool_t string_keep(struct proctab *t, uint32_t self, struct slice s, uint8_t flags)
{
	strpool_t h;

	if (s.n == 0)
		return 0;
	if (s.n > STRPOOL_TEXT_MAX) {
		s.n = utf8_cut(s.p, s.n, STRPOOL_TEXT_MAX);
		t->stats.strings_cut++;
	}
	/* Room is made at the cost of the dead; never at that of the living. */
	for (unsigned tries = 0; tries < 64; tries++) {
		h = strpool_get(&t->strings, s, flags);
		if (h || !evict(t, self, false))
			break;
	}
	if (!h)
		t->stats.strings_cut++;
	return h;
}

static strpool_t field_keep(struct proctab *t, uint32_t self, const struct event *ev, enum field f)
{
	return event_has(ev, f) ? string_keep(t, self, event_str(ev, f), ev->v[f].flags) : 0;
}

/* The program image: of exec and of the snapshot. */
static void image_set(struct proctab *t, uint32_t i, const struct event *ev)
{
	strpool_t exe = field_keep(t, i, ev, F_exe), args = field_keep(t, i, ev, F_args),
		  cwd = field_keep(t, i, ev, F_cwd);
	struct proc *p = &t->proc[i];

	proc_strings_drop(t, p);
	p->exe = exe;
	p->args = args;
	p->cwd = cwd;
	p->args_truncated = event_has(ev, F_args_truncated) && ev->v[F_args_truncated].u;
	p->image_known = true;
}

/* A child runs its maker's image until it executes its own. */
static void image_inherit(struct proctab *t, uint32_t i, uint32_t from)
{
	struct proc *p = &t->proc[i], *q = &t->proc[from];

	if (p->image_known || !from)
		return;
	p->exe = strpool_ref(&t->strings, q->exe);
	p->args = strpool_ref(&t->strings, q->args);
	p->cwd = strpool_ref(&t->strings, q->cwd);
	p->args_truncated = q->args_truncated;
	p->image_known = q->image_known;
}

/* ---- lineages ---- */

static bool same_lineage(const struct proc *p, const struct proc *up)
{
	return up->tgid != 1 && !up->kthread && up->ses == p->ses && up->cgroup == p->cgroup;
}

/* The id is that of the topmost relative; found by climbing once, then remembered by everyone on the way. */
static void lineage_resolve(struct proctab *t, uint32_t i)
{
	uint32_t top = i;
	uint64_t id;

	for (unsigned n = 0; n < CLIMB_MAX && !t->proc[top].lineage_id; n++) {
		uint32_t up = proctab_origin(t, &t->proc[top]);

		if (!up || up == i || !same_lineage(&t->proc[top], &t->proc[up]))
			break;
		top = up;
	}
	id = t->proc[top].lineage_id;
	if (!id)
		id = ++t->next_lineage;
	for (uint32_t at = i;; at = t->proc[at].origin) {
		t->proc[at].lineage_id = id;
		if (at == top)
			return;
	}
}

/* ---- taking in ---- */

/* Credentials and place that the record shows; Previous* keep what they were. */
static void creds_update(struct proc *p, const struct wire_proc *w, bool known)
{
	p->prev_known = known;
	p->prev_uid = p->uid;
	p->prev_euid = p->euid;
	p->prev_cap_eff = p->cap_eff;
	p->uid = w->uid;
	p->euid = w->euid;
	p->gid = w->gid;
	p->egid = w->egid;
	p->cap_eff = w->cap_eff;
	if (p->ses != w->ses || p->cgroup != w->cgroup) {
		p->ses = w->ses;
		p->cgroup = w->cgroup;
		p->lineage_id = 0; /* moved to another session or group: judged anew */
	}
	p->ppid = w->ppid;
	p->parent_start = w->parent_start_time;
	memcpy(p->comm, w->comm.c, sizeof(p->comm));
}

static uint32_t creator_of(struct proctab *t, const struct wire_head *head)
{
	const struct wire_proc *w = &head->proc;
	uint32_t i = w->ppid ? index_find(t, w->ppid, w->parent_start_time) : NOBODY;

	if (head->kind == WIRE_fork) {
		/* CLONE_PARENT: the record names the maker by number only; it lives, since it is in clone(2). */
		const struct wire_fork *f = (const struct wire_fork *)(const void *)head;

		if (f->creator_tgid && f->creator_tgid != w->ppid) {
			uint32_t maker = index_find_tgid(t, f->creator_tgid);

			return maker ? maker : i;
		}
	}
	return i;
}

static uint32_t proc_find_or_create(struct proctab *t, const struct wire_head *head, bool *ret_known)
{
	const struct wire_proc *w = &head->proc;
	uint32_t i = index_find(t, w->tgid, w->start_time), maker;

	*ret_known = i != NOBODY;
	if (i) {
		if (head->kind == WIRE_fork) { /* seen in the snapshot before its fork was read */
			t->proc[i].pre_existing = false;
			origin_set(t, i, creator_of(t, head), w);
		}
		return i;
	}
	i = proc_create(t, w);
	maker = creator_of(t, head);
	if (maker == i)
		maker = NOBODY;
	origin_set(t, i, maker, w);
	if (!maker && w->ppid && head->kind != WIRE_task)
		t->stats.unknown_parent++;
	if (head->kind == WIRE_fork)
		image_inherit(t, i, maker);
	return i;
}

static void touch(struct proctab *t, uint32_t i)
{
	struct proc *p = &t->proc[i];

	if (p->list == LIST_LIVE && t->now > p->last_ns + TOUCH_NS) {
		p->last_ns = t->now;
		list_move(t, i, LIST_LIVE);
	}
}

static void absorb(struct proctab *t, uint32_t i, const struct event *ev, const struct wire_head *head)
{
	struct proc *p = &t->proc[i];

	switch (head->kind) {
	case WIRE_exec:
		if (!event_has(ev, F_error) || ev->v[F_error].u == 0)
			image_set(t, i, ev);
		break;
	case WIRE_task:
		p->pre_existing = true;
		image_set(t, i, ev);
		break;
	case WIRE_exit:
		if (p->list != LIST_LIVE)
			break;
		p->last_ns = t->now;
		list_move(t, i, LIST_DEAD);
		break;
	default:
		break;
	}
}

/* ---- one record ---- */

struct proc *proctab_event(struct proctab *t, struct event *ev, const struct wire_head *head, const uint64_t *wanted)
{
	bool known;
	uint32_t i;

	t->now = MAX(t->now, head->time);
	expire(t);
	i = proc_find_or_create(t, head, &known);
	creds_update(&t->proc[i], &head->proc, known);
	touch(t, i);
	absorb(t, i, ev, head);
	if (head->kind != WIRE_task && !t->proc[i].lineage_id)
		lineage_resolve(t, i);
	proctab_describe(t, &t->proc[i], ev, wanted);
	return &t->proc[i];
}

void proctab_complete(struct proctab *t, struct proc *p, struct event *ev)
{
	proctab_describe(t, p, ev, NULL);
}

/* Linear, but only for the first hit of a process: the slot is remembered there. */
static uint32_t lineage_slot(struct proctab *t, uint64_t id)
{
	uint32_t oldest = 0;

	for (uint32_t s = 0; s < t->c.max_lineages; s++) {
		if (t->lineage_ids[s] == id)
			return s;
		if (t->lineage_used[s] < t->lineage_used[oldest])
			oldest = s;
	}
	if (t->lineage_ids[oldest])
		t->stats.lineages_recycled++;
	else
		t->stats.lineages++;
	t->lineage_ids[oldest] = id;
	memset(t->lineage_mem + oldest * t->c.lineage_bytes, 0, t->c.lineage_bytes);
	return oldest;
}

void *proctab_lineage(struct proctab *t, struct proc *p)
{
	if (!t->lineage_mem)
		return NULL;
	if (!p->lineage_id)
		lineage_resolve(t, (uint32_t)(p - t->proc));
	if (t->lineage_ids[p->lineage_slot] != p->lineage_id)
		p->lineage_slot = lineage_slot(t, p->lineage_id);
	t->lineage_used[p->lineage_slot] = t->now;
	return t->lineage_mem + p->lineage_slot * t->c.lineage_bytes;
}

bool proctab_descends(struct proctab *t, const struct proc *p, uint32_t tgid, uint64_t start_time)
{
	for (unsigned n = 0; p && n < CLIMB_MAX; n++) {
		uint32_t up;

		if (p->tgid == tgid && p->start_time == start_time)
			return true;
		up = proctab_find_hinted(t, p->origin, p->origin_tgid, p->origin_start);
		p = up ? &t->proc[up] : NULL;
	}
	return false;
}

void proctab_stats(const struct proctab *t, struct proctab_stats *ret_stats)
{
	*ret_stats = t->stats;
	ret_stats->procs = t->n_procs;
	ret_stats->dead = t->n_list[LIST_DEAD] + t->n_list[LIST_KEPT];
	ret_stats->string_bytes = t->strings.used;
}
