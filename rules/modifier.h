/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* modifier.h - one item of a detection, `field|modifier...: values`, becomes an expression over atoms
 *
 * Sigma Modifiers Specification 2.1.0 as decided by tripline-rules(7); the modifiers themselves are rows of modifiers.def.
 * What is not understood is an error with its place: the key for a bad field or modifier, the value for a bad value.
 */
#pragma once
#include "core/yaml.h"
#include "rules/atom.h"

/* Where rules are read: shared by everything that turns YAML into rules. */
struct rule_source {
	struct arena *arena;
	const char *file;
	struct diag *diag;
	const struct yaml_node *placeholders; /* name -> list of texts, or NULL */
};

/* Tells an error at @at; returns -EINVAL. */
PRINTF(3, 4)
int rule_error(struct rule_source *s, const struct yaml_node *at, const char *fmt, ...);
PRINTF(3, 4)
void rule_warning(struct rule_source *s, const struct yaml_node *at, const char *fmt, ...);

/* Appends the item to @e as one operand. @key: `field|modifiers`, or NULL for keywords. Returns 0, -EINVAL (told) or -ENOMEM. */
int item_build(struct rule_source *s, const struct yaml_node *key, const struct yaml_node *value, struct expr *e);
