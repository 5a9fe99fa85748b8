/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* The scanner and the encoder against another JSON library: it judges which lines are JSON, and
 * what our strings mean. */
#include "config.h"

#include <jansson.h>

#include "core/jsonl.h"
#include "core/utf8.h"
#include "tests/random.h"
#include "tests/tap.h"

#define LINES	200000
#define STRINGS 20000

static struct event ev;
static struct json_error err;

/* Keys that name no field, so that only the syntax decides. */
static const char *const seed[] = {
	"{}",
	"{\"kkkk1\":null,\"kkkk2\":true,\"kkkk3\":false}",
	"{\"kkkk1\":[1,-2,3.5,1e3,-0.25E-2,0],\"kkkk2\":[]}",
	"{\"kkkk1\":{\"aaaa1\":{\"bbbb1\":[{},[],\"x\"]}}}",
	"{\"kkkk1\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
	"{\"kkkk1\":\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\", \"kkkk2\" : [ \"a\" , 1 ] }",
	" { \"kkkk1\" :\t{ \"aaaa1\" : [ true , null ] } } ",
};

static size_t spoil(struct random *r, char *line, size_t n, size_t cap)
{
	static const char byte[] =
		"{}[]:,\"\\ \t\n0129-+.eEtfnu/xd\x01\x7f\x80\xbf\xc3\xe2\xed\xf0\xff";

	for (uint32_t k = random_below(r, 4); k > 0 && n > 0; k--) {
		uint32_t at = random_below(r, (uint32_t)n);
		char c = byte[random_below(r, sizeof(byte))]; /* its NUL too */

		switch (random_below(r, 4)) {
		case 0:
			memmove(line + at, line + at + 1, n - at - 1);
			n--;
			break;
		case 1:
			if (n < cap) {
				memmove(line + at + 1, line + at, n - at);
				line[at] = c;
				n++;
			}
			break;
		case 2:
			line[at] = c;
			break;
		case 3:
			n = random_below(r, 8) == 0 ? at : n;
			break;
		}
	}
	return n;
}

/* 1 yes, 0 no, -1: no answer, because the library has limits of its own (range of numbers, NUL
 * in keys). */
static int jansson_takes(const char *line, size_t n)
{
	json_error_t e;
	json_t *j = json_loadb(line, n, JSON_ALLOW_NUL, &e);
	int yes;

	/* No JSON text holds a NUL, but jansson 2.14 passes over one right behind a number or a
	 * word. */
	if (n > 0 && memchr(line, '\0', n)) {
		json_decref(j);
		return 0;
	}
	if (!j) {
		enum json_error_code code = json_error_code(&e);

		return code == json_error_numeric_overflow || code == json_error_null_byte_in_key
			       ? -1
			       : 0;
	}
	yes = json_is_object(j);
	json_decref(j);
	return yes;
}

static void test_syntax(void)
{
	struct random r = { 0x9e3779b97f4a7c15ULL };
	unsigned yes = 0, no = 0, differ = 0;

	for (unsigned i = 0; i < LINES; i++) {
		const char *s = seed[random_below(&r, ARRAY_SIZE(seed))];
		char line[256], was[256];
		size_t n = strlen(s);
		int theirs, ours;

		memcpy(line, s, n);
		n = spoil(&r, line, n, sizeof(line));
		memcpy(was, line, n);
		theirs = jansson_takes(line, n);
		ours = jsonl_parse(&ev, line, n, 0, &err) == 0;
		if (theirs < 0)
			continue;
		yes += theirs == 1;
		no += theirs == 0;
		if (ours != theirs && differ++ < 5) {
			tap_show("line", (struct slice){ was, n });
			printf("#  ours: %d (column %u: %s), theirs: %d\n", ours,
			       ours ? 0 : err.col, ours ? "" : err.text, theirs);
		}
	}
	ok(yes > LINES / 5 && no > LINES / 5, "%u lines are JSON, %u are not", yes, no);
	is_u64(differ, 0, "the scanner says the same of each");
}

static size_t random_bytes(struct random *r, char *out, size_t max)
{
	static const uint32_t plane[] = { 0x20, 0x80, 0x800, 0x3000, 0x10000, 0x110000 };
	size_t n = 0, want = random_below(r, (uint32_t)max - 4);

	while (n < want) {
		uint32_t c = random_below(r, plane[random_below(r, ARRAY_SIZE(plane))]);

		if (random_below(r, 8) == 0)
			out[n++] = (char)random_u64(r);
		else if (c < 0xd800 || c > 0xdfff)
			n += utf8_put(out + n, c);
	}
	return n;
}

/* What buf_put_json writes means the repaired text. */
static void test_encoder(void)
{
	struct random r = { 0x2545f4914f6cdd1dULL };
	unsigned wrong = 0, raw = 0;

	for (unsigned i = 0; i < STRINGS; i++) {
		char text[64], want[3 * sizeof(text)], out[16 * sizeof(text)];
		size_t n = random_bytes(&r, text, sizeof(text)),
		       want_n = utf8_repair((struct slice){ text, n }, want);
		struct buf b = BUF_OF(out);
		json_error_t e;
		json_t *j;

		buf_putc(&b, '[');
		buf_put_json(&b, (struct slice){ text, n });
		buf_putc(&b, ']');
		for (size_t k = 0; k < b.n; k++)
			raw += (unsigned char)out[k] < 0x20 || out[k] == 0x7f;
		j = json_loadb(b.p, b.n, JSON_ALLOW_NUL, &e);
		if (b.overflow || !j || json_string_length(json_array_get(j, 0)) != want_n ||
		    memcmp(json_string_value(json_array_get(j, 0)), want, want_n) != 0) {
			if (wrong++ < 5) {
				tap_show("text", (struct slice){ text, n });
				tap_show("out", (struct slice){ b.p, b.n });
			}
		}
		json_decref(j);
	}
	is_u64(wrong, 0, "strings that we write");
	is_u64(raw, 0, "hold no control character");
}

/* What the library writes means the same to us, with characters as they are and as escapes. */
static void test_strings(void)
{
	struct random r = { 0x1234567887654321ULL };
	unsigned wrong = 0;

	for (unsigned i = 0; i < STRINGS; i++) {
		char text[64], want[3 * sizeof(text)];
		size_t n = random_bytes(&r, text, sizeof(text));
		json_t *j;
		char *line;

		n = utf8_repair((struct slice){ text, n }, want);
		j = json_pack("{s:o, s:[o]}", "message", json_stringn(want, n), "unknown",
			      json_stringn(want, n));
		line = json_dumps(j, i & 1 ? JSON_ENSURE_ASCII : JSON_COMPACT);
		if (!line || jsonl_parse(&ev, line, strlen(line), 0, &err) < 0 ||
		    !slice_eq(event_str(&ev, F_message), (struct slice){ want, n })) {
			if (wrong++ < 5)
				tap_show("text", (struct slice){ want, n });
		}
		free(line);
		json_decref(j);
	}
	is_u64(wrong, 0, "strings that we read");
}

/* A line of ours, field by field. */
static void test_line(void)
{
	char line[] = "{\"@timestamp\":5,\"category\":\"process_creation\",\"Image\":\"/bin/"
		      "\\u001bsh\",\"args\":[\"a\",\"b\"],\"pid\":7,"
		      "\"ret\":-9223372036854775808,\"kthread\":true,\"laddr\":\"1.2.3.4\"}";
	char out[1024];
	struct buf b = BUF_OF(out);
	json_int_t time = 0, pid = 0, ret = 0;
	const char *image = NULL, *ip = NULL, *second = NULL;
	int kthread = 0;
	json_error_t e;
	json_t *j = NULL;

	if (jsonl_parse(&ev, line, sizeof(line) - 1, 0, &err) == 0 && jsonl_write(&b, &ev) == 0)
		j = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, &e);
	ok(j && json_unpack(j, "{s:I,s:s,s:[s,s],s:I,s:I,s:b,s:s}", "@timestamp", &time, "Image",
			    &image, "Args", &second, &second, "ProcessId", &pid, "ReturnValue",
			    &ret, "KernelThread", &kthread, "LocalIp", &ip) == 0,
	   "a line of ours has the types that it should");
	ok(time == 5 && pid == 7 && ret == INT64_MIN && kthread == 1, "numbers");
	is_str(image, "/bin/\x1bsh", "Image");
	is_str(second, "b", "Args");
	is_str(ip, "1.2.3.4", "LocalIp");
	json_decref(j);
}

int main(void)
{
	if (event_init(&ev) < 0)
		return 1;
	test_syntax();
	test_encoder();
	test_strings();
	test_line();
	event_done(&ev);
	return done_testing();
}
