/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Many patterns at once, against a slow and simple matcher of our own. */
#include "config.h"

#include "rules/match.h"

#include "rules/values.h"
#include "tests/hostile.h"
#include "tests/tap.h"

#define PATTERNS 300
#define TEXTS	 400
#define LONGEST	 12

static struct arena arena;

/* Random text over a small alphabet, so that much matches; every character is one of UTF-8. */
static struct slice random_text(uint64_t *state, bool pattern, char *out)
{
	static const char *const piece[] = { "a", "B", "b", "A", "\xc3\xa4", "\n", ".", "\\\\", "*", "?" };
	size_t n = hostile_random(state) % LONGEST, len = 0;

	for (size_t i = 0; i < n; i++) {
		const char *p = piece[hostile_random(state) % (pattern ? ARRAY_SIZE(piece) : 7)];

		memcpy(out + len, p, strlen(p));
		len += strlen(p);
	}
	return (struct slice){ out, len };
}

static size_t char_len(const char *p)
{
	return ((uint8_t)*p & 0xe0) == 0xc0 ? 2 : 1;
}

static bool same(uint16_t pat, char c, bool cased)
{
	return cased ? (char)pat == c : fold((char)pat) == fold(c);
}

/* The text book's matcher: table of (pattern position, text position). */
static bool slow_match(const struct pattern *p, struct slice s, bool cased)
{
	bool *at = calloc(s.n + 1, 1), *next = calloc(s.n + 1, 1), *t;
	bool result;

	at[0] = true;
	for (size_t i = 0; i < p->n; i++) {
		memset(next, 0, s.n + 1);
		for (size_t j = 0; j <= s.n; j++) {
			if (!at[j])
				continue;
			if (p->t[i] == PAT_ANY)
				memset(next + j, true, s.n + 1 - j);
			else if (j < s.n && p->t[i] == PAT_ONE)
				next[j + char_len(s.p + j)] = true;
			else if (j < s.n && p->t[i] < PAT_ANY && same(p->t[i], s.p[j], cased))
				next[j + 1] = true;
		}
		t = at;
		at = next;
		next = t;
	}
	result = at[s.n];
	free(at);
	free(next);
	return result;
}

static void on_match(void *context, uint32_t id)
{
	((unsigned *)context)[id]++;
}

static bool matches_empty(const struct pattern *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i] != PAT_ANY)
			return false;
	return true;
}

static unsigned make_patterns(struct atom *atoms, struct match_pattern *mp)
{
	uint64_t state = 42;
	unsigned n = 0;

	while (n < PATTERNS) {
		char text[LONGEST * 3];
		struct atom *a = &atoms[n];

		*a = (struct atom){ .kind = ATOM_TEXT, .cased = hostile_random(&state) & 1 };
		if (pattern_parse(&arena, random_text(&state, true, text), &a->pat) < 0)
			abort();
		if (matches_empty(&a->pat)) /* the compiler does not bring those here */
			continue;
		if (match_pattern_of(&arena, a, &mp[n]) < 0)
			abort();
		mp[n].id = n;
		n++;
	}
	return n;
}

static void test_against_slow(void)
{
	static struct atom atoms[PATTERNS];
	static struct match_pattern mp[PATTERNS];
	struct match_scratch *scratch = NULL;
	struct matcher *m = NULL;
	unsigned n = make_patterns(atoms, mp), wrong = 0, twice = 0, hits = 0;
	uint64_t state = 7;

	if (!ok(matcher_new(mp, n, &m) == 0 && match_scratch_add(&scratch, m) == 0, "%u patterns compile", n))
		return;
	for (unsigned i = 0; i < TEXTS; i++) {
		char text[LONGEST * 3];
		struct slice s = random_text(&state, false, text);
		unsigned got[PATTERNS] = { 0 };

		matcher_scan(m, scratch, s, on_match, got);
		for (unsigned k = 0; k < n; k++) {
			bool want = slow_match(&atoms[k].pat, s, atoms[k].cased);

			hits += want;
			twice += got[k] > 1;
			if ((got[k] > 0) == want)
				continue;
			if (!wrong++) {
				printf("# pattern %s flags %u wants %d\n", mp[k].text, mp[k].flags, want);
				tap_show("text", s);
			}
		}
	}
	is_u64(wrong, 0, "the same as the slow matcher");
	is_u64(twice, 0, "told once");
	ok(hits > TEXTS, "there was something to find (%u)", hits);
	match_scratch_free(scratch);
	matcher_free(m);
}

static void test_refused(void)
{
	struct match_pattern p = { .text = "a(b", .flags = MATCH_UTF8 };
	struct matcher *m = NULL;
	char why[200] = "";

	ok(match_check(&p, why, sizeof(why)) < 0 && why[0], "a bad pattern is refused with a reason");
	ok(matcher_new(&p, 1, &m) < 0 && !m, "and takes no matcher");
	p.text = "x[^a]{50}y[^a]{50}z";
	ok(match_check(&p, why, sizeof(why)) < 0, "one too large, too: %s", why);
}

static void test_empty(void)
{
	struct match_pattern p[] = { { "a*", MATCH_UTF8 | MATCH_ALLOWEMPTY, 0 }, { "^$", MATCH_UTF8 | MATCH_ALLOWEMPTY, 1 }, { "a", MATCH_UTF8, 2 } };
	struct match_scratch *scratch = NULL;
	struct matcher *m = NULL;
	unsigned got[3] = { 0 };

	if (!ok(matcher_new(p, 3, &m) == 0 && match_scratch_add(&scratch, m) == 0, "compiles"))
		return;
	matcher_scan(m, scratch, (struct slice){ 0 }, on_match, got);
	ok(got[0] && got[1] && !got[2], "the empty text");
	match_scratch_free(scratch);
	matcher_free(m);
}

int main(void)
{
	test_against_slow();
	test_refused();
	test_empty();
	arena_done(&arena);
	return done_testing();
}
