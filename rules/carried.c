/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* What a live event of a category can carry: the members of its record (core/events.def), what sensor/proctab.h adds to every event,
 * and what event_derive() makes of both. Declared in rules/lint.h. */
#include "config.h"

#include "rules/lint.h"

enum record {
	RECORD_none, /* of a category that nothing makes yet */
#define RECORD(id, number, gadget, doc) RECORD_##id,
#include "core/events.def"
	RECORD_every,
};

static const struct {
	uint8_t record;
	uint16_t field;
} carried[] = {
#define HEAD(wtype, name, field, doc)		{ RECORD_every, F_##field },
#define MEMBER(record, wtype, name, field, doc) { RECORD_##record, F_##field },
#define SYM(record, set, name, field, doc)	{ RECORD_##record, F_##field },
#include "core/events.def"
	/* the process table */
	{ RECORD_every, F_host },
	{ RECORD_every, F_process_id },
	{ RECORD_every, F_exe },
	{ RECORD_every, F_args },
	{ RECORD_every, F_args_truncated },
	{ RECORD_every, F_cwd },
	{ RECORD_every, F_user },
	{ RECORD_every, F_pre_existing },
	{ RECORD_every, F_kthread },
	{ RECORD_every, F_lineage },
	{ RECORD_every, F_parent_exe },
	{ RECORD_every, F_parent_cmdline },
	{ RECORD_every, F_parent_process_id },
	{ RECORD_every, F_parent_comm },
	{ RECORD_every, F_parent_user },
	{ RECORD_exec, F_prev_uid },
	{ RECORD_exec, F_prev_euid },
	{ RECORD_exec, F_prev_cap_eff },
	{ RECORD_cred, F_prev_uid },
	{ RECORD_cred, F_prev_euid },
	{ RECORD_cred, F_prev_cap_eff },
	/* derived */
	{ RECORD_every, F_cmdline },
	{ RECORD_every, F_logon_id },
	{ RECORD_exec, F_errname },
	{ RECORD_tcp, F_errname },
	{ RECORD_tcp, F_saddr },
	{ RECORD_tcp, F_sport },
	{ RECORD_tcp, F_daddr },
	{ RECORD_tcp, F_dport },
	{ RECORD_tcp, F_saddr_ipv6 },
	{ RECORD_tcp, F_daddr_ipv6 },
};

static const uint8_t record_of[CATEGORY_MAX] = {
	[CATEGORY_process_creation] = RECORD_exec,    [CATEGORY_process_exec_failed] = RECORD_exec,
	[CATEGORY_process_termination] = RECORD_exit, [CATEGORY_process_fork] = RECORD_fork,
	[CATEGORY_process_rename] = RECORD_rename,    [CATEGORY_process_credentials] = RECORD_cred,
	[CATEGORY_network_connection] = RECORD_tcp,   [CATEGORY_network_close] = RECORD_tcp,
};

bool category_served(enum category c)
{
	return record_of[c] != RECORD_none;
}

bool category_carries(enum category c, enum field f)
{
	for (size_t i = 0; i < ARRAY_SIZE(carried); i++)
		if (carried[i].field == f && (carried[i].record == RECORD_every || carried[i].record == record_of[c]))
			return true;
	return false;
}
