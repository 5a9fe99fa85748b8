/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Any bytes as one JSON line. What is accepted must come back the same after writing and reading
 * it once more; what is refused must name a column of the line. */
#include "config.h"

#include "core/jsonl.h"
#include "tests/event_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event first, second;
static struct event_equal equal;
static char *line, *written;

static void setup(void)
{
	line = malloc(TL_JSON_LINE_MAX + 2);
	written = malloc(TL_JSON_LINE_MAX + 2);
	if (!line || !written || !equal_init(&equal) || event_init(&first) < 0 ||
	    event_init(&second) < 0)
		abort();
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "jsonl_fuzz: %s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_error err = { 0 };
	struct buf b;
	const char *differs;

	if (!line)
		setup();
	size = MIN(size, (size_t)TL_JSON_LINE_MAX + 1);
	if (size > 0)
		memcpy(line, data, size);
	if (jsonl_parse(&first, line, size, 42, &err) < 0) {
		check(err.col >= 1 && err.col <= size + 1, "the column lies outside the line");
		check(err.text[0] != '\0', "a refusal without a word");
		return 0;
	}
	b = (struct buf){ .p = written, .cap = TL_JSON_LINE_MAX + 2 };
	if (jsonl_write(&b, &first) < 0)
		return 0; /* derived fields can make a line near the limit too long */
	check(b.n > 0 && b.p[b.n - 1] == '\n' && !memchr(b.p, '\n', b.n - 1),
	      "what was written is not one line");
	check(jsonl_parse(&second, written, b.n - 1, 43, &err) == 0, err.text);
	differs = event_differs(&equal, &first, &second);
	check(!differs, differs);
	return 0;
}
