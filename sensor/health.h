/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* health.h - what the sensor says of itself, in the same stream as its alerts
 *
 * tripline.start .stop .rules .reload .loss .output .clock_step .heartbeat: one function each. Main thread.
 */
#pragma once
#include "sensor/loop.h"

void health_start(struct loop *l, const struct compiled *c);
void health_stop(struct loop *l);
/* After a SIGHUP: what became of it. */
void health_reload(struct loop *l, const struct compiled *c);
/* Once a second: losses, outputs that fail or are well again, a stepped clock, the sign of life. */
void health_tick(struct loop *l);
