/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/event.h"

#include <arpa/inet.h>
#include <errno.h>

#include "tests/tap.h"

static void test_names(void)
{
	unsigned sigma = 0, id = 0, twice = 0, near = 0;

	for (enum field f = 0; f < F_MAX; f++) {
		const struct field_desc *d = &field_desc[f];
		char longer[128];

		sigma += field_by_sigma(slice_of(d->sigma)) != f;
		id += field_by_id(slice_of(d->id)) != f;
		for (enum field g = 0; g < f; g++)
			twice += strcmp(d->sigma, field_desc[g].sigma) == 0 ||
				 strcmp(d->id, field_desc[g].id) == 0 ||
				 strcmp(d->sigma, field_desc[g].id) == 0 ||
				 strcmp(d->id, field_desc[g].sigma) == 0;
		near += field_by_sigma((struct slice){ d->sigma, strlen(d->sigma) - 1 }) == f;
		snprintf(longer, sizeof(longer), "%sx", d->sigma);
		near += field_by_sigma(slice_of(longer)) == f;
	}
	is_u64(sigma, 0, "every field by its Sigma name");
	is_u64(id, 0, "every field by its short key");
	is_u64(twice, 0, "no name means two fields");
	is_u64(near, 0, "a letter less or more is another name");
	is_u64(field_by_sigma(SLICE("TerminalSessionId")), F_ses, "TerminalSessionId is SessionId");
	is_u64(field_by_sigma(SLICE("image")), F_MAX, "names are case-sensitive");
	is_u64(field_by_sigma(SLICE("exe")), F_MAX, "a short key is no Sigma name");
	is_u64(field_by_id(SLICE("Image")), F_MAX, "a Sigma name is no short key");
	is_u64(field_by_sigma(SLICE("")), F_MAX, "the empty name");
	is_u64(field_by_sigma((struct slice){ "Image\0", 6 }), F_MAX, "a name with NUL");
	for (enum category c = CATEGORY_NONE + 1; c < CATEGORY_MAX; c++)
		is_u64(category_by_name(slice_of(category_name[c])), c, category_name[c]);
	is_u64(category_by_name(SLICE("")), CATEGORY_NONE, "no category");
	is_u64(category_by_name(SLICE("antivirus")), CATEGORY_NONE, "a category of someone else");
}

static void test_suggest(void)
{
	static const char *const row[][2] = {
		{ "Imgae", "Image" },
		{ "image", "Image" },
		{ "commandline", "CommandLine" },
		{ "exe", "Image" },
		{ "ParentComandLine", "ParentCommandLine" },
		{ "DestPort", NULL },
		{ "DestinationPorts", "DestinationPort" },
		{ "", NULL },
		{ "Hashes", NULL },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		is_str(field_suggest(slice_of(row[i][0])), row[i][1], row[i][0]);
}

static void test_errno(void)
{
	unsigned named = 0, differ = 0;

	for (unsigned e = 0; e < 600; e++) {
		const char *name = errno_name(e);

		named += name != NULL;
#ifdef __GLIBC__
		/* The C library knows 0 as "0", and none of the numbers from 512 on, which are
		 * for tracers only. */
		if (e > 0 && e < 512) {
			const char *want = strerrorname_np((int)e);

			differ += !name != !want || (name && strcmp(name, want) != 0);
		}
#endif
	}
	is_u64(differ, 0, "names of the C library");
	is_u64(named, 131 + 4, "131 numbers of user space, 4 of a restart");
	is_str(errno_name(13), "EACCES", "13");
	is_str(errno_name(111), "ECONNREFUSED", "111");
	is_str(errno_name(512), "ERESTARTSYS", "512");
	is_str(errno_name(0), NULL, "0");
	is_str(errno_name(UINT32_MAX), NULL, "the largest");
}

static void is_text(const struct event *ev, enum field f, const char *want)
{
	char tmp[TL_VALUE_TEXT_MAX];

	if (!event_has(ev, f))
		is_str(NULL, want, field_desc[f].sigma);
	else
		is_slice(value_text(field_desc[f].type, &ev->v[f], tmp, sizeof(tmp)),
			 slice_of(want), field_desc[f].sigma);
}

static void test_derive(struct event *ev)
{
	uint8_t local[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 }, remote[16], other[16];

	inet_pton(AF_INET6, "2001:db8::5", remote);
	inet_pton(AF_INET6, "::1", other);

	event_reset(ev);
	event_set_list(ev, F_args, SLICE("ls\0-l\0\0a b\0"));
	event_set_u64(ev, F_uid, 33);
	event_set_u64(ev, F_error, EACCES);
	event_set_str(ev, F_cwd, SLICE("/tmp/x/"));
	event_derive(ev);
	is_text(ev, F_cmdline, "ls -l  a b");
	is_text(ev, F_logon_id, "33");
	is_text(ev, F_errname, "EACCES");
	is_text(ev, F_cwd, "/tmp/x");
	is_text(ev, F_saddr, NULL);
	is_text(ev, F_saddr_ipv6, NULL);

	event_reset(ev);
	event_set_list(ev, F_args, SLICE("ls\0"));
	event_set_str(ev, F_cmdline, SLICE("given"));
	event_set_u64(ev, F_error, 0);
	event_set_u64(ev, F_uid, 33);
	event_set_u64(ev, F_logon_id, 44);
	event_set_str(ev, F_cwd, SLICE("/"));
	event_derive(ev);
	is_text(ev, F_cmdline, "given");
	is_text(ev, F_logon_id, "44");
	is_text(ev, F_errname, NULL);
	is_text(ev, F_cwd, "/");

	event_reset(ev);
	event_set_list(ev, F_args, (struct slice){ "", 0 });
	event_set_u64(ev, F_error, 4095);
	event_derive(ev);
	is_text(ev, F_cmdline, "");
	is_text(ev, F_errname, NULL);

	for (unsigned out = 0; out < 2; out++) {
		event_reset(ev);
		event_set_ip(ev, F_laddr, local);
		event_set_ip(ev, F_raddr, remote);
		event_set_u64(ev, F_lport, 22);
		event_set_u64(ev, F_rport, 50000);
		event_set_u64(ev, F_initiated, out);
		event_derive(ev);
		is_text(ev, F_saddr, out ? "192.0.2.1" : "2001:db8::5");
		is_text(ev, F_sport, out ? "22" : "50000");
		is_text(ev, F_daddr, out ? "2001:db8::5" : "192.0.2.1");
		is_text(ev, F_dport, out ? "50000" : "22");
		is_text(ev, F_saddr_ipv6, out ? "false" : "true");
		is_text(ev, F_daddr_ipv6, out ? "true" : "false");
	}

	event_reset(ev);
	event_set_ip(ev, F_laddr, local);
	event_set_ip(ev, F_saddr, other);
	event_derive(ev);
	is_text(ev, F_saddr, "::1");
	is_text(ev, F_daddr, NULL);
	event_set_u64(ev, F_initiated, 1);
	event_derive(ev);
	is_text(ev, F_saddr, "::1");
	is_text(ev, F_sport, NULL);
}

static void test_text(void)
{
	static const struct {
		enum value_type type;
		struct value v;
		const char *text;
	} row[] = {
		{ TYPE_u16, { .u = 65535 }, "65535" },
		{ TYPE_u64, { .u = UINT64_MAX }, "18446744073709551615" },
		{ TYPE_i64, { .i = INT64_MIN }, "-9223372036854775808" },
		{ TYPE_bool, { .u = 1 }, "true" },
		{ TYPE_bool, { .u = 0 }, "false" },
		{ TYPE_dev, { .u = 0xfffULL << 20 | 0xfffff }, "4095:1048575" },
		{ TYPE_time, { .u = 1 }, "1970-01-01T00:00:00.000000001Z" },
	};
	static const char bad[] = "a\xff\xc3\xa9\xfe";
	struct value v = { .p = bad, .n = sizeof(bad) - 1, .flags = VALUE_INVALID_UTF8 };
	static const uint8_t cut_at[] = { 0, 1, 1, 1, 4, 4, 6, 6, 6, 9, 9 };
	char tmp[TL_VALUE_TEXT_MAX];
	struct slice s;
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		is_slice(value_text(row[i].type, &row[i].v, tmp, sizeof(tmp)),
			 slice_of(row[i].text), row[i].text);
	is_slice(value_text(TYPE_str, &v, tmp, sizeof(tmp)),
		 SLICE("a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd"), "repaired text");
	for (size_t size = 0; size < ARRAY_SIZE(cut_at); size++) {
		s = value_text(TYPE_str, &v, tmp, size);
		good = good && s.n == cut_at[size] &&
		       memcmp(s.p, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd", s.n) == 0;
	}
	ok(good, "cut at a character when there is no room");
	v = (struct value){ .p = "caf\xc3\xa9", .n = 5 };
	s = value_text(TYPE_str, &v, tmp, 0);
	ok(s.p == v.p && s.n == 5, "valid text is not copied");
}

static void test_list(void)
{
	struct slice item;
	size_t pos = 0;

	ok(!list_next((struct slice){ NULL, 0 }, &pos, &item), "an empty list has no item");
	ok(list_next(SLICE("\0"), &pos, &item) && item.n == 0 &&
		   !list_next(SLICE("\0"), &pos, &item),
	   "one empty item");
	pos = 0;
	ok(list_next(SLICE("a\0bc"), &pos, &item) && slice_eqs(item, "a"), "first");
	ok(list_next(SLICE("a\0bc"), &pos, &item) && slice_eqs(item, "bc"),
	   "last, its NUL cut off");
	ok(!list_next(SLICE("a\0bc"), &pos, &item), "end");
}

static void test_scratch(struct event *ev)
{
	char *p, *big;

	event_reset(ev);
	p = event_scratch(ev, 100);
	memset(p, 'x', 100);
	event_scratch_trim(ev, p + 10);
	ok(event_scratch(ev, 1) == p + 10, "trim gives back the rest");
	ok(event_scratch(ev, TL_EVENT_SCRATCH - 11) == p + 11 && !ev->scratch_full,
	   "all of it can be used");
	ok(!event_scratch(ev, 1) && ev->scratch_full, "and no more");
	event_reset(ev);
	ok(event_scratch(ev, TL_EVENT_SCRATCH) == p && !ev->scratch_full, "a reset frees it");

	/* CommandLine longer than the room: what fits, and it is told. */
	big = malloc(TL_EVENT_SCRATCH + 100);
	memset(big, 'a', TL_EVENT_SCRATCH + 100);
	memcpy(big + TL_EVENT_SCRATCH - 1, "\xc3\xa9", 2);
	big[TL_EVENT_SCRATCH + 99] = '\0';
	event_reset(ev);
	event_set_list(ev, F_args, (struct slice){ big, TL_EVENT_SCRATCH + 100 });
	event_derive(ev);
	ok(event_has(ev, F_cmdline) && ev->v[F_cmdline].n == TL_EVENT_SCRATCH - 1 &&
		   ev->scratch_full,
	   "a command line over the scratch is cut at a character and marked");
	free(big);
}

static void test_utf8_flag(struct event *ev)
{
	event_reset(ev);
	event_set_str(ev, F_exe, SLICE("/bin/caf\xc3\xa9"));
	event_set_list(ev, F_args, SLICE("a\0\xff\0"));
	event_derive(ev);
	is_u64(ev->v[F_exe].flags, 0, "valid");
	is_u64(ev->v[F_args].flags, VALUE_INVALID_UTF8, "a list with one bad byte");
	is_u64(ev->v[F_cmdline].flags, VALUE_INVALID_UTF8, "and what is derived from it");
}

int main(void)
{
	struct event ev;

	if (event_init(&ev) < 0)
		return 1;
	test_names();
	test_suggest();
	test_errno();
	test_derive(&ev);
	test_text();
	test_list();
	test_scratch(&ev);
	test_utf8_flag(&ev);
	event_done(&ev);
	return done_testing();
}
