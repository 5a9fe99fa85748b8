/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* syslog.c - the form that a local /dev/log expects: RFC 3164 without a host name
 *
 * rsyslog's imuxsock and journald take the first word after the stamp for the tag, so there is no host name, and RFC 5424 is
 * not understood there. Time is local, as every other program's in the same file; the zone was loaded by tzset(3) in
 * writer_new, before the sandbox, and localtime_r(3) opens nothing after that.
 */
#include "config.h"

#include <errno.h>
#include <time.h>

#include "outputs/encoders.h"

#define FACILITY_AUTHPRIV 10   /* RFC 5424 6.2.1 */
#define SYSLOG_LINE_MAX	  8000 /* rsyslog cuts at 8 KiB by default, its header included */

static void put_stamp(struct buf *b, uint64_t ns)
{
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(ns / NSEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&t, &tm))
		tm = (struct tm){ .tm_mday = 1 };
	buf_printf(b, "%s %2d %02d:%02d:%02d", month[tm.tm_mon % 12], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

int syslog_encode(struct buf *b, const struct alert *a, const struct encode_options *o)
{
	struct encode_options cef = *o;
	size_t mark = buf_mark(b), max = SYSLOG_LINE_MAX, head;
	int r;

	if (o->max_bytes && o->max_bytes < max)
		max = o->max_bytes;
	buf_printf(b, "<%u>", FACILITY_AUTHPRIV * 8 + level_syslog(a->level));
	put_stamp(b, a->ev.time_ns);
	buf_printf(b, " tripline[%u]: ", o->agent->pid);
	head = b->n - mark;
	if (b->overflow || head >= max) {
		buf_reset(b, mark);
		return -E2BIG;
	}
	cef.max_bytes = max - head;
	r = cef_encode(b, a, &cef);
	if (r < 0)
		buf_reset(b, mark);
	return r;
}
