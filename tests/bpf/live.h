/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* live.h - what the tests on the live kernel share: open the probe or skip, run a program, find what was told of it */
#pragma once
#include <errno.h>
#include <fts.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include "sensor/decode.h"
#include "sensor/probe.h"
#include "sensor/ring.h"
#include "tests/tap.h"

struct live {
	struct probe probe;
	struct ring ring;
	struct event ev; /* of the last live_decode() */
	struct decode_clock clock;
	char dir[64];	   /* everything happens below; removed at the end */
	char helper[4200]; /* path of the workload program, beside the test's own */
};

/* Opens everything, or says why not and ends the test: skipped without privilege, unless TL_REQUIRE_LIVE is 1. */
static inline void live_open(struct live *l, size_t ring_bytes)
{
	const struct probe_config config = { .ring_bytes = ring_bytes };
	const char *require = getenv("TL_REQUIRE_LIVE");
	char why[512] = "";
	ssize_t n;
	int r;

	*l = (struct live){ .dir = "/tmp/tripline-live.XXXXXX" };
	r = probe_open(&config, &l->probe, why, sizeof(why));
	if (r < 0) {
		if (require && strcmp(require, "1") == 0)
			printf("1..1\nnot ok 1 - probe_open: %s\n", why);
		else
			printf("1..0 # SKIP %s\n", why);
		exit(0);
	}
	n = readlink("/proc/self/exe", l->helper, 4096);
	while (n > 0 && l->helper[n - 1] != '/')
		n--;
	(void)snprintf(l->helper + n, sizeof(l->helper) - (size_t)n, "workload");
	r = ring_init(&l->ring, l->probe.ring_fd, l->probe.ring_bytes);
	l->probe.ring_fd = -1;
	if (r < 0 || event_init(&l->ev) < 0 || !mkdtemp(l->dir) || chmod(l->dir, 0755) < 0) {
		printf("Bail out! cannot begin: ring %d, %s\n", r, strerror(errno));
		exit(1);
	}
}

static inline void live_close(struct live *l)
{
	char *top[] = { l->dir, NULL };
	FTS *fts = fts_open(top, FTS_PHYSICAL | FTS_NOSTAT, NULL);
	FTSENT *e;

	/* Changes directory as it goes: one of the paths is longer than a path may be. */
	while (fts && (e = fts_read(fts)) != NULL)
		if (e->fts_info != FTS_D)
			(void)remove(e->fts_accpath);
	if (fts)
		fts_close(fts);
	event_done(&l->ev);
	ring_done(&l->ring);
	probe_close(&l->probe);
}
