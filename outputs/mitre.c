/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/mitre.h"

#include <strings.h>

static const struct {
	const char *tag, *id, *name;
} tactics[] = {
	{ "reconnaissance", "TA0043", "Reconnaissance" },
	{ "resource-development", "TA0042", "Resource Development" },
	{ "initial-access", "TA0001", "Initial Access" },
	{ "execution", "TA0002", "Execution" },
	{ "persistence", "TA0003", "Persistence" },
	{ "privilege-escalation", "TA0004", "Privilege Escalation" },
	{ "defense-evasion", "TA0005", "Defense Evasion" },
	{ "credential-access", "TA0006", "Credential Access" },
	{ "discovery", "TA0007", "Discovery" },
	{ "lateral-movement", "TA0008", "Lateral Movement" },
	{ "collection", "TA0009", "Collection" },
	{ "command-and-control", "TA0011", "Command and Control" },
	{ "exfiltration", "TA0010", "Exfiltration" },
	{ "impact", "TA0040", "Impact" },
};

/* Drops "attack."; false if the tag is of another namespace. */
static bool in_namespace(struct slice *tag)
{
	if (tag->n <= MITRE_PREFIX || strncasecmp(tag->p, "attack.", MITRE_PREFIX) != 0)
		return false;
	tag->p += MITRE_PREFIX;
	tag->n -= MITRE_PREFIX;
	return true;
}

static size_t digits(struct slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
		n++;
	return n;
}

/* "t1059" or "t1059.004"; *ret_sub tells which. */
static bool technique(struct slice *tag, bool *ret_sub)
{
	if (!in_namespace(tag) || (tag->p[0] | 0x20) != 't' || digits(*tag, 1) != 4)
		return false;
	*ret_sub = tag->n > 5;
	return tag->n == 5 || (tag->n == 9 && tag->p[5] == '.' && digits(*tag, 6) == 3);
}

static struct slice upper(struct slice tag, size_t n, char *out)
{
	memcpy(out, tag.p, n);
	out[0] = 'T';
	return (struct slice){ out, n };
}

struct slice mitre_technique(struct slice tag, char out[MITRE_TEXT_MAX])
{
	bool sub;

	return technique(&tag, &sub) ? upper(tag, 5, out) : (struct slice){ 0 };
}

struct slice mitre_subtechnique(struct slice tag, char out[MITRE_TEXT_MAX])
{
	bool sub;

	return technique(&tag, &sub) && sub ? upper(tag, tag.n, out) : (struct slice){ 0 };
}

/* Place in tactics[], or its size. */
static size_t tactic(struct slice tag, char out[MITRE_TEXT_MAX])
{
	size_t i = ARRAY_SIZE(tactics);

	if (!in_namespace(&tag) || tag.n >= MITRE_TEXT_MAX)
		return i;
	for (size_t k = 0; k < tag.n; k++)
		out[k] = tag.p[k] == '_' ? '-' : tag.p[k];
	for (i = 0; i < ARRAY_SIZE(tactics); i++)
		if (strlen(tactics[i].tag) == tag.n && strncasecmp(tactics[i].tag, out, tag.n) == 0)
			break;
	return i;
}

struct slice mitre_tactic_id(struct slice tag, char out[MITRE_TEXT_MAX])
{
	size_t i = tactic(tag, out);

	return i < ARRAY_SIZE(tactics) ? slice_of(tactics[i].id) : (struct slice){ 0 };
}

struct slice mitre_tactic_name(struct slice tag, char out[MITRE_TEXT_MAX])
{
	size_t i = tactic(tag, out);

	return i < ARRAY_SIZE(tactics) ? slice_of(tactics[i].name) : (struct slice){ 0 };
}
