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
#include "sensor/strpool.h"

#define GUID_MAX       48 /* 12 hex, '-', 10 digits, '-', 20 digits */
#define LINEAGE_ITEMS  32
#define CLIMB_MAX      4096 /* ancestors looked at; a longer chain is cut there */
#define TOUCH_NS       NSEC_PER_SEC /* precision of "least recently used" */
#define EXPIRE_PER_EVENT 4
#define CHAIN_CMDLINE  1024 /* bytes of an ancestor's command line in an alert; the actor's own is in the event */
#define UNSET_ID       4294967295U
#define NOBODY	       0U /* index of no process */

enum list { LIST_LIVE, LIST_DEAD, LIST_KEPT, LISTS }; /* kept: grace is over, but it has children */

struct proc {
	/* Identity and links: the first cache line. */
	uint64_t start_time, last_ns, origin_start;
	uint32_t tgid, origin_tgid;
	uint32_t origin, parent; /* where the ancestors were found last: hints, checked by identity */
	uint32_t prev, next;	 /* of its list */
	uint32_t children;	 /* in the table that name it as origin */
	uint8_t list;
	bool pre_existing, kthread, image_known;
	/* Credentials and place, as last seen. */
	uint64_t cap_eff, cgroup, lineage_id;
	uint32_t uid, euid, gid, egid, ses;
	uint32_t lineage_slot;
	uint64_t prev_cap_eff;
	uint32_t prev_uid, prev_euid;
	strpool_t exe, args, cwd;
	uint64_t parent_start;
	uint32_t ppid;
	bool prev_known, args_truncated;
	uint8_t guid_n;
	char comm[WIRE_COMM];
	char guid[GUID_MAX];
};

struct proctab {
	struct proctab_config c;
	struct strpool strings;
	struct proc *proc; /* [0] is nobody */
	uint32_t n_procs, brk, free;
	uint32_t *index; /* open addressing by tgid; 0 = empty */
	uint32_t mask;
	uint64_t key;
	uint32_t head[LISTS], tail[LISTS]; /* oldest at the head */
	uint32_t n_list[LISTS];
	uint64_t now;
	char host[256], boot[13];
	size_t host_n;
	char *lineage_mem;
	uint64_t *lineage_ids, *lineage_used;
	uint64_t next_lineage;
	char tmp[WIRE_ARGS_MAX + CHAIN_CMDLINE];
	struct proctab_stats stats;
};

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
	if (!t->proc || !t->index || !t->lineage_ids || !t->lineage_used ||
	    (t->c.lineage_bytes && !t->lineage_mem) || strpool_init(&t->strings, t->c.string_bytes) < 0) {
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
static uint32_t find_hinted(const struct proctab *t, uint32_t hint, uint32_t tgid, uint64_t start_time)
{
	if (hint && t->proc[hint].tgid == tgid && t->proc[hint].start_time == start_time)
		return hint;
	return tgid ? index_find(t, tgid, start_time) : NOBODY;
}

static uint32_t origin_of(struct proctab *t, struct proc *p)
{
	p->origin = find_hinted(t, p->origin, p->origin_tgid, p->origin_start);
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
		uint32_t up = origin_of(t, p);

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

static size_t put_dec(char *to, uint64_t v)
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

static size_t guid_put(const struct proctab *t, char *to, uint32_t tgid, uint64_t start_time)
{
	size_t n = sizeof(t->boot) - 1;

	memcpy(to, t->boot, n);
	to[n++] = '-';
	n += put_dec(to + n, tgid);
	to[n++] = '-';
	return n + put_dec(to + n, start_time);
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
		parent = NOBODY;
		i = proc_take(t, NOBODY);
	}
	assert(i);
	p = &t->proc[i];
	*p = (struct proc){ .tgid = w->tgid, .start_time = w->start_time, .last_ns = t->now };
	p->guid_n = (uint8_t)guid_put(t, p->guid, w->tgid, w->start_time);
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
		uint32_t up = origin_of(t, &t->proc[top]);

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

	return name ? slice_of(name) : (struct slice){ number, put_dec(number, uid) };
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
			struct slice guid = { to, guid_put(t, to, p->ppid, p->parent_start) };

			event_set_str(ev, F_parent_process_id, guid);
			event_scratch_trim(ev, to + guid.n);
		}
	}
	p->parent = find_hinted(t, p->parent, p->ppid, p->parent_start);
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
		i = origin_of(t, p);
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

static void describe(struct proctab *t, struct proc *p, struct event *ev, const uint64_t *wanted)
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
	describe(t, &t->proc[i], ev, wanted);
	return &t->proc[i];
}

void proctab_complete(struct proctab *t, struct proc *p, struct event *ev)
{
	describe(t, p, ev, NULL);
}

/* ---- for alerts ---- */

static struct slice chain_cmdline(struct proctab *t, const struct proc *p)
{
	struct slice args = strpool_text(&t->strings, p->args);

	args.n = MIN(args.n, sizeof(t->tmp));
	args.n = join(args, t->tmp);
	return (struct slice){ t->tmp, utf8_cut(t->tmp, args.n, CHAIN_CMDLINE) };
}

void proctab_chain(struct proctab *t, const struct proc *p, struct alert *a)
{
	while (p && a->n_chain < TL_ALERT_CHAIN) {
		struct alert_proc *c = &a->chain[a->n_chain++];
		char number[24];
		uint32_t up;

		*c = (struct alert_proc){ .pid = p->tgid, .start_ns = p->start_time };
		c->guid = alert_copy(a, (struct slice){ p->guid, p->guid_n }, NULL);
		c->exe = alert_copy(a, strpool_text(&t->strings, p->exe), NULL);
		c->user = alert_copy(a, user_text(t, p->uid, number), NULL);
		c->cmdline = alert_copy(a, chain_cmdline(t, p), NULL);
		up = find_hinted(t, p->origin, p->origin_tgid, p->origin_start);
		p = up ? &t->proc[up] : NULL;
	}
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
		up = find_hinted(t, p->origin, p->origin_tgid, p->origin_start);
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
