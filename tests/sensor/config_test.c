/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/conf.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tap.h"

static char dir[] = "/tmp/tripline-config.XXXXXX";
static char path[64], link_path[64];

static int load(struct config *c, const char *text, struct diag *d)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fputs(text, f);
	fclose(f);
	(void)chmod(path, 0644);
	if (config_init(c) < 0)
		return -ENOMEM;
	return config_load(c, path, geteuid(), d);
}

static void test_defaults(void)
{
	struct config c;

	is_i64(config_init(&c), 0, "every default is a valid value");
	is_u64(c.ring_bytes, 16 << 20, "16M");
	is_u64(c.half_life, 600 * NSEC_PER_SEC, "10m");
	is_u64(c.alert_level, LEVEL_MEDIUM, "medium");
	is_u64(c.terminal, CHOICE_AUTO, "auto");
	ok(!c.syslog, "false");
	is_str(c.user, "", "an empty text");
	is_u64(c.rules.n, 2, "a list of two");
	is_str(c.rules.item[0], TL_PKGDATADIR "/rules", "a path of the build");
	is_str(c.rules.item[1], TL_SYSCONFDIR "/rules.d", "another");
	ok(!c.rules.item[2], "ends with NULL");
	config_done(&c);
}

static void test_good(void)
{
	struct diag d = { 0 };
	struct config c;
	int r = load(&c,
		     "---\n# comment\nring_bytes: 1M\nhalf_life: 90s\nalert_level: high\nsyslog: true\nterminal: false\n"
		     "rules:\n  - /a\n  - \"/b c\"\nrecord_file: '/x'\nlineage_threshold: 0\n",
		     &d);

	is_i64(r, 0, "a good file");
	is_u64(d.n, 0, "has nothing to tell");
	is_u64(c.ring_bytes, 1 << 20, "size");
	is_u64(c.half_life, 90 * NSEC_PER_SEC, "time");
	is_u64(c.alert_level, LEVEL_HIGH, "level");
	ok(c.syslog && c.terminal == CHOICE_FALSE, "bool and choice");
	is_u64(c.rules.n, 2, "a list replaces the default");
	is_str(c.rules.item[1], "/b c", "its text");
	is_str(c.record_file, "/x", "text");
	is_u64(c.lineage_threshold, 0, "number");
	ok(config_is_default(&c, "user") && !config_is_default(&c, "rules"), "what the file said is no default");
	config_done(&c);
	diag_done(&d);
}

/* Text, place and beginning of the message. */
static const struct {
	const char *name, *text;
	unsigned line, col;
	const char *message;
} bad[] = {
	{ "a slip of the finger", "alert_level: low\nalert_levle: high\n", 2, 1, "unknown option alert_levle (did you mean alert_level?)" },
	{ "nothing near", "zzzzzzzzzz: 1\n", 1, 1, "unknown option zzzzzzzzzz" },
	{ "not a number", "lineage_threshold: many\n", 1, 20, "lineage_threshold must be a whole number, not \"many\"" },
	{ "not a size", "ring_bytes: 16 M\n", 1, 13, "ring_bytes must be a size" },
	{ "not a power of two", "ring_bytes: 100000\n", 1, 13, "ring_bytes must be a power of two" },
	{ "too small", "ring_bytes: 4K\n", 1, 13, "ring_bytes is out of range" },
	{ "too large", "half_life: 1000d\n", 1, 12, "half_life is out of range" },
	{ "overflow", "string_memory: 99999999999999999999\n", 1, 16, "string_memory" },
	{ "multiplied overflow", "string_memory: 18446744073709551615G\n", 1, 16, "string_memory is out of range" },
	{ "not a time", "heartbeat: 5w\n", 1, 12, "heartbeat must be a time" },
	{ "YAML 1.1 truth", "syslog: yes\n", 1, 9, "syslog must be true or false, not \"yes\"" },
	{ "auto where it is none", "syslog: auto\n", 1, 9, "syslog must be true or false" },
	{ "not a level", "alert_level: urgent\n", 1, 14, "alert_level must be" },
	{ "a map", "rules: {a: b}\n", 1, 9, "rules takes one value" },
	{ "a list for one value", "record_file: [a, b]\n", 1, 14, "record_file takes one value" },
	{ "no value", "record_file:\n", 1, 13, "record_file has no value" },
	{ "no map", "- a\n", 1, 1, "expected a map of options" },
	{ "two documents", "syslog: true\n---\nsyslog: false\n", 2, 1, "only one YAML document is expected" },
	{ "a key twice", "syslog: true\nsyslog: false\n", 2, 1, "" },
	{ "an alias", "record_file: &a x\nuser: *a\n", 2, 7, "" },
	{ "broken syntax", "record_file: [\n", 2, 1, "" },
	{ "17 of a list", "rules: [a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a]\n", 1, 41, "rules has more than 16 items" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct diag d = { 0 };
		struct config c;
		int r = load(&c, bad[i].text, &d);
		bool right = r == -EINVAL && d.errors >= 1 && d.msg[0].line == bad[i].line && d.msg[0].col == bad[i].col &&
			     strncmp(d.msg[0].text, bad[i].message, strlen(bad[i].message)) == 0;

		if (!ok(right, "%s is refused with its place", bad[i].name))
			printf("# %d: %u:%u: %s\n", r, d.n ? d.msg[0].line : 0, d.n ? d.msg[0].col : 0,
			       d.n ? d.msg[0].text : "(none)");
		config_done(&c);
		diag_done(&d);
	}
}

static void test_cut(void)
{
	static const char whole[] = "ring_bytes: 1M\nrules:\n  - \"/a\"\nalert_level: high\n";
	bool sane = true;

	for (size_t n = 0; n < sizeof(whole); n++) {
		char text[sizeof(whole)];
		struct diag d = { 0 };
		struct config c;
		int r;

		memcpy(text, whole, n);
		text[n] = '\0';
		r = load(&c, text, &d);
		sane &= (r == 0) == (d.errors == 0);
		config_done(&c);
		diag_done(&d);
	}
	ok(sane, "a file cut at any byte is read or refused with a message");
}

static int load_now(const char *p, uid_t owner, char *first, size_t size)
{
	struct diag d = { 0 };
	struct config c;
	int r;

	(void)config_init(&c);
	r = config_load(&c, p, owner, &d);
	(void)snprintf(first, size, "%s", d.n ? d.msg[0].text : "");
	config_done(&c);
	diag_done(&d);
	return r;
}

static void test_file(void)
{
	struct diag d = { 0 };
	struct config c;
	char why[256];

	(void)load(&c, "syslog: true\n", &d);
	config_done(&c);
	is_i64(load_now(path, geteuid(), why, sizeof(why)), 0, "a file of one's own");
	is_i64(load_now(path, geteuid() + 1, why, sizeof(why)), geteuid() == 0 ? 0 : -EINVAL, "of root, or refused: another's");
	(void)chmod(path, 0664);
	is_i64(load_now(path, geteuid(), why, sizeof(why)), -EINVAL, "writable by the group: refused");
	ok(strstr(why, "chmod go-w") != NULL, "and says what to do");
	(void)chmod(path, 0646);
	is_i64(load_now(path, geteuid(), why, sizeof(why)), -EINVAL, "writable by others: refused");
	is_i64(load_now(path, (uid_t)-1, why, sizeof(why)), 0, "unless nobody asks");
	(void)chmod(path, 0644);
	is_i64(symlink(path, link_path), 0, "a symbolic link");
	is_i64(load_now(link_path, geteuid(), why, sizeof(why)), -ELOOP, "is refused");
	is_i64(load_now(dir, geteuid(), why, sizeof(why)), -EINVAL, "a directory is refused");
	unlink(link_path);
	is_i64(load_now(link_path, geteuid(), why, sizeof(why)), -ENOENT, "a missing file is told apart");
	diag_done(&d);
	if (geteuid() == 0) {
		(void)!chown(path, 12345, 0);
		is_i64(load_now(path, 0, why, sizeof(why)), -EINVAL, "another user's file is refused to root");
		ok(strstr(why, "must belong to root") != NULL, "and says whose it must be");
	}
}

static void test_size(void)
{
	char why[256];
	FILE *f = fopen(path, "w");

	for (unsigned i = 0; f && i < TL_CONFIG_BYTES_MAX / 16 + 1; i++)
		fputs("# 3456789012345\n", f);
	if (f)
		fclose(f);
	is_i64(load_now(path, (uid_t)-1, why, sizeof(why)), -EINVAL, "a huge file is refused");
}

static void test_set(void)
{
	struct config c, from;
	char why[256] = "";

	(void)config_init(&c);
	is_i64(config_set(&c, "ring-bytes", SLICE("2M"), why, sizeof(why)), 0, "a dash is an underscore");
	is_i64(config_set(&c, "rules", SLICE("/one"), why, sizeof(why)), 0, "the first item replaces the default");
	is_i64(config_set(&c, "rules", SLICE("/two"), why, sizeof(why)), 0, "the next is added");
	ok(c.rules.n == 2 && strcmp(c.rules.item[1], "/two") == 0, "as said");
	is_i64(config_set(&c, "nothing", SLICE(""), why, sizeof(why)), -ENOENT, "no such option");
	is_i64(config_set(&c, "record_file", (struct slice){ "a\0b", 3 }, why, sizeof(why)), -EINVAL, "a NUL in a path");
	is_str(config_suggest(SLICE("ring-byte")), "ring_bytes", "the nearest name");
	ok(config_is_bool("syslog") && !config_is_bool("terminal"), "which options need no value");

	(void)config_init(&from);
	(void)config_set(&from, "alert_level", SLICE("critical"), why, sizeof(why));
	(void)config_set(&from, "ring_bytes", SLICE("8M"), why, sizeof(why));
	(void)config_set(&from, "lineage_threshold", SLICE("7"), why, sizeof(why));
	(void)config_set(&c, "lineage_threshold", SLICE("8"), why, sizeof(why));
	config_reload(&c, &from);
	is_u64(c.alert_level, LEVEL_CRITICAL, "a reloadable option changes");
	is_u64(c.lineage_threshold, 8, "unless the command line gave it");
	is_u64(c.ring_bytes, 2 << 20, "another does not");
	config_done(&from);
	config_done(&c);
}

/* The shipped file, with its comments taken away, must be every option at its default. */
static void test_shipped(void)
{
	const char *src = getenv("TL_SRCDIR");
	char shipped[4096], line[512];
	char *made = NULL;
	size_t made_n = 0, n = 0;
	FILE *to = open_memstream(&made, &made_n), *f;
	bool same;

	config_template(to);
	fclose(to);
	(void)snprintf(shipped, sizeof(shipped), "%s/data/tripline.yaml", src ? src : ".");
	f = fopen(shipped, "r");
	same = f != NULL;
	while (f && fgets(line, sizeof(line), f)) {
		size_t k = strlen(line);

		same &= n + k <= made_n && memcmp(made + n, line, k) == 0;
		n += k;
	}
	ok(same && n == made_n, "data/tripline.yaml is what the table says");
	if (f)
		fclose(f);
	/* Uncommented it must load. */
	to = fopen(path, "w");
	for (char *p = made; to && p && *p; p = strchr(p, '\n') + 1) {
		char *end = strchr(p, '\n');

		if (*p == '#' && p[1] != ' ' && end)
			fprintf(to, "%.*s\n", (int)(end - p - 1), p + 1);
		else if (*p == '#' && strncmp(p, "#  - ", 5) == 0 && end)
			fprintf(to, "%.*s\n", (int)(end - p - 1), p + 1);
		if (!end)
			break;
	}
	if (to)
		fclose(to);
	is_i64(load_now(path, (uid_t)-1, line, sizeof(line)), 0, "its options load when uncommented");
	free(made);
}

static void test_help(void)
{
	char *text = NULL;
	size_t n = 0;
	unsigned lines = 0, options = 0;
	FILE *to = open_memstream(&text, &n);

	config_help(to);
	fclose(to);
	for (char *p = text; p && *p; p++)
		lines += *p == '\n';
#define OPTION(name, type, def, min, max, reload, doc) options++;
#include "sensor/config.def"
	is_u64(lines, options, "--help has a line for each option");
	free(text);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/c.yaml", dir);
	(void)snprintf(link_path, sizeof(link_path), "%s/link", dir);
	test_defaults();
	test_good();
	test_bad();
	test_cut();
	test_file();
	unlink(path);
	test_size();
	test_set();
	test_shipped();
	test_help();
	unlink(path);
	rmdir(dir);
	return done_testing();
}
