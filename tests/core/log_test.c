/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/tap.h"

static int log_pipe[2];

/* What has come to standard error since the last call. */
static struct slice said(void)
{
	static char mem[64 * 1024];
	ssize_t n = read(log_pipe[0], mem, sizeof(mem));

	return (struct slice){ mem, n > 0 ? (size_t)n : 0 };
}

static void test_text(void)
{
	char longest[5000];
	struct slice s;

	unsetenv("JOURNAL_STREAM");
	log_setup(LOG_LEVEL_INFO);
	errno = EXDEV;
	log_error("cannot open %s: %d", "x", 5);
	ok(errno == EXDEV, "errno is kept");
	is_slice(said(), SLICE("tripline: cannot open x: 5\n"), "one line");
	log_debug("quiet");
	is_slice(said(), SLICE(""), "under the level");
	log_info("%s", "a\nb\x1b[0m \xff caf\xc3\xa9 \xe2\x80\xae \x7f");
	is_slice(said(),
		 SLICE("tripline: a\\x0ab\\x1b[0m \\xff caf\xc3\xa9 \\xe2\\x80\\xae \\x7f\n"),
		 "foreign bytes");

	memset(longest, '\n', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	log_warning("%s", longest);
	s = said();
	ok(s.n > 8000 && s.n < 8300 && memcmp(s.p + s.n - 8, "\\x0a...\n", 8) == 0,
	   "a long one is cut and says so");
	ok(memchr(s.p, '\n', s.n) == s.p + s.n - 1, "and is still one line");
	log_warning("%.2047s", longest);
	s = said();
	ok(s.n == 10 + 4 * 2047 + 1, "the longest that is not");

	setenv("JOURNAL_STREAM", "8:1", 1);
	log_setup(LOG_LEVEL_DEBUG);
	log_error("e");
	log_warning("w");
	log_info("i");
	log_debug("d");
	is_slice(said(), SLICE("<3>tripline: e\n<4>tripline: w\n<6>tripline: i\n<7>tripline: d\n"),
		 "under systemd");
	unsetenv("JOURNAL_STREAM");
	log_setup(LOG_LEVEL_INFO);
}

static void test_limit(void)
{
	struct log_limit lim = { 0 };
	unsigned passed = 0;
	uint32_t held, held_total = 0;

	for (unsigned i = 0; i < 10; i++) {
		passed += log_limit_pass(&lim, 3, &held);
		held_total += held;
	}
	/* The minute may turn once in between: then the second one has a burst of its own, and
	 * tells what was held. */
	ok(passed == 3 || (passed > 3 && passed <= 6), "a burst passes");
	is_u64(passed + held_total + lim.held, 10, "the others are counted");

	lim.minute = 1; /* long ago */
	lim.held = 7;
	ok(log_limit_pass(&lim, 3, &held) && held == 7 && lim.held == 0, "the next minute tells");

	for (unsigned i = 0; i < 5; i++)
		log_limited(LOG_LEVEL_WARNING, 1000, "n %u", i);
	is_slice(said(),
		 SLICE("tripline: n 0\ntripline: n 1\ntripline: n 2\ntripline: n 3\ntripline: n "
		       "4\n"),
		 "as macro");
}

int main(void)
{
	if (pipe2(log_pipe, O_NONBLOCK | O_CLOEXEC) < 0 || dup2(log_pipe[1], STDERR_FILENO) < 0)
		return 1;
	test_text();
	test_limit();
	return done_testing();
}
