/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/jsonl.h"

#include <errno.h>

#include "tests/event_equal.h"
#include "tests/random.h"
#include "tests/tap.h"

static struct event ev;
static struct json_error err;
static char mem[TL_JSON_LINE_MAX + 16];

static int parse(struct slice line, uint64_t inherit)
{
	if (line.n > 0)
		memcpy(mem, line.p, line.n);
	err = (struct json_error){ 0 };
	return jsonl_parse(&ev, mem, line.n, inherit, &err);
}

struct row {
	const char *in;
	const char
		*out; /* accepted: the line that jsonl_write makes of it, behind "@timestamp":7 */
	unsigned col; /* refused: where */
	const char *text; /* and part of the message */
};

/* clang-format off */
static const struct row accepted[] = {
	{ "{}", "", 0, NULL },
	{ " \t{ \r } \n", "", 0, NULL },
	{ "{\"Image\":\"/bin/sh\"}", ",\"Image\":\"/bin/sh\"", 0, NULL },
	{ "{ \"exe\" : \"/bin/sh\" , \"pid\" : 5 }", ",\"ProcessId\":5,\"Image\":\"/bin/sh\"", 0, NULL },
	{ "{\"\\u0049mage\":\"x\"}", ",\"Image\":\"x\"", 0, NULL },
	{ "{\"Image\":null,\"pid\":null,\"Args\":null,\"@timestamp\":null,\"category\":null,\"product\":null}", "", 0, NULL },
	/* text */
	{ "{\"Comm\":\"\"}", ",\"Comm\":\"\"", 0, NULL },
	{ "{\"Comm\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", ",\"Comm\":\"\\\"\\\\/\\b\\f\\n\\r\\t\"", 0, NULL },
	{ "{\"Comm\":\"a\\u0000b\"}", ",\"Comm\":\"a\\u0000b\"", 0, NULL },
	{ "{\"Comm\":\"\\u00e9\\u20AC\\ud83d\\ude00x\"}", ",\"Comm\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x\"", 0, NULL },
	{ "{\"Comm\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}", ",\"Comm\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", 0, NULL },
	{ "{\"Comm\":\"\\ufffd\\uffff\\udbff\\udfff\"}", ",\"Comm\":\"\xef\xbf\xbd\xef\xbf\xbf\xf4\x8f\xbf\xbf\"", 0, NULL },
	{ "{\"Comm\":\"plain text of more than eight \\n and more\"}", ",\"Comm\":\"plain text of more than eight \\n and more\"", 0, NULL },
	{ "{\"Comm\":12}", ",\"Comm\":\"12\"", 0, NULL },
	{ "{\"Comm\":-1.50e+2}", ",\"Comm\":\"-1.50e+2\"", 0, NULL },
	{ "{\"Comm\":18446744073709551616}", ",\"Comm\":\"18446744073709551616\"", 0, NULL },
	{ "{\"Comm\":true}", ",\"Comm\":\"true\"", 0, NULL },
	/* numbers */
	{ "{\"lport\":65535}", ",\"LocalPort\":65535", 0, NULL },
	{ "{\"lport\":\"22\"}", ",\"LocalPort\":22", 0, NULL },
	{ "{\"pid\":4294967295}", ",\"ProcessId\":4294967295", 0, NULL },
	{ "{\"TerminalSessionId\":3}", ",\"SessionId\":3", 0, NULL },
	{ "{\"ino\":18446744073709551615}", ",\"Inode\":18446744073709551615", 0, NULL },
	{ "{\"ino\":\"18446744073709551615\"}", ",\"Inode\":18446744073709551615", 0, NULL },
	{ "{\"ret\":-9223372036854775808}", ",\"ReturnValue\":-9223372036854775808", 0, NULL },
	{ "{\"ret\":\"-5\"}", ",\"ReturnValue\":-5", 0, NULL },
	{ "{\"kthread\":true}", ",\"KernelThread\":true", 0, NULL },
	{ "{\"kthread\":\"False\"}", ",\"KernelThread\":false", 0, NULL },
	{ "{\"kthread\":\"TRUE\"}", ",\"KernelThread\":true", 0, NULL },
	{ "{\"laddr\":\"2001:DB8::1\"}", ",\"LocalIp\":\"2001:db8::1\"", 0, NULL },
	{ "{\"laddr\":\"::ffff:192.0.2.1\"}", ",\"LocalIp\":\"192.0.2.1\"", 0, NULL },
	{ "{\"dev\":\"8:1\"}", ",\"Device\":\"8:1\"", 0, NULL },
	{ "{\"exe_ctime\":1795176000123456789}", ",\"ImageChangeTime\":\"2026-11-20T12:00:00.123456789Z\"", 0, NULL },
	{ "{\"exe_ctime\":\"2026-11-20T12:00:00.123456789Z\"}", ",\"ImageChangeTime\":\"2026-11-20T12:00:00.123456789Z\"", 0, NULL },
	/* lists */
	{ "{\"FileMask\":[]}", ",\"FileMask\":[]", 0, NULL },
	{ "{\"FileMask\":[ ]}", ",\"FileMask\":[]", 0, NULL },
	{ "{\"FileMask\":[\"\"]}", ",\"FileMask\":[\"\"]", 0, NULL },
	{ "{\"FileMask\":\"\"}", ",\"FileMask\":[\"\"]", 0, NULL },
	{ "{\"FileMask\":\"one\"}", ",\"FileMask\":[\"one\"]", 0, NULL },
	{ "{\"FileMask\":\"\\u006f\\n\"}", ",\"FileMask\":[\"o\\n\"]", 0, NULL },
	{ "{\"FileMask\":[ \"a\" , 1,-2.5,true,false,\"\\u00e9\"],\"x\":1}", ",\"FileMask\":[\"a\",\"1\",\"-2.5\",\"true\",\"false\",\"\xc3\xa9\"]", 0, NULL },
	{ "{\"FileMask\":[1,2,3,4,5,6,7,8,9]}", ",\"FileMask\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]", 0, NULL },
	/* derived */
	{ "{\"args\":[\"ls\",\"-l\"]}", ",\"CommandLine\":\"ls -l\",\"Args\":[\"ls\",\"-l\"]", 0, NULL },
	{ "{\"args\":[\"ls\"],\"cmdline\":\"x\"}", ",\"CommandLine\":\"x\",\"Args\":[\"ls\"]", 0, NULL },
	/* log source */
	{ "{\"category\":\"process_creation\",\"service\":\"auditd\",\"product\":\"linux\"}", ",\"category\":\"process_creation\",\"service\":\"auditd\"", 0, NULL },
	{ "{\"product\":\"windows\",\"category\":\"\"}", ",\"product\":\"windows\"", 0, NULL },
	/* what nobody reads */
	{ "{\"x\":{},\"y\":[],\"z\":[[],{}],\"\":0}", "", 0, NULL },
	{ "{\"x\":{\"Image\":\"no\",\"a\":[1,{\"b\":null}]},\"process.pid\":1}", "", 0, NULL },
	{ "{\"a\":[[[[[[[1]]]]]]]}", "", 0, NULL },
	{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[]}}}}}}}", "", 0, NULL },
	{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}", "", 0, NULL },
	{ "{\"x\":1,\"x\":1}", "", 0, NULL },
};

static const struct row refused[] = {
	{ "", NULL, 1, "expected an object" },
	{ " ", NULL, 2, "expected an object" },
	{ "x", NULL, 1, "expected an object" },
	{ "[]", NULL, 1, "expected an object" },
	{ "\"x\"", NULL, 1, "expected an object" },
	{ "\xef\xbb\xbf{}", NULL, 1, "expected an object" },
	{ "{}x", NULL, 3, "after the object" },
	{ "{}{}", NULL, 3, "after the object" },
	{ "{x:1}", NULL, 2, "key in quotes" },
	{ "{\"x\"}", NULL, 5, "expected ':'" },
	{ "{\"x\":}", NULL, 6, "expected a value" },
	{ "{\"x\":1,}", NULL, 8, "key in quotes" },
	{ "{,}", NULL, 2, "key in quotes" },
	{ "{\"x\":1 \"y\":2}", NULL, 8, "expected ','" },
	{ "{\"x\":[1,]}", NULL, 9, "expected a value" },
	{ "{\"x\":[1 2]}", NULL, 9, "expected ',' or ']'" },
	{ "{\"x\":[1}", NULL, 8, "expected ',' or ']'" },
	{ "{\"x\":{\"y\":1]}", NULL, 12, "expected ',' or '}'" },
	{ "{\"x\":{\"y\":1,}}", NULL, 13, "key in quotes" },
	{ "{\"x\":{y:1}}", NULL, 7, "key in quotes" },
	{ "{'x':1}", NULL, 2, "key in quotes" },
	{ "{\"x\":nul}", NULL, 6, "expected a value" },
	{ "{\"x\":nullx}", NULL, 10, "expected ','" },
	{ "{\"x\":True}", NULL, 6, "expected a value" },
	{ "{\"x\":NaN}", NULL, 6, "expected a value" },
	{ "{\"x\":01}", NULL, 6, "begin with 0" },
	{ "{\"x\":-}", NULL, 7, "a digit" },
	{ "{\"x\":+1}", NULL, 6, "expected a value" },
	{ "{\"x\":.5}", NULL, 6, "expected a value" },
	{ "{\"x\":1.}", NULL, 8, "a digit" },
	{ "{\"x\":1e}", NULL, 8, "a digit" },
	{ "{\"x\":1e+}", NULL, 9, "a digit" },
	{ "{\"x\":0x10}", NULL, 7, "expected ','" },
	{ "{\"x\":\"}", NULL, 6, "no end" },
	{ "{\"x\":\"a\nb\"}", NULL, 8, "control character" },
	{ "{\"x\":\"\\x\"}", NULL, 7, "unknown escape" },
	{ "{\"x\":\"\\u12g4\"}", NULL, 7, "four hexadecimal" },
	{ "{\"x\":\"\\u12", NULL, 7, "four hexadecimal" },
	{ "{\"x\":\"\\ud800\"}", NULL, 7, "surrogate" },
	{ "{\"x\":\"\\ud800\\u0041\"}", NULL, 7, "surrogate" },
	{ "{\"x\":\"\\udc00\\ud800\"}", NULL, 7, "surrogate" },
	{ "{\"x\":\"\\ud800\\ud800\"}", NULL, 7, "surrogate" },
	{ "{\"x\":\"ok\xff\"}", NULL, 9, "UTF-8" },
	{ "{\"x\":\"\xc0\xaf\"}", NULL, 7, "UTF-8" },
	{ "{\"x\":\"\xed\xa0\x80\"}", NULL, 7, "UTF-8" },
	{ "{\"x\":\"\xe2\x82\"}", NULL, 7, "UTF-8" },
	{ "{\"\xff\":1}", NULL, 3, "UTF-8" },
	{ "{\"a\":[[[[[[[[1]]]]]]]]}", NULL, 13, "nested deeper" },
	{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[]}}}}}}}}", NULL, 41, "nested deeper" },
	/* duplicates */
	{ "{\"Image\":\"a\",\"Image\":\"a\"}", NULL, 14, "Image: duplicate" },
	{ "{\"Image\":null,\"Image\":\"a\"}", NULL, 15, "Image: duplicate" },
	{ "{\"Image\":\"a\",\"exe\":\"b\"}", NULL, 14, "Image: duplicate" },
	{ "{\"SessionId\":1,\"TerminalSessionId\":1}", NULL, 16, "SessionId: duplicate" },
	{ "{\"@timestamp\":1,\"@timestamp\":1}", NULL, 17, "duplicate" },
	{ "{\"category\":null,\"category\":\"x\"}", NULL, 18, "duplicate" },
	/* kinds */
	{ "{\"Image\":[\"a\"]}", NULL, 10, "Image: expected one value" },
	{ "{\"Image\":{\"a\":1}}", NULL, 10, "Image: expected one value" },
	{ "{\"Args\":{\"a\":1}}", NULL, 9, "Args: expected an array" },
	{ "{\"Args\":5}", NULL, 9, "Args" },
	{ "{\"Args\":true}", NULL, 9, "Args" },
	{ "{\"Args\":[[\"a\"]]}", NULL, 10, "Args" },
	{ "{\"Args\":[{\"a\":1}]}", NULL, 10, "Args" },
	{ "{\"Args\":[\"a\",null]}", NULL, 14, "Args" },
	{ "{\"Args\":[\"a\\u0000\"]}", NULL, 10, "NUL" },
	{ "{\"Args\":\"a\\u0000\"}", NULL, 9, "NUL" },
	{ "{\"Args\":[\"a\",]}", NULL, 14, "expected a value" },
	{ "{\"Args\":[\"a\"", NULL, 13, "expected ',' or ']'" },
	{ "{\"pid\":4294967296}", NULL, 8, "ProcessId: expected a whole number from 0 to 4294967295" },
	{ "{\"lport\":65536}", NULL, 10, "LocalPort" },
	{ "{\"ino\":18446744073709551616}", NULL, 8, "Inode" },
	{ "{\"pid\":-1}", NULL, 8, "ProcessId" },
	{ "{\"pid\":22.0}", NULL, 8, "ProcessId" },
	{ "{\"pid\":1e3}", NULL, 8, "ProcessId" },
	{ "{\"pid\":\"22.0\"}", NULL, 8, "ProcessId" },
	{ "{\"pid\":\"\"}", NULL, 8, "ProcessId" },
	{ "{\"pid\":\"x\"}", NULL, 8, "ProcessId" },
	{ "{\"pid\":true}", NULL, 8, "ProcessId" },
	{ "{\"ret\":9223372036854775808}", NULL, 8, "ReturnValue" },
	{ "{\"ret\":1.0}", NULL, 8, "ReturnValue" },
	{ "{\"kthread\":1}", NULL, 12, "KernelThread: expected true or false" },
	{ "{\"kthread\":\"yes\"}", NULL, 12, "KernelThread" },
	{ "{\"laddr\":\"1.2.3\"}", NULL, 10, "LocalIp: expected an IP address" },
	{ "{\"laddr\":16909060}", NULL, 10, "LocalIp" },
	{ "{\"laddr\":\"\"}", NULL, 10, "LocalIp" },
	{ "{\"dev\":\"sda\"}", NULL, 8, "Device" },
	{ "{\"dev\":8}", NULL, 8, "Device" },
	{ "{\"exe_ctime\":1.5}", NULL, 14, "ImageChangeTime" },
	{ "{\"exe_ctime\":\"yesterday\"}", NULL, 14, "ImageChangeTime" },
	{ "{\"@timestamp\":-1}", NULL, 15, "@timestamp" },
	{ "{\"@timestamp\":1.5}", NULL, 15, "@timestamp" },
	{ "{\"@timestamp\":true}", NULL, 15, "@timestamp" },
	{ "{\"@timestamp\":[1]}", NULL, 15, "@timestamp" },
	{ "{\"@timestamp\":18446744073709551616}", NULL, 15, "@timestamp" },
	{ "{\"category\":5}", NULL, 13, "category: expected a text" },
	{ "{\"product\":[\"linux\"]}", NULL, 12, "product: expected one value" },
	{ "{\"service\":false}", NULL, 12, "service: expected a text" },
};
/* clang-format on */

static void test_accepted(const struct row *row)
{
	static char out[4096], want[4096];
	struct buf b = BUF_OF(out);
	int r = parse(slice_of(row->in), 7);

	if (r < 0) {
		ok(false, "%s accepted", row->in);
		printf("#  col %u: %s\n", err.col, err.text);
		return;
	}
	snprintf(want, sizeof(want), "{\"@timestamp\":7%s}\n", row->out);
	r = jsonl_write(&b, &ev);
	ok(r == 0 && slice_eqs((struct slice){ b.p, b.n }, want), "%.*s accepted",
	   (int)strcspn(row->in, "\n"), row->in);
	if (!slice_eqs((struct slice){ b.p, b.n }, want)) {
		tap_show("got", (struct slice){ b.p, b.n });
		tap_show("want", slice_of(want));
	}
}

static void test_refused(const struct row *row)
{
	int r = parse(slice_of(row->in), 7);

	if (ok(r == -EBADMSG && err.col == row->col && strstr(err.text, row->text), "column %u: %s",
	       row->col, row->text))
		return;
	tap_show("line", slice_of(row->in));
	printf("#   got: %d, column %u: %s\n", r, err.col, err.text);
}

static void test_meta(void)
{
	is_i64(parse(SLICE("{\"Image\":\"x\"}"), 99), 0, "no time of its own");
	is_u64(ev.time_ns, 99, "inherits");
	ok(slice_eqs(ev.product, "linux") && ev.service.n == 0 && ev.category == CATEGORY_NONE &&
		   ev.category_text.n == 0 && !ev.live,
	   "the defaults");
	is_i64(parse(SLICE("{\"@timestamp\":\"2026-11-20T13:00:00.5+01:00\"}"), 99), 0, "RFC 3339");
	is_u64(ev.time_ns, 1795176000500000000ULL, "with offset");
	is_i64(parse(SLICE("{\"@timestamp\":18446744073709551615}"), 99), 0, "the largest integer");
	is_u64(ev.time_ns, UINT64_MAX, "is exact");
	is_i64(parse(SLICE("{\"category\":\"network_bind\"}"), 0), 0, "category");
	is_u64(ev.category, CATEGORY_network_bind, "known");
	is_i64(parse(SLICE("{\"category\":\"antivirus\",\"product\":\"windows\",\"service\":"
			   "\"s\"}"),
		     0),
	       0, "category of someone else");
	ok(ev.category == CATEGORY_NONE && slice_eqs(ev.category_text, "antivirus") &&
		   slice_eqs(ev.product, "windows") && slice_eqs(ev.service, "s"),
	   "is kept as text");
}

static const char whole[] = "{\"@timestamp\":\"2026-11-20T12:00:00Z\",\"category\":\"process_"
			    "creation\",\"Image\":\"/bin/\\u0073h\","
			    "\"Args\":[\"sh\",\"-c\",1],\"pid\":5,\"ret\":-1,\"kthread\":false,"
			    "\"laddr\":\"::1\",\"dev\":\"8:1\","
			    "\"x\":{\"y\":[1.5e3,null,{}]}}";

static void test_spoiled(void)
{
	struct slice line = SLICE(whole);
	unsigned cut = 0, nul = 0, bad = 0;

	is_i64(parse(line, 0), 0, "the whole line");
	for (size_t n = 0; n < line.n; n++)
		cut += parse((struct slice){ line.p, n }, 0) == 0;
	is_u64(cut, 0, "cut at each byte: refused");
	for (size_t i = 0; i < line.n; i++) {
		memcpy(mem, line.p, line.n);
		mem[i] = '\0';
		nul += jsonl_parse(&ev, mem, line.n, 0, &err) == 0;
		memcpy(mem, line.p, line.n);
		mem[i] = (char)0xff;
		bad += jsonl_parse(&ev, mem, line.n, 0, &err) == 0;
	}
	is_u64(nul, 0, "NUL at each byte: refused");
	is_u64(bad, 0, "0xff at each byte: refused");
}

static void test_longest(void)
{
	static char line[TL_JSON_LINE_MAX + 1];

	memset(line, 'x', sizeof(line));
	memcpy(line, "{\"Image\":\"", 10);
	memcpy(line + TL_JSON_LINE_MAX - 2, "\"}", 2);
	is_i64(parse((struct slice){ line, TL_JSON_LINE_MAX }, 0), 0, "the longest line");
	is_u64(ev.v[F_exe].n, TL_JSON_LINE_MAX - 12, "with a text as long");
	line[TL_JSON_LINE_MAX - 2] = 'x';
	memcpy(line + TL_JSON_LINE_MAX - 1, "\"}", 2);
	ok(parse((struct slice){ line, TL_JSON_LINE_MAX + 1 }, 0) == -EBADMSG &&
		   strstr(err.text, "longer"),
	   "one byte more");
}

static void test_write_room(void)
{
	static char out[1024];
	struct buf b;
	size_t n;
	bool good = true;

	(void)parse(SLICE(whole), 0);
	b = (struct buf)BUF_OF(out);
	is_i64(jsonl_write(&b, &ev), 0, "written");
	n = b.n;
	for (size_t cap = 0; cap < n; cap++) {
		b = (struct buf){ .p = out, .cap = cap };
		buf_puts(&b, cap > 3 ? "abc" : "");
		good = good && jsonl_write(&b, &ev) == -E2BIG && b.n == (cap > 3 ? 3 : 0) &&
		       !b.overflow;
	}
	ok(good, "too little room: nothing is written, and the buffer goes on");
	b = (struct buf){ .p = out, .cap = n };
	is_i64(jsonl_write(&b, &ev), 0, "room for just that");
}

/* ---- any event comes back ---- */

static char pool[1 << 20];
static size_t pool_used;

static struct slice random_text(struct random *r, bool nul)
{
	static const char *const piece[] = { "a",
					     "/bin/sh",
					     " ",
					     "\"",
					     "\\",
					     "\n",
					     "\x1b[",
					     "\xff",
					     "\xc3\xa9",
					     "\xe2\x82\xac",
					     "\xe2",
					     "\xf0\x9f\x98\x80",
					     "\xed\xa0\x80",
					     "\xe2\x80\xae",
					     "\x7f",
					     "\\u0041",
					     "/",
					     "" };
	char *p = pool + pool_used;
	size_t n = 0;

	for (uint32_t k = random_below(r, 12); k > 0; k--) {
		const char *s = piece[random_below(r, ARRAY_SIZE(piece))];

		if (*s == '\0' && nul) {
			p[n++] = '\0';
			continue;
		}
		memcpy(p + n, s, strlen(s));
		n += strlen(s);
	}
	pool_used += n;
	return (struct slice){ p, n };
}

static struct slice random_list(struct random *r)
{
	char *p = pool + pool_used;

	for (uint32_t k = random_below(r, 5); k > 0; k--) {
		(void)random_text(r, false);
		pool[pool_used++] = '\0';
	}
	return (struct slice){ p, (size_t)(pool + pool_used - p) };
}

static void random_value(struct random *r, struct event *to, enum field f)
{
	uint64_t u = random_u64(r) >> random_below(r, 64);

	switch (field_desc[f].type) {
	case TYPE_str:
		event_set_str(to, f, random_text(r, true));
		break;
	case TYPE_list:
		event_set_list(to, f, random_list(r));
		break;
	case TYPE_u16:
		event_set_u64(to, f, u & 0xffff);
		break;
	case TYPE_u32:
	case TYPE_dev:
		event_set_u64(to, f, u & 0xffffffff);
		break;
	case TYPE_u64:
	case TYPE_time:
		event_set_u64(to, f, u);
		break;
	case TYPE_i64:
		event_set_i64(to, f, (int64_t)(random_u64(r) & 1 ? u : -u));
		break;
	case TYPE_bool:
		event_set_u64(to, f, u & 1);
		break;
	case TYPE_ip:
		memset(pool + pool_used, 0, 16);
		if (u & 1)
			memset(pool + pool_used + 10, 0xff, 2);
		memcpy(pool + pool_used + (u & 2 ? 8 : 12), &u, 4);
		event_set_ip(to, f, (const uint8_t *)pool + pool_used);
		pool_used += 16;
		break;
	}
}

static void test_round_trip(void)
{
	static const char *const category[] = { "", "process_creation", "network_bind",
						"of someone else" };
	struct random r = { 88172645463325252ULL };
	static char out[TL_JSON_LINE_MAX];
	struct event_equal equal;
	struct event made;
	unsigned differ = 0, fields = 0;

	if (event_init(&made) < 0 || !equal_init(&equal))
		abort();
	for (unsigned i = 0; i < 2000; i++) {
		struct buf b = BUF_OF(out);
		const char *what = NULL;
		uint32_t sparse = 1 + random_below(&r, 8);

		event_reset(&made);
		pool_used = 0;
		made.time_ns = random_u64(&r);
		made.category_text = slice_of(category[random_below(&r, ARRAY_SIZE(category))]);
		made.category = category_by_name(made.category_text);
		if (random_below(&r, 4) == 0)
			made.product = SLICE("windows");
		if (random_below(&r, 4) == 0)
			made.service = SLICE("auditd");
		for (enum field f = 0; f < F_MAX; f++)
			if (random_below(&r, sparse) == 0)
				random_value(&r, &made, f);
		event_derive(&made);
		if (jsonl_write(&b, &made) < 0)
			what = "jsonl_write";
		else if (jsonl_parse(&ev, b.p, b.n, 1, &err) < 0)
			what = err.text;
		else
			what = event_differs(&equal, &made, &ev);
		if (what) {
			printf("# event %u: %s\n", i, what);
			differ++;
		}
		for (enum field f = 0; f < F_MAX; f++)
			fields += event_has(&made, f);
	}
	ok(fields > 2000 * 10, "2000 events with %u fields", fields);
	is_u64(differ, 0, "all come back as they were");
	equal_done(&equal);
	event_done(&made);
}

int main(void)
{
	if (event_init(&ev) < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++)
		test_accepted(&accepted[i]);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		test_refused(&refused[i]);
	test_meta();
	test_spoiled();
	test_longest();
	test_write_room();
	test_round_trip();
	event_done(&ev);
	return done_testing();
}
