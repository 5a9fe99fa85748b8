/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* sandbox_test.c - each promise of sandbox.h is tried by a child that is under it */
#include "config.h"

#include "sensor/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tap.h"

static char dir[] = "/tmp/tripline-sandbox.XXXXXX";
static char passwd[64], group[64], rules[64], logs[64];

/* ---- choosing a user ---- */

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

static void test_choose(void)
{
	static const char base[] = "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/x\nann:x:1000:1000::/:/x\ntaken:x:61184:61184::/:/x\n";
	struct sandbox s = { 0 };

	put_file(passwd, base);
	put_file(group, "root:x:0:\nshared:x:61185:\n");
	if (geteuid() != 0) {
		is_i64(sandbox_choose_user(&s, "", passwd, group), 0, "without root one stays who one is");
		ok(s.uid == geteuid() && !s.privileged, "as said");
		return;
	}
	unsetenv("SUDO_UID");
	is_i64(sandbox_choose_user(&s, "", passwd, group), 0, "no user tripline");
	is_u64(s.uid, 61186, "the first id that neither users nor groups have");
	setenv("SUDO_UID", "61186", 1);
	(void)sandbox_choose_user(&s, "", passwd, group);
	is_u64(s.uid, 61187, "nor the caller of sudo");
	setenv("SUDO_UID", "1000", 1);
	ok(sandbox_choose_user(&s, "ann", passwd, group) < 0, "the caller of sudo is refused by name");
	ok(strstr(s.why, "ann") != NULL, "and told");
	unsetenv("SUDO_UID");
	is_i64(sandbox_choose_user(&s, "ann", passwd, group), 0, "a named user");
	is_u64(s.uid, 1000, "is taken");
	ok(sandbox_choose_user(&s, "nobody", passwd, group) < 0, "nobody is refused");
	ok(sandbox_choose_user(&s, "root", passwd, group) < 0, "root is refused");
	ok(sandbox_choose_user(&s, "0", passwd, group) < 0, "also by number");
	ok(sandbox_choose_user(&s, "bob", passwd, group) < 0, "an unknown user is refused");
	is_i64(sandbox_choose_user(&s, "4242", passwd, group), 0, "an id without a name");
	is_u64(s.gid, 4242, "has the group of its number");
	put_file(passwd, "tripline:x:990:991::/:/x\n");
	is_i64(sandbox_choose_user(&s, "", passwd, group), 0, "the user tripline");
	ok(s.uid == 990 && s.gid == 991, "is preferred");
}

/* ---- inside ---- */

static int enter(struct sandbox *s)
{
	struct sandbox_paths paths = { .read = { rules, "/nonexistent/rules" }, .n_read = 2, .write = { logs }, .n_write = 1 };
	int r = sandbox_begin(s, 3);

	if (r == 0)
		r = sandbox_choose_user(s, "", NULL, NULL);
	if (r == 0 && s->privileged && (chown(rules, s->uid, s->gid) < 0 || chown(logs, s->uid, s->gid) < 0))
		r = -errno;
	if (r == 0)
		r = sandbox_limits(s);
	if (r == 0)
		r = sandbox_hold(s, &paths);
	if (r == 0)
		r = sandbox_drop(s);
	if (r == 0)
		r = sandbox_lock(s);
	if (r == 0)
		r = sandbox_landlock(s, &paths);
	return r;
}

/* What the child found: exit status 0 = as wanted. */
typedef int inside_fn(struct sandbox *s);

enum { DIED = -1, NOT_ENTERED = 99 };

static int in_int80(struct sandbox *s)
{
	(void)s;
#ifdef __x86_64__
	long ret = 20; /* getpid of the 32-bit table; the filter allows the 64-bit call only */

	__asm__ volatile("int $0x80" : "+a"(ret) : : "memory");
#endif
	return 0;
}

static int run_inside(inside_fn *fn, bool filter)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct sandbox s = { 0 };

		(void)signal(SIGSEGV, SIG_DFL); /* a sanitizer would make an exit status of it */
		if (enter(&s) < 0 || (filter && sandbox_seccomp(&s) < 0)) {
			fprintf(stderr, "# %s\n", s.why);
			_exit(NOT_ENTERED);
		}
		_exit(fn(&s));
	}
	if (waitpid(pid, &status, 0) != pid)
		return -2;
	if (WIFSIGNALED(status)) /* a kernel without 32-bit calls answers int 0x80 with SIGSEGV */
		return WTERMSIG(status) == SIGSYS || (fn == in_int80 && WTERMSIG(status) == SIGSEGV) ? DIED : -3;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -4;
}

static int in_status(struct sandbox *s)
{
	FILE *f = fopen("/proc/self/status", "r");

	(void)s;
	/* Landlock hides it; without Landlock sandbox_drop() has looked. */
	return f ? 1 : 0;
}

static int in_dumpable(struct sandbox *s)
{
	struct rlimit core;

	(void)s;
	return prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || getrlimit(RLIMIT_CORE, &core) < 0 ||
	       core.rlim_max != 0;
}

static int in_no_root(struct sandbox *s)
{
	uid_t r, e, v;

	if (getresuid(&r, &e, &v) < 0 || r != s->uid || e != s->uid || v != s->uid)
		return 1;
	if (setuid(0) == 0 || setgid(0) == 0)
		return 2;
	return getgroups(0, NULL) != 0 && s->privileged;
}

static int in_read_rules(struct sandbox *s)
{
	char path[96];

	(void)s;
	(void)snprintf(path, sizeof(path), "%s/a.yml", rules);
	return open(path, O_RDONLY) < 0;
}

static int in_write_rules(struct sandbox *s)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/b.yml", rules);
	return open(path, O_WRONLY | O_CREAT, 0600) >= 0 && s->landlock_abi;
}

static int in_write_log(struct sandbox *s)
{
	char path[96], to[96];
	int fd;

	(void)s;
	(void)snprintf(path, sizeof(path), "%s/log", logs);
	(void)snprintf(to, sizeof(to), "%s/log.1", logs);
	fd = openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) < 0)
		return 1;
	if (renameat(AT_FDCWD, path, AT_FDCWD, to) < 0)
		return 2;
	return openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600) < 0 ? 3 : 0;
}

static int in_elsewhere(struct sandbox *s)
{
	if (!s->landlock_abi)
		return 0;
	return open("/etc/passwd", O_RDONLY) >= 0 || open("/proc/self/environ", O_RDONLY) >= 0 || open("/", O_RDONLY) >= 0 ||
	       open("/tmp/tripline-sandbox-file", O_WRONLY | O_CREAT, 0600) >= 0;
}

static int in_tcp(struct sandbox *s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr sa = { .sa_family = AF_INET };

	if (s->landlock_abi < 4)
		return 0;
	return fd < 0 || connect(fd, &sa, 16) == 0 || errno != EACCES;
}

static int in_execve(struct sandbox *s)
{
	char sh[] = "/bin/true", *argv[] = { sh, NULL };

	(void)s;
	(void)execv(sh, argv);
	return 0;
}

static int in_bpf(struct sandbox *s)
{
	(void)s;
	(void)syscall(SYS_bpf, 0, NULL, 0);
	return 0;
}

static int in_socket(struct sandbox *s)
{
	(void)s;
	(void)socket(AF_UNIX, SOCK_DGRAM, 0);
	return 0;
}

static int in_fork(struct sandbox *s)
{
	(void)s;
	return syscall(SYS_fork) == 0 ? 1 : 0;
}

static int in_ptrace(struct sandbox *s)
{
	(void)s;
	(void)syscall(SYS_ptrace, 0, 0, 0, 0);
	return 0;
}

static int in_map_exec(struct sandbox *s)
{
	(void)s;
	(void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return 0;
}

static int in_protect_exec(struct sandbox *s)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)s;
	(void)mprotect(p, 4096, PROT_READ | PROT_EXEC);
	return 0;
}

static int in_setfl(struct sandbox *s)
{
	(void)s;
	(void)fcntl(1, F_SETFL, O_NONBLOCK);
	return 0;
}

static int in_ioctl(struct sandbox *s)
{
	(void)s;
	return syscall(SYS_ioctl, 1, 0x5401, 0) == -1 && errno == ENOTTY ? 0 : 1;
}

static int in_clone3(struct sandbox *s)
{
	(void)s;
	return syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS ? 0 : 1;
}

static const struct {
	const char *name;
	inside_fn *fn;
	bool filter;
	int want;
} inside[] = {
	{ "no dump, no core, no new privileges", in_dumpable, false, 0 },
	{ "ids are dropped and do not come back", in_no_root, false, 0 },
	{ "/proc is not readable", in_status, false, 0 },
	{ "rules are readable", in_read_rules, false, 0 },
	{ "rules are not writable", in_write_rules, false, 0 },
	{ "the log can be written and rotated", in_write_log, false, 0 },
	{ "nothing else can be opened", in_elsewhere, false, 0 },
	{ "no TCP by Landlock", in_tcp, false, 0 },
	{ "the log can be written under the filter too", in_write_log, true, 0 },
	{ "rules are readable under the filter too", in_read_rules, true, 0 },
	{ "execve kills", in_execve, true, DIED },
	{ "bpf kills", in_bpf, true, DIED },
	{ "socket kills", in_socket, true, DIED },
	{ "fork kills", in_fork, true, DIED },
	{ "ptrace kills", in_ptrace, true, DIED },
	{ "executable memory kills", in_map_exec, true, DIED },
	{ "making memory executable kills", in_protect_exec, true, DIED },
	{ "fcntl F_SETFL kills", in_setfl, true, DIED },
	{ "ioctl says ENOTTY", in_ioctl, true, 0 },
	{ "clone3 says ENOSYS", in_clone3, true, 0 },
#ifdef __x86_64__
	{ "a 32-bit call kills", in_int80, true, DIED },
#endif
};

/* ---- threads ---- */

static int pipe_fd[2];

static void *thread_main(void *arg)
{
	char c;

	(void)arg;
	if (read(pipe_fd[0], &c, 1) == 1)
		(void)syscall(SYS_getppid); /* not allowed: kills all */
	_exit(0);
}

static int threads_child(void)
{
	struct sandbox s = { 0 };
	pthread_t t;

	if (enter(&s) < 0 || sandbox_self_test(&s) < 0) {
		fprintf(stderr, "# %s\n", s.why);
		return NOT_ENTERED;
	}
	if (strstr(s.self_test, "bpf killed") == NULL)
		return 1;
	if (pipe(pipe_fd) < 0 || pthread_create(&t, NULL, thread_main, NULL) != 0)
		return 2;
	if (sandbox_no_children(&s) < 0 || sandbox_seccomp(&s) < 0)
		return 3;
	if (write(pipe_fd[1], "x", 1) != 1)
		return 4;
	pthread_join(t, NULL);
	return 0;
}

static void test_threads(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(threads_child());
	(void)waitpid(pid, &status, 0);
	if (!ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "the filter binds a thread that was there before"))
		printf("# status %x\n", (unsigned)status);
}

static void test_begin(void)
{
	struct sandbox s = { 0 };
	int fd = open("/dev/null", O_RDONLY), high;

	high = fcntl(fd, F_DUPFD, 77);
	(void)dup2(fd, 3);
	(void)dup2(fd, 4);
	is_i64(sandbox_begin(&s, 5), 0, "stray descriptors are closed");
	ok(fcntl(high, F_GETFD) < 0 && fcntl(4, F_GETFD) >= 0, "but those that are ours");
	is_u64(umask(022), 077, "umask");
}

static void make_tree(void)
{
	char path[96];

	(void)snprintf(passwd, sizeof(passwd), "%s/passwd", dir);
	(void)snprintf(group, sizeof(group), "%s/group", dir);
	(void)snprintf(rules, sizeof(rules), "%s/rules", dir);
	(void)snprintf(logs, sizeof(logs), "%s/logs", dir);
	(void)chmod(dir, 0755);
	(void)mkdir(rules, 0755);
	(void)mkdir(logs, 0755);
	(void)snprintf(path, sizeof(path), "%s/a.yml", rules);
	put_file(path, "title: a\n");
	(void)chmod(path, 0644);
}

static void remove_tree(void)
{
	static const char *const name[] = { "passwd", "group", "rules/a.yml", "rules/b.yml", "rules", "logs/log", "logs/log.1", "logs", "" };

	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		char path[96];

		(void)snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		(void)remove(path);
	}
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	make_tree();
	test_choose();
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		int got = run_inside(inside[i].fn, inside[i].filter);

		if (got == NOT_ENTERED && geteuid() != 0)
			ok(true, "%s # SKIP the sandbox cannot be entered here", inside[i].name);
		else if (!ok(got == inside[i].want, "%s", inside[i].name))
			printf("# got %d\n", got);
	}
	test_threads();
	test_begin();
	remove_tree();
	return done_testing();
}
