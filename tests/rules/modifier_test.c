/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* One item against one event: what matches, what does not, and what is refused where. */
#include "config.h"

#include "tests/rules/rules.h"

/* Events of one field: CommandLine unless the row begins with a brace. */
static const char *event_of(const char *value)
{
	static char line[4096];

	if (value[0] == '{')
		snprintf(line, sizeof(line), "{\"@timestamp\": 1750000000000000000, \"category\": \"process_creation\", %s", value + 1);
	else
		snprintf(line, sizeof(line), "{\"category\": \"process_creation\", \"CommandLine\": \"%s\"}", value);
	return line;
}

struct row {
	const char *item, *yes, *no; /* values, as in JSON; NULL: not asked */
};

static const struct row rows[] = {
	/* whole text, wildcards, escapes */
	{ "CommandLine: abc", "aBC", "abcd" },
	{ "CommandLine: 'a*c'", "abbc", "abbcd" },
	{ "CommandLine: 'a*c'", "a\\nc", "ac " },
	{ "CommandLine: 'a?c'", "a\xc3\xa4" "c", "abbc" },
	{ "CommandLine: 'a?c'", "a\\nc", "ac" },
	{ "CommandLine: '?'", "\xf0\x9f\x98\x80", "" },
	{ "CommandLine: '*'", "", "{\"User\": \"x\"}" },
	{ "CommandLine: ''", "", "a" },
	{ "CommandLine: 'a\\*'", "a*", "ab" },
	{ "CommandLine: 'a\\\\*'", "a\\\\b", "ab" },
	{ "CommandLine: 'a\\b'", "a\\\\b", "ab" },
	{ "CommandLine: 'a\\'", "a\\\\", "a" },
	{ "CommandLine: '$(a.[b'", "$(A.[b", "$(a-[b" },
	{ "CommandLine: 'k'", "K", "\xe2\x84\xaa" },
	{ "CommandLine: '\xc3\xa4?'", "\xc3\xa4x", "\xc3\x84x" },
	{ "CommandLine|contains: '\xc3\xa4'", "x\xc3\xa4y", "x\xc3\x84y" },
	{ "CommandLine: [a, b]", "B", "c" },
	/* numbers, truth, null */
	{ "UserId: 0", "{\"UserId\": 0}", "{\"UserId\": 1}" },
	{ "UserId: 0x10", "{\"UserId\": 16}", "{\"UserId\": 10}" },
	{ "UserId: '0'", "{\"UserId\": 0}", "{\"UserId\": 10}" },
	{ "CommandLine: 0777", "0777", "0o777" },
	{ "CommandLine: 0777", "777", "511" },
	{ "CommandLine: 0x10", "16", "10" },
	{ "Initiated: true", "{\"Initiated\": true}", "{\"Initiated\": false}" },
	{ "Initiated: 'True'", "{\"Initiated\": true}", "{\"Initiated\": false}" },
	{ "CommandLine: true", "TRUE", "1" },
	{ "CommandLine: null", "{\"User\": \"x\"}", "" },
	{ "CommandLine:", "{\"User\": \"x\"}", "null" },
	{ "CommandLine|neq:", "", "{\"User\": \"x\"}" },
	{ "CommandLine: yes", "yes", "true" },
	/* lists */
	{ "Args: b", "{\"Args\": [\"a\", \"b\"]}", "{\"Args\": [\"ab\"]}" },
	{ "Args|contains|all: [a, b]", "{\"Args\": [\"xa\", \"by\"]}", "{\"Args\": [\"a\", \"c\"]}" },
	{ "Args: 6", "{\"Args\": [\"init\", \"6\"]}", "{\"Args\": [\"init 6\"]}" },
	{ "Args|neq: b", "{\"Args\": [\"a\"]}", "{\"Args\": [\"a\", \"b\"]}" },
	{ "Args: '*'", "{\"Args\": [\"\"]}", "{\"Args\": []}" },
	/* contains and the like */
	{ "CommandLine|contains: bc", "aBCd", "b c" },
	{ "CommandLine|contains: 'b*d'", "abxxde", "adxb" },
	{ "CommandLine|contains: ''", "", "{\"User\": \"x\"}" },
	{ "CommandLine|startswith: ab", "ABc", "cab" },
	{ "CommandLine|endswith: ab", "cAB", "abc" },
	{ "CommandLine|endswith: ab", "xab", "xab\\n" },
	{ "CommandLine|contains: 77", "a77b", "7 7" },
	{ "CommandLine|contains|all: [a, b]", "xbya", "xaya" },
	{ "CommandLine|all|contains: [a, b]", "xbya", "xaya" },
	{ "CommandLine|cased: aB", "aB", "ab" },
	{ "CommandLine|contains|cased: aB", "xaBx", "xabx" },
	{ "CommandLine|cased|endswith: 'a?'", "xax", "xAx" },
	{ "CommandLine|neq: a", "b", "A" },
	{ "CommandLine|neq: a", "{\"User\": \"x\"}", "a" },
	{ "CommandLine|neq|contains|all: [a, b]", "a", "ab" },
	/* re */
	{ "CommandLine|re: 'b+c'", "abbcd", "aBc" },
	{ "CommandLine|re|i: 'b+c'", "aBBc", "ac" },
	{ "CommandLine|re|i: '^[k]$'", "K", "\xe2\x84\xaa" },
	{ "CommandLine|re: '(?i)abc'", "ABC", "ab" },
	{ "CommandLine|re: '^a.c$'", "abc\\n", "a\\nc" },
	{ "CommandLine|re|s: '^a.c$'", "a\\nc", "abbc" },
	{ "CommandLine|re|m: '^b$'", "a\\nb\\nc", "ab" },
	{ "CommandLine|re|multiline|dotall: '^b.c$'", "a\\nb\\nc", "bc" },
	{ "CommandLine|re: '^.$'", "\xc3\xa4", "\xc3\xa4x" },
	{ "CommandLine|re: '^[^a]$'", "\xc3\xa4", "a" },
	{ "CommandLine|re: '\\bfoo\\b'", "a foo b", "afoo" },
	{ "CommandLine|re: '^\\x41\\d\\s\\W$'", "A1 -", "A1 a" },
	{ "CommandLine|re: 'x*'", "", "{\"User\": \"x\"}" },
	{ "CommandLine|re: '^a{2,3}$'", "aaa", "aaaa" },
	{ "CommandLine|re: '^(?:a|b)+?$'", "abab", "abc" },
	{ "CommandLine|re: '^\\[\\]$'", "[]", "[" },
	{ "CommandLine|re: '^[]a-]+$'", "]a-", "b" },
	{ "CommandLine|re: 'a{b'", "a{b", "ab" },
	{ "CommandLine|re|all: [a, b]", "ba", "aa" },
	/* cidr */
	{ "DestinationIp|cidr: 10.0.0.0/8", "{\"DestinationIp\": \"10.1.2.3\"}", "{\"DestinationIp\": \"11.0.0.1\"}" },
	{ "DestinationIp|cidr: 10.0.0.1", "{\"DestinationIp\": \"10.0.0.1\"}", "{\"DestinationIp\": \"10.0.0.2\"}" },
	{ "DestinationIp|cidr: 10.0.0.0/8", "{\"DestinationIp\": \"::ffff:10.1.2.3\"}", "{\"DestinationIp\": \"::10.1.2.3\"}" },
	{ "DestinationIp|cidr: 'fe80::/10'", "{\"DestinationIp\": \"fe90::1\"}", "{\"DestinationIp\": \"fec0::1\"}" },
	{ "DestinationIp|cidr: '::/0'", "{\"DestinationIp\": \"::1\"}", "{\"DestinationIp\": \"1.2.3.4\"}" },
	{ "DestinationIp|cidr: 0.0.0.0/0", "{\"DestinationIp\": \"1.2.3.4\"}", "{\"DestinationIp\": \"::1\"}" },
	{ "CommandLine|cidr: 10.0.0.0/8", "10.9.9.9", "10.9.9" },
	/* exists, comparisons */
	{ "User|exists: true", "{\"User\": \"\"}", "" },
	{ "User|exists: false", "", "{\"User\": \"x\"}" },
	{ "UserId|gt: 5", "{\"UserId\": 6}", "{\"UserId\": 5}" },
	{ "UserId|gte: 5", "{\"UserId\": 5}", "{\"UserId\": 4}" },
	{ "UserId|lt: 5.5", "{\"UserId\": 5}", "{\"UserId\": 6}" },
	{ "UserId|lte: 5", "{\"UserId\": 5}", "{\"UserId\": 6}" },
	{ "ReturnValue|lt: 0", "{\"ReturnValue\": -1}", "{\"ReturnValue\": 0}" },
	{ "CapEffective|gt: 18446744073709551614", "{\"CapEffective\": 18446744073709551615}", "{\"CapEffective\": 18446744073709551614}" },
	{ "CommandLine|gt: 5", "6.5", "x6" },
	{ "CommandLine|lt: 5", "-3", "{\"User\": \"1\"}" },
	{ "UserId|neq|gt: 5", "{\"UserId\": 5}", "{\"UserId\": 6}" },
	/* fieldref */
	{ "Image|fieldref: ParentImage", "{\"Image\": \"/A\", \"ParentImage\": \"/a\"}", "{\"Image\": \"/a\", \"ParentImage\": \"/b\"}" },
	{ "Image|fieldref|cased: ParentImage", "{\"Image\": \"/a\", \"ParentImage\": \"/a\"}", "{\"Image\": \"/a\", \"ParentImage\": \"/A\"}" },
	{ "Image|fieldref: ParentImage", NULL, "{\"Image\": \"/a\"}" },
	{ "Image|fieldref|endswith: Comm", "{\"Image\": \"/bin/sh\", \"Comm\": \"sh\"}", "{\"Image\": \"/bin/sh\", \"Comm\": \"bin\"}" },
	{ "Image|fieldref|contains: Comm", "{\"Image\": \"/bin/sh\", \"Comm\": \"bin\"}", "{\"Image\": \"/bin/sh\", \"Comm\": \"b*n\"}" },
	{ "UserId|fieldref: EffectiveUserId", "{\"UserId\": 5, \"EffectiveUserId\": 5}", "{\"UserId\": 5, \"EffectiveUserId\": 0}" },
	{ "UserId|neq|fieldref: EffectiveUserId", "{\"UserId\": 5, \"EffectiveUserId\": 0}", "{\"UserId\": 5, \"EffectiveUserId\": 5}" },
	/* encodings; the base64 texts are those of base64(1) */
	{ "CommandLine|base64|contains: foobar", "x Zm9vYmFy y", "foobar" },
	{ "CommandLine|base64offset|contains: '/bin/sh'", "L2Jpbi9zaA==", "/bin/sh" },
	{ "CommandLine|base64offset|contains: '/bin/sh'", "eC9iaW4vc2g=", "L2Jpb" },
	{ "CommandLine|base64offset|contains: '/bin/sh'", "eHgvYmluL3No", "" },
	{ "CommandLine|wide|base64|contains: ab", "YQBiAA==", "ab" },
	{ "CommandLine|utf16be|base64: ab", "AGEAYg==", "YQBiAA==" },
	{ "CommandLine|utf16|base64: ab", "//5hAGIA", "YQBiAA==" },
	{ "CommandLine|windash|contains: ' -e '", "x /e y", "x e y" },
	{ "CommandLine|windash|contains: ' -e '", "x \xe2\x80\x93" "e y", "x --e y" },
	{ "CommandLine|windash: 'a-b'", "a-b", "a/b" },
	{ "CommandLine|windash|contains|all: [' -a', ' -b']", "x /a -b", "x /a b" },
	/* time: 2025-06-15 15:06:40 UTC, a Sunday */
	{ "'@timestamp|hour': 15", "{\"User\": \"x\"}", NULL },
	{ "'@timestamp|minute|gte': 6", "{\"User\": \"x\"}", NULL },
	{ "'@timestamp|minute|gt': 6", NULL, "{\"User\": \"x\"}" },
	{ "'@timestamp|week': 24", "{\"User\": \"x\"}", NULL },
	{ "'@timestamp|month': [5, 6]", "{\"User\": \"x\"}", NULL },
	{ "ImageChangeTime|year: 2024", "{\"ImageChangeTime\": \"2025-01-01T00:30:00+01:00\"}", "{\"ImageChangeTime\": \"2025-01-01T00:30:00Z\"}" },
	{ "ImageChangeTime|week: 1", "{\"ImageChangeTime\": \"2024-12-30T00:00:00Z\"}", "{\"ImageChangeTime\": \"2024-12-29T00:00:00Z\"}" },
	{ "ImageChangeTime|week: 53", "{\"ImageChangeTime\": \"2021-01-03T00:00:00Z\"}", "{\"ImageChangeTime\": \"2021-01-04T00:00:00Z\"}" },
	/* keywords */
	{ "'|all': [foo, bar]", "xfoo bar", "foo" },
	{ "'|re': '^fo+$'", "{\"User\": \"foo\"}", "foo " },
	{ "'|cased': Foo", "aFoo", "foo" },
	{ "'|startswith': foo", "foox", "xfoo" },
	{ "UserId: -0", "{\"UserId\": 0}", NULL },
	{ "Args: -0.0", "{\"Args\": [\"0\"]}", NULL },
	{ "User|hour: 0", "{\"User\": \"2024-02-29 00:01:02\"}", "2024-02-30T00:01:02Z" },
	{ "User|hour: 0", "{\"User\": \"0\"}", "99999999999999999999999999999999999" },
	{ "User|hour: 0", NULL, "-1" },
	{ "'': [6, x]", "{\"Args\": [\"6\"]}", "init 6" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct diag d = { 0 };
		struct ruleset *rs;

		if (!r->yes && !r->no)
			continue;
		rs = rules_of(rule_with(r->item), &d);
		if (!ok(rs != NULL, "loads: %s", r->item))
			printf("# %s\n", first_message(&d, DIAG_ERROR));
		if (rs && r->yes)
			is_str(hits_of(rs, event_of(r->yes)), "0:r ", r->yes);
		if (rs && r->no)
			is_str(hits_of(rs, event_of(r->no)), "", r->no);
		ruleset_unref(rs);
		diag_done(&d);
	}
}

/* Line 6 holds the item: column 5 is the key. */
static const struct {
	const char *item;
	unsigned col;
	const char *word;
} refused[] = {
	{ "Imag: x", 5, "unknown field" },
	{ "Image|: x", 5, "unknown modifier" },
	{ "Image|contians: x", 5, "unknown modifier" },
	{ "Image|contains|contains: x", 5, "twice" },
	{ "Image|wide|utf16le|base64: x", 5, "twice" },
	{ "Image|contains|startswith: x", 5, "only one of" },
	{ "Image|contains|re: x", 5, "first" },
	{ "Image|re|contains: x", 5, "rewrite" },
	{ "Image|re|cased: x", 5, "cased" },
	{ "Image|i: x", 5, "follows" },
	{ "Image|cidr|cased: 1.2.3.4", 5, "cased" },
	{ "Image|exists|neq: true", 5, "alone" },
	{ "Image|exists: 'yes'", 19, "true or false" },
	{ "Image|exists: [true]", 19, "not a list" },
	{ "Image|contains|fieldref: User", 5, "first" },
	{ "Image|fieldref: 'a*'", 21, "no field" },
	{ "Image|gt|lt: 5", 5, "together" },
	{ "UserId|gt: x", 16, "not a number" },
	{ "UserId: .nan", 13, "equals no number" },
	{ "UserId|lt: [1, .nan]", 20, "equals no number" },
	{ "UserId|gt: '5'", 16, "not a number" },
	{ "DestinationIp|cidr: 10.0.0.0/33", 25, "prefix length" },
	{ "DestinationIp|cidr: 10.0.0.1/8", 25, "beyond its prefix" },
	{ "DestinationIp|cidr: 10.0.0/8", 25, "not an IPv4" },
	{ "DestinationIp|cidr: 5", 25, "not an IPv4" },
	{ "Image|base64: 'a*'", 19, "wildcards" },
	{ "Image|contains|base64: a", 5, "before contains" },
	{ "Image|base64: 5", 19, "quotes" },
	{ "Image|wide: \xc3\xa4", 17, "need base64" },
	{ "Image|utf16: a", 18, "need base64" },
	{ "Image|windash: '-a -b -c -d -e -f'", 20, "more than 5" },
	{ "Image|expand: '%x%'", 19, "no configured value" },
	{ "Image: []", 12, "empty list" },
	{ "Image: [a, null]", 16, "null" },
	{ "Image: [a, [b]]", 16, "list inside" },
	{ "Image: {a: b}", 13, "map" },
	{ "Image|contains: null", 21, "stands alone" },
	{ "Image|fieldref:", 20, "" },
	{ "'|exists': true", 5, "needs a field" },
	{ "'|fieldref': User", 5, "needs a field" },
	{ "'': null", 9, "empty keyword" },
	{ "Image|hour: x", 17, "whole number" },
	{ "Image|re: ''", 15, "empty" },
	{ "Image|re: 'a(?=b)'", 15, "look-around" },
	{ "Image|re: '(?<!b)a'", 15, "look-around" },
	{ "Image|re: '(a)\\1'", 15, "back reference" },
	{ "Image|re: '(?P<n>a)'", 15, "named" },
	{ "Image|re: '(?>a)'", 15, "atomic" },
	{ "Image|re: 'a++'", 15, "possessive" },
	{ "Image|re: 'a{2}+'", 15, "possessive" },
	{ "Image|re: '[[:alpha:]]'", 15, "POSIX" },
	{ "Image|re: '\\pL'", 15, "Unicode" },
	{ "Image|re: 'a{,5}'", 15, "{,n}" },
	{ "Image|re: 'a{1001}'", 15, "above 1000" },
	{ "Image|re: '(a{999}){999}'", 15, "too large" },
	{ "Image|re: 'a(?i)b'", 15, "inline flags" },
	{ "Image|re: '(a'", 15, "without )" },
	{ "Image|re: 'a)'", 15, "without (" },
	{ "Image|re: '[a'", 15, "[ without ]" },
	{ "Image|re: '[b-a]'", 15, "backwards" },
	{ "Image|re: '*a'", 15, "nothing that can repeat" },
	{ "Image|re: 'a\\'", 15, "backslash" },
	{ "Image|re: '\\q'", 15, "not accepted" },
	{ "Image|re: '\\x4'", 15, "two hexadecimal" },
	{ "Image|re: 'a{3,2}'", 15, "smaller" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct diag d = { 0 };
		struct ruleset *rs = rules_of(rule_with(refused[i].item), &d);
		char place[32];
		const char *got = first_message(&d, DIAG_ERROR);

		snprintf(place, sizeof(place), "6:%u ", refused[i].col);
		if (!ok(!rs && strncmp(got, place, strlen(place)) == 0 && strstr(got, refused[i].word), "refused at its place: %s",
			refused[i].item))
			printf("# %s\n", got);
		ruleset_unref(rs);
		diag_done(&d);
	}
}

int main(void)
{
	test_rows();
	test_refused();
	return done_testing();
}
