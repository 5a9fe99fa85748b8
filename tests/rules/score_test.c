/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/score.h"
#include "tests/tap.h"

#define MIN_NS (60 * NSEC_PER_SEC)

static struct rule_meta rule(const char *identity, enum level level, unsigned score)
{
	return (struct rule_meta){ .identity = identity, .title = identity, .level = level, .score = score };
}

static struct rule_meta rule_of(const char *identity, enum level level)
{
	return rule(identity, level, level_score(level));
}

static struct verdict hit(struct lineage *l, struct rule_meta r, uint64_t t)
{
	struct verdict v;

	score_hit(&score_default, l, &r, t, &v);
	return v;
}

static void test_decay(void)
{
	static const struct {
		unsigned points;
		uint64_t age, half_life;
		unsigned want;
	} row[] = {
		{ 80, 0, 10, 80 },
		{ 80, 10, 10, 40 },
		{ 80, 20, 10, 20 },
		{ 80, 5, 10, 60 },  /* linear between halvings */
		{ 80, 15, 10, 30 },
		{ 80, 1, 10, 76 },
		{ 5, 10, 10, 3 },   /* 2.5: half up */
		{ 5, 20, 10, 1 },   /* 1.25 */
		{ 5, 30, 10, 1 },   /* 0.625 */
		{ 5, 40, 10, 0 },   /* 0.3125 */
		{ 1, 10, 10, 1 },   /* 0.5 */
		{ 1, 11, 10, 0 },   /* 0.475 */
		{ 95, 330, 10, 0 },
		{ UINT32_MAX, 0, 10, UINT32_MAX },
		{ UINT32_MAX, 320, 10, 1 },
		{ UINT32_MAX, 340, 10, 0 },
		{ 80, UINT64_MAX, 1, 0 },
		{ 80, UINT64_MAX, UINT64_MAX, 40 },
		{ 80, UINT64_MAX / 2, UINT64_MAX, 60 },
		{ 80, 0, 0, 80 },
		{ 80, 1, 0, 0 },
		{ 0, 5, 10, 0 },
	};
	bool falling = true;

	for (unsigned i = 0; i < ARRAY_SIZE(row); i++) {
		unsigned got = score_decay(row[i].points, row[i].age, row[i].half_life);

		ok(got == row[i].want, "%u points, age %llu, half-life %llu: %u is %u", row[i].points,
		   (unsigned long long)row[i].age, (unsigned long long)row[i].half_life, got, row[i].want);
	}
	for (uint64_t age = 0; age < 1000; age++)
		falling &= score_decay(95, age + 1, 77) <= score_decay(95, age, 77);
	ok(falling, "never rises");
}

static void test_level(void)
{
	static const struct {
		enum level level;
		unsigned score;
		enum level alert_level;
		bool want;
	} row[] = {
		{ LEVEL_MEDIUM, 45, LEVEL_MEDIUM, true },
		{ LEVEL_LOW, 20, LEVEL_MEDIUM, false },
		{ LEVEL_NONE, 45, LEVEL_MEDIUM, true },
		{ LEVEL_NONE, 45, LEVEL_HIGH, false },
		{ LEVEL_NONE, 10, LEVEL_MEDIUM, true }, /* a score never sinks a rule */
		{ LEVEL_LOW, 70, LEVEL_HIGH, true },	/* but lifts it */
		{ LEVEL_LOW, 69, LEVEL_HIGH, false },
		{ LEVEL_CRITICAL, 0, LEVEL_HIGH, true },
		{ LEVEL_INFORMATIONAL, 5, LEVEL_INFORMATIONAL, true },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(row); i++) {
		struct score_config c = score_default;
		struct rule_meta r = rule("r", row[i].level, row[i].score);
		struct verdict v;

		c.alert_level = row[i].alert_level;
		score_hit(&c, NULL, &r, 1, &v);
		ok(v.alert == row[i].want && !v.by_lineage, "level %d, score %u, alert_level %d: %s", row[i].level,
		   row[i].score, row[i].alert_level, row[i].want ? "alert" : "none");
		ok(v.score == row[i].score && v.lineage_score == row[i].score && v.n_parts == 1,
		   "without a lineage its score is the sum");
	}
}

static void test_lineage(void)
{
	struct lineage l = { 0 };
	struct verdict v;

	v = hit(&l, rule_of("a", LEVEL_LOW), 0);
	ok(!v.alert && v.lineage_score == 20, "one low hit is quiet");
	v = hit(&l, rule_of("a", LEVEL_LOW), MIN_NS);
	ok(!v.alert && v.lineage_score == 20 && v.n_parts == 1, "of one rule the latest hit counts");
	hit(&l, rule_of("b", LEVEL_LOW), MIN_NS);
	hit(&l, rule_of("c", LEVEL_LOW), MIN_NS);
	v = hit(&l, rule_of("d", LEVEL_LOW), MIN_NS);
	ok(!v.alert && v.lineage_score == 80, "four low hits are quiet");
	v = hit(&l, rule_of("e", LEVEL_LOW), MIN_NS);
	ok(v.alert && v.by_lineage && v.lineage_score == 100, "five are not");
	ok(v.n_parts == 5 && slice_eqs(v.part[0].rule, "e"), "this hit is the first part");
	v = hit(&l, rule_of("f", LEVEL_LOW), 2 * MIN_NS);
	ok(!v.alert && !v.by_lineage && v.lineage_score > 90, "told once");
	v = hit(&l, rule_of("g", LEVEL_HIGH), 2 * MIN_NS);
	ok(v.alert && !v.by_lineage, "a high hit leaves by itself");

	/* 190 points now; below 45 after a little more than two half-lives. */
	v = hit(&l, rule_of("h", LEVEL_INFORMATIONAL), 60 * MIN_NS);
	ok(!v.alert && v.lineage_score < 45, "an hour later the sum is %u", v.lineage_score);
	hit(&l, rule_of("i", LEVEL_LOW), 60 * MIN_NS);
	hit(&l, rule_of("j", LEVEL_LOW), 60 * MIN_NS);
	hit(&l, rule_of("k", LEVEL_LOW), 60 * MIN_NS);
	hit(&l, rule_of("l", LEVEL_LOW), 60 * MIN_NS);
	v = hit(&l, rule_of("m", LEVEL_LOW), 60 * MIN_NS);
	ok(v.alert && v.by_lineage, "armed again");
}

static void test_rearm(void)
{
	struct lineage l = { 0 };
	struct score_config c = { .alert_level = LEVEL_HIGH, .lineage_threshold = 90, .half_life_ns = 10 * MIN_NS };
	struct rule_meta big = rule("big", LEVEL_LOW, 44), more = rule("more", LEVEL_LOW, 50);
	struct verdict v;

	score_hit(&c, &l, &big, 0, &v);
	score_hit(&c, &l, &more, 0, &v);
	ok(v.alert && v.by_lineage && l.fired && v.lineage_score == 94, "94 points");
	score_hit(&c, &l, &big, 10 * MIN_NS, &v);
	ok(!v.alert && l.fired && v.lineage_score == 69, "the hit found 47: half of the threshold and more, not armed");
	score_hit(&c, &l, &more, 20 * MIN_NS, &v);
	ok(!v.alert && !l.fired && v.lineage_score == 72, "the hit found 35: armed");
	score_hit(&c, &l, &big, 20 * MIN_NS, &v);
	ok(v.alert && v.by_lineage, "and it fires");

	c.lineage_threshold = 0;
	l = (struct lineage){ 0 };
	score_hit(&c, &l, &big, 0, &v);
	score_hit(&c, &l, &more, 0, &v);
	ok(!v.alert && v.lineage_score == 94, "threshold 0 is off");
}

static void test_late(void)
{
	struct lineage l = { 0 };
	struct verdict v;

	hit(&l, rule_of("a", LEVEL_LOW), 100 * MIN_NS);
	v = hit(&l, rule_of("b", LEVEL_LOW), 0);
	ok(v.lineage_score == 40, "a late hit finds nothing decayed");
	hit(&l, rule_of("a", LEVEL_LOW), 0);
	v = hit(&l, rule_of("c", LEVEL_LOW), 100 * MIN_NS);
	ok(v.lineage_score == 40, "and turns no clock back: %u", v.lineage_score);
}

static void test_full(void)
{
	struct lineage l = { 0 };
	char name[40][8];
	struct verdict v = { 0 };
	bool descending = true;

	for (unsigned i = 0; i < 40; i++) {
		snprintf(name[i], sizeof(name[i]), "r%u", i);
		v = hit(&l, rule(name[i], LEVEL_INFORMATIONAL, 1 + i), 1000 + i);
	}
	is_u64(l.n, TL_LINEAGE_RULES, "bounded");
	is_u64(v.lineage_score, (25 + 40) * 16 / 2, "the smallest went");
	is_u64(v.n_parts, TL_ALERT_PARTS, "parts are bounded, too");
	v = hit(&l, rule("small", LEVEL_INFORMATIONAL, 2), 2000);
	is_u64(v.lineage_score, (26 + 40) * 15 / 2 + 2, "a new hit always enters");
	ok(slice_eqs(v.part[0].rule, "small") && slice_eqs(v.part[1].rule, "r39"), "this hit, then the largest");
	for (unsigned i = 2; i < v.n_parts; i++)
		descending &= v.part[i].points < v.part[i - 1].points;
	ok(descending, "parts by size");
	is_u64(v.part[7].points, 34, "the smallest part shown");
}

static void test_names(void)
{
	char one[201], two[201];
	struct lineage l = { 0 };
	struct verdict v;

	memset(one, 'x', 200);
	memset(two, 'x', 200);
	one[200] = two[200] = '\0';
	two[199] = 'y';
	hit(&l, rule_of(one, LEVEL_LOW), 0);
	v = hit(&l, rule_of(two, LEVEL_LOW), 0);
	is_u64(v.lineage_score, 40, "long identities that differ at the end are two rules");
	is_u64(v.part[1].rule.n, TL_LINEAGE_NAME - 1, "shown cut");
	memcpy(one + TL_LINEAGE_NAME - 2, "\xc3\xa4", 2);
	l = (struct lineage){ 0 };
	hit(&l, rule_of(one, LEVEL_LOW), 0);
	v = hit(&l, rule_of("b", LEVEL_LOW), 0);
	is_u64(v.part[1].rule.n, TL_LINEAGE_NAME - 2, "and at a character");
}

static void test_replace(void)
{
	struct lineage l = { 0 };
	struct hit corr = { .n_steps = 3 };
	struct verdict v;

	hit(&l, rule_of("part1", LEVEL_LOW), 0);
	hit(&l, rule_of("part2", LEVEL_LOW), 0);
	hit(&l, rule_of("other", LEVEL_LOW), 0);
	corr.step[0].rule = SLICE("part1");
	corr.step[1].rule = SLICE("part2");
	corr.step[2].rule = SLICE("part1");
	score_replace(&l, &corr);
	v = hit(&l, rule_of("corr", LEVEL_HIGH), 0);
	is_u64(v.lineage_score, 90, "a correlation stands for its parts");
	is_u64(v.n_parts, 2, "which are no longer parts of the sum");
	score_replace(NULL, &corr);
	ok(true, "no lineage is no trouble");
}

int main(void)
{
	test_decay();
	test_level();
	test_lineage();
	test_rearm();
	test_late();
	test_full();
	test_names();
	test_replace();
	return done_testing();
}
