// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* decode_test - records made by hand become the right events; a record that is not right becomes none */
#include "config.h"

#include "sensor/decode.h"

#include <errno.h>

#include "tests/tap.h"

static const struct decode_clock test_clock = { .offset_ns = 1000 };

/* A record with room for its strings. */
union room {
	struct wire_head head;
	struct wire_fork fork;
	struct wire_exit exit;
	struct wire_rename rename;
	struct wire_cred cred;
	struct wire_task task;
	struct wire_exec exec;
	struct wire_tcp tcp;
	char bytes[WIRE_RECORD_MAX];
};

static union room room;
static struct event ev;

static void *begin(enum wire_kind kind, size_t size)
{
	memset(&room, 0, sizeof(room));
	room.head.size = (uint32_t)size;
	room.head.kind = (uint8_t)kind;
	room.head.cpu = 3;
	room.head.seq = 77;
	room.head.time = 500;
	room.head.proc.tgid = 42;
	room.head.proc.tid = 43;
	room.head.proc.uid = 1000;
	memcpy(room.head.proc.comm.c, "sixteen-bytes-16", 16);
	return &room;
}

static void append(struct wire_str *s, const char *text, size_t n)
{
	s->off = (uint16_t)room.head.size;
	s->len = (uint16_t)n;
	memcpy(room.bytes + room.head.size, text, n);
	room.head.size += (uint32_t)n;
}

#define APPEND(s, lit) append(&(s), (lit), sizeof(lit) - 1)

static int decode_n(size_t size)
{
	const struct wire_head *h;
	char *copy =
		malloc(size ? size : 1); /* exact: a read behind the end is seen by the sanitizer */
	int r;

	memcpy(copy, room.bytes, size);
	r = decode_record(&ev, &test_clock, copy, size, &h);
	free(copy);
	return r;
}

static int decode(void)
{
	const struct wire_head *h;

	return decode_record(&ev, &test_clock, &room, room.head.size, &h);
}

static struct slice text(enum field f)
{
	return event_str(&ev, f);
}

static void make_exec(void)
{
	struct wire_exec *e = begin(WIRE_exec, sizeof(*e));

	e->ino = 9;
	e->dev = 8 << 20 | 1;
	e->ctime = 5;
	e->args_len = 8;
	e->action = WIRE_action_EXEC;
	e->stdin = WIRE_stdin_PIPE;
	APPEND(e->exe, "/bin/prog");
	APPEND(e->cwd, "/home/u");
	APPEND(e->tty, "pts/3");
	APPEND(e->args, "prog\0-x\0");
}

static void test_exec(void)
{
	make_exec();
	is_i64(decode(), WIRE_exec, "exec");
	ok(ev.category == CATEGORY_process_creation, "category");
	is_u64(ev.time_ns, 1500, "time");
	is_u64(ev.seq, 77, "number");
	is_u64(ev.cpu, 3, "processor");
	ok(ev.live && slice_eqs(ev.product, "linux"), "live, of product linux");
	is_slice(text(F_exe), SLICE("/bin/prog"), "Image");
	is_slice(text(F_cwd), SLICE("/home/u"), "CurrentDirectory");
	is_slice(text(F_tty), SLICE("pts/3"), "Terminal");
	is_slice(text(F_args), SLICE("prog\0-x\0"), "Args");
	is_slice(text(F_action), SLICE("exec"), "Action");
	is_slice(text(F_stdin_type), SLICE("pipe"), "StdinType");
	is_slice(text(F_comm), SLICE("sixteen-bytes-16"), "a name without NUL");
	is_u64(ev.v[F_dev].u, 8 << 20 | 1, "Device");
	is_u64(ev.v[F_uid].u, 1000, "UserId");
	ok(!event_has(&ev, F_via), "symbol 0 is absent");
	ok(!event_has(&ev, F_script), "an empty string is absent");
	ok(event_has(&ev, F_exe_memfd) && ev.v[F_exe_memfd].u == 0, "false is not absent");

	room.exec.error = 13;
	is_i64(decode(), WIRE_exec, "failed exec");
	ok(ev.category == CATEGORY_process_exec_failed, "category of a failed exec");

	room.exec.exe.len = 0;
	is_i64(decode(), WIRE_exec, "exec without image");
	ok(!event_has(&ev, F_ino) && !event_has(&ev, F_dev) && !event_has(&ev, F_exe_ctime),
	   "has no inode of it");
}

static void test_script(void)
{
	static const struct {
		const char *cwd, *script, *want;
		unsigned error;
	} row[] = {
		/* clang-format off */
		{ "/home/u",	"run.sh",		"/home/u/run.sh",	0 },
		{ "/home/u",	"./a/../run.sh",	"/home/u/run.sh",	0 },
		{ "/home/u",	"../../../x",		"/x",			0 },
		{ "/",		"x",			"/x",			0 },
		{ "/home/u",	"//a///b/.",		"/a/b",			0 },
		{ "/home/u",	"/a/b/..",		"/a",			0 },
		{ "/home/u",	"/..",			"/",			0 },
		{ "/home/u",	"/bin/./prog",		"",			0 }, /* is Image itself */
		{ "/bin",	"prog",			"",			0 },
		{ "/home/u",	"/bin/prog",		"/bin/prog",		2 }, /* what a failed call asked for */
		{ "/home/u",	"/dev/fd/3",		"/dev/fd/3",		0 },
		{ "/home/u",	"...",			"/home/u/...",		0 },
		{ "/home/u",	"a..b/.c",		"/home/u/a..b/.c",	0 },
		{ "",		"rel",			"rel",			0 },
		{ "end/of/long","rel",			"rel",			0 },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct wire_exec *e = begin(WIRE_exec, sizeof(*e));

		e->error = row[i].error;
		APPEND(e->exe, "/bin/prog");
		append(&e->cwd, row[i].cwd, strlen(row[i].cwd));
		append(&e->script, row[i].script, strlen(row[i].script));
		if (decode() != WIRE_exec)
			ok(false, "decodes");
		is_slice(text(F_script), slice_of(row[i].want), row[i].script);
	}
}

static void test_small_kinds(void)
{
	begin(WIRE_fork, sizeof(struct wire_fork));
	room.fork.action = WIRE_action_FORK;
	is_i64(decode(), WIRE_fork, "fork");
	ok(ev.category == CATEGORY_process_fork, "category of fork");

	begin(WIRE_exit, sizeof(struct wire_exit));
	room.exit.exit_code = 7;
	is_i64(decode(), WIRE_exit, "exit");
	ok(ev.category == CATEGORY_process_termination && ev.v[F_exit_code].u == 7, "exit code");
	room.exit.exit_signal = 9;
	is_i64(decode(), WIRE_exit, "killed");
	ok(!event_has(&ev, F_exit_code) && ev.v[F_exit_signal].u == 9,
	   "a signal, then no exit code");

	begin(WIRE_rename, sizeof(struct wire_rename));
	memcpy(room.rename.prev_comm.c, "old", 4);
	is_i64(decode(), WIRE_rename, "rename");
	is_slice(text(F_prev_comm), SLICE("old"), "PreviousComm");

	begin(WIRE_cred, sizeof(struct wire_cred));
	room.cred.via = WIRE_via_COMPAT;
	is_i64(decode(), WIRE_cred, "cred");
	is_slice(text(F_via), SLICE("compat"), "Via");

	begin(WIRE_task, sizeof(struct wire_task));
	room.head.proc.task_flags = WIRE_TASK_KTHREAD;
	is_i64(decode(), WIRE_task, "task");
	ok(ev.category == CATEGORY_NONE && ev.v[F_kthread].u == 1 && !event_has(&ev, F_ino),
	   "a kernel thread");
}

static void test_tcp(void)
{
	static const uint8_t lo[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	struct wire_tcp *t = begin(WIRE_tcp, sizeof(*t));

	memcpy(t->laddr.b, lo, 16);
	t->rport = 80;
	t->action = WIRE_action_CONNECT;
	t->outcome = WIRE_outcome_REFUSED;
	t->error = 111;
	t->initiated = 1;
	t->ret = WIRE_ABSENT_I64;
	t->cookie = WIRE_ABSENT_U64;
	t->fd = -1;
	is_i64(decode(), WIRE_tcp, "connect");
	ok(ev.category == CATEGORY_network_connection, "category of connect");
	is_slice(text(F_outcome), SLICE("refused"), "Outcome");
	ok(event_has(&ev, F_laddr) && !event_has(&ev, F_raddr), "an address of zeros is absent");
	ok(!event_has(&ev, F_ret) && !event_has(&ev, F_cookie), "absent numbers");
	is_i64(ev.v[F_fd].i, -1, "Fd");
	ok(!event_has(&ev, F_bytes_sent) && event_has(&ev, F_duration_ns),
	   "no bytes before the close");
	t->action = WIRE_action_CLOSE;
	t->bytes_sent = 5;
	is_i64(decode(), WIRE_tcp, "close");
	ok(ev.category == CATEGORY_network_close && ev.v[F_bytes_sent].u == 5,
	   "bytes at the close");
}

static void test_sizes(void)
{
	unsigned taken = 0;
	size_t size;

	make_exec();
	size = room.head.size;
	for (size_t n = 0; n < size; n++)
		taken += decode_n(n) != -EBADMSG;
	is_u64(taken, 0, "cut at each byte: refused");
	for (size_t n = 0; n < size; n++) {
		make_exec();
		room.head.size = (uint32_t)n;
		taken += decode_n(n) != -EBADMSG;
	}
	is_u64(taken, 0, "cut at each byte and said so: refused");
	make_exec();
	room.head.size = WIRE_RECORD_MAX + 8;
	is_i64(decode_n(WIRE_RECORD_MAX), -EBADMSG, "longer than any record");
	begin(WIRE_fork, sizeof(struct wire_fork) + 8);
	is_i64(decode_n(room.head.size), -EBADMSG, "a kind without strings has one size");
}

static void refused(const char *what)
{
	is_i64(decode(), -EBADMSG, what);
	make_exec();
}

static void test_refused(void)
{
	make_exec();
	room.head.kind = WIRE_NONE;
	refused("kind 0");
	room.head.kind = WIRE_KINDS;
	refused("first kind that is not");
	room.head.kind = 255;
	refused("kind 255");
	room.head.flags = 1;
	refused("unknown flags");
	room.exec.exe.off = (uint16_t)room.head.size;
	refused("string behind the end");
	room.exec.exe.off = 0xffff;
	room.exec.exe.len = 0xffff;
	refused("offset and length at their largest");
	room.exec.exe.len = (uint16_t)(room.head.size - room.exec.exe.off + 1);
	refused("string one byte over the end");
	room.exec.exe.off = 0;
	refused("string in the head");
	room.exec.exe.off = sizeof(struct wire_exec) - 1;
	refused("string that begins in the fixed part");
	room.exec.args.len--;
	refused("list that does not end in NUL");
	room.exec.action = 200;
	refused("symbol beyond the table");
	room.exec.stdin = WIRE_stdin_OTHER + 1;
	refused("symbol that the set does not have");
	room.exec.exe_memfd = 2;
	refused("bool of 2");
	is_i64(decode(), WIRE_exec, "and the record that all were made from is right");
}

/* A rename at the wrong moment must not hide the program that is executed. */
static void test_torn_name(void)
{
	char want[64] = "";
	struct slice exe, shown;
	char tmp[256];

	make_exec();
	is_i64(decode(), WIRE_exec, "a record");
	exe = event_str(&ev, F_exe);
	(void)snprintf(want, sizeof(want), "%.2s\xef\xbf\xbd%.*s", exe.p, (int)exe.n - 3, exe.p + 3);
	room.bytes[room.exec.exe.off + 2] = '\0';
	is_i64(decode(), WIRE_exec, "the same with a NUL in a name");
	shown = value_text(TYPE_str, &ev.v[F_exe], tmp, sizeof(tmp));
	is_slice(shown, slice_of(want), "shows the rest of the name");
}

int main(void)
{
	if (event_init(&ev) < 0)
		return 1;
	test_exec();
	test_script();
	test_small_kinds();
	test_tcp();
	test_sizes();
	test_refused();
	test_torn_name();
	event_done(&ev);
	return done_testing();
}
