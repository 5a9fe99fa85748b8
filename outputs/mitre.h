/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* mitre.h - Sigma tags of the attack namespace in the words of ATT&CK
 *
 * Source: Sigma specification 2.1, appendix tags; ATT&CK enterprise matrix (tactics TA0001 to TA0043).
 * Each takes one tag and returns its text ("" if the tag is of another kind), in @out or constant. Any thread.
 */
#pragma once
#include "core/base.h"

#define MITRE_TEXT_MAX 32
#define MITRE_PREFIX   7 /* "attack." */

typedef struct slice mitre_fn(struct slice tag, char out[MITRE_TEXT_MAX]);

mitre_fn mitre_technique;    /* "attack.t1059.004" -> "T1059" */
mitre_fn mitre_subtechnique; /* "attack.t1059.004" -> "T1059.004" */
mitre_fn mitre_tactic_id;    /* "attack.privilege-escalation" (or with _) -> "TA0004" */
mitre_fn mitre_tactic_name;  /* the same -> "Privilege Escalation" */
