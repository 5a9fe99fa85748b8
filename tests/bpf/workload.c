// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* workload - does one thing that the kernel side must tell; tests/bpf/events_test.c runs and judges it
 *
 * usage: workload ACTION [ARG...], in a directory of its own. Exit status 0: the thing was done, 77: this kernel or
 * machine cannot do it. Linked statically, so that it can be copied, and run where there are no libraries.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/bpf/workload.h"

char workload_self[4096];

/* A vector for execve(2) of literals. */
#define ARGV(...) ((char **)(uintptr_t)(const char *const[]){ __VA_ARGS__, NULL })

void workload_fail(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

void workload_copy_self(const char *to, mode_t mode)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	struct stat st;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		workload_fail("copy");
	while (sendfile(out, in, NULL, (size_t)st.st_size) > 0)
		;
	if (fchmod(out, mode) < 0)
		workload_fail("chmod");
	close(in);
	close(out);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) < 0)
		workload_fail(name);
	close(fd);
}

static pid_t wait_for(pid_t pid)
{
	int status;

	if (pid < 0)
		workload_fail("fork");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			workload_fail("waitpid");
	return pid;
}

/* ---- exec ---- */

static int do_noop(char **arg)
{
	(void)arg;
	return 0;
}

static int do_args(char **arg)
{
	(void)arg;
	execv(workload_self, ARGV("argv zero", "noop", "a b", "", "\xff\xfe"));
	workload_fail("args");
	return 1;
}

static int do_script(char **arg)
{
	char text[5000];

	(void)arg;
	(void)snprintf(text, sizeof(text), "#!%s noop\n", workload_self);
	write_file("run.sh", text, 0755);
	if (mkdir("sub", 0755) < 0)
		workload_fail("sub");
	execl("./sub/.././/run.sh", "run.sh", "one", NULL);
	workload_fail("script");
	return 1;
}

static int do_memfd(char **arg)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("tl-test", MFD_CLOEXEC);
	struct stat st;

	(void)arg;
	if (in < 0 || fd < 0 || fstat(in, &st) < 0)
		workload_fail("memfd");
	while (sendfile(fd, in, NULL, (size_t)st.st_size) > 0)
		;
	if (dup2(fd, 9) < 0 || fcntl(9, F_SETFD, FD_CLOEXEC) < 0)
		workload_fail("dup2");
	close(fd);
	syscall(SYS_execveat, 9, "", ARGV("m", "noop"), environ, AT_EMPTY_PATH);
	workload_fail("execveat");
	return 1;
}

static int do_deleted(char **arg)
{
	int fd;

	workload_copy_self("gone", 0755);
	if (arg[0] && link("gone", arg[0]) < 0)
		workload_fail("link");
	fd = open("gone", O_PATH | O_CLOEXEC);
	if (fd < 0 || dup2(fd, 9) < 0 || fcntl(9, F_SETFD, FD_CLOEXEC) < 0 || unlink("gone") < 0)
		workload_fail("gone");
	syscall(SYS_execveat, 9, "", ARGV("g", "noop"), environ, AT_EMPTY_PATH);
	workload_fail("execveat");
	return 1;
}

static int do_fail(char **arg)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char item[16];

	(void)arg;
	write_file("noexec", "text", 0644);
	write_file("garbage", "not a program", 0755);
	if (dup2(dir, 9) < 0)
		workload_fail("dup2");
	/* On a page that was touched: nothing reads the arguments before the file is looked for. */
	(void)snprintf(item, sizeof(item), "prog%c-x%c%clast", 0, 0, 0);
	execl("/nonexistent/prog", item, item + 5, item + 8, item + 9, NULL);
	execl("./noexec", "n", NULL);
	execve("garbage", ARGV("g"), environ);
	syscall(SYS_execveat, 9, "missing", ARGV("m"), NULL, 0);
	syscall(SYS_execveat, AT_FDCWD, "../missing", ARGV("m"), NULL, 0);
	syscall(SYS_execve, "/nonexistent/noargs", NULL, NULL);
	return 0;
}

static char path_missing[] = "/nonexistent/thread", path_broken[] = "./broken";

static void *thread_exec(void *path)
{
	execl(path, "t", "noop", NULL);
	return NULL;
}

static int do_thread(char **arg)
{
	pthread_t t;

	(void)arg;
	if (pthread_create(&t, NULL, thread_exec, workload_self))
		workload_fail("thread");
	pthread_join(t, NULL);
	return 1;
}

static int do_thread_fail(char **arg)
{
	pthread_t t;

	(void)arg;
	if (pthread_create(&t, NULL, thread_exec, path_missing))
		workload_fail("thread");
	pthread_join(t, NULL);
	return 0;
}

/* An ELF file that is good until its segments are mapped: the old program is gone by then. */
static int do_broken(char **arg)
{
	struct {
		uint8_t ident[16];
		uint16_t type, machine;
		uint32_t version;
		uint64_t entry, phoff, shoff;
		uint32_t flags;
		uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
		uint32_t p_type, p_flags;
		uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
	} elf = { .ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		  .type = 2,
#ifdef __x86_64__
		  .machine = 62,
#else
		  .machine = 183,
#endif
		  .version = 1,
		  .entry = 0x400000,
		  .phoff = 64,
		  .ehsize = 64,
		  .phentsize = 56,
		  .phnum = 1,
		  .p_type = 1,
		  .p_flags = 5,
		  .p_vaddr = 0xffff800000000000ULL,
		  .p_filesz = 64,
		  .p_memsz = 64,
		  .p_align = 4096 };
	int fd = open("broken", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	pthread_t t;

	(void)arg;
	if (fd < 0 || write(fd, &elf, sizeof(elf)) != (ssize_t)sizeof(elf))
		workload_fail("broken");
	close(fd);
	if (pthread_create(&t, NULL, thread_exec, path_broken))
		workload_fail("thread");
	pthread_join(t, NULL);
	return 1; /* not reached: the process is killed */
}

/* 1 000 020 bytes of arguments: 10 items of 100 000 ('a' to 'j', with their NUL), and what is around them. */
static int do_long(char **arg)
{
	static char head[] = "long", noop[] = "noop", tail[] = "the end..";
	char *v[14] = { head, noop };

	(void)arg;
	for (int i = 0; i < 10; i++) {
		v[2 + i] = malloc(100000);
		if (!v[2 + i])
			workload_fail("malloc");
		memset(v[2 + i], 'a' + i, 99999);
		v[2 + i][99999] = '\0';
	}
	v[12] = tail; /* "long" 5, "noop" 5, this 10: 20 bytes */
	execv(workload_self, v);
	workload_fail("long");
	return 1;
}

/* More than WIRE_ARGS_MAX by one item boundary, less, and exactly: total bytes in *arg. */
static int do_size(char **arg)
{
	size_t n = strtoul(arg[0], NULL, 10) - strlen("s") - strlen("noop") - 3;
	char *fill = malloc(n + 1);

	if (!fill)
		workload_fail("malloc");
	memset(fill, 'x', n);
	fill[n] = '\0';
	execv(workload_self, ARGV("s", "noop", fill));
	workload_fail("size");
	return 1;
}

static int do_argc0(char **arg)
{
	(void)arg;
	workload_copy_self("argc0", 0755);
	syscall(SYS_execve, "./argc0", NULL, NULL);
	workload_fail("argc0");
	return 1;
}

static int do_setuid(char **arg)
{
	pid_t pid;

	(void)arg;
	workload_copy_self("suid", 04755);
	pid = fork();
	if (pid == 0) {
		if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
			workload_fail("setresuid");
		execl("./suid", "suid", "noop", NULL);
		workload_fail("suid");
	}
	wait_for(pid);
	return 0;
}

/* A directory deeper than a path can tell. */
static int do_deep(char **arg)
{
	char name[201];

	(void)arg;
	memset(name, 'd', 200);
	name[200] = '\0';
	for (int i = 0; i < 25; i++)
		if (mkdir(name, 0755) < 0 || chdir(name) < 0)
			workload_fail("deep");
	workload_copy_self("prog", 0755);
	execl("./prog", "p", "noop", NULL);
	workload_fail("deep");
	return 1;
}

static int do_stdin(char **arg)
{
	int fd, pair[2];

	if (strcmp(arg[0], "pipe") == 0 ? pipe(pair) : socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		workload_fail("pair");
	fd = pair[0];
	if (strcmp(arg[0], "file") == 0)
		fd = open("/proc/self/exe", O_RDONLY);
	else if (strcmp(arg[0], "null") == 0)
		fd = open("/dev/null", O_RDONLY);
	if (dup2(fd, 0) < 0)
		workload_fail("dup2");
	if (strcmp(arg[0], "closed") == 0)
		close(0);
	execl(workload_self, "stdin", "noop", NULL);
	workload_fail("stdin");
	return 1;
}

#ifdef __x86_64__
static char low_path[] = "/nonexistent/int80", low_arg[] = "i386";
static uint32_t low_argv[3];

static long int80(long nr, const void *a, const void *b, const void *c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

/* The 32-bit entry of a 64-bit process. In a child: without CONFIG_IA32_EMULATION it is killed, told by status 3. */
static int do_int80(char **arg)
{
	pid_t pid;
	int status;

	(void)arg;
	if ((uintptr_t)low_argv > UINT32_MAX)
		return 77;
	low_argv[0] = (uint32_t)(uintptr_t)low_arg;
	low_argv[1] = (uint32_t)(uintptr_t)low_path;
	pid = fork();
	if (pid == 0) {
		_exit((int)int80(11, low_path, low_argv, NULL) == -ENOENT ? 0 : 77);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 77;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSEGV ? 3 : 77;
	return WEXITSTATUS(status);
}
#else
static int do_int80(char **arg)
{
	(void)arg;
	return 77;
}
#endif

/* ---- life ---- */

static int do_rename(char **arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "kworker/0:1");
	prctl(PR_SET_NAME, "kworker/0:1"); /* the same again: nothing changes */
	prctl(PR_SET_NAME, "a name longer than fifteen");
	return 0;
}

static void *thread_nothing(void *unused)
{
	return unused;
}

static int do_forks(char **arg)
{
	pthread_t t;
	pid_t pid;

	(void)arg;
	if (pthread_create(&t, NULL, thread_nothing, NULL))
		workload_fail("thread");
	pthread_join(t, NULL);
	pid = fork();
	if (pid == 0)
		_exit(7);
	wait_for(pid);
	pid = vfork();
	if (pid == 0)
		_exit(8);
	wait_for(pid);
	pid = fork();
	if (pid == 0) {
		raise(SIGKILL);
		_exit(0);
	}
	wait_for(pid);
	/* A sibling: its parent is ours, we are its creator. SIGCHLD is not needed, nobody waits for it here. */
	pid = (pid_t)syscall(SYS_clone, 0x8000 /* CLONE_PARENT */, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(9);
	return 0;
}

static void *thread_pause(void *unused)
{
	pause();
	return unused;
}

/* Ends itself only, when the leader has ended: field 3 of proc(5) stat. */
static void *thread_last(void *unused)
{
	char name[64], stat[512], *state;

	(void)unused;
	(void)snprintf(name, sizeof(name), "/proc/%d/stat", getpid());
	for (;;) {
		int fd = open(name, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, stat, sizeof(stat) - 1);

		close(fd);
		stat[n > 0 ? n : 0] = '\0';
		state = strrchr(stat, ')');
		if (n <= 0 || (state && state[2] == 'Z'))
			syscall(SYS_exit, 5);
		sched_yield();
	}
	return NULL;
}

/* Many threads that end at once: one exit; a leader that ends before its last thread: one exit, and the status that
 * wait(2) gives, which is the exit status of this action (the leader's, or since 5.18 the last thread's). */
static int do_threads_exit(char **arg)
{
	pthread_t t;
	int status;
	pid_t pid;

	(void)arg;
	for (int round = 0; round < 20; round++) {
		pid = fork();
		if (pid == 0) {
			for (int i = 0; i < 8; i++)
				if (pthread_create(&t, NULL, thread_pause, NULL))
					_exit(1);
			exit(3);
		}
		wait_for(pid);
	}
	pid = fork();
	if (pid == 0) {
		if (pthread_create(&t, NULL, thread_last, NULL))
			_exit(1);
		syscall(SYS_exit, 4);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int do_cred(char **arg)
{
	(void)arg;
	if (unshare(CLONE_NEWUTS) < 0 || setgid(65533) < 0 || setuid(65534) < 0)
		workload_fail("cred");
	return setuid(0) < 0 ? 0 : 1; /* refused: not told */
}

/* ---- the table ---- */

static const struct {
	const char *name;
	int (*run)(char **arg);
} action[] = {
	/* clang-format off */
	{ "noop", do_noop },
	{ "args", do_args },
	{ "script", do_script },
	{ "memfd", do_memfd },
	{ "deleted", do_deleted },
	{ "fail", do_fail },
	{ "thread", do_thread },
	{ "thread-fail", do_thread_fail },
	{ "broken", do_broken },
	{ "long", do_long },
	{ "size", do_size },
	{ "argc0", do_argc0 },
	{ "setuid", do_setuid },
	{ "deep", do_deep },
	{ "stdin", do_stdin },
	{ "int80", do_int80 },
	{ "rename", do_rename },
	{ "forks", do_forks },
	{ "threads-exit", do_threads_exit },
	{ "cred", do_cred },
	{ "overlay", workload_overlay },
	{ "bind", workload_bind },
	{ "chroot", workload_chroot },
	{ "pidns", workload_pidns },
	{ "tty", workload_tty },
	{ "auid", workload_auid },
	{ "tcp-connect", workload_tcp_connect },
	{ "tcp-refused", workload_tcp_refused },
	{ "tcp-nonblocking", workload_tcp_nonblocking },
	{ "tcp-aborted", workload_tcp_aborted },
	{ "tcp-v6", workload_tcp_v6 },
	{ "tcp-mapped", workload_tcp_mapped },
	{ "tcp-child", workload_tcp_child },
	{ "tcp-unreachable", workload_tcp_unreachable },
	{ "tcp-x32", workload_tcp_x32 },
	{ "tcp-busy", workload_tcp_busy },
	{ "tcp-fastopen", workload_tcp_fastopen },
	{ "tcp-reset", workload_tcp_reset },
	{ "tcp-shutdown", workload_tcp_shutdown },
	{ "tcp-uring", workload_tcp_uring },
	/* clang-format on */
};

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", workload_self, sizeof(workload_self) - 1);

	if (argc < 2) /* run by argc0 */
		return 0;
	workload_self[n < 0 ? 0 : n] = '\0'; /* run by deep: no name */
	for (size_t i = 0; i < sizeof(action) / sizeof(action[0]); i++)
		if (strcmp(argv[1], action[i].name) == 0)
			return action[i].run(argv + 2);
	fprintf(stderr, "workload: no action %s\n", argv[1]);
	return 1;
}
