/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/event.h"

#include <errno.h>

#include "core/buf.h"
#include "core/utf8.h"

/* clang-format off */
const struct field_desc field_desc[F_MAX] = {
#define FIELD(id_, type_, sigma_, ecs_, cef_, doc_) \
	[F_##id_] = { .id = #id_, .sigma = sigma_, .ecs = ecs_, .cef = cef_, .doc = doc_, .type = TYPE_##type_ },
#include "core/events.def"
};

const char *const category_name[CATEGORY_MAX] = {
	[CATEGORY_NONE] = "",
#define CATEGORY(id, doc) [CATEGORY_##id] = #id,
#include "core/events.def"
};
/* clang-format on */

int event_init(struct event *ev)
{
	*ev = (struct event){ .scratch = malloc(TL_EVENT_SCRATCH) };
	if (!ev->scratch)
		return -ENOMEM;
	event_reset(ev);
	return 0;
}

void event_done(struct event *ev)
{
	free(ev->scratch);
	*ev = (struct event){ 0 };
}

void event_reset(struct event *ev)
{
	/* v[] stays as it is: the present bits say what of it holds. */
	ev->time_ns = 0;
	ev->seq = 0;
	ev->cpu = 0;
	ev->live = false;
	ev->category = CATEGORY_NONE;
	ev->category_text = (struct slice){ "", 0 };
	ev->product = SLICE("linux");
	ev->service = (struct slice){ "", 0 };
	for (size_t i = 0; i < FIELD_WORDS; i++)
		ev->present[i] = 0;
	ev->scratch_used = 0;
	ev->scratch_full = false;
}

static void set_bytes(struct event *ev, enum field f, struct slice s)
{
	struct value *v = &ev->v[f];

	v->p = s.p;
	v->n = (uint32_t)s.n;
	v->flags = utf8_valid(s.p, s.n) ? 0 : VALUE_INVALID_UTF8;
	event_mark(ev, f);
}

void event_set_str(struct event *ev, enum field f, struct slice s)
{
	set_bytes(ev, f, s);
}

void event_set_list(struct event *ev, enum field f, struct slice packed)
{
	set_bytes(ev, f, packed); /* NUL is ASCII: no character reaches over the end of an item */
}

void event_set_u64(struct event *ev, enum field f, uint64_t u)
{
	ev->v[f] = (struct value){ .u = u };
	event_mark(ev, f);
}

void event_set_i64(struct event *ev, enum field f, int64_t i)
{
	ev->v[f] = (struct value){ .i = i };
	event_mark(ev, f);
}

void event_set_ip(struct event *ev, enum field f, const uint8_t addr[16])
{
	ev->v[f] = (struct value){ .p = (const char *)addr, .n = 16 };
	event_mark(ev, f);
}

char *event_scratch(struct event *ev, size_t n)
{
	char *p;

	if (n > TL_EVENT_SCRATCH - ev->scratch_used) {
		ev->scratch_full = true;
		return NULL;
	}
	p = ev->scratch + ev->scratch_used;
	ev->scratch_used += n;
	return p;
}

void event_scratch_trim(struct event *ev, const char *end)
{
	ev->scratch_used = (size_t)(end - ev->scratch);
}

static void copy_if_absent(struct event *ev, enum field to, enum field from)
{
	if (!event_has(ev, to) && event_has(ev, from)) {
		ev->v[to] = ev->v[from];
		event_mark(ev, to);
	}
}

/* Args joined by one space. Bytes that do not fit in the scratch are left out, which
 * .scratch_full tells. */
static void derive_cmdline(struct event *ev)
{
	struct slice args = event_str(ev, F_args);
	size_t n = args.n ? args.n - 1 : 0; /* the last NUL joins nothing */
	size_t room = TL_EVENT_SCRATCH - ev->scratch_used;
	char *p, *end;

	if (n > room) {
		ev->scratch_full = true;
		n = utf8_cut(args.p, n, room);
	}
	p = event_scratch(ev, n);
	if (!p)
		return;
	if (n > 0)
		memcpy(p, args.p, n);
	end = p + n;
	for (char *q = p; q < end && (q = memchr(q, '\0', (size_t)(end - q))); q++)
		*q = ' ';
	ev->v[F_cmdline] = (struct value){ .p = p, .n = (uint32_t)n, .flags = ev->v[F_args].flags };
	event_mark(ev, F_cmdline);
}

static void derive_tcp(struct event *ev)
{
	bool out = ev->v[F_initiated].u != 0;

	copy_if_absent(ev, F_saddr, out ? F_laddr : F_raddr);
	copy_if_absent(ev, F_sport, out ? F_lport : F_rport);
	copy_if_absent(ev, F_daddr, out ? F_raddr : F_laddr);
	copy_if_absent(ev, F_dport, out ? F_rport : F_lport);
}

static void derive_is_ipv6(struct event *ev, enum field to, enum field addr)
{
	static const char v4_mapped[12] = { [10] = '\xff', [11] = '\xff' };

	if (event_has(ev, addr) && !event_has(ev, to))
		event_set_u64(ev, to, memcmp(ev->v[addr].p, v4_mapped, sizeof(v4_mapped)) != 0);
}

static void derive_errname(struct event *ev)
{
	uint64_t err = ev->v[F_error].u;
	const char *name = err && err <= UINT32_MAX ? errno_name((unsigned)err) : NULL;

	if (name)
		event_set_str(ev, F_errname, slice_of(name));
}

static void derive_cwd(struct event *ev)
{
	struct value *v = &ev->v[F_cwd];

	while (v->n > 1 && v->p[v->n - 1] == '/')
		v->n--;
}

void event_derive(struct event *ev)
{
	if (event_has(ev, F_args) && !event_has(ev, F_cmdline))
		derive_cmdline(ev);
	copy_if_absent(ev, F_logon_id, F_uid);
	if (event_has(ev, F_initiated))
		derive_tcp(ev);
	derive_is_ipv6(ev, F_saddr_ipv6, F_saddr);
	derive_is_ipv6(ev, F_daddr_ipv6, F_daddr);
	if (event_has(ev, F_error) && !event_has(ev, F_errname))
		derive_errname(ev);
	if (event_has(ev, F_cwd))
		derive_cwd(ev);
}

static struct slice text_str(const struct value *v, char *tmp, size_t tmp_size)
{
	struct slice s = { v->p, v->n };
	size_t o = 0;

	if (!(v->flags & VALUE_INVALID_UTF8))
		return s;
	if (tmp_size / 3 >= s.n)
		return (struct slice){ tmp, utf8_repair(s, tmp) };
	/* Too little room: character by character, as far as whole ones fit. */
	while (s.n > 0) {
		uint32_t c;
		unsigned len = utf8_next(s.p, s.n, &c), out = len ? len : 3;

		if (out > tmp_size - o)
			break;
		o += utf8_put(tmp + o, len ? c : 0xfffd);
		s.p += len ? len : 1;
		s.n -= len ? len : 1;
	}
	return (struct slice){ tmp, o };
}

struct slice value_text(enum value_type type, const struct value *v, char *tmp, size_t tmp_size)
{
	struct buf b = { .p = tmp, .cap = tmp_size };

	switch (type) {
	case TYPE_str:
	case TYPE_list: /* the caller walks a list; an item is a str */
		return text_str(v, tmp, tmp_size);
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
		buf_put_u64(&b, v->u);
		break;
	case TYPE_i64:
		buf_put_i64(&b, v->i);
		break;
	case TYPE_bool:
		return v->u ? SLICE("true") : SLICE("false");
	case TYPE_ip:
		buf_put_ip(&b, (const uint8_t *)v->p);
		break;
	case TYPE_time:
		buf_put_time(&b, v->u, 9);
		break;
	case TYPE_dev:
		buf_put_u64(&b, v->u >> 20);
		buf_putc(&b, ':');
		buf_put_u64(&b, v->u & 0xfffff);
		break;
	}
	return (struct slice){ tmp, b.n };
}

bool list_next(struct slice packed, size_t *pos, struct slice *ret_item)
{
	const char *p, *nul;

	if (*pos >= packed.n)
		return false;
	p = packed.p + *pos;
	nul = memchr(p, '\0', packed.n - *pos);
	/* A cut list may have lost its last NUL. */
	*ret_item = (struct slice){ p, nul ? (size_t)(nul - p) : packed.n - *pos };
	*pos += ret_item->n + 1;
	return true;
}
