/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/parse.h"

#include <arpa/inet.h>
#include <errno.h>

int parse_i64(struct slice s, int64_t *ret_value)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t u;
	int r;

	r = slice_u64((struct slice){ s.p + minus, s.n - minus }, &u);
	if (r < 0)
		return r;
	if (u > (uint64_t)INT64_MAX + minus)
		return -ERANGE;
	*ret_value = (int64_t)(minus ? -u : u);
	return 0;
}

/* Reads exactly @digits digits off the front. */
static bool take_digits(struct slice *s, unsigned digits, unsigned *ret_value)
{
	unsigned v = 0;

	if (s->n < digits)
		return false;
	for (unsigned i = 0; i < digits; i++) {
		unsigned d = (unsigned char)s->p[i] - (unsigned)'0';

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	s->p += digits;
	s->n -= digits;
	*ret_value = v;
	return true;
}

static bool take_char(struct slice *s, const char *any_of)
{
	if (s->n == 0 || s->p[0] == '\0' || !strchr(any_of, s->p[0]))
		return false;
	s->p++;
	s->n--;
	return true;
}

struct date {
	unsigned year, month, day, hour, minute, second;
};

static bool take_date(struct slice *s, struct date *d)
{
	return take_digits(s, 4, &d->year) && take_char(s, "-") && take_digits(s, 2, &d->month) && take_char(s, "-") &&
	       take_digits(s, 2, &d->day) && take_char(s, "Tt ") && take_digits(s, 2, &d->hour) && take_char(s, ":") &&
	       take_digits(s, 2, &d->minute) && take_char(s, ":") && take_digits(s, 2, &d->second);
}

static bool date_exists(const struct date *d)
{
	static const uint8_t month_days[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (d->year % 4 == 0 && d->year % 100 != 0) || d->year % 400 == 0;

	return d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	       d->day <= month_days[d->month] + (unsigned)(leap && d->month == 2) && d->hour <= 23 && d->minute <= 59 &&
	       d->second <= 60;
}

/* Days from 1970; the year is counted from 1 March, so that the leap day is its last. */
static int64_t date_days(const struct date *d)
{
	int64_t year = (int64_t)d->year - (d->month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400, yoe = year - era * 400;
	int64_t doy = (153 * (d->month > 2 ? d->month - 3 : d->month + 9) + 2) / 5 + d->day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool take_fraction(struct slice *s, uint64_t *ret_ns)
{
	uint64_t ns = 0;
	unsigned digits = 0;

	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; digits++, s->p++, s->n--)
		if (digits < 9)
			ns = ns * 10 + (unsigned)(s->p[0] - '0');
	if (digits == 0 || digits > 9) /* cutting would change the value in silence */
		return false;
	for (; digits < 9; digits++)
		ns *= 10;
	*ret_ns = ns;
	return true;
}

/* Seconds east of Greenwich; none given is UTC. */
static bool take_offset(struct slice *s, int64_t *ret_secs)
{
	unsigned hour, minute;
	bool west;

	if (s->n == 0 || take_char(s, "Zz")) {
		*ret_secs = 0;
		return true;
	}
	west = s->n > 0 && s->p[0] == '-';
	if (!take_char(s, "+-") || !take_digits(s, 2, &hour) || !take_char(s, ":") || !take_digits(s, 2, &minute) ||
	    hour > 23 || minute > 59)
		return false;
	*ret_secs = (int64_t)(hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

int parse_time(struct slice s, uint64_t *ret_ns)
{
	struct date d;
	int64_t offset, secs;
	uint64_t frac = 0, ns;

	if (!take_date(&s, &d) || !date_exists(&d))
		return -EINVAL;
	if (take_char(&s, ".") && !take_fraction(&s, &frac))
		return -EINVAL;
	if (!take_offset(&s, &offset) || s.n > 0)
		return -EINVAL;
	secs = date_days(&d) * 86400 + (int64_t)(d.hour * 3600 + d.minute * 60 + d.second) - offset;
	if (d.second == 60 && secs % 86400 != 0)
		return -EINVAL;
	if (secs < 0 || __builtin_mul_overflow((uint64_t)secs, NSEC_PER_SEC, &ns) ||
	    __builtin_add_overflow(ns, frac, &ns))
		return -ERANGE;
	*ret_ns = ns;
	return 0;
}

int parse_ip(struct slice s, uint8_t *ret_addr)
{
	static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n))
		return -EINVAL;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (memchr(text, ':', s.n)) {
		if (inet_pton(AF_INET6, text, addr) != 1)
			return -EINVAL;
	} else {
		memcpy(addr, v4_mapped, sizeof(v4_mapped));
		if (inet_pton(AF_INET, text, addr + 12) != 1)
			return -EINVAL;
	}
	memcpy(ret_addr, addr, sizeof(addr));
	return 0;
}

int parse_dev(struct slice s, uint64_t *ret_dev)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	uint64_t major, minor;
	int r;

	if (!colon)
		return -EINVAL;
	r = slice_u64((struct slice){ s.p, (size_t)(colon - s.p) }, &major);
	if (r < 0)
		return r;
	r = slice_u64((struct slice){ colon + 1, s.n - (size_t)(colon - s.p) - 1 }, &minor);
	if (r < 0)
		return r;
	if (major > 0xfff || minor > 0xfffff)
		return -ERANGE;
	*ret_dev = major << 20 | minor;
	return 0;
}
