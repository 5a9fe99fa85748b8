/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* lint.h - what `check` warns about: rules that load, but cost much, can never match, or do not alert by themselves */
#pragma once
#include "rules/sigma.h"

/* Documents are linked. Returns 0 or -ENOMEM. */
int lint_rules(struct rule_source *s, struct rule_doc *docs);

/* rules/carried.c: whether this version makes events of the category, and whether a live one can have the field. */
bool category_served(enum category c);
bool category_carries(enum category c, enum field f);
