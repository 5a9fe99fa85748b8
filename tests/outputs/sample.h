/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* sample.h - alerts for the tests of the outputs, and a reader of CEF that shares no code with the encoder */
#pragma once
#include "outputs/encoders.h"

#define SAMPLE_NS 1795176000123456789ULL /* 2026-11-20T12:00:00Z and a bit */

static const struct agent sample_agent = {
	.host = { "web01.example.org", 17 },
	.version = { "0.1.0", 5 },
	.kernel = { "6.18.0", 6 },
	.boot_id = { "0b0a7c4e-6c0f-4f6e-9d53-0c1c3f0e7a11", 36 },
	.machine_id = { "5c2f0e6d9b9a4e7c8f1a2b3c4d5e6f70", 32 },
	.pid = 42,
};

/* Someone's shell dropped in /tmp and run by the web server. @slot: TL_ALERT_SIZE bytes. */
static inline struct alert *sample_alert(void *slot, struct slice title, struct slice cmdline)
{
	struct event ev = { .time_ns = SAMPLE_NS, .seq = 77, .cpu = 1, .live = true };
	struct alert *a = alert_init(slot, ALERT_RULE, ev.time_ns);

	ev.category = CATEGORY_process_creation;
	ev.category_text = SLICE("process_creation");
	ev.product = SLICE("linux");
	event_set_str(&ev, F_exe, SLICE("/tmp/.x"));
	event_set_u64(&ev, F_pid, 4242);
	event_set_str(&ev, F_cmdline, cmdline);
	event_set_str(&ev, F_user, SLICE("www-data"));
	event_set_u64(&ev, F_uid, 33);
	event_set_u64(&ev, F_euid, 33);
	event_set_str(&ev, F_parent_exe, SLICE("/usr/sbin/nginx"));
	event_set_u64(&ev, F_ppid, 811);
	event_set_str(&ev, F_action, SLICE("exec"));
	event_set_u64(&ev, F_error, 0);
	event_set_u64(&ev, F_cgroup, 18446744073709551615ULL);
	alert_copy_event(a, &ev);
	a->level = LEVEL_HIGH;
	a->score = level_score(a->level);
	a->lineage_score = 90;
	a->number = 3;
	a->rule_id = alert_copy(a, SLICE("proc_creation_susp_tmp_exec"), NULL);
	a->title = alert_copy(a, title, NULL);
	a->tags = alert_copy(a, (struct slice){ "attack.execution\0attack.t1059.004\0", 34 }, NULL);
	a->start_ns = a->end_ns = ev.time_ns;
	memcpy(a->id, "0192f0c1-7b5e-8a3c-9d2e-5b6f7a8c9d0e", 37);
	return a;
}

/* Undoes the escapes of an extension value. Returns false if there is one that does not exist, or a bare '='. */
static inline bool cef_unescape(struct slice s, char *out, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '=')
			return false;
		if (c == '\\') {
			if (++i == s.n)
				return false;
			c = s.p[i];
			if (c == 'n')
				c = '\n';
			else if (c == 'r')
				c = '\r';
			else if (c != '\\' && c != '=')
				return false;
		}
		out[n++] = c;
	}
	*ret_n = n;
	return true;
}

/* Header field @want, 0 = "CEF:0", 7 = the extension; escapes as they stand. .p NULL if the line has too few. */
static inline struct slice cef_header(struct slice line, unsigned want)
{
	size_t begin = 0;
	unsigned field = 0;

	for (size_t i = 0; i <= line.n; i++) {
		bool end = i == line.n || (line.p[i] == '|' && field < 7);

		if (!end && line.p[i] == '\\' && field < 7)
			i++;
		if (!end)
			continue;
		if (field++ == want)
			return (struct slice){ line.p + begin, i - begin };
		begin = i + 1;
	}
	return (struct slice){ 0 };
}

/* Where the next pair begins: a space, then letters or digits, then an unescaped '='. */
static inline size_t cef_pair_end(struct slice ext, size_t from)
{
	for (size_t i = from; i < ext.n; i++) {
		size_t k = i + 1;

		if (ext.p[i] == '\\') {
			i++;
			continue;
		}
		if (ext.p[i] != ' ')
			continue;
		while (k < ext.n && ((ext.p[k] | 0x20) >= 'a' ? (ext.p[k] | 0x20) <= 'z' : ext.p[k] >= '0' && ext.p[k] <= '9'))
			k++;
		if (k > i + 1 && k < ext.n && ext.p[k] == '=')
			return i;
	}
	return ext.n;
}

struct cef_pair {
	struct slice key, value; /* value as it stands */
};

/* Walks the extension: *pos starts at 0. False at the end. */
static inline bool cef_next(struct slice ext, size_t *pos, struct cef_pair *ret_pair)
{
	const char *eq;
	size_t end;

	if (*pos >= ext.n)
		return false;
	eq = memchr(ext.p + *pos, '=', ext.n - *pos);
	if (!eq)
		return false;
	ret_pair->key = (struct slice){ ext.p + *pos, (size_t)(eq - ext.p) - *pos };
	end = cef_pair_end(ext, (size_t)(eq - ext.p) + 1);
	ret_pair->value = (struct slice){ eq + 1, (size_t)(ext.p + end - eq - 1) };
	*pos = end + 1;
	return true;
}

static inline struct slice cef_value(struct slice line, const char *key)
{
	struct slice ext = cef_header(line, 7);
	struct cef_pair p;
	size_t pos = 0;

	while (ext.p && cef_next(ext, &pos, &p))
		if (slice_eqs(p.key, key))
			return p.value;
	return (struct slice){ 0 };
}

/* The JSON string that follows "key": in @line, with its quotes. */
static inline struct slice line_json_string(struct slice line, const char *key)
{
	char want[64];
	const char *p, *end = line.p + line.n;
	size_t n = (size_t)snprintf(want, sizeof(want), "\"%s\":\"", key);

	p = memmem(line.p, line.n, want, n);
	if (!p)
		return (struct slice){ 0 };
	p += n - 1;
	for (const char *q = p + 1; q < end; q++) {
		if (*q == '\\')
			q++;
		else if (*q == '"')
			return (struct slice){ p, (size_t)(q + 1 - p) };
	}
	return (struct slice){ 0 };
}
