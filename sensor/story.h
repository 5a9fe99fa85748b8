/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* story.h - a recording and what must hit in it: story.jsonl, story.expect.yaml
 *
 *   - rule: 00fc98c9-88db-4e73-aa4c-98dd8a9a964f     # id, else name, else title
 *     event: 7                                        # line of the last contributing event, from 0
 *     group: {ProcessGuid: "b-1-2"}                   # correlations; left out: any group
 *
 * Every hit must be expected and every expectation met, as often as it is listed. An empty file (or []) expects nothing.
 */
#pragma once
#include "rules/ruleset.h"

struct story;

/* Returns 0; -EINVAL (told in @diag), -ENOMEM or -errno of the file. */
int story_read(const char *path, struct story **ret_story, struct diag *diag);
void story_free(struct story *s);
/* A hit: meets an expectation or is kept as unexpected. 0 or -ENOMEM. */
int story_hit(struct story *s, const struct hit *h, uint64_t event);
bool story_met(const struct story *s);
/* What is missing and what was not expected, each as a line that begins with #. */
void story_explain(const struct story *s, FILE *to);
/* Calls @fn for each recording below the directory @path that has expectations beside it, in order of path, until it returns
 * something else than 0. -ENOTDIR if @path is no directory. */
int story_find(const char *path, int (*fn)(void *context, const char *recording, const char *expect), void *context);
