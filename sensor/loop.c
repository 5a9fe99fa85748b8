/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/log.h"
#include "sensor/health.h"

#define WAIT_MS	      2		  /* while the writer must catch up: the kernel does not wake us then */
#define GATHER_MS     5		  /* while records come */
#define GATHER_RING   (1UL << 20) /* a smaller ring could be full by then */
#define DRAIN_MAX_NS  (2 * NSEC_PER_SEC)
#define SETTLE_MAX_NS (200 * NSEC_PER_MSEC)
#define EVENTS	      8
#define ERRORS_SHOWN  20

static int watch(struct loop *l, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

int loop_init(struct loop *l)
{
	struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	int r;

	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	l->compile_fd = eventfd(0, EFD_CLOEXEC);
	l->compiled_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll_fd < 0 || l->timer_fd < 0 || l->compile_fd < 0 || l->compiled_fd < 0)
		return -errno;
	if (timerfd_settime(l->timer_fd, 0, &second, NULL) < 0)
		return -errno;
	r = watch(l, l->s->ring.fd, EPOLLIN);
	if (r == 0)
		r = watch(l, l->s->signal_fd, EPOLLIN);
	if (r == 0)
		r = watch(l, l->timer_fd, EPOLLIN);
	if (r == 0)
		r = watch(l, l->compiled_fd, EPOLLIN);
	l->ring_watched = true;
	l->clock_offset_ns = l->s->clock.offset_ns;
	return r;
}

/* ---- rules ---- */

static void first_error(struct compiled *c, const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diag_msg *m = &d->msg[i];

		if (m->level != DIAG_ERROR)
			continue;
		(void)snprintf(c->first, sizeof(c->first), "%s:%u:%u: %s", m->file ? m->file : "", m->line, m->col,
			       m->text);
		return;
	}
}

/* Errors only, and not all of a broken tree: tripline check shows the rest. */
static void diag_log(const struct diag *d)
{
	unsigned shown = 0;

	for (size_t i = 0; i < d->n && shown < ERRORS_SHOWN; i++) {
		const struct diag_msg *m = &d->msg[i];

		if (m->level != DIAG_ERROR)
			continue;
		shown++;
		log_error("%s:%u:%u: error: %s", m->file ? m->file : "", m->line, m->col, m->text);
	}
	if (d->errors > shown)
		log_error("%u more errors; tripline check shows them", d->errors - shown);
}

static struct score_config score_options(const struct config *c)
{
	return (struct score_config){ .alert_level = c->alert_level,
				      .lineage_threshold = (unsigned)c->lineage_threshold,
				      .half_life_ns = c->half_life };
}

/* Options that may change while running; everything else stays as started. An error keeps all of the old. */
static int compile_options(struct loop *l, struct score_config *score, struct diag *d)
{
	struct config now = *l->config, fresh; /* a view: its texts are not touched */
	int r;

	if (!l->config_path)
		return 0;
	r = config_init(&fresh);
	if (r < 0)
		return r;
	r = config_load(&fresh, l->config_path, l->config_owner, d);
	if (r == 0) {
		config_reload(&now, &fresh);
		*score = score_options(&now);
	}
	config_done(&fresh);
	return r;
}

static int compile_rules(struct loop *l, struct compiled *c, bool first, struct diag *d)
{
	struct ruleset_options o = { .dirs = (const char *const *)l->config->rules.item,
				     .correlation_memory = l->config->correlation_memory };
	int r = 0;

	c->program.score = score_options(l->config);
	if (!first) /* the first time they were read a moment ago, with privilege */
		r = compile_options(l, &c->program.score, d);
	if (r < 0)
		return r;
	r = ruleset_load(&o, &c->program.rules, d);
	if (r < 0)
		return r;
	c->rules = ruleset_n_rules(c->program.rules);
	return engine_new(c->program.rules, &c->program.engine);
}

static struct compiled *compile(struct loop *l, bool first)
{
	struct compiled *c = calloc(1, sizeof(*c));
	struct diag d = { 0 };

	if (!c)
		return NULL;
	c->error = compile_rules(l, c, first, &d);
	c->errors = d.errors;
	c->warnings = d.warnings;
	first_error(c, &d);
	diag_log(&d);
	diag_done(&d);
	if (c->error < 0)
		program_free(&c->program);
	return c;
}

static void *compiler_main(void *arg)
{
	struct loop *l = arg;
	uint64_t n;

	while (read(l->compile_fd, &n, sizeof(n)) == sizeof(n) &&
	       !__atomic_load_n(&l->compiler_stop, __ATOMIC_ACQUIRE)) {
		struct compiled *c = compile(l, false);

		n = 1;
		__atomic_store_n(&l->compiled, c, __ATOMIC_RELEASE);
		if (write(l->compiled_fd, &n, sizeof(n)) != sizeof(n))
			break;
	}
	return NULL;
}

int loop_start_compiler(struct loop *l)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&l->compiler, NULL, compiler_main, l);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	l->compiler_runs = r == 0;
	return -r;
}

int loop_first_rules(struct loop *l)
{
	struct compiled *c = compile(l, true);
	int r;

	if (!c)
		return -ENOMEM;
	r = c->error;
	if (r == 0) {
		worker_take(&l->worker, &c->program);
		health_start(l, c);
	}
	free(c);
	return r;
}

static void reload_ask(struct loop *l)
{
	uint64_t one = 1;

	writer_reopen(l->writer);
	l->compile_again = l->compiling; /* files may have changed since it began */
	if (l->compiling)
		return;
	l->compiling = write(l->compile_fd, &one, sizeof(one)) == sizeof(one);
}

static void reload_take(struct loop *l)
{
	struct compiled *c;
	uint64_t n;

	if (read(l->compiled_fd, &n, sizeof(n)) != sizeof(n))
		return;
	c = __atomic_exchange_n(&l->compiled, NULL, __ATOMIC_ACQUIRE);
	l->compiling = false;
	if (!c) {
		log_error("cannot reload: out of memory; the rules stay as they are");
	} else {
		if (c->error == 0)
			worker_take(&l->worker, &c->program);
		health_reload(l, c);
		free(c);
	}
	if (l->compile_again)
		reload_ask(l);
}

/* ---- waiting ---- */

static void signals_take(struct loop *l)
{
	struct signalfd_siginfo si;

	while (read(l->s->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP)
			reload_ask(l);
		else
			l->stop = true;
	}
}

/* What was read and not acknowledged would make the ring readable for ever. */
static void ring_watch(struct loop *l, bool on)
{
	struct epoll_event e = { .events = on ? EPOLLIN : 0, .data.fd = l->s->ring.fd };

	if (l->ring_watched != on && epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, l->s->ring.fd, &e) == 0)
		l->ring_watched = on;
}

static int wait_events(struct loop *l, int timeout_ms)
{
	struct epoll_event e[EVENTS];
	uint64_t ticks;
	int n = epoll_wait(l->epoll_fd, e, EVENTS, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		if (e[i].data.fd == l->s->signal_fd)
			signals_take(l);
		else if (e[i].data.fd == l->compiled_fd)
			reload_take(l);
		else if (e[i].data.fd == l->timer_fd && read(l->timer_fd, &ticks, sizeof(ticks)) == sizeof(ticks))
			health_tick(l);
	}
	return 0;
}

static bool all_read(const struct loop *l)
{
	struct probe_loss loss;

	probe_loss(&l->s->probe, &loss);
	return loss.emitted <= l->worker.received + loss.lost;
}

/* Nothing new is emitted: reads what is left, as long as it makes progress or a program may still be at work. */
static void drain(struct loop *l)
{
	uint64_t start = session_boot_ns(), now = start;

	while (now - start < DRAIN_MAX_NS) {
		enum worker_state st = worker_run(&l->worker);

		if (st == WORKER_BROKEN)
			return;
		now = session_boot_ns();
		if (st == WORKER_IDLE && (all_read(l) || now - start > SETTLE_MAX_NS))
			return;
		if (st != WORKER_MORE)
			(void)poll(NULL, 0, WAIT_MS);
	}
}

/* Until the next look at the ring; -1: until the kernel wakes us. */
static int wait_ms(const struct loop *l, enum worker_state st, bool read_some)
{
	if (st == WORKER_WAITING)
		return WAIT_MS;
	if (st == WORKER_MORE)
		return 0;
	if (!read_some || l->s->ring.size < GATHER_RING)
		return -1;
	/* Where one came more will: to let them gather is cheaper than being woken for each of them. */
	(void)poll(NULL, 0, GATHER_MS);
	return 0;
}

int loop_run(struct loop *l)
{
	enum worker_state st;
	int r = 0;

	while (!l->stop && r == 0) {
		uint64_t before = l->worker.received;

		st = worker_run(&l->worker);
		if (st == WORKER_BROKEN) {
			r = -EBADMSG;
			break;
		}
		ring_watch(l, st == WORKER_IDLE);
		r = wait_events(l, wait_ms(l, st, l->worker.received != before));
	}
	session_detach(l->s);
	if (r == 0)
		drain(l);
	health_stop(l);
	return r;
}

void loop_done(struct loop *l)
{
	uint64_t one = 1;

	if (l->compiler_runs) {
		__atomic_store_n(&l->compiler_stop, true, __ATOMIC_RELEASE);
		if (write(l->compile_fd, &one, sizeof(one)) == sizeof(one))
			(void)pthread_join(l->compiler, NULL);
		if (l->compiled)
			program_free(&l->compiled->program);
		free(l->compiled);
	}
	worker_done(&l->worker);
	closep(&l->epoll_fd);
	closep(&l->timer_fd);
	closep(&l->compile_fd);
	closep(&l->compiled_fd);
}
