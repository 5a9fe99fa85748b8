/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* hostile.h - names an attacker would choose, and random ones of their kind
 *
 * For every encoder and parser. Deterministic: the same seed gives the same names.
 */
#pragma once
#include "core/base.h"

#define HOSTILE_MAX 256

/* Bytes with their length: some contain NUL. */
static const struct slice hostile_names[] = {
	{ "", 0 },
	{ "\0", 1 },
	{ "a\0b", 3 },
	{ " ", 1 },
	{ "   ", 3 },
	{ " both ", 6 },
	{ "\n", 1 },
	{ "\r\n", 2 },
	{ "x\nCEF:0|E|e|1|1|n|9|msg=f", 25 },
	{ "x\n<0>Jan  1 00:00:00 su: root", 29 },
	{ "a|b\\|c=d\\=e\\", 12 },
	{ "src=1.2.3.4 act=x msg=", 22 },
	{ "\033[31m\033]0;title\007\033[2J", 19 },
	{ "\302\233" "31m", 5 },
	{ "gpj.\342\200\256exe", 10 },
	{ "\342\200\250\342\200\251\357\273\277", 9 },
	{ "\363\240\201\201", 4 },
	{ "\377\376\200", 3 },
	{ "\300\257", 2 },
	{ "\355\240\200", 3 },
	{ "\364\220\200\200", 4 },
	{ "\342\202", 2 },
	{ "caf\303\251 \360\237\230\200", 10 },
	{ "\"}],\"x\":[{\"", 11 },
	{ "%s%n%x${jndi:ldap://x}", 22 },
	{ "\t\v\f\b\177", 5 },
	{ "\\x1b\\n\\\\", 8 },
	{ "=", 1 },
	{ "\\", 1 },
	{ "|", 1 },
};

/* xorshift64* (Vigna 2016). @state must not be 0. */
static inline uint64_t hostile_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* A random name in @out (HOSTILE_MAX bytes): pieces of the table, of escapes, and bytes of all values. */
static inline struct slice hostile_name(uint64_t *state, char *out)
{
	static const char special[] = "\n\r\t \\=|\"'{}[]<>%:;,\033\177\0";
	size_t n = 0, want = hostile_random(state) % HOSTILE_MAX;

	while (n < want) {
		uint64_t r = hostile_random(state);
		struct slice s = hostile_names[(r >> 8) % ARRAY_SIZE(hostile_names)];

		switch (r % 5) {
		case 0:
			if (n + s.n > HOSTILE_MAX)
				return (struct slice){ out, n };
			for (size_t i = 0; i < s.n; i++)
				out[n++] = s.p[i];
			break;
		case 1:
			out[n++] = (char)(r >> 16);
			break;
		case 2:
			out[n++] = special[(r >> 16) % sizeof(special)];
			break;
		default:
			out[n++] = (char)('a' + (r >> 16) % 26);
		}
	}
	return (struct slice){ out, n };
}
