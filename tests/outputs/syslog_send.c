/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* syslog_send.c - for tests/cli/rsyslog.t: sends alerts through the syslog output
 *
 * syslog_send SOCKET FROM TO: sends the alerts numbered FROM to TO, each with another hostile command line, and prints what a logger should
 * receive as its text. "# waiting" on stderr tells that the logger was found absent; exit status 0 that all were sent in time.
 */
#include "config.h"

#include <poll.h>

#include "core/queue.h"
#include "tests/hostile.h"
#include "tests/outputs/sample.h"

#define PATIENCE_MS 30000

static char line_mem[TL_LINE_MAX];

static void push(struct queue *q, unsigned number)
{
	struct encode_options o = { .agent = &sample_agent };
	struct buf b = BUF_OF(line_mem);
	struct slice name = hostile_names[number % ARRAY_SIZE(hostile_names)];
	void *slot;

	while (!(slot = queue_slot(q)))
		poll(NULL, 0, 1);
	struct alert *a = sample_alert(slot, name, name);

	a->number = a->lost = number; /* cn3: the logger's file shows the order */
	if (encoder_by_name("cef")->encode(&b, a, &o) == 0)
		printf("%.*s\n", (int)b.n, b.p);
	queue_push(q);
}

static bool wait_until_sent(const struct writer *w, uint64_t want)
{
	struct output_stats s = { 0 };
	bool told = false;

	for (unsigned i = 0; i < PATIENCE_MS; i++) {
		writer_output_stats(w, 0, &s);
		if (s.sent + s.dropped >= want)
			break;
		if (s.retries && !told) {
			fputs("# waiting\n", stderr);
			told = true;
		}
		poll(NULL, 0, 1);
	}
	return s.sent == want;
}

int main(int argc, char **argv)
{
	struct output_config c = { .name = "syslog", .encoder = "syslog", .sink = SINK_SYSLOG };
	struct queue q;
	struct writer *w;
	struct diag diag = { 0 };
	struct writer_config wc = { .outputs = &c, .n_outputs = 1, .agent = &sample_agent, .queue = &q };
	unsigned from, to;
	bool sent;

	if (argc != 4)
		return 2;
	c.path = argv[1];
	from = (unsigned)strtoul(argv[2], NULL, 10);
	to = (unsigned)strtoul(argv[3], NULL, 10);
	if (queue_init(&q, TL_ALERT_SIZE, 64) < 0 || writer_new(&wc, &w, &diag) < 0 || writer_start(w) < 0) {
		diag_print(&diag, stderr);
		return 1;
	}
	for (unsigned i = from; i <= to; i++)
		push(&q, i);
	sent = wait_until_sent(w, to - from + 1);
	writer_stop(w, 100);
	writer_free(w);
	queue_done(&q);
	diag_done(&diag);
	return sent ? 0 : 1;
}
