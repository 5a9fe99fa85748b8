/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* cmd.h - the modes: one function and one file each, called by the table in main.c
 *
 * argv[0] is the mode's name. The return value is the exit status (tripline(1), EXIT STATUS).
 */
#pragma once

int cmd_check(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_test(int argc, char **argv);
