/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* golden_test.c - whole lines of fixed alerts, and what gives way when there is less room */
#include "config.h"

#include <errno.h>
#include <time.h>

#include "outputs/clean.h"
#include "tests/outputs/sample.h"
#include "tests/tap.h"

static _Alignas(64) char slot[TL_ALERT_SIZE];
static char line_mem[TL_LINE_MAX];

static struct slice encode(const char *name, const struct alert *a, size_t max, int *ret_r)
{
	struct encode_options o = { .agent = &sample_agent, .max_bytes = max };
	struct buf b = BUF_OF(line_mem);
	int r = encoder_by_name(name)->encode(&b, a, &o);

	if (ret_r)
		*ret_r = r;
	return (struct slice){ b.p, b.n };
}

static bool has(struct slice line, const char *s)
{
	return memmem(line.p, line.n, s, strlen(s)) != NULL;
}

#define TITLE SLICE("Execution from a world-writable directory")

#define CEF_LINE                                                                                                       \
	"CEF:0|Tripline|tripline|0.1.0|proc_creation_susp_tmp_exec|Execution from a world-writable directory|8|"      \
	"rt=1795176000123 dvchost=web01.example.org dvcpid=42 deviceExternalId=5c2f0e6d9b9a4e7c8f1a2b3c4d5e6f70 "     \
	"deviceProcessName=tripline externalId=0192f0c1-7b5e-8a3c-9d2e-5b6f7a8c9d0e cat=process act=alert "           \
	"outcome=success suser=www-data suid=33 sproc=/usr/sbin/nginx spid=811 dproc=/tmp/.x dpid=4242 "              \
	"cs2Label=ruleTitle cs2=Execution from a world-writable directory "                                           \
	"cs3Label=tags cs3=attack.execution,attack.t1059.004 cs1Label=commandLine cs1=/tmp/.x -c a\\=b "              \
	"cn1Label=score cn1=70 cn2Label=parentProcessId cn2=811 cn3Label=recordsLost cn3=0 "                          \
	"msg=/tmp/.x run by www-data"

static const char json_line[] =
	"{\"@timestamp\":\"2026-11-20T12:00:00.123456789Z\",\"agent\":{\"type\":\"tripline\",\"version\":\"0.1.0\"},"
	"\"ecs\":{\"version\":\"8.11\"},\"event\":{\"action\":\"exec\",\"category\":[\"process\"],"
	"\"id\":\"0192f0c1-7b5e-8a3c-9d2e-5b6f7a8c9d0e\",\"kind\":\"alert\",\"outcome\":\"success\",\"severity\":8,"
	"\"type\":[\"start\"]},\"host\":{\"boot\":{\"id\":\"0b0a7c4e-6c0f-4f6e-9d53-0c1c3f0e7a11\"},"
	"\"id\":\"5c2f0e6d9b9a4e7c8f1a2b3c4d5e6f70\",\"name\":\"web01.example.org\","
	"\"os\":{\"kernel\":\"6.18.0\",\"type\":\"linux\"}},\"log\":{\"level\":\"high\"},"
	"\"message\":\"/tmp/.x run by www-data\",\"observer\":{\"vendor\":\"Tripline\"},"
	"\"process\":{\"command_line\":\"/tmp/.x -c a=b\",\"executable\":\"/tmp/.x\","
	"\"parent\":{\"executable\":\"/usr/sbin/nginx\",\"pid\":811},\"pid\":4242},"
	"\"rule\":{\"id\":\"proc_creation_susp_tmp_exec\",\"name\":\"Execution from a world-writable directory\"},"
	"\"tags\":[\"attack.execution\",\"attack.t1059.004\"],\"threat\":{\"framework\":\"MITRE ATT&CK\","
	"\"tactic\":{\"id\":[\"TA0002\"],\"name\":[\"Execution\"]},"
	"\"technique\":{\"id\":[\"T1059\"],\"subtechnique\":{\"id\":[\"T1059.004\"]}}},"
	"\"tripline\":{\"by_lineage\":false,\"category\":\"process_creation\",\"cpu\":1,"
	"\"fields\":{\"cgroup\":\"18446744073709551615\",\"error\":0},\"lineage_score\":90,\"lost\":0,\"number\":3,"
	"\"score\":70,\"seq\":\"77\"},\"user\":{\"effective\":{\"id\":\"33\"},\"id\":\"33\",\"name\":\"www-data\"}}";

static void test_lines(void)
{
	const struct alert *a = sample_alert(slot, TITLE, SLICE("/tmp/.x -c a=b"));

	is_slice(encode("cef", a, 0, NULL), SLICE(CEF_LINE), "CEF line");
	is_slice(encode("syslog", a, 0, NULL), SLICE("<83>Nov 20 12:00:00 tripline[42]: " CEF_LINE), "syslog line");
	is_slice(encode("json", a, 0, NULL), SLICE(json_line), "JSON line");
	is_slice(encode("text", a, 0, NULL),
		 SLICE("2026-11-20 12:00:00.123 HIGH     Execution from a world-writable directory: /tmp/.x pid 4242 "
		       "user www-data \"/tmp/.x -c a=b\" score 70 id 0192f0c1-7b5e-8a3c-9d2e-5b6f7a8c9d0e"),
		 "text line");
	ok(encoder_by_name("xml") == NULL, "no encoder of another name");
}

static void test_network(void)
{
	static const uint8_t v4[16] = { [10] = 255, 255, 192, 0, 2, 7 }, v6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };
	struct event ev = { .time_ns = SAMPLE_NS, .category = CATEGORY_network_connection };
	struct alert *a = alert_init(slot, ALERT_RULE, ev.time_ns);
	struct slice line;

	event_set_str(&ev, F_exe, SLICE("/usr/bin/curl"));
	event_set_u64(&ev, F_initiated, 1);
	event_set_ip(&ev, F_saddr, v6);
	event_set_ip(&ev, F_daddr, v4);
	event_set_u64(&ev, F_dport, 443);
	event_set_u64(&ev, F_error, 111);
	event_set_u64(&ev, F_uid, 1000);
	event_set_u64(&ev, F_euid, 0);
	event_set_u64(&ev, F_bytes_sent, 5);
	alert_copy_event(a, &ev);
	a->level = LEVEL_LOW;
	a->score = 77; /* the rule's own */
	a->rule_id = SLICE("net");
	line = encode("cef", a, 0, NULL);
	is_slice(cef_value(line, "dst"), SLICE("192.0.2.7"), "IPv4 in dst");
	is_slice(cef_value(line, "src"), (struct slice){ 0 }, "IPv6 not in src");
	is_slice(cef_value(line, "c6a2"), SLICE("2001:db8::1"), "IPv6 in c6a2");
	is_slice(cef_value(line, "c6a2Label"), SLICE("Source IPv6 Address"), "c6a2 has its label");
	is_slice(cef_value(line, "deviceDirection"), SLICE("1"), "outwards");
	is_slice(cef_value(line, "outcome"), SLICE("failure"), "outcome by errno");
	is_slice(cef_value(line, "duid"), SLICE("0"), "duid where it differs from suid");
	is_slice(cef_header(line, 6), SLICE("8"), "severity of a score of its own");
	is_slice(cef_header(line, 5), SLICE("net"), "no title: the id stands for it");
	is_slice(cef_value(line, "msg"), SLICE("/usr/bin/curl could not connect to 192.0.2.7 port 443"), "msg");
	line = encode("json", a, 0, NULL);
	is_slice(line_json_string(line, "direction"), SLICE("\"egress\""), "network.direction");
	/* the types that ECS expects of the category network; that it failed is in the outcome */
	ok(has(line, "\"type\":[\"connection\",\"start\"]") && has(line, "\"outcome\":\"failure\""),
	   "event.type of a failed connect");
	ok(has(line, "\"bytes_sent\":5"), "amounts are numbers");
}

static void test_self(void)
{
	struct alert *a = alert_init(slot, ALERT_SELF, SAMPLE_NS);
	struct slice line;

	a->level = LEVEL_INFORMATIONAL;
	a->rule_id = SLICE("tripline.start");
	a->title = SLICE("Sensor started");
	a->description = SLICE("the sensor has started");
	alert_add_pair(a, SLICE("rules"), SLICE("12"));
	alert_add_pair(a, SLICE("rules"), SLICE("13"));
	line = encode("cef", a, 0, NULL);
	is_slice(cef_header(line, 4), SLICE("tripline.start"), "self: class id");
	is_slice(cef_value(line, "cat"), SLICE("sensor"), "self: cat");
	is_slice(cef_value(line, "msg"), SLICE("the sensor has started"), "self: msg is the description");
	line = encode("json", a, 0, NULL);
	is_slice(line_json_string(line, "kind"), SLICE("\"event\""), "self: event.kind");
	ok(has(line, "\"details\":{\"rules\":\"12\",\"rules#1\":\"13\"}"),
	   "self: no key twice, no pair lost");
	ok(!has(line, "\"rule\":{"), "self: no rule");
}

static void test_story(void)
{
	struct alert *a = sample_alert(slot, TITLE, SLICE("sh"));
	struct slice line;

	a->n_chain = 2;
	a->chain[0] = (struct alert_proc){ .exe = SLICE("/tmp/.x"), .cmdline = SLICE("x\377"), .pid = 4242 };
	a->chain[1] = (struct alert_proc){ .exe = SLICE("/bin/\033[2J"), .pid = 1 };
	a->n_steps = 2;
	a->step[0] = (struct alert_step){ .rule = SLICE("first"), .time_ns = a->end_ns - 1500 * NSEC_PER_MSEC, .seq = 5 };
	a->step[1] = (struct alert_step){ .rule = SLICE("second"), .time_ns = a->end_ns, .seq = 77 };
	line = encode("text", a, 0, NULL);
	ok(has(line, "\n    lineage: /tmp/.x[4242] < /bin/\\x1b[2J[1]\n    steps: first -1.500s, second -0.000s"),
	   "text: lineage and steps below, cleaned");
	line = encode("json", a, 0, NULL);
	ok(has(line, "\"cmdline\":\"x\\ufffd\",\"cmdline_raw\":\"eP8=\""),
	   "json: bytes of the lineage kept");
	is_slice(cef_value(encode("cef", a, 0, NULL), "cnt"), SLICE("2"), "cef: cnt");
}

static void test_room(void)
{
	static char big[4500];
	struct alert *a;
	struct slice line;
	size_t max, worst = 0;
	int r;

	memset(big, '=', sizeof(big)); /* doubles when escaped */
	a = sample_alert(slot, TITLE, (struct slice){ big, sizeof(big) });
	alert_add_pair(a, SLICE("k"), (struct slice){ big, 2000 });
	line = encode("syslog", a, 0, &r);
	ok(r == 1 && line.n <= 8000, "syslog: at most 8000 bytes, told as cut (%zu)", line.n);
	for (max = 1500; max >= 480; max -= 7) {
		line = encode("syslog", a, max, &r);
		worst = MAX(worst, line.n > max ? line.n : 0);
		if (r < 0)
			break;
	}
	is_u64(worst, 0, "syslog: no line over max_bytes");
	ok(r == 1, "syslog: still fits 480 bytes (at %zu)", max);
	line = encode("cef", a, 0, &r);
	line = cef_value(line, "cs1");
	ok(line.n > 3 && memcmp(line.p + line.n - 3, "...", 3) == 0, "cef: a cut ends in ...");
	is_u64(line.n, 2 * (4000 - 3) + 3, "cef: capped before escaping");
	line = encode("json", a, 2500, &r);
	ok(r == 1 && line.n <= 2500, "json: fits a cap (%zu)", line.n);
	ok(has(line, "\"truncated\":[\"process.command_line\"]"), "json: names what was cut");
	line = encode("json", a, 100, &r);
	ok(r == -E2BIG && line.n == 0, "json: refuses what cannot fit, and appends nothing");
	line = encode("cef", a, 100, &r);
	ok(r == -E2BIG && line.n == 0, "cef: the same");
}

/* What an event brings may be longer than an alert holds, or a CEF value: every form shows the cut. */
static void test_cuts_show(void)
{
	static char big[60000];
	struct alert *a;
	struct slice line, v;
	int r;

	memset(big, 'a', sizeof(big));
	a = sample_alert(slot, TITLE, (struct slice){ big, sizeof(big) });
	v = cef_value(encode("cef", a, 0, NULL), "cs1");
	ok(v.n > 3 && memcmp(v.p + v.n - 3, "...", 3) == 0, "cef: a text that the alert has cut shows it");
	ok(has(encode("text", a, 0, NULL), "aaa...\" score"), "text: the same");
	line = encode("json", a, 0, NULL);
	ok(has(line, "aaa...\"") && has(line, "\"truncated\":[\"process.command_line\"]") && !has(line, "\"cut\""),
	   "json: the same, and names it");

	a = sample_alert(slot, TITLE, SLICE("sh"));
	alert_add_pair(a, SLICE("key"), (struct slice){ big, 5000 });
	alert_add_pair(a, SLICE("k2"), SLICE("v"));
	v = cef_value(encode("cef", a, 0, &r), "cs6");
	ok(r == 1 && v.n > 4000 - 8 && memcmp(v.p + v.n - 6, "aaa...", 6) == 0,
	   "cef: a pair longer than its value may be is cut, not left out");
	alert_add_pair(a, SLICE("k3"), (struct slice){ big, sizeof(big) });
	ok(has(encode("json", a, 0, NULL), "\"cut\":true"), "json: tells a cut of what is no field");
}

/* The smallest max_line of the configuration, and an alert with all that one can have, of bytes that grow most. */
static void test_json_brief(void)
{
	static char big[200];
	struct event ev = { .time_ns = SAMPLE_NS, .category = CATEGORY_process_creation };
	struct alert *a = alert_init(slot, ALERT_RULE, SAMPLE_NS);
	struct slice line, text = { big, 100 };
	int r;

	memset(big, 1, sizeof(big));
	for (enum field f = 0; f < F_MAX; f++)
		if (field_desc[f].type == TYPE_str || field_desc[f].type == TYPE_list)
			event_set_str(&ev, f, text);
		else if (field_desc[f].type == TYPE_ip)
			event_set_ip(&ev, f, (const uint8_t *)big);
		else
			event_set_u64(&ev, f, UINT16_MAX);
	alert_copy_event(a, &ev);
	a->rule_id = a->title = a->description = a->rule_file = text;
	for (; a->n_chain < TL_ALERT_CHAIN; a->n_chain++)
		a->chain[a->n_chain] = (struct alert_proc){ .guid = text, .exe = text, .cmdline = text, .user = text };
	for (; a->n_steps < TL_ALERT_STEPS; a->n_steps++)
		a->step[a->n_steps] = (struct alert_step){ .rule = text, .guid = text, .time_ns = 1, .seq = UINT64_MAX };
	for (; a->n_parts < TL_ALERT_PARTS; a->n_parts++)
		a->part[a->n_parts] = (struct alert_part){ .rule = text, .age_ns = UINT64_MAX };
	for (; a->n_pairs < TL_ALERT_PAIRS; a->n_pairs++)
		a->pair[a->n_pairs] = (struct alert_pair){ text, text };
	memcpy(a->id, "0192f0c1-7b5e-8a3c-9d2e-5b6f7a8c9d0e", 37);
	line = encode("json", a, 4096, &r);
	ok(r == 1 && line.n <= 4096, "json: the largest alert fits the smallest line (%zu)", line.n);
	ok(has(line, "\"id\":\"0192f0c1-7b5e-8a3c-9d2e-5b6f7a8c9d0e\"") && has(line, "\"pid\":65535") &&
		   has(line, "\"cut\":true"),
	   "json: with what identifies it, and says that there was more");
}

/* No cap is so unlucky that a part in the middle goes missing. */
static void test_text_room(void)
{
	static char big[300];
	struct alert *a;
	unsigned holes = 0, cut = 0;
	int r;

	memset(big, 'b', sizeof(big));
	a = sample_alert(slot, TITLE, (struct slice){ big, sizeof(big) });
	for (size_t max = 1; max < 600; max++) {
		struct slice line = encode("text", a, max, &r);

		if (r < 0)
			continue;
		cut += r == 1;
		holes += line.n > max || !has(line, " user www-data \"bb") || !has(line, "\" score 70");
	}
	ok(cut > 0 && holes == 0, "text: cut, never with a hole (%u of %u lines)", holes, cut);
}

static void test_small_cef(void)
{
	static char big[1000];
	struct alert *a = sample_alert(slot, TITLE, SLICE("sh"));
	int r;

	memset(big, '|', sizeof(big));
	a->rule_id = (struct slice){ big, sizeof(big) };
	encode("syslog", a, 480, &r);
	is_u64((unsigned)r, 1, "syslog: a long rule id does not lose the alert where there is little room");
}

static void test_clean_cuts(void)
{
	static const char s[] = "a\033\303\251\342\200\256z";
	char mem[64], all[64];
	struct buf full = BUF_OF(all);
	unsigned bad = 0;

	clean_put(&full, slice_of(s), sizeof(all), 0);
	is_slice((struct slice){ full.p, full.n }, SLICE("a\\x1b\303\251\\u202ez"), "clean: whole");
	for (size_t cap = 3; cap <= full.n; cap++) {
		struct buf b = BUF_OF(mem);
		bool cut = clean_put(&b, slice_of(s), cap, 0);
		size_t kept = cut ? b.n - 3 : b.n;

		bad += b.n > cap || cut != (cap < full.n) || memcmp(b.p, full.p, kept) != 0;
		bad += kept != 0 && kept != 1 && kept != 5 && kept != 7 && kept != 13 && kept != 14;
	}
	is_u64(bad, 0, "clean: at every cap, cut between characters");
	full.overflow = true;
	ok(clean_put(&full, slice_of(s), 5, 0) && full.overflow, "clean: a cut does not hide that something is missing");
}

/* A path that is an object of one field and a value of another would break every line that has both. */
static void test_tables(void)
{
	unsigned bad = 0;

	for (enum field f = 0; f < F_MAX; f++)
		for (enum field g = 0; g < F_MAX; g++) {
			const char *a = field_desc[f].ecs, *b = field_desc[g].ecs;
			size_t n = strlen(a);

			if (f == g)
				continue;
			bad += n && (strcmp(a, b) == 0 || (strncmp(a, b, n) == 0 && b[n] == '.'));
			bad += field_desc[f].cef[0] && strcmp(field_desc[f].cef, field_desc[g].cef) == 0;
		}
	is_u64(bad, 0, "events.def: no ECS path inside another, no CEF key twice");
}

int main(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	test_lines();
	test_network();
	test_self();
	test_story();
	test_room();
	test_cuts_show();
	test_json_brief();
	test_text_room();
	test_small_cef();
	test_clean_cuts();
	test_tables();
	return done_testing();
}
