// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* workload_place.c - programs run from other places: another mount, layer, pid namespace, terminal, login */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/bpf/workload.h"

/* Runs @path with argument noop in a child. */
static void run_noop(const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl(path, "placed", "noop", NULL);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		workload_fail(path);
}

/* An overlay: one program below, one written into it. On tmpfs, in a mount namespace of its own. */
int workload_overlay(char **arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mkdir("m", 0755) || mount("none", "m", "tmpfs", 0, NULL) || mkdir("m/lower", 0755) ||
	    mkdir("m/upper", 0755) || mkdir("m/work", 0755) || mkdir("m/merged", 0755))
		workload_fail("mount");
	workload_copy_self("m/lower/below", 0755);
	if (mount("none", "m/merged", "overlay", 0,
		  "lowerdir=m/lower,upperdir=m/upper,workdir=m/work"))
		return 77;
	workload_copy_self("m/merged/above", 0755);
	run_noop("m/merged/below");
	run_noop("m/merged/above");
	return 0;
}

/* The same file under another mount's path. */
int workload_bind(char **arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mkdir("a", 0755) || mkdir("a/in", 0755) || mkdir("b", 0755))
		workload_fail("bind");
	workload_copy_self("a/in/prog", 0755);
	if (mount("a", "b", NULL, MS_BIND, NULL))
		workload_fail("bind");
	run_noop("b/in/prog");
	return 0;
}

/* A chroot shortens no path. */
int workload_chroot(char **arg)
{
	(void)arg;
	if (mkdir("jail", 0755))
		workload_fail("jail");
	workload_copy_self("jail/prog", 0755);
	if (chroot("jail") || chdir("/"))
		workload_fail("chroot");
	run_noop("/prog");
	return 0;
}

int workload_pidns(char **arg)
{
	(void)arg;
	if (unshare(CLONE_NEWPID))
		return 77;
	run_noop(workload_self);
	return 0;
}

/* A session with a controlling terminal of its own; prints nothing. The name of the terminal is the third argument. */
int workload_tty(char **arg)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	char name[64];

	(void)arg;
	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, name, sizeof(name)))
		return 77;
	slave = open(name, O_RDWR | O_NOCTTY);
	if (slave < 0 || setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) || dup2(slave, 0) < 0)
		workload_fail(name);
	execl(workload_self, "tty", "noop", name, NULL);
	workload_fail("tty");
	return 1;
}

int workload_auid(char **arg)
{
	int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);

	(void)arg;
	if (fd < 0 || write(fd, "1234", 4) != 4)
		return 77;
	execl(workload_self, "auid", "noop", NULL);
	workload_fail("auid");
	return 1;
}
