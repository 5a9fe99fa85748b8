/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "sensor/sandbox.h"

#include <cap-ng.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES_MAX    256
#define UNUSED_FIRST 61184 /* ids that systemd keeps for users without an entry (systemd, UIDS-GIDS) */
#define UNUSED_LAST  65519
#define NOBODY_ID    65534

/* libseccomp wants numbers, people want names: one row for both. What is absent kills. */
/* clang-format off */
#define ALLOW_LIST(ROW) \
	ROW(read) ROW(readv) ROW(pread64) ROW(write) ROW(writev) ROW(pwrite64) ROW(close) \
	ROW(fstat) ROW(newfstatat) ROW(statx) ROW(lseek) ROW(fsync) ROW(fdatasync) \
	ROW(ftruncate) ROW(fallocate) ROW(openat) ROW(getdents64) ROW(renameat) ROW(renameat2) \
	ROW(unlinkat) ROW(epoll_wait) ROW(epoll_pwait) ROW(epoll_pwait2) ROW(epoll_ctl) \
	ROW(poll) ROW(ppoll) ROW(clock_gettime) ROW(gettimeofday) ROW(clock_nanosleep) \
	ROW(nanosleep) ROW(futex) ROW(rt_sigreturn) ROW(rt_sigprocmask) ROW(sendto) ROW(sendmsg) \
	ROW(brk) ROW(munmap) ROW(mremap) ROW(madvise) ROW(getrandom) ROW(getpid) ROW(gettid) \
	ROW(tgkill) ROW(sched_yield) ROW(exit) ROW(exit_group) ROW(restart_syscall) \
	/* qsort(3) of glibc asks for the size of memory before it takes some */ \
	ROW(sysinfo) \
	/* rule directories are walked by one descriptor and read by another */ \
	ROW(dup) \
	/* the first steps of a thread that was made just before the filter closed */ \
	ROW(set_robust_list) ROW(rseq)

#ifdef TL_SANITIZERS
#define ALLOW_MORE(ROW) \
	ROW(open) ROW(sigaltstack) ROW(rt_sigaction) ROW(readlink) ROW(readlinkat) ROW(getuid) ROW(geteuid) \
	ROW(sched_getaffinity) ROW(prlimit64) ROW(prctl)
#else
#define ALLOW_MORE(ROW)
#endif
/* clang-format on */

#define NUMBER(name) SCMP_SYS(name),
#define NAME(name)   #name,
static const int allow_number[] = { ALLOW_LIST(NUMBER) ALLOW_MORE(NUMBER) };
static const char *const allow_name[] = { ALLOW_LIST(NAME) ALLOW_MORE(NAME) NULL };
#undef NUMBER
#undef NAME

static const int fcntl_allowed[] = { F_GETFL, F_GETFD, F_SETFD };

PRINTF(3, 4)
static int fail(struct sandbox *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return err < 0 ? err : -EPERM;
}

const char *const *sandbox_allowed(void)
{
	return allow_name;
}

int sandbox_begin(struct sandbox *s, unsigned first)
{
	umask(077);
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return fail(s, -errno, "cannot open /dev/null: %m");
	if (close_range(MAX(first, 3U), ~0U, 0) < 0)
		return fail(s, -errno, "cannot close inherited descriptors: %m (close_range(2) needs Linux 5.9)");
	return 0;
}

/* ---- whom to become ---- */

static bool id_taken(FILE *passwd, FILE *group, unsigned id)
{
	struct passwd *pw;
	struct group *gr;

	rewind(passwd);
	while ((pw = fgetpwent(passwd)))
		if (pw->pw_uid == id || pw->pw_gid == id)
			return true;
	rewind(group);
	while ((gr = fgetgrent(group)))
		if (gr->gr_gid == id)
			return true;
	return false;
}

static bool user_find(struct sandbox *s, FILE *passwd, const char *name, bool number, uid_t uid)
{
	struct passwd *pw;

	rewind(passwd);
	while ((pw = fgetpwent(passwd))) {
		if (number ? pw->pw_uid != uid : strcmp(pw->pw_name, name) != 0)
			continue;
		s->uid = pw->pw_uid;
		s->gid = pw->pw_gid;
		(void)snprintf(s->user, sizeof(s->user), "%s", pw->pw_name);
		return true;
	}
	return false;
}

static uint64_t sudo_uid(void)
{
	const char *text = getenv("SUDO_UID");
	uint64_t v;

	return text && slice_u64(slice_of(text), &v) == 0 ? v : UINT64_MAX;
}

static int user_check(struct sandbox *s)
{
	if (s->uid == 0 || s->gid == 0)
		return fail(s, -EINVAL, "user %s is root or of its group: name another one with --user", s->user);
	if (s->uid == NOBODY_ID || s->gid == NOBODY_ID)
		return fail(s, -EINVAL, "user %s is shared with other programs: name another one with --user", s->user);
	if (s->uid == sudo_uid())
		return fail(s, -EINVAL, "user %s called this program and could signal it: name another one with --user",
			    s->user);
	return 0;
}

static int user_named(struct sandbox *s, FILE *passwd, const char *name)
{
	uint64_t v = 0;
	bool number = slice_u64(slice_of(name), &v) == 0;

	if (!user_find(s, passwd, name, number, (uid_t)v)) {
		if (!number)
			return fail(s, -ENOENT, "there is no user %s", name);
		if (v >= UINT32_MAX)
			return fail(s, -ERANGE, "user id %s is out of range", name);
		s->uid = (uid_t)v;
		s->gid = (gid_t)v;
		(void)snprintf(s->user, sizeof(s->user), "%s", name);
	}
	return user_check(s);
}

static int user_unused(struct sandbox *s, FILE *passwd, FILE *group)
{
	for (unsigned id = UNUSED_FIRST; id <= UNUSED_LAST; id++) {
		if (id == sudo_uid() || id_taken(passwd, group, id))
			continue;
		s->uid = id;
		s->gid = id;
		(void)snprintf(s->user, sizeof(s->user), "%u", id);
		return 0;
	}
	return fail(s, -ENOENT, "no unused user id: make a user \"" SANDBOX_DEFAULT_USER "\"");
}

int sandbox_choose_user(struct sandbox *s, const char *name, const char *passwd, const char *group)
{
	_cleanup_(fclosep) FILE *p = NULL, *g = NULL;

	s->privileged = geteuid() == 0;
	if (!s->privileged) {
		s->uid = geteuid();
		s->gid = getegid();
		(void)snprintf(s->user, sizeof(s->user), "%u", s->uid);
		return 0;
	}
	p = fopen(passwd ? passwd : "/etc/passwd", "re");
	g = fopen(group ? group : "/etc/group", "re");
	if (!p || !g)
		return fail(s, -errno, "cannot read passwd(5) and group(5): %m");
	if (name && *name)
		return user_named(s, p, name);
	if (user_find(s, p, SANDBOX_DEFAULT_USER, false, 0))
		return user_check(s);
	return user_unused(s, p, g);
}

/* ---- the drop ---- */

int sandbox_limits(struct sandbox *s)
{
	static const struct {
		__rlimit_resource_t what;
		rlim_t max;
		const char *name;
	} limit[] = {
		{ RLIMIT_CORE, 0, "RLIMIT_CORE" },
		{ RLIMIT_NOFILE, FILES_MAX, "RLIMIT_NOFILE" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limit); i++) {
		struct rlimit l = { limit[i].max, limit[i].max }, now;

		if (getrlimit(limit[i].what, &now) == 0)
			l.rlim_cur = l.rlim_max = MIN(limit[i].max, now.rlim_max);
		if (setrlimit(limit[i].what, &l) < 0)
			return fail(s, -errno, "cannot set %s: %m", limit[i].name);
	}
	return 0;
}

static bool ids_all(const char *p, unsigned id)
{
	unsigned n = 0;
	char *end;

	for (; *p && *p != '\n'; p = end, n++) {
		unsigned long v = strtoul(p, &end, 10);

		if (end == p)
			break;
		if (v != id)
			return false;
	}
	return n == 4;
}

/* What the kernel says we are now; library return values are not proof (capng_apply says 0 with a full bounding set). */
static int drop_verify(struct sandbox *s)
{
	static const char *const sets[] = { "CapInh:", "CapPrm:", "CapEff:", "CapAmb:", "CapBnd:" };
	_cleanup_(fclosep) FILE *f = fopen("/proc/self/status", "re");
	unsigned seen = 0;
	char line[256];

	if (!f)
		return fail(s, -errno, "cannot read /proc/self/status, so the drop cannot be proved: %m");
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "Uid:", 4) == 0 || strncmp(line, "Gid:", 4) == 0) {
			seen++;
			if (!ids_all(line + 4, line[0] == 'U' ? s->uid : s->gid))
				return fail(s, -EPERM, "ids were not dropped: %s", line);
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
			if (strncmp(line, sets[i], 7) != 0)
				continue;
			seen++;
			if (strtoull(line + 7, NULL, 16) == 0)
				continue;
			if (strcmp(sets[i], "CapBnd:") != 0 || s->privileged)
				return fail(s, -EPERM, "capabilities are left: %s", line);
			s->bounding_left = true;
		}
	}
	if (seen != ARRAY_SIZE(sets) + 2)
		return fail(s, -EPERM,
			    "/proc/self/status does not show ids and capabilities: the drop cannot be proved");
	return 0;
}

int sandbox_drop(struct sandbox *s)
{
	int r;

	capng_clear(CAPNG_SELECT_ALL);
	if (s->privileged) {
		r = capng_change_id((int)s->uid, (int)s->gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
		if (r)
			return fail(s, -EPERM,
				    "cannot become user %s (capng_change_id: %d); run as root, or without privilege",
				    s->user, r);
	} else {
		r = capng_apply(CAPNG_SELECT_ALL);
		if (r && r != -4) /* -4: the bounding set, which needs CAP_SETPCAP; judged by drop_verify() */
			return fail(s, -EPERM, "cannot drop capabilities (capng_apply: %d)", r);
	}
	return drop_verify(s);
}

int sandbox_lock(struct sandbox *s)
{
	/* After the ids: changing them resets it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail(s, -errno, "cannot set PR_SET_DUMPABLE: %m");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(s, -errno, "cannot set no_new_privs: %m");
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return fail(s, -EPERM, "the kernel did not keep PR_SET_DUMPABLE or no_new_privs");
	return 0;
}

/* ---- Landlock (landlock(7)); numbers of the ABI, since headers may be older than the kernel ---- */

#define FS_WRITE_FILE  (1ULL << 1)
#define FS_READ_FILE   (1ULL << 2)
#define FS_READ_DIR    (1ULL << 3)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_REG    (1ULL << 8)
#define FS_ALL_1       ((1ULL << 13) - 1)
#define FS_REFER       (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE    (1ULL << 14) /* ABI 3 */
#define NET_ALL	       3ULL	    /* ABI 4: bind and connect of TCP */
#define FS_IOCTL_DEV   (1ULL << 15) /* ABI 5 */
#define SCOPE_ALL      3ULL	    /* ABI 6: abstract unix sockets, signals */

struct landlock_attr {
	uint64_t fs, net, scoped;
};

static uint64_t landlock_fs(unsigned abi)
{
	return FS_ALL_1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static int landlock_add(struct sandbox *s, int ruleset, int fd, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(s, -errno, "cannot stat %s: %m", path);
	rule.allowed_access = S_ISDIR(st.st_mode) ? rights : rights & (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE);
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return fail(s, -errno, "cannot add %s to the Landlock rules: %m", path);
	return 0;
}

static int landlock_readable(struct sandbox *s, int ruleset, const char *path)
{
	_cleanup_(closep) int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0
				       : fail(s, -errno, "user %s, which the program has become, cannot open %s: %m",
					      s->user, path);
	return landlock_add(s, ruleset, fd, path, FS_READ_FILE | FS_READ_DIR);
}

static int landlock_rules(struct sandbox *s, int ruleset, unsigned abi, const struct sandbox_paths *paths)
{
	uint64_t wr = FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_MAKE_REG | FS_REMOVE_FILE |
		      (abi >= 3 ? FS_TRUNCATE : 0);
	int r = 0;

	for (unsigned i = 0; i < paths->n_read && r == 0; i++)
		r = landlock_readable(s, ruleset, paths->read[i]);
	for (unsigned i = 0; i < s->n_held && r == 0; i++)
		r = landlock_add(s, ruleset, s->held[i], "a directory of the outputs", wr);
	return r;
}

int sandbox_hold(struct sandbox *s, const struct sandbox_paths *paths)
{
	for (unsigned i = 0; i < paths->n_write; i++) {
		int fd = open(paths->write[i], O_PATH | O_CLOEXEC);

		if (fd >= 0)
			s->held[s->n_held++] = fd;
		else if (errno != ENOENT)
			return fail(s, -errno, "cannot open %s: %m", paths->write[i]);
	}
	return 0;
}

static void let_go(struct sandbox *s)
{
	while (s->n_held)
		closep(&s->held[--s->n_held]);
}

int sandbox_landlock(struct sandbox *s, const struct sandbox_paths *paths)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_attr attr = { 0 };
	_cleanup_(closep) int fd = -1;
	int r;

	s->landlock_abi = 0;
	if (abi < 1) { /* not built in, or not in the lsm= list: told, not fatal */
		let_go(s);
		return 0;
	}
	attr.fs = landlock_fs((unsigned)abi);
	attr.net = abi >= 4 ? NET_ALL : 0;
	attr.scoped = abi >= 6 ? SCOPE_ALL : 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr,
			  abi >= 6   ? sizeof(attr)
			  : abi >= 4 ? 2 * sizeof(uint64_t)
				     : sizeof(uint64_t),
			  0);
	if (fd < 0)
		return fail(s, -errno, "cannot create a Landlock ruleset (ABI %ld): %m", abi);
	r = landlock_rules(s, fd, (unsigned)abi, paths);
	let_go(s);
	if (r < 0)
		return r;
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return fail(s, -errno, "cannot enforce Landlock: %m");
	s->landlock_abi = (unsigned)abi;
	return 0;
}

/* ---- seccomp ---- */

static int filter_rules(scmp_filter_ctx ctx)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(allow_number) && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allow_number[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(fcntl_allowed) && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				     SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntl_allowed[i], 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0) /* stdio asks whether it writes to a terminal */
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	if (r == 0) /* its arguments lie in memory, where a filter cannot look */
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r;
}

int sandbox_seccomp(struct sandbox *s)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!ctx)
		return fail(s, -ENOMEM, "cannot make a system call filter: out of memory");
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = filter_rules(ctx);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	if (r < 0)
		return fail(s, r, "cannot load the system call filter: %s", strerror(-r));
	return 0;
}

/* ---- self-test ---- */

static bool try_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0) >= 0 || (errno != EPERM && errno != ENOSYS);
}

static bool try_execve(void)
{
	char path[] = "/proc/self/exe", *argv[] = { path, NULL }, *envp[] = { NULL };

	return execve(path, argv, envp) == 0 || errno != EACCES;
}

static bool try_shadow(void)
{
	int fd = openat(AT_FDCWD, "/etc/shadow", O_RDONLY | O_CLOEXEC);

	return fd >= 0 || (errno != EACCES && errno != ENOENT && errno != EPERM);
}

static bool try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static const struct {
	const char *name;
	bool (*could)(void); /* true: it was possible */
} attempts[] = {
	{ "bpf", try_bpf },
	{ "execve", try_execve },
	{ "socket", try_socket },
	{ "/etc/shadow", try_shadow },
};

enum { CHILD_DENIED, CHILD_COULD, CHILD_NO_FILTER };

static int attempt(struct sandbox *s, size_t i, const char **ret_result)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return fail(s, -errno, "self-test: cannot fork: %m");
	if (pid == 0) {
		if (sandbox_seccomp(s) < 0)
			_exit(CHILD_NO_FILTER);
		_exit(attempts[i].could() ? CHILD_COULD : CHILD_DENIED);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(s, -errno, "self-test: cannot wait: %m");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
		*ret_result = "killed";
		return 0;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_DENIED) {
		*ret_result = "denied";
		return 0;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_NO_FILTER)
		return fail(s, -EPERM, "self-test: the system call filter could not be loaded");
	return fail(s, -EPERM, "self-test: %s is possible inside the sandbox (status %d): not going on",
		    attempts[i].name, status);
}

int sandbox_self_test(struct sandbox *s)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const char *result = "";
		int r = attempt(s, i, &result);

		if (r < 0)
			return r;
		n += (size_t)snprintf(s->self_test + n, sizeof(s->self_test) - n, "%s%s %s", n ? ", " : "",
				      attempts[i].name, result);
		if (n >= sizeof(s->self_test))
			return fail(s, -E2BIG, "self-test: report too long");
	}
	return 0;
}

int sandbox_no_children(struct sandbox *s)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_NPROC, &none) < 0)
		return fail(s, -errno, "cannot set RLIMIT_NPROC: %m");
	return 0;
}
