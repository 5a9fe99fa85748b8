/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* cmd_run.c - tripline run: the sensor
 *
 * The order of the steps is the security of the program; see sandbox.h and session.h.
 */
#include "config.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "core/log.h"
#include "core/queue.h"
#include "outputs/output.h"
#include "sensor/args.h"
#include "sensor/cmd.h"
#include "sensor/health.h"
#include "sensor/loop.h"
#include "sensor/session.h"

#define STOP_MS 5000 /* for what the outputs still have to write */

static const char usage[] =
	"Usage: tripline run [OPTION]...\n"
	"Watches this host, applies rules and writes alerts until SIGTERM or SIGINT. SIGHUP reloads rules and\n"
	"reopens files. Needs root, or CAP_BPF and CAP_PERFMON, to start; gives all of it up.\n";

struct run {
	struct config config;
	struct args args;
	struct session s;
	struct queue queue;
	struct writer *writer;
	struct agent agent;
	struct output_config output[LOOP_OUTPUTS];
	unsigned n_outputs;
	struct loop loop;
	struct sandbox_paths paths;
	char dirs[3][PATH_MAX]; /* of the configuration and of the files that are written */
	unsigned n_dirs;
	uid_t starter;
};

static int start_failed(const struct session *s)
{
	log_error("%s", s->why);
	return s->status;
}

static void output_add(struct run *run, struct output_config o)
{
	o.max_bytes = run->config.max_line;
	run->loop.output_name[run->n_outputs] = o.name;
	run->output[run->n_outputs++] = o;
}

static bool terminal_wanted(const struct config *c)
{
	return c->terminal == CHOICE_TRUE || (c->terminal == CHOICE_AUTO && isatty(STDOUT_FILENO));
}

/* The record file first: the worker waits for it alone. */
static void outputs_choose(struct run *run)
{
	const struct config *c = &run->config;

	output_add(run, (struct output_config){ .name = "record",
						.encoder = "json",
						.sink = SINK_FILE,
						.path = c->record_file,
						.record = true });
	if (*c->cef_file)
		output_add(run, (struct output_config){ .name = "cef",
							.encoder = "cef",
							.sink = SINK_FILE,
							.path = c->cef_file,
							.min_level = LEVEL_LOW });
	if (c->syslog)
		output_add(run, (struct output_config){ .name = "syslog",
							.encoder = "syslog",
							.sink = SINK_SYSLOG,
							.path = c->syslog_socket,
							.min_level = LEVEL_LOW });
	if (terminal_wanted(c))
		output_add(run, (struct output_config){ .name = "terminal",
							.encoder = "text",
							.sink = SINK_STDOUT,
							.min_level = LEVEL_LOW });
}

/* Of a file that may be replaced by another of its name: Landlock knows inodes, so the directory is what counts. */
static const char *dir_of(struct run *run, const char *file)
{
	char copy[PATH_MAX], *to = run->dirs[run->n_dirs++];

	(void)snprintf(copy, sizeof(copy), "%s", file);
	(void)snprintf(to, sizeof(run->dirs[0]), "%s", dirname(copy));
	return to;
}

/* Directories of the default that are not there are left out: a package may ship rules and no place for one's own yet. */
static int rules_choose(struct run *run)
{
	struct config_list *l = &run->config.rules;
	bool named = !config_is_default(&run->config, "rules");
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++) {
		if (access(l->item[i], F_OK) == 0 || errno != ENOENT) {
			l->item[n++] = l->item[i];
		} else if (named) {
			log_error("rule directory %s is not there", l->item[i]);
			return TL_EXIT_CONFIG;
		}
	}
	if (n == 0) {
		log_error("there are no rules in %s: name a directory with --rules", l->item[0]);
		return TL_EXIT_CONFIG;
	}
	l->n = n;
	l->item[n] = NULL;
	return 0;
}

static void paths_choose(struct run *run)
{
	const struct config *c = &run->config;

	for (unsigned i = 0; i < c->rules.n; i++)
		run->paths.read[run->paths.n_read++] = c->rules.item[i];
	if (run->args.config_path)
		run->paths.read[run->paths.n_read++] = dir_of(run, run->args.config_path);
	run->paths.write[run->paths.n_write++] = dir_of(run, c->record_file);
	if (*c->cef_file)
		run->paths.write[run->paths.n_write++] = dir_of(run, c->cef_file);
}

static int files_prepare(struct run *run)
{
	for (unsigned i = 0; i < run->n_outputs; i++) {
		if (run->output[i].sink != SINK_FILE)
			continue;
		if (session_prepare_file(&run->s, run->output[i].path) < 0)
			return start_failed(&run->s);
		if (run->output[i].record && session_lock_file(&run->s, run->output[i].path) < 0)
			return start_failed(&run->s);
	}
	return 0;
}

static int outputs_open(struct run *run)
{
	struct session *s = &run->s;
	struct writer_config wc = {
		.outputs = run->output, .n_outputs = run->n_outputs, .agent = &run->agent, .queue = &run->queue
	};
	struct diag d = { 0 };
	int r;

	run->agent = (struct agent){
		.host = slice_of(s->host),
		.version = SLICE(PACKAGE_VERSION),
		.kernel = slice_of(s->kernel),
		.boot_id = slice_of(s->boot_id),
		.machine_id = slice_of(s->machine_id),
		.pid = (uint32_t)getpid(),
	};
	r = queue_init(&run->queue, TL_ALERT_SIZE, (uint32_t)run->config.queue_slots);
	if (r == 0)
		r = writer_new(&wc, &run->writer, &d);
	for (size_t i = 0; i < d.n; i++)
		log_error("%s", d.msg[i].text);
	diag_done(&d);
	if (r < 0) {
		log_error("cannot open the outputs: %s", strerror(-r));
		return TL_EXIT_CONFIG;
	}
	return 0;
}

/* Everything that needs privilege or a path outside the sandbox. */
static int open_all(struct run *run)
{
	struct loop *l = &run->loop;
	int r;

	if (sandbox_begin(&run->s.box, 3) < 0) {
		log_error("%s", run->s.box.why);
		return 1;
	}
	outputs_choose(run);
	if (session_open(&run->s, &run->config) < 0)
		return start_failed(&run->s);
	r = rules_choose(run);
	if (r)
		return r;
	paths_choose(run);
	r = files_prepare(run);
	if (r == 0)
		r = outputs_open(run);
	if (r)
		return r;
	l->s = &run->s;
	l->config = &run->config;
	l->config_path = run->args.config_path;
	l->config_owner = run->starter;
	l->queue = &run->queue;
	l->writer = run->writer;
	l->n_outputs = run->n_outputs;
	r = loop_init(l);
	if (r < 0) {
		log_error("cannot set up the event loop: %s", strerror(-r));
		return 1;
	}
	return 0;
}

static int close_sandbox(struct run *run)
{
	int r;

	if (session_drop(&run->s, &run->paths) < 0)
		return start_failed(&run->s);
	r = writer_start(run->writer);
	if (r == 0)
		r = loop_start_compiler(&run->loop);
	if (r < 0) {
		log_error("cannot start a thread: %s", strerror(-r));
		return 1;
	}
	if (session_seal(&run->s) < 0)
		return start_failed(&run->s);
	return 0;
}

static int rules_failed(const struct run *run, int r)
{
	if (r == -ENOENT)
		log_error("there is no rule file in %s: name a directory with --rules", run->config.rules.item[0]);
	else if (r == -ENODATA)
		log_error("there is nothing good among the rules: see the errors above, or tripline check");
	else
		log_error("cannot load the rules: %s", strerror(-r));
	return r == -ENOMEM ? 1 : TL_EXIT_CONFIG;
}

static int serve(struct run *run)
{
	int r;

	if (session_begin(&run->s, &run->config, sizeof(struct lineage)) < 0)
		return start_failed(&run->s);
	r = worker_init(&run->loop.worker, &run->s, &run->queue, run->writer, 0);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return 1;
	}
	r = loop_first_rules(&run->loop);
	if (r < 0)
		return rules_failed(run, r);
	r = loop_run(&run->loop);
	if (r < 0)
		log_error("ended: %s", r == -EBADMSG ? "the ring buffer makes no sense" : strerror(-r));
	return r < 0 ? 1 : 0;
}

static void stop(struct run *run)
{
	uint64_t left = run->writer ? writer_stop(run->writer, STOP_MS) : 0;

	if (left)
		log_error("%llu alerts are not in the record file", (unsigned long long)left);
	loop_done(&run->loop);
	writer_free(run->writer);
	queue_done(&run->queue);
	session_close(&run->s);
	config_done(&run->config);
}

int cmd_run(int argc, char **argv)
{
	static const struct args_own own[] = { { 0 } };
	struct run *run = calloc(1, sizeof(*run));
	int r;

	log_setup(LOG_LEVEL_INFO);
	if (!run) {
		log_error("out of memory");
		return 1;
	}
	run->starter = geteuid();
	session_init(&run->s);
	run->loop.epoll_fd = run->loop.timer_fd = run->loop.compile_fd = run->loop.compiled_fd = -1;
	r = args_read(&run->config, usage, own, argc, argv, &run->args);
	if (r != ARGS_GO_ON) {
		free(run);
		return r;
	}
	if (run->args.first < argc) {
		log_error("unexpected argument %s; see tripline run --help", argv[run->args.first]);
		config_done(&run->config);
		free(run);
		return TL_EXIT_USAGE;
	}
	r = open_all(run);
	if (r == 0)
		r = close_sandbox(run);
	if (r == 0)
		r = serve(run);
	stop(run);
	free(run);
	return r;
}
