/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Any bytes as a rule file: it loads or is refused with a place inside the file, and what loads meets a few events. */
#include "config.h"

#include <errno.h>

#include "core/jsonl.h"
#include "rules/ruleset.h"

#define TEXT_MAX (64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const events[] = {
	"{\"category\": \"process_creation\", \"Image\": \"/bin/sh\", \"CommandLine\": \"sh -c id\", \"UserId\": 0, \"User\": \"root\"}",
	"{\"category\": \"process_creation\", \"Image\": \"/tmp/\xc3\xa4\", \"Args\": [\"a\", \"\", \"-i\"], \"ParentImage\": \"/bin/sh\"}",
	"{\"category\": \"network_connection\", \"DestinationIp\": \"10.0.0.1\", \"DestinationPort\": 443, \"Initiated\": true}",
	"{\"service\": \"sshd\", \"message\": \"Failed password for root\"}",
};

static struct event ev;
static struct hits *hits;

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "rules_fuzz: %s\n", what);
	abort();
}

static void eval_all(struct ruleset *rs)
{
	struct engine *e = NULL;

	check(engine_new(rs, &e) == 0, "no engine for a ruleset that loads");
	for (size_t i = 0; i < 3 * ARRAY_SIZE(events); i++) {
		char line[512];
		struct json_error err;
		size_t n = strlen(events[i % ARRAY_SIZE(events)]);

		memcpy(line, events[i % ARRAY_SIZE(events)], n);
		check(jsonl_parse(&ev, line, n, i * NSEC_PER_SEC, &err) == 0, err.text);
		engine_eval(e, &ev, hits);
		for (unsigned k = 0; k < hits->n; k++)
			check(hits->hit[k].rule->identity != NULL && !hits->hit[k].rule->silenced, "a hit without a rule, or of a silenced one");
	}
	for (unsigned i = 0; i < 1000 && engine_finish(e, hits); i++)
		;
	engine_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d = { 0 };
	struct ruleset *rs = NULL;
	unsigned lines = 1;
	int r;

	if (!hits) {
		hits = malloc(sizeof(*hits));
		if (!hits || event_init(&ev) < 0)
			abort();
	}
	size = MIN(size, (size_t)TEXT_MAX);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || (i + 1 < size && data[i] == 0xc2 && data[i + 1] == 0x85) ||
			 (i + 2 < size && data[i] == 0xe2 && data[i + 1] == 0x80 && (data[i + 2] | 1) == 0xa9);
	r = ruleset_load_text("f.yml", (struct slice){ (const char *)data, size }, &rs, &d);
	check(r == 0 || r == -ENODATA, "neither loaded nor refused");
	for (size_t i = 0; i < d.n; i++)
		check(d.msg[i].text[0] && d.msg[i].line >= 1 && d.msg[i].line <= lines + 1 && d.msg[i].col >= 1, "a message without a place in the file");
	if (rs)
		eval_all(rs);
	ruleset_unref(rs);
	diag_done(&d);
	return 0;
}
