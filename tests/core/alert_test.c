/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/alert.h"

#include "core/utf8.h"
#include "tests/tap.h"

static _Alignas(64) char slot[TL_ALERT_SIZE];

static void test_levels(void)
{
	/* rules.md 5.4 */
	static const struct {
		const char *name;
		enum level level;
		unsigned score, cef, syslog;
	} row[] = {
		{ "informational", LEVEL_INFORMATIONAL, 5, 1, 6 },
		{ "low", LEVEL_LOW, 20, 3, 5 },
		{ "medium", LEVEL_MEDIUM, 45, 5, 4 },
		{ "high", LEVEL_HIGH, 70, 8, 3 },
		{ "critical", LEVEL_CRITICAL, 95, 10, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		enum level l = level_by_name(slice_of(row[i].name));

		ok(l == row[i].level && level_score(l) == row[i].score &&
			   level_cef(l) == row[i].cef && level_syslog(l) == row[i].syslog &&
			   strcmp(level_name(l), row[i].name) == 0,
		   "level %s", row[i].name);
	}
	ok(level_score(LEVEL_NONE) == 45 && level_cef(LEVEL_NONE) == 5,
	   "no level counts as medium");
	is_u64(level_by_name(SLICE("High")), LEVEL_NONE, "level names are lower case");
	is_u64(level_by_name(SLICE("")), LEVEL_NONE, "no name");
}

static bool inside(const struct alert *a, struct slice s)
{
	return s.n == 0 || (s.p >= a->data && s.p + s.n <= slot + TL_ALERT_SIZE);
}

static void test_copy(void)
{
	struct alert *a = alert_init(slot, ALERT_SELF, 5);
	char from[] = "text";
	struct slice s = alert_copy(a, slice_of(from), NULL), t;
	bool cut = false;

	from[0] = 'T';
	ok(inside(a, s) && slice_eqs(s, "text"), "a copy is the alert's own");
	t = alert_copy(a, SLICE("x-12"), NULL);
	ok(slice_eqs(t, "x-12") && slice_eqs(s, "text"), "the next one stands behind it");
	is_u64(a->used, 8, "no byte is wasted");
	a->used = TL_ALERT_DATA - 7;
	s = alert_copy(a, SLICE("abc\xc3\xa9xyz"), &cut);
	ok(slice_eqs(s, "abc...") && cut && a->cut, "cut at a character, and visibly");
	a->used = TL_ALERT_DATA - 2;
	s = alert_copy(a, SLICE("a\xc3\xa9"), &cut);
	ok(slice_eqs(s, "a") && inside(a, s), "no room for the dots");
	a = alert_init(slot, ALERT_SELF, 5);
	ok(!a->cut && a->used == 0 && a->start_ns == 5 && a->end_ns == 5 && a->ev.time_ns == 5,
	   "a fresh one");
	a->used = TL_ALERT_DATA;
	s = alert_copy(a, SLICE("x"), NULL);
	ok(s.n == 0 && a->cut && a->used == TL_ALERT_DATA, "no room at all");
}

static void test_pairs(void)
{
	struct alert *a = alert_init(slot, ALERT_RULE, 5);

	for (unsigned i = 0; i < TL_ALERT_PAIRS; i++)
		alert_add_pair(a, SLICE("key"), SLICE("value"));
	ok(a->n_pairs == TL_ALERT_PAIRS && !a->cut, "as many pairs as there is room for");
	alert_add_pair(a, SLICE("key"), SLICE("value"));
	ok(a->n_pairs == TL_ALERT_PAIRS && a->cut, "one more is told");
	ok(slice_eqs(a->pair[11].key, "key") && slice_eqs(a->pair[11].value, "value"),
	   "the last one");
}

static bool cut_field(const struct alert *a, enum field f)
{
	return a->truncated[f / 64] >> (f % 64) & 1;
}

/* A short event arrives whole, and lives on when the event is gone. */
static void test_event(struct event *ev)
{
	struct alert *a = alert_init(slot, ALERT_RULE, 1);
	char exe[] = "/bin/true", args[] = "a\0b";
	uint8_t ip[16] = { 1, 2, 3 };
	bool any = false;

	event_reset(ev);
	ev->time_ns = 77;
	ev->seq = 8;
	ev->cpu = 3;
	ev->live = true;
	ev->category = CATEGORY_process_creation;
	ev->category_text = SLICE("process_creation");
	event_set_str(ev, F_exe, slice_of(exe));
	event_set_list(ev, F_args, (struct slice){ args, sizeof(args) });
	event_set_ip(ev, F_saddr, ip);
	event_set_u64(ev, F_pid, 4242);
	event_set_str(ev, F_comm, SLICE("\xff"));
	alert_copy_event(a, ev);
	memset(exe, 0, sizeof(exe));
	memset(args, 'x', sizeof(args));
	memset(ip, 0, sizeof(ip));
	event_reset(ev);

	ok(a->ev.time_ns == 77 && a->ev.seq == 8 && a->ev.cpu == 3 && a->ev.live &&
		   a->ev.category == CATEGORY_process_creation,
	   "its own values");
	is_slice(a->ev.category_text, SLICE("process_creation"), "category");
	is_slice(a->ev.product, SLICE("linux"), "product");
	is_slice(event_str(&a->ev, F_exe), SLICE("/bin/true"), "a text");
	is_slice(event_str(&a->ev, F_args), (struct slice){ "a\0b", 4 }, "a list");
	is_u64(a->ev.v[F_pid].u, 4242, "a number");
	ok(a->ev.v[F_saddr].p[2] == 3, "an address");
	is_u64(a->ev.v[F_comm].flags, VALUE_INVALID_UTF8, "and what is known of its bytes");
	ok(!event_has(&a->ev, F_user) && !a->ev.scratch, "nothing else");
	for (size_t i = 0; i < FIELD_WORDS; i++)
		any = any || a->truncated[i];
	ok(!any && !a->cut, "nothing is cut");
}

/* Three texts too long by far, one of middle length, and short ones. */
static void test_long_event(struct event *ev)
{
	struct alert *a = alert_init(slot, ALERT_RULE, 1);
	static char big[100000], list[100000];
	size_t longest;

	for (size_t i = 0; i + 2 < sizeof(big); i += 2)
		memcpy(big + i, "\xc3\xa9", 2);
	for (size_t i = 0; i + 3 <= sizeof(list); i += 3)
		memcpy(list + i, "ab", 3);
	event_reset(ev);
	event_set_str(ev, F_cmdline, (struct slice){ big, sizeof(big) - 2 });
	event_set_str(ev, F_parent_cmdline, (struct slice){ big, 50000 });
	event_set_list(ev, F_args, (struct slice){ list, 99999 });
	event_set_str(ev, F_exe, (struct slice){ big, 600 });
	event_set_str(ev, F_passed_state, SLICE("last in the table"));
	event_set_ip(ev, F_saddr, (const uint8_t *)big);
	alert_copy_event(a, ev);
	longest = a->ev.v[F_cmdline].n;
	is_slice(event_str(&a->ev, F_passed_state), SLICE("last in the table"),
		 "a short text is whole");
	ok(a->ev.v[F_exe].n == 600 && !cut_field(a, F_exe), "so is one that is not the longest");
	ok(cut_field(a, F_cmdline) && cut_field(a, F_parent_cmdline) && cut_field(a, F_args) &&
		   !cut_field(a, F_passed_state),
	   "the long ones are marked");
	ok(longest > 600 && a->ev.v[F_parent_cmdline].n == longest &&
		   a->ev.v[F_args].n + 2 >= longest,
	   "and share alike");
	ok(utf8_valid(a->ev.v[F_cmdline].p, longest), "cut at a character");
	ok(memcmp(a->ev.v[F_cmdline].p + longest - 3, "...", 3) == 0, "and visibly");
	ok(memcmp(a->ev.v[F_args].p + a->ev.v[F_args].n - 4, "...", 4) == 0,
	   "a list ends in dots and NUL");
	ok(a->used <= TL_ALERT_DATA - TL_ALERT_REST && a->used > TL_ALERT_DATA - TL_ALERT_REST - 8,
	   "what may be used is used");

	ev->category_text = (struct slice){ big, 50000 };
	a = alert_init(slot, ALERT_RULE, 1);
	alert_copy_event(a, ev);
	ok(a->ev.category_text.n == 128 && a->cut, "a category out of a JSON line is kept short");

	/* no room: no half addresses, nothing written behind the end */
	a = alert_init(slot, ALERT_RULE, 1);
	a->used = TL_ALERT_DATA;
	alert_copy_event(a, ev);
	ok(a->used == TL_ALERT_DATA && !event_has(&a->ev, F_saddr) && cut_field(a, F_saddr) &&
		   a->ev.v[F_cmdline].n == 0,
	   "without room");
}

static void set_id(char *to, void (*change)(struct alert *a), const char *boot)
{
	struct alert *a = alert_init(slot, ALERT_RULE, 1795176000123456789ULL);

	a->ev.cpu = 2;
	a->ev.seq = 1000;
	a->rule_id = SLICE("rule");
	alert_add_pair(a, SLICE("User"), SLICE("root"));
	if (change)
		change(a);
	alert_set_id(a, slice_of(boot));
	memcpy(to, a->id, sizeof(a->id));
}

/* clang-format off */
static void other_cpu(struct alert *a) { a->ev.cpu = 3; }
static void other_seq(struct alert *a) { a->ev.seq = 1001; }
static void other_rule(struct alert *a) { a->rule_id = SLICE("rulf"); }
static void other_group(struct alert *a) { a->pair[0].value = SLICE("toor"); }
static void other_ms(struct alert *a) { a->end_ns += NSEC_PER_MSEC; }
/* clang-format on */

static void only_steps(struct alert *a)
{
	a->step[0] = (struct alert_step){ .cpu = 9, .seq = 9 };
	a->step[1] = (struct alert_step){ .cpu = a->ev.cpu, .seq = a->ev.seq };
	a->n_steps = 2;
	a->ev.cpu = 0;
	a->ev.seq = 0;
}

static void test_id(void)
{
	void (*const change[])(struct alert *) = { other_cpu, other_seq, other_rule, other_group,
						   other_ms };
	char one[37], two[37];
	unsigned same = 0;

	set_id(one, NULL, "boot");
	set_id(two, NULL, "boot");
	is_str(one, two, "the same event has the same id");
	set_id(two, only_steps, "boot");
	is_str(one, two, "also when it is only the last step");
	for (size_t i = 0; i < ARRAY_SIZE(change); i++) {
		set_id(two, change[i], "boot");
		same += strcmp(one, two) == 0;
	}
	set_id(two, NULL, "toob");
	same += strcmp(one, two) == 0;
	is_u64(same, 0, "any other input another");

	/* RFC 9562 5.8: 1795176000123 ms, version 8, variant 10 */
	ok(strlen(one) == 36 && strspn(one, "0123456789abcdef-") == 36 && one[8] == '-' &&
		   one[13] == '-' && one[18] == '-' && one[23] == '-' && one[14] == '8' &&
		   strchr("89ab", one[19]),
	   "%s is a UUID of version 8", one);
	ok(strtoull(one, NULL, 16) == 1795176000123ULL >> 16 &&
		   strtoull(one + 9, NULL, 16) == (1795176000123ULL & 0xffff),
	   "it begins with the milliseconds");
}

int main(void)
{
	struct event ev;

	if (event_init(&ev) < 0)
		return 1;
	test_levels();
	test_copy();
	test_pairs();
	test_event(&ev);
	test_long_event(&ev);
	test_id();
	event_done(&ev);
	return done_testing();
}
