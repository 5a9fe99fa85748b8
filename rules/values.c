/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "rules/values.h"

#include <time.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool number_of_text(struct slice s, long double *ret_number)
{
	size_t i = 0;
	bool negative = s.n && s.p[0] == '-';
	long double v = 0, scale = 1;

	i += negative;
	size_t start = i;

	for (; i < s.n && is_digit(s.p[i]); i++)
		v = v * 10 + (s.p[i] - '0');
	if (i == start)
		return false;
	if (i < s.n && s.p[i] == '.') {
		start = ++i;
		for (; i < s.n && is_digit(s.p[i]); i++) {
			v = v * 10 + (s.p[i] - '0');
			scale *= 10;
		}
		if (i == start)
			return false;
	}
	if (i != s.n)
		return false;
	*ret_number = (negative ? -v : v) / scale;
	return true;
}

bool number_of_value(enum value_type type, const struct value *v, long double *ret_number)
{
	switch (type) {
	case TYPE_u16:
	case TYPE_u32:
	case TYPE_u64:
	case TYPE_time:
		*ret_number = (long double)v->u;
		return true;
	case TYPE_i64:
		*ret_number = (long double)v->i;
		return true;
	case TYPE_str:
	case TYPE_bool:
	case TYPE_ip:
	case TYPE_list:
	case TYPE_dev:
		return false;
	}
	return false;
}

bool number_compare(enum cmp cmp, long double a, long double b)
{
	switch (cmp) {
	case CMP_EQ:
		return a == b;
	case CMP_LT:
		return a < b;
	case CMP_LTE:
		return a <= b;
	case CMP_GT:
		return a > b;
	case CMP_GTE:
		return a >= b;
	}
	return false;
}

bool addr_inside(const uint8_t *addr, const uint8_t *net, unsigned prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned bytes = prefix / 8, bits = prefix % 8;

	/* ::/0 and the like cover v4-mapped space, but IPv4 is another version. */
	if ((memcmp(addr, mapped, sizeof(mapped)) == 0) != (prefix >= 96 && memcmp(net, mapped, sizeof(mapped)) == 0))
		return false;
	if (memcmp(addr, net, bytes) != 0)
		return false;
	return !bits || (addr[bytes] ^ net[bytes]) >> (8 - bits) == 0;
}

/* ISO 8601: the week that holds the year's first Thursday is week 1. */
static int64_t iso_week(const struct tm *tm)
{
	int weekday = (tm->tm_wday + 6) % 7;
	int week = (tm->tm_yday - weekday + 10) / 7;

	if (week < 1) {
		int last = tm->tm_year + 1900 - 1;
		bool leap = (last % 4 == 0 && last % 100 != 0) || last % 400 == 0;

		return (tm->tm_yday + (leap ? 366 : 365) - weekday + 10) / 7;
	}
	if (week == 53) {
		int year = tm->tm_year + 1900;
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		/* the Thursday of this week lies in the next year */
		if (tm->tm_yday - weekday + 3 >= (leap ? 366 : 365))
			return 1;
	}
	return week;
}

int64_t time_part_of(int64_t seconds, enum time_part part)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return -1;
	switch (part) {
	case PART_MINUTE:
		return tm.tm_min;
	case PART_HOUR:
		return tm.tm_hour;
	case PART_DAY:
		return tm.tm_mday;
	case PART_WEEK:
		return iso_week(&tm);
	case PART_MONTH:
		return tm.tm_mon + 1;
	case PART_YEAR:
		return (int64_t)tm.tm_year + 1900;
	}
	return -1;
}

static bool equal(const char *a, const char *b, size_t n, bool cased)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && (cased || fold(a[i]) != fold(b[i])))
			return false;
	return true;
}

bool text_compare(struct slice text, struct slice other, enum place place, bool cased)
{
	if (other.n > text.n)
		return false;
	switch (place) {
	case PLACE_WHOLE:
		return other.n == text.n && equal(text.p, other.p, other.n, cased);
	case PLACE_START:
		return equal(text.p, other.p, other.n, cased);
	case PLACE_END:
		return equal(text.p + text.n - other.n, other.p, other.n, cased);
	case PLACE_ANYWHERE:
		for (size_t i = 0; i + other.n <= text.n; i++)
			if (equal(text.p + i, other.p, other.n, cased))
				return true;
		return false;
	}
	return false;
}
