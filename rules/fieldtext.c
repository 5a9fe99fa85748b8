/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"
#include "rules/fieldtext.h"

#include <errno.h>

#include "core/utf8.h"

#define TMP_SIZE (3 * 128 * 1024) /* a repaired string is up to three times as long; kernel strings are below 128 KiB */

struct field_entry {
	uint64_t generation; /* of the event it was worked out for */
	unsigned n;
	struct fieldtext *text;
};

struct fieldtexts {
	struct siphash_key key;
	uint64_t generation;
	struct field_entry field[F_MAX];
	struct fieldtext *text;	    /* all fields' */
	char (*kept)[TL_FIELDTEXT]; /* of texts that do not stand in the event as they are; same index as text */
	char tmp[TMP_SIZE];
};

static unsigned room_of(enum field f)
{
	return field_desc[f].type == TYPE_list ? TL_FIELDTEXT_LIST : 1;
}

int fieldtexts_new(const struct siphash_key *key, struct fieldtexts **ret_texts)
{
	struct fieldtexts *t = calloc(1, sizeof(*t));
	size_t n = 0;

	if (!t)
		return -ENOMEM;
	for (unsigned f = 0; f < F_MAX; f++)
		n += room_of(f);
	t->key = *key;
	t->text = calloc(n, sizeof(*t->text));
	t->kept = calloc(n, sizeof(*t->kept));
	if (!t->text || !t->kept) {
		fieldtexts_free(t);
		return -ENOMEM;
	}

	n = 0;
	for (unsigned f = 0; f < F_MAX; f++) {
		t->field[f].text = &t->text[n];
		n += room_of(f);
	}
	t->generation = 1;
	*ret_texts = t;
	return 0;
}

void fieldtexts_free(struct fieldtexts *t)
{
	if (!t)
		return;
	free(t->text);
	free(t->kept);
	free(t);
}

void fieldtexts_key(struct fieldtexts *t, const struct siphash_key *key)
{
	t->key = *key;
	fieldtexts_reset(t);
}

void fieldtexts_reset(struct fieldtexts *t)
{
	t->generation++;
}

static struct slice item_text(struct fieldtexts *t, const struct event *ev, enum field f, struct slice item)
{
	struct value v = { .p = item.p, .n = (uint32_t)item.n, .flags = ev->v[f].flags };

	return value_text(TYPE_str, &v, t->tmp, sizeof(t->tmp));
}

/* Identity from the whole text; the bytes for the report are copied if they stand in our scratch. */
static void text_set(struct fieldtexts *t, struct fieldtext *to, struct slice text, struct hash128 hash)
{
	char *kept = t->kept[to - t->text];

	to->hash = hash;
	to->n = (uint32_t)utf8_cut(text.p, text.n, TL_FIELDTEXT);
	to->p = text.p;
	if (text.p == t->tmp) {
		memcpy(kept, text.p, to->n);
		to->p = kept;
	}
}

static bool text_known(const struct field_entry *e, struct hash128 hash)
{
	for (unsigned i = 0; i < e->n; i++)
		if (e->text[i].hash.lo == hash.lo && e->text[i].hash.hi == hash.hi)
			return true;
	return false;
}

static void field_fill(struct fieldtexts *t, const struct event *ev, enum field f, struct field_entry *e)
{
	struct slice item, text;
	size_t pos = 0;

	if (field_desc[f].type != TYPE_list) {
		text = value_text(field_desc[f].type, &ev->v[f], t->tmp, sizeof(t->tmp));
		text_set(t, &e->text[e->n++], text, siphash128(&t->key, text.p, text.n));
		return;
	}
	while (e->n < TL_FIELDTEXT_LIST && list_next(event_str(ev, f), &pos, &item)) {
		struct hash128 hash;

		text = item_text(t, ev, f, item);
		hash = siphash128(&t->key, text.p, text.n);
		if (!text_known(e, hash))
			text_set(t, &e->text[e->n++], text, hash);
	}
}

unsigned fieldtexts_get(struct fieldtexts *t, const struct event *ev, enum field f, const struct fieldtext **ret_texts)
{
	struct field_entry *e = &t->field[f];

	if (!event_has(ev, f))
		return 0;
	if (e->generation != t->generation) {
		e->generation = t->generation;
		e->n = 0;
		field_fill(t, ev, f, e);
	}
	*ret_texts = e->text;
	return e->n;
}

uint32_t fieldtexts_values(struct fieldtexts *t, const struct event *ev, enum field f, struct hash128 *ret_hash,
			   uint32_t max)
{
	struct slice item;
	uint32_t n = 0;
	size_t pos = 0;

	if (field_desc[f].type != TYPE_list) {
		const struct fieldtext *text;

		n = fieldtexts_get(t, ev, f, &text);
		if (n)
			ret_hash[0] = text->hash;
		return n;
	}
	if (!event_has(ev, f))
		return 0;
	while (n < max && list_next(event_str(ev, f), &pos, &item)) {
		struct slice text = item_text(t, ev, f, item);

		ret_hash[n++] = siphash128(&t->key, text.p, text.n);
	}
	return n;
}

bool fieldtext_number(struct slice text, double *ret_number)
{
	char copy[TL_VALUE_TEXT_MAX], *end;

	/* strtod(3) would also take white space, hexadecimals, infinities and not-a-number. */
	if (!text.n || text.n >= sizeof(copy))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!memchr("0123456789+-.eE", text.p[i], 15))
			return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	*ret_number = strtod(copy, &end);
	return *end == '\0' && *ret_number - *ret_number == 0; /* 1e999 is infinite */
}

uint32_t fieldtexts_numbers(struct fieldtexts *t, const struct event *ev, enum field f, double *ret_number,
			    uint32_t max)
{
	struct slice item;
	uint32_t n = 0;
	size_t pos = 0;

	if (!event_has(ev, f))
		return 0;
	if (field_desc[f].type != TYPE_list) {
		item = value_text(field_desc[f].type, &ev->v[f], t->tmp, sizeof(t->tmp));
		return fieldtext_number(item, ret_number);
	}
	while (n < max && list_next(event_str(ev, f), &pos, &item))
		n += fieldtext_number(item, &ret_number[n]);
	return n;
}
