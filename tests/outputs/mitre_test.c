/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/mitre.h"
#include "tests/tap.h"

static const struct {
	const char *tag, *technique, *sub, *tactic, *name;
} cases[] = {
	{ "attack.t1059.004", "T1059", "T1059.004", "", "" },
	{ "attack.T1059", "T1059", "", "", "" },
	{ "ATTACK.t1059", "T1059", "", "", "" },
	{ "attack.privilege-escalation", "", "", "TA0004", "Privilege Escalation" },
	{ "attack.privilege_escalation", "", "", "TA0004", "Privilege Escalation" },
	{ "attack.command-and-control", "", "", "TA0011", "Command and Control" },
	{ "attack.t105", "", "", "", "" },
	{ "attack.t10591", "", "", "", "" },
	{ "attack.t1059.", "", "", "", "" },
	{ "attack.t1059.04", "", "", "", "" },
	{ "attack.t1059.0044", "", "", "", "" },
	{ "attack.t1059x004", "", "", "", "" },
	{ "attack.tabcd", "", "", "", "" },
	{ "attack.g0016", "", "", "", "" },
	{ "attack.", "", "", "", "" },
	{ "attack", "", "", "", "" },
	{ "", "", "", "", "" },
	{ "cve.2021-44228", "", "", "", "" },
	{ "attack.a-name-much-longer-than-any-tactic-of-the-matrix", "", "", "", "" },
};

static void check(mitre_fn *f, const char *tag, const char *want, const char *what)
{
	char out[MITRE_TEXT_MAX], name[128];

	snprintf(name, sizeof(name), "%s: %s", tag, what);
	is_slice(f(slice_of(tag), out), *want ? slice_of(want) : (struct slice){ 0 }, name);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check(mitre_technique, cases[i].tag, cases[i].technique, "technique");
		check(mitre_subtechnique, cases[i].tag, cases[i].sub, "sub-technique");
		check(mitre_tactic_id, cases[i].tag, cases[i].tactic, "tactic");
		check(mitre_tactic_name, cases[i].tag, cases[i].name, "tactic's name");
	}
	return done_testing();
}
