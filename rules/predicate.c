/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Modifiers that test something else than the text as a whole. */
#include "config.h"

#include <errno.h>

#include "core/parse.h"
#include "rules/item.h"
#include "rules/regex.h"

int mod_re(struct item *it, struct draft *d)
{
	struct regex x;
	char why[200];
	struct atom *a;
	int r;

	if (it->value->type != YAML_TEXT && it->value->type != YAML_INT && it->value->type != YAML_FLOAT)
		return rule_error(it->src, it->value, "re needs a text");
	r = regex_translate(it->src->arena, d->raw, it->regex_flags, &x, why, sizeof(why));
	if (r == -EINVAL)
		return rule_error(it->src, it->value, "%s", why);
	if (r < 0)
		return r;
	a = item_atom(it, ATOM_REGEX);
	if (!a)
		return -ENOMEM;
	a->regex = x.text;
	a->regex_flags = x.flags & ~(unsigned)REGEX_IGNORECASE;
	a->literal = x.literal;
	a->anchored = x.anchored;
	return item_put(it, a);
}

int mod_cidr(struct item *it, struct draft *d)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const char *slash = d->raw.n ? memchr(d->raw.p, '/', d->raw.n) : NULL;
	size_t n = slash ? (size_t)(slash - d->raw.p) : d->raw.n;
	struct atom *a = item_atom(it, ATOM_CIDR);
	unsigned bits;
	uint64_t prefix;

	if (!a)
		return -ENOMEM;
	if (it->value->type != YAML_TEXT || parse_ip((struct slice){ d->raw.p, n }, a->addr) < 0)
		goto bad;
	bits = memchr(d->raw.p, ':', n) ? 128 : 32;
	prefix = bits;
	if (slash && (slice_u64((struct slice){ slash + 1, d->raw.n - n - 1 }, &prefix) < 0 || prefix > bits))
		return rule_error(it->src, it->value, "cidr: the prefix length must be 0 to %u", bits);
	a->prefix = (unsigned)prefix + (128 - bits);
	if (bits == 128 && a->prefix < 96 && memcmp(a->addr, mapped, MIN(a->prefix / 8, 12U)) == 0 && a->prefix >= 80)
		goto bad; /* a network half inside the mapped range would mix the versions */
	for (unsigned i = a->prefix; i < 128; i++)
		if (a->addr[i / 8] >> (7 - i % 8) & 1)
			return rule_error(it->src, it->value, "cidr: '%.60s' has bits set beyond its prefix length",
					  it->value->text.p);
	return item_put(it, a);
bad:
	return rule_error(it->src, it->value, "cidr: '%.60s' is not an IPv4 or IPv6 network", it->value->text.p);
}

int mod_exists(struct item *it, struct draft *d)
{
	struct atom *a = item_atom(it, ATOM_PRESENT);
	int r;

	(void)d;
	if (!a)
		return -ENOMEM;
	if (it->value->type != YAML_BOOL)
		return rule_error(it->src, it->value, "exists takes true or false (without quotes)");
	r = item_put(it, a);
	return r < 0 || it->value->truth ? r : item_push(it, EXPR_NOT, NULL);
}

int mod_fieldref(struct item *it, struct draft *d)
{
	enum field f = it->value->type == YAML_TEXT ? field_by_sigma(d->raw) : F_MAX;
	struct atom *a = item_atom(it, ATOM_FIELDREF);

	if (!a)
		return -ENOMEM;
	if (f == F_MAX)
		return rule_error(it->src, it->value, "fieldref: there is no field '%.60s'", it->value->text.p);
	a->other = f;
	a->place = it->place;
	a->cased = it->cased;
	return item_put(it, a);
}

int mod_number(struct item *it, struct draft *d)
{
	struct atom *a = item_atom(it, ATOM_NUMBER);

	(void)d;
	if (!a)
		return -ENOMEM;
	if (yaml_number(it->value, &a->number) < 0)
		return rule_error(it->src, it->value, "'%.60s' is not a number (quotes make it a text)",
				  it->value->text.p);
	if (a->number != a->number) /* it would also have no place among the sorted numbers of other rules */
		return rule_error(it->src, it->value, "'%.60s' equals no number and is neither above nor below one",
				  it->value->text.p);
	a->cmp = it->cmp;
	return item_put(it, a);
}

int mod_time(struct item *it, struct draft *d)
{
	struct atom *a = item_atom(it, ATOM_TIME);

	(void)d;
	if (!a)
		return -ENOMEM;
	if (it->value->type != YAML_INT || yaml_number(it->value, &a->number) < 0)
		return rule_error(it->src, it->value, "'%.60s' is not a whole number", it->value->text.p);
	a->part = it->time_part;
	a->cmp = it->cmp;
	return item_put(it, a);
}
