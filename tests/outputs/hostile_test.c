/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* hostile_test.c - whatever the value: one line, no control byte, and a reader gets the value back */
#include "config.h"

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

#include "core/utf8.h"
#include "outputs/clean.h"
#include "tests/hostile.h"
#include "tests/outputs/sample.h"
#include "tests/tap.h"

#define ROUNDS 100000

static _Alignas(64) char slot[TL_ALERT_SIZE];
static char line_mem[TL_LINE_MAX];

struct failures {
	unsigned encode, control, key, value, msg, order, json, json_value;
};

static struct slice encode(const char *name, const struct alert *a, struct failures *f)
{
	struct encode_options o = { .agent = &sample_agent };
	struct buf b = BUF_OF(line_mem);

	if (encoder_by_name(name)->encode(&b, a, &o) != 0)
		f->encode++;
	for (size_t i = 0; i < b.n; i++)
		if ((uint8_t)b.p[i] < 0x20 || b.p[i] == 0x7f) {
			f->control++;
			break;
		}
	if (!utf8_valid(b.p, b.n))
		f->control++;
	return (struct slice){ b.p, b.n };
}

/* What a reader should see: cleaned, a space at either end made visible. */
static struct slice expected(struct slice name, char *out, size_t size)
{
	char mem[16 * HOSTILE_MAX];
	struct buf t = BUF_OF(mem), b = { .p = out, .cap = size };

	clean_put(&t, name, sizeof(mem), CLEAN_KEEP_NEWLINES);
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] == ' ' && (i == 0 || i == t.n - 1))
			buf_puts(&b, "\\x20");
		else
			buf_putc(&b, t.p[i]);
	return (struct slice){ b.p, b.n };
}

static bool key_valid(struct slice k)
{
	for (size_t i = 0; i < k.n; i++) {
		bool letter = (k.p[i] | 0x20) >= 'a' && (k.p[i] | 0x20) <= 'z';

		if (!letter && (i == 0 || k.p[i] < '0' || k.p[i] > '9'))
			return false;
	}
	return k.n > 0;
}

static void check_cef(struct slice line, struct slice name, struct failures *f)
{
	char want_mem[16 * HOSTILE_MAX], got[16 * HOSTILE_MAX];
	struct slice want = expected(name, want_mem, sizeof(want_mem)), ext = cef_header(line, 7), last = { 0 };
	struct cef_pair p;
	size_t pos = 0, n;
	unsigned seen = 0;

	while (ext.p && cef_next(ext, &pos, &p)) {
		if (!key_valid(p.key) || p.value.n == 0)
			f->key++;
		last = p.key;
		if (p.value.n > sizeof(got) || !cef_unescape(p.value, got, &n)) {
			f->value++;
			continue;
		}
		if (!slice_eqs(p.key, "cs1"))
			continue;
		seen++;
		if (!slice_eq((struct slice){ got, n }, want))
			f->value++;
	}
	if (seen != (name.n > 0))
		f->value++;
	if (!slice_eqs(last, "msg"))
		f->msg++;
}

#ifdef HAVE_JANSSON
static void check_json(struct slice line, struct slice name, struct failures *f)
{
	json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	json_t *v = json_object_get(json_object_get(root, "process"), "command_line");
	char want[3 * HOSTILE_MAX];
	size_t n = utf8_repair(name, want);

	if (!root)
		f->json++;
	else if (!v || json_string_length(v) != n || memcmp(json_string_value(v), want, n) != 0)
		f->json_value++;
	if (utf8_valid(name.p, name.n) !=
	    (json_object_get(json_object_get(root, "tripline"), "raw") == NULL))
		f->json_value++;
	json_decref(root);
}
#else
static void check_json(struct slice line, struct slice name, struct failures *f)
{
	(void)name;
	if (line.n < 2 || line.p[0] != '{' || line.p[line.n - 1] != '}')
		f->json++;
}
#endif

/* @everywhere: in each place that can hold a foreign name, and through each encoder. */
static void check_name(struct slice name, bool everywhere, struct failures *f)
{
	struct alert *a = sample_alert(slot, name, name);
	struct slice key = { name.p, strnlen(name.p, name.n) }; /* jansson takes no NUL in a key */

	if (everywhere) {
		alert_add_pair(a, key, name);
		a->n_chain = 1;
		a->chain[0] = (struct alert_proc){ .guid = name, .exe = name, .cmdline = name, .user = name };
	}
	check_cef(encode("cef", a, f), name, f);
	check_json(encode("json", a, f), name, f);
	if (!everywhere)
		return;
	encode("syslog", a, f);
	encode("text", a, f); /* a chain of one shows no second line */
}

int main(void)
{
	uint64_t seed = 20261120;
	char mem[HOSTILE_MAX];
	struct failures f = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(hostile_names); i++)
		check_name(hostile_names[i], true, &f);
	for (unsigned i = 0; i < ROUNDS; i++)
		check_name(hostile_name(&seed, mem), i % 16 == 0, &f);
	is_u64(f.encode, 0, "every alert can be encoded, whole");
	is_u64(f.control, 0, "one line, no raw control byte, valid UTF-8");
	is_u64(f.key, 0, "CEF: keys are keys, values are not empty");
	is_u64(f.value, 0, "CEF: values come back");
	is_u64(f.msg, 0, "CEF: msg is last");
	is_u64(f.json, 0, "JSON: parses, no duplicate keys");
	is_u64(f.json_value, 0, "JSON: value comes back, side-car where it must be");
	return done_testing();
}
