// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/decode.h"

#include <errno.h>

enum wtype {
	WIRE_u8,
	WIRE_u16,
	WIRE_u32,
	WIRE_u64,
	WIRE_i32,
	WIRE_i64,
	WIRE_ip,
	WIRE_str,
	WIRE_list,
	WIRE_comm,
	WIRE_symbol,
};

/* Sets of symbols, in the order of the text table below. A set that is missing here does not compile. */
enum symset { SET_action, SET_stdin, SET_via, SET_outcome, SET_proto, SETS, SET_none = SETS };

#define SYMBOL_MAX 16

static const char *const symbol_table[SETS][SYMBOL_MAX] = {
#define SYMBOL(set, name, number, text) [SET_##set][number] = text,
#include "core/events.def"
};

struct member {
	uint16_t off;
	uint8_t wtype;
	uint8_t set;
	enum field field;
};

static const struct member head_member[] = {
#define HEAD(wt, name, field, doc)                                                                                     \
	{ offsetof(struct wire_head, proc) + offsetof(struct wire_proc, name), WIRE_##wt, SET_none, F_##field },
#include "core/events.def"
};

/* One array per record: rows name their record, so all go into one array, each record marking where it starts. */
static const struct member member[] = {
#define MEMBER(record, wt, name, field, doc) { offsetof(struct wire_##record, name), WIRE_##wt, SET_none, F_##field },
#define SYM(record, set, name, field, doc)   { offsetof(struct wire_##record, name), WIRE_symbol, SET_##set, F_##field },
#include "core/events.def"
};

enum {
#define RECORD(id, number, gadget, doc)	     START_##id, SKIP_##id = START_##id - 1,
#define MEMBER(record, wt, name, field, doc) ROW_##record##_##name,
#define SYM(record, set, name, field, doc)   ROW_##record##_##name,
#define RECORD_END(id)			     END_##id, SKIP_END_##id = END_##id - 1,
#include "core/events.def"
};

struct layout {
	uint16_t size;	     /* of the fixed part */
	uint16_t first, end; /* rows of member[] */
	bool tail;	     /* strings may follow */
};

#define TAIL_fork   false
#define TAIL_exit   false
#define TAIL_rename false
#define TAIL_cred   false
#define TAIL_task   true
#define TAIL_exec   true
#define TAIL_tcp    false

static const struct layout layout[WIRE_KINDS] = {
#define RECORD(id, number, gadget, doc) [number] = { sizeof(struct wire_##id), START_##id, END_##id, TAIL_##id },
#include "core/events.def"
};

static bool all_zero(const uint8_t *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return n == 0;
}

static uint64_t load_uint(const char *p, enum wtype t)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (t) {
	case WIRE_u8:
	case WIRE_symbol:
		return *(const uint8_t *)p;
	case WIRE_u16:
		memcpy(&u16, p, sizeof(u16));
		return u16;
	case WIRE_u32:
	case WIRE_i32:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	case WIRE_u64:
	case WIRE_i64:
		memcpy(&u64, p, sizeof(u64));
		return u64;
	case WIRE_ip:
	case WIRE_str:
	case WIRE_list:
	case WIRE_comm:
		break;
	}
	return 0;
}

/* A name that was changed under the kernel side's hands can hold what no name holds. That must not hide the event, so each
 * NUL becomes a byte that is in no text, and shows as U+FFFD. */
static struct slice without_nul(struct event *ev, struct slice s)
{
	char *p = event_scratch(ev, s.n);

	if (!p)
		return (struct slice){ 0 };
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] ? s.p[i] : '\xff';
	return (struct slice){ p, s.n };
}

/* A string member lies in the tail, whole; a list ends in NUL. */
static int decode_string(struct event *ev, const struct member *m, const char *record, size_t size, size_t fixed)
{
	struct wire_str s;
	struct slice text;

	memcpy(&s, record + m->off, sizeof(s));
	if (s.len == 0)
		return 0;
	if (s.off < fixed || s.off > size || s.len > size - s.off)
		return -EBADMSG;
	text = (struct slice){ record + s.off, s.len };
	if (m->wtype == WIRE_list) {
		if (text.p[text.n - 1] != '\0')
			return -EBADMSG;
		if (m->field != F_none)
			event_set_list(ev, m->field, text);
		return 0;
	}
	if (memchr(text.p, '\0', text.n)) {
		text = without_nul(ev, text);
		if (!text.p) /* strings on top of each other: no record of ours */
			return -EBADMSG;
	}
	if (m->field != F_none)
		event_set_str(ev, m->field, text);
	return 0;
}

static int decode_symbol(struct event *ev, const struct member *m, unsigned number)
{
	const char *text;

	if (number == 0)
		return 0;
	text = number < SYMBOL_MAX ? symbol_table[m->set][number] : NULL;
	if (!text)
		return -EBADMSG;
	if (m->field != F_none)
		event_set_str(ev, m->field, slice_of(text));
	return 0;
}

static int decode_number(struct event *ev, const struct member *m, uint64_t u)
{
	if (m->field == F_none)
		return 0;
	switch (m->wtype) {
	case WIRE_u64:
		if (u == WIRE_ABSENT_U64)
			return 0;
		break;
	case WIRE_i64:
		if ((int64_t)u == WIRE_ABSENT_I64)
			return 0;
		event_set_i64(ev, m->field, (int64_t)u);
		return 0;
	case WIRE_i32:
		event_set_i64(ev, m->field, (int32_t)(uint32_t)u);
		return 0;
	}
	if (field_desc[m->field].type == TYPE_bool && u > 1)
		return -EBADMSG;
	event_set_u64(ev, m->field, u);
	return 0;
}

static int decode_member(struct event *ev, const struct member *m, const char *record, size_t size, size_t fixed)
{
	const char *p = record + m->off;

	switch ((enum wtype)m->wtype) {
	case WIRE_str:
	case WIRE_list:
		return decode_string(ev, m, record, size, fixed);
	case WIRE_ip:
		if (m->field != F_none && !all_zero((const uint8_t *)p, 16))
			event_set_ip(ev, m->field, (const uint8_t *)p);
		return 0;
	case WIRE_comm:
		if (m->field != F_none)
			event_set_str(ev, m->field, (struct slice){ p, strnlen(p, WIRE_COMM) });
		return 0;
	case WIRE_symbol:
		return decode_symbol(ev, m, (uint8_t)*p);
	case WIRE_u8:
	case WIRE_u16:
	case WIRE_u32:
	case WIRE_u64:
	case WIRE_i32:
	case WIRE_i64:
		return decode_number(ev, m, load_uint(p, m->wtype));
	}
	return -EBADMSG;
}

/* Lexically: "." and empty components go, ".." takes its predecessor along. @path is absolute and is rewritten in place;
 * returns its new length. The kernel resolved symbolic links before "..": where there are any, this may name another file. */
static size_t path_normalise(char *path, size_t n)
{
	size_t in = 0, out = 0;

	while (in < n) {
		size_t start, len;

		while (in < n && path[in] == '/')
			in++;
		start = in;
		while (in < n && path[in] != '/')
			in++;
		len = in - start;
		if (len == 0 || (len == 1 && path[start] == '.'))
			continue;
		if (len == 2 && path[start] == '.' && path[start + 1] == '.') {
			while (out > 0 && path[--out] != '/')
				;
			continue;
		}
		path[out++] = '/';
		memmove(path + out, path + start, len);
		out += len;
	}
	if (out == 0)
		path[out++] = '/';
	return out;
}

/* ScriptPath as it was given becomes absolute, and goes if it is Image itself. */
static void decode_script(struct event *ev)
{
	struct slice script = event_str(ev, F_script), cwd = event_str(ev, F_cwd);
	size_t n = 0;
	char *p;

	if (script.n == 0)
		return;
	if (script.p[0] != '/' && (cwd.n == 0 || cwd.p[0] != '/'))
		return; /* relative to what is not known */
	p = event_scratch(ev, cwd.n + 1 + script.n);
	if (!p)
		return;
	if (script.p[0] != '/') {
		memcpy(p, cwd.p, cwd.n);
		n = cwd.n;
		p[n++] = '/';
	}
	memcpy(p + n, script.p, script.n);
	n = path_normalise(p, n + script.n);
	if (!event_has(ev, F_error) || ev->v[F_error].u == 0) {
		if (slice_eq((struct slice){ p, n }, event_str(ev, F_exe))) {
			event_clear(ev, F_script);
			return;
		}
	}
	event_set_str(ev, F_script, (struct slice){ p, n });
}

static enum category category_of(const struct event *ev, enum wire_kind kind, const void *record)
{
	switch (kind) {
	case WIRE_fork:
		return CATEGORY_process_fork;
	case WIRE_exit:
		return CATEGORY_process_termination;
	case WIRE_rename:
		return CATEGORY_process_rename;
	case WIRE_cred:
		return CATEGORY_process_credentials;
	case WIRE_exec:
		return ev->v[F_error].u ? CATEGORY_process_exec_failed : CATEGORY_process_creation;
	case WIRE_tcp:
		return ((const struct wire_tcp *)record)->action == WIRE_action_CLOSE ? CATEGORY_network_close
										      : CATEGORY_network_connection;
	case WIRE_task:
	case WIRE_NONE:
	case WIRE_KINDS:
		break;
	}
	return CATEGORY_NONE;
}

/* What a record of this kind does not tell, although its member has a value. */
static void decode_kind(struct event *ev, enum wire_kind kind)
{
	switch (kind) {
	case WIRE_exit:
		if (ev->v[F_exit_signal].u)
			event_clear(ev, F_exit_code);
		break;
	case WIRE_exec:
		if (!event_has(ev, F_exe)) {
			event_clear(ev, F_ino);
			event_clear(ev, F_dev);
			event_clear(ev, F_exe_ctime);
		}
		decode_script(ev);
		break;
	case WIRE_task:
		if (!event_has(ev, F_exe)) {
			event_clear(ev, F_ino);
			event_clear(ev, F_dev);
		}
		break;
	case WIRE_tcp:
		if (ev->category == CATEGORY_network_close)
			break;
		event_clear(ev, F_bytes_sent);
		event_clear(ev, F_bytes_received);
		if (!ev->v[F_initiated].u)
			event_clear(ev, F_duration_ns);
		break;
	case WIRE_fork:
	case WIRE_rename:
	case WIRE_cred:
	case WIRE_NONE:
	case WIRE_KINDS:
		break;
	}
}

static int decode_head(const struct wire_head *h, size_t size, const struct layout **ret_layout)
{
	const struct layout *l;

	if (size < sizeof(*h) || size > WIRE_RECORD_MAX || h->size != size)
		return -EBADMSG;
	if (h->kind == WIRE_NONE || h->kind >= WIRE_KINDS || h->flags)
		return -EBADMSG;
	l = &layout[h->kind];
	if (l->size == 0 || size < l->size || (!l->tail && size != l->size))
		return -EBADMSG;
	*ret_layout = l;
	return 0;
}

int decode_record(struct event *ev, const struct decode_clock *clock, const void *record, size_t size,
		  const struct wire_head **ret_head)
{
	const struct wire_head *h = record;
	const struct layout *l;
	int r;

	r = decode_head(h, size, &l);
	if (r < 0)
		return r;
	event_reset(ev);
	ev->live = true;
	ev->cpu = h->cpu;
	ev->seq = h->seq;
	ev->time_ns = h->time + clock->offset_ns;
	ev->product = SLICE("linux");
	for (size_t i = 0; i < ARRAY_SIZE(head_member); i++) {
		r = decode_member(ev, &head_member[i], record, size, l->size);
		if (r < 0)
			return r;
	}
	for (size_t i = l->first; i < l->end; i++) {
		r = decode_member(ev, &member[i], record, size, l->size);
		if (r < 0)
			return r;
	}
	event_set_u64(ev, F_kthread, h->proc.task_flags & WIRE_TASK_KTHREAD ? 1 : 0);
	ev->category = category_of(ev, h->kind, record);
	ev->category_text = slice_of(category_name[ev->category]);
	decode_kind(ev, h->kind);
	*ret_head = h;
	return h->kind;
}
