/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/alert.h"

#include "core/buf.h"
#include "core/hash.h"
#include "core/utf8.h"

/* ---- levels ---- */

static const struct level_row {
	const char *name;
	unsigned score, cef, syslog;
} level_rows[] = {
	/* clang-format off */
	[LEVEL_NONE]          = { "medium",        45,  5, 4 }, /* not given */
	[LEVEL_INFORMATIONAL] = { "informational",  5,  1, 6 },
	[LEVEL_LOW]           = { "low",           20,  3, 5 },
	[LEVEL_MEDIUM]        = { "medium",        45,  5, 4 },
	[LEVEL_HIGH]          = { "high",          70,  8, 3 },
	[LEVEL_CRITICAL]      = { "critical",      95, 10, 2 },
	/* clang-format on */
};

const char *level_name(enum level l)
{
	return level_rows[l].name;
}

enum level level_by_name(struct slice s)
{
	for (enum level l = LEVEL_INFORMATIONAL; l <= LEVEL_CRITICAL; l++)
		if (slice_eqs(s, level_rows[l].name))
			return l;
	return LEVEL_NONE;
}

unsigned level_score(enum level l)
{
	return level_rows[l].score;
}

unsigned level_cef(enum level l)
{
	return level_rows[l].cef;
}

unsigned level_syslog(enum level l)
{
	return level_rows[l].syslog;
}

/* ---- building ---- */

_Static_assert(TL_ALERT_DATA >= 8 * 1024, "the structs of an alert leave too little room for its texts");

struct alert *alert_init(void *slot, enum alert_kind kind, uint64_t time_ns)
{
	struct alert *a = slot;

	memset(a, 0, sizeof(*a));
	a->kind = kind;
	a->start_ns = a->end_ns = a->ev.time_ns = time_ns;
	a->ev.product = SLICE("linux");
	return a;
}

static size_t alert_room(const struct alert *a)
{
	return TL_ALERT_DATA - a->used;
}

/* At most @max bytes of @s to @to. What is cut ends in "...", where there is room for that. */
static size_t put_cut(char *to, struct slice s, size_t max)
{
	size_t mark = s.n > max && max >= 3 ? 3 : 0, n = utf8_cut(s.p, s.n, max - mark);

	if (n > 0)
		memcpy(to, s.p, n);
	memcpy(to + n, "...", mark);
	return n + mark;
}

struct slice alert_copy(struct alert *a, struct slice s, bool *cut)
{
	char *to = a->data + a->used;
	size_t room = alert_room(a), n = put_cut(to, s, room);

	a->used += n;
	if (s.n > room) {
		a->cut = true;
		if (cut)
			*cut = true;
	}
	return (struct slice){ to, n };
}

static bool borrows(enum value_type t)
{
	return t == TYPE_str || t == TYPE_list || t == TYPE_ip;
}

/* The most bytes that one value may take so that all together fit in @room: max-min fair, found
 * by giving everyone the same and sharing again what the short ones do not need. Ends because
 * the share only grows and each round settles a field. */
static size_t fair_share(const struct event *ev, size_t room)
{
	size_t share = 0;

	for (;;) {
		size_t rest = room, want = 0;

		for (enum field f = 0; f < F_MAX; f++) {
			if (!event_has(ev, f) || !borrows(field_desc[f].type))
				continue;
			if (ev->v[f].n > share)
				want++;
			else
				rest -= ev->v[f].n;
		}
		if (want == 0 || rest / want <= share)
			return share;
		share = rest / want;
	}
}

static void copy_value(struct alert *a, enum field f, const struct value *v, size_t share)
{
	char *to = a->data + a->used;
	bool cut = v->n > share, list = field_desc[f].type == TYPE_list && cut && share > 0;
	size_t n = put_cut(to, (struct slice){ v->p, v->n }, share - list);

	if (list) /* keeps the NUL of its last item, also of one that is cut */
		to[n++] = '\0';
	if (cut)
		a->truncated[f / 64] |= 1ULL << (f % 64);
	a->used += n;
	a->ev.v[f] = (struct value){ .p = to, .n = (uint32_t)n, .flags = v->flags };
}

#define NAME_MAX_BYTES 128 /* category, product, service: of a JSON line they may be anything */

static struct slice copy_name(struct alert *a, struct slice s)
{
	size_t n = utf8_cut(s.p, s.n, NAME_MAX_BYTES);

	if (n < s.n)
		a->cut = true;
	return alert_copy(a, (struct slice){ s.p, n }, NULL);
}

void alert_copy_event(struct alert *a, const struct event *ev)
{
	size_t room, share;

	a->ev.time_ns = ev->time_ns;
	a->ev.seq = ev->seq;
	a->ev.cpu = ev->cpu;
	a->ev.live = ev->live;
	a->ev.category = ev->category;
	a->ev.category_text = copy_name(a, ev->category_text);
	a->ev.product = copy_name(a, ev->product);
	a->ev.service = copy_name(a, ev->service);

	room = alert_room(a);
	share = fair_share(ev, room > TL_ALERT_REST ? room - TL_ALERT_REST : 0);
	for (size_t i = 0; i < FIELD_WORDS; i++)
		a->ev.present[i] = ev->present[i];
	for (enum field f = 0; f < F_MAX; f++) {
		if (!event_has(ev, f))
			continue;
		if (!borrows(field_desc[f].type)) {
			a->ev.v[f] = ev->v[f];
			continue;
		}
		if (field_desc[f].type == TYPE_ip && share < 16) { /* half an address is none */
			event_clear(&a->ev, f);
			a->truncated[f / 64] |= 1ULL << (f % 64);
			continue;
		}
		copy_value(a, f, &ev->v[f], share);
	}
}

void alert_add_pair(struct alert *a, struct slice key, struct slice value)
{
	struct alert_pair *p;

	if (a->n_pairs == TL_ALERT_PAIRS) {
		a->cut = true;
		return;
	}
	p = &a->pair[a->n_pairs++];
	p->key = alert_copy(a, key, NULL);
	p->value = alert_copy(a, value, NULL);
}

/* ---- identity ---- */

static void hash_part_u64(struct siphash *h, uint64_t v)
{
	unsigned char le[8];

	for (unsigned i = 0; i < 8; i++)
		le[i] = (unsigned char)(v >> (8 * i));
	siphash_update(h, le, sizeof(le));
}

void alert_set_id(struct alert *a, struct slice boot_id)
{
	/* Public: the id must come out the same after a restart, and it protects nothing. */
	static const struct siphash_key key = { { 0x7472697070206964ULL, 0x616c657274206964ULL } };
	uint64_t ms = (a->end_ns / NSEC_PER_MSEC) & 0xffffffffffffULL;
	/* A correlation that is judged when its window ends carries no event, only steps. */
	const struct alert_step *last = a->n_steps ? &a->step[a->n_steps - 1] : NULL;
	struct siphash h;
	struct hash128 d;
	struct buf b = BUF_OF(a->id);

	siphash_init128(&h, &key);
	siphash_update_part(&h, boot_id);
	hash_part_u64(&h, last ? last->cpu : a->ev.cpu);
	hash_part_u64(&h, last ? last->seq : a->ev.seq);
	siphash_update_part(&h, a->rule_id);
	/* The sensor's own alerts have no event; their number tells two of one moment apart. */
	hash_part_u64(&h, a->kind == ALERT_SELF ? a->number : 0);
	for (unsigned i = 0; i < a->n_pairs; i++) {
		siphash_update_part(&h, a->pair[i].key);
		siphash_update_part(&h, a->pair[i].value);
	}
	d = siphash_final128(&h);

	/* custom_a 48 bits, version 8, custom_b 12 bits, variant 10, custom_c 62 bits: RFC 9562
	 * 5.8 */
	buf_put_hex(&b, ms >> 16, 8);
	buf_putc(&b, '-');
	buf_put_hex(&b, ms & 0xffff, 4);
	buf_putc(&b, '-');
	buf_put_hex(&b, 0x8000 | (d.lo & 0xfff), 4);
	buf_putc(&b, '-');
	buf_put_hex(&b, 0x8000 | (d.lo >> 12 & 0x3fff), 4);
	buf_putc(&b, '-');
	buf_put_hex(&b, d.hi & 0xffffffffffffULL, 12);
	buf_putc(&b, '\0');
}
