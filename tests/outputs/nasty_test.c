/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* nasty_test.c - values of nasty.tsv, byte by byte, in CEF and JSON */
#include "config.h"

#include "tests/outputs/sample.h"
#include "tests/tap.h"

static _Alignas(64) char slot[TL_ALERT_SIZE];
static char line_mem[TL_LINE_MAX];

static struct slice encode(const char *name, const struct alert *a)
{
	struct encode_options o = { .agent = &sample_agent };
	struct buf b = BUF_OF(line_mem);

	if (encoder_by_name(name)->encode(&b, a, &o) < 0)
		return (struct slice){ 0 };
	return (struct slice){ b.p, b.n };
}

static size_t unhex(const char *hex, char *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = (char)byte;
	return n;
}

static void check_row(char *row)
{
	char *cell[5] = { NULL }, in[256], name[128];
	struct slice v, line;
	struct alert *a;

	for (unsigned i = 0; i < ARRAY_SIZE(cell); i++)
		cell[i] = strsep(&row, "\t\n");
	if (!cell[4]) {
		ok(false, "row of nasty.tsv has five cells");
		return;
	}
	v = (struct slice){ in, unhex(cell[0], in) };
	a = sample_alert(slot, v, v);

	snprintf(name, sizeof(name), "%s: CEF extension", cell[0]);
	line = encode("cef", a);
	is_slice(cef_value(line, "cs1"), slice_of(cell[1]), name);
	snprintf(name, sizeof(name), "%s: CEF header", cell[0]);
	is_slice(cef_header(line, 5), slice_of(cell[2]), name);
	snprintf(name, sizeof(name), "%s: JSON", cell[0]);
	line = encode("json", a);
	is_slice(line_json_string(line, "command_line"), slice_of(cell[3]), name);
	ok((memmem(line.p, line.n, "\"raw\":{", strlen("\"raw\":{")) != NULL) == (cell[4][0] == 'y'), "%s: side-car %s", cell[0], cell[4]);
}

int main(void)
{
	const char *dir = getenv("TL_SRCDIR");
	char path[4096], row[1024];
	_cleanup_(fclosep) FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/tests/outputs/nasty.tsv", dir ? dir : ".");
	f = fopen(path, "re");
	if (!ok(f != NULL, "nasty.tsv opens"))
		return done_testing();
	while (fgets(row, sizeof(row), f))
		if (row[0] != '#')
			check_row(row);
	return done_testing();
}
