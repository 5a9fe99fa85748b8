/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Modifiers that rewrite a text: encodings, dashes, wildcards. */
#include "config.h"

#include <errno.h>

#include "core/buf.h"
#include "core/utf8.h"
#include "rules/item.h"

static int refuse_wildcard(struct item *it, const struct draft *d, const char *name)
{
	if (pattern_has_wildcard(&d->pat))
		return rule_error(it->src, it->value,
				  "%s cannot encode wildcards; it comes before contains, startswith and endswith, and "
				  "\\* is a plain *",
				  name);
	return 0;
}

/* Length of the dash at @i: - / and U+2013, U+2014, U+2015. */
static size_t dash_at(const struct pattern *p, size_t i)
{
	if (p->t[i] == '-' || p->t[i] == '/')
		return 1;
	if (i + 2 < p->n && p->t[i] == 0xe2 && p->t[i + 1] == 0x80 && p->t[i + 2] >= 0x93 && p->t[i + 2] <= 0x95)
		return 3;
	return 0;
}

#define DASHES_MAX 5 /* 5^5 = ALTERNATIVES_MAX */

static unsigned find_dashes(const struct pattern *p, size_t *pos)
{
	unsigned n = 0;
	bool after_word = false;

	for (size_t i = 0; i < p->n; i++) {
		size_t len = dash_at(p, i);

		if (!len) {
			after_word = is_word(p->t[i]);
			continue;
		}
		if (!after_word && i + len < p->n && is_word(p->t[i + len]) && !dash_at(p, i + len) && n++ < DASHES_MAX)
			pos[n - 1] = i;
		after_word = false;
		i += len - 1;
	}
	return n;
}

static int windash_variant(struct item *it, const struct pattern *p, const size_t *pos, unsigned n, unsigned number,
			   struct pattern *ret_pattern)
{
	static const char *const dashes[] = { "-", "/", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95" };
	uint16_t *t = arena_array(it->src->arena, p->n + 2 * n, sizeof(*t));
	size_t o = 0;
	unsigned k = 0;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		if (k == n || i != pos[k]) {
			t[o++] = p->t[i];
			continue;
		}
		for (const char *d = dashes[number % ARRAY_SIZE(dashes)]; *d; d++)
			t[o++] = (uint8_t)*d;
		number /= ARRAY_SIZE(dashes);
		i += dash_at(p, i) - 1;
		k++;
	}
	*ret_pattern = (struct pattern){ t, o };
	return 0;
}

int mod_windash(struct item *it, struct draft *d)
{
	size_t pos[DASHES_MAX];
	struct pattern orig = d->pat;
	unsigned n = find_dashes(&orig, pos), variants = 1;

	if (n > DASHES_MAX)
		return rule_error(it->src, it->value, "windash: more than %d dashes in one value", DASHES_MAX);
	for (unsigned i = 0; i < n; i++)
		variants *= 5;
	for (unsigned v = 0; v < variants; v++) {
		int r;

		if (v) {
			d = item_draft_after(it, d);
			if (!d)
				return -ENOMEM;
		}
		r = windash_variant(it, &orig, pos, n, v, &d->pat);
		if (r < 0)
			return r;
	}
	return 0;
}

static uint16_t *put_unit(uint16_t *t, uint32_t unit, bool big)
{
	t[0] = (uint16_t)(big ? unit >> 8 : unit & 0xff);
	t[1] = (uint16_t)(big ? unit & 0xff : unit >> 8);
	return t + 2;
}

static int encode_utf16(struct item *it, struct draft *d, bool big, bool mark)
{
	char *bytes = arena_alloc(it->src->arena, d->pat.n);
	uint16_t *t = arena_array(it->src->arena, d->pat.n * 2 + 2, sizeof(*t)), *o = t;
	int r = refuse_wildcard(it, d, "utf16");

	if (r < 0)
		return r;
	if (!bytes || !t)
		return -ENOMEM;
	for (size_t i = 0; i < d->pat.n; i++)
		bytes[i] = (char)d->pat.t[i];
	if (mark) {
		o = put_unit(o, 0xfeff, big);
		d->wide = true;
	}
	for (size_t i = 0; i < d->pat.n;) {
		uint32_t c;
		unsigned len = utf8_next(bytes + i, d->pat.n - i, &c);

		if (!len)
			return rule_error(it->src, it->value, "utf16 needs text, not an encoded value");
		i += len;
		if (c >= 0x80)
			d->wide = true;
		if (c >= 0x10000) {
			o = put_unit(o, 0xd800 + ((c - 0x10000) >> 10), big);
			o = put_unit(o, 0xdc00 + ((c - 0x10000) & 0x3ff), big);
		} else {
			o = put_unit(o, c, big);
		}
	}
	d->pat = (struct pattern){ t, (size_t)(o - t) };
	return 0;
}

int mod_utf16le(struct item *it, struct draft *d)
{
	return encode_utf16(it, d, false, false);
}

int mod_utf16be(struct item *it, struct draft *d)
{
	return encode_utf16(it, d, true, false);
}

int mod_utf16(struct item *it, struct draft *d)
{
	return encode_utf16(it, d, false, true);
}

/* Base64 of @lead blanks and the bytes of @p, without the first @drop and last @cut characters. */
static int base64_of(struct item *it, const struct pattern *p, size_t lead, size_t drop, size_t cut,
		     struct pattern *ret_pattern)
{
	size_t n = lead + p->n;
	char *bytes = arena_alloc(it->src->arena, n);
	struct buf b = { .p = arena_alloc(it->src->arena, (n + 2) / 3 * 4), .cap = (n + 2) / 3 * 4 };

	if (!bytes || !b.p)
		return -ENOMEM;
	memset(bytes, ' ', lead);
	for (size_t i = 0; i < p->n; i++)
		bytes[lead + i] = (char)p->t[i];
	buf_put_base64(&b, (struct slice){ bytes, n });
	if (drop + cut > b.n)
		drop = b.n - MIN(cut, b.n);
	return pattern_literal(it->src->arena, (struct slice){ b.p + drop, b.n - MIN(drop + cut, b.n) }, ret_pattern);
}

int mod_base64(struct item *it, struct draft *d)
{
	int r = refuse_wildcard(it, d, "base64");

	d->wide = false;
	return r < 0 ? r : base64_of(it, &d->pat, 0, 0, 0, &d->pat);
}

int mod_base64offset(struct item *it, struct draft *d)
{
	static const size_t drop[] = { 0, 2, 3 }, cut[] = { 0, 3, 2 };
	struct pattern orig = d->pat;
	int r = refuse_wildcard(it, d, "base64offset");

	if (r < 0)
		return r;
	if (!orig.n)
		return rule_error(it->src, it->value, "base64offset of an empty text");
	d->wide = false;
	for (size_t i = 0; i < 3; i++) {
		if (i) {
			d = item_draft_after(it, d);
			if (!d)
				return -ENOMEM;
		}
		r = base64_of(it, &orig, i, drop[i], cut[(orig.n + i) % 3], &d->pat);
		if (r < 0)
			return r;
	}
	return 0;
}

int item_wrap(struct item *it, struct draft *d, bool before, bool after)
{
	const struct pattern *p = &d->pat;
	uint16_t *t = arena_array(it->src->arena, p->n + 2, sizeof(*t));
	size_t n = 0;

	if (!t)
		return -ENOMEM;
	if (before && !(p->n && p->t[0] == PAT_ANY))
		t[n++] = PAT_ANY;
	if (p->n)
		memcpy(t + n, p->t, p->n * sizeof(*t));
	n += p->n;
	if (after && !(n && t[n - 1] == PAT_ANY))
		t[n++] = PAT_ANY;
	d->pat = (struct pattern){ t, n };
	d->wrapped = true;
	return 0;
}

int mod_contains(struct item *it, struct draft *d)
{
	return item_wrap(it, d, true, true);
}

int mod_startswith(struct item *it, struct draft *d)
{
	return item_wrap(it, d, false, true);
}

int mod_endswith(struct item *it, struct draft *d)
{
	return item_wrap(it, d, true, false);
}
