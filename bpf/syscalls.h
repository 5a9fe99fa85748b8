/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* syscalls.h - numbers of the system calls whose return is looked at
 *
 * Columns: name, x86-64 (the number that records carry), i386, arm64 (asm-generic), arm EABI; NONE where the table
 * has no such call. From arch/x86/entry/syscalls/syscall_{64,32}.tbl, include/uapi/asm-generic/unistd.h and
 * arch/arm/tools/syscall.tbl. Those of i386 and arm with two widths of ids have a second row.
 */
/* clang-format off */
#define NONE 0x7fffffff
#define SYSCALLS(CALL) \
	CALL(execve,     59,   11,  221,   11) \
	CALL(execveat,  322,  358,  281,  387) \
	CALL(connect,    42,  362,  203,  283) \
	CALL(accept,     43, NONE,  202,  285) \
	CALL(accept4,   288,  364,  242,  366) \
	CALL(setuid,    105,  213,  146,  213) \
	CALL(setgid,    106,  214,  144,  214) \
	CALL(setreuid,  113,  203,  145,  203) \
	CALL(setregid,  114,  204,  143,  204) \
	CALL(setresuid, 117,  208,  147,  208) \
	CALL(setresgid, 119,  210,  149,  210) \
	CALL(capset,    126,  185,   91,  185) \
	CALL(unshare,   272,  310,   97,  337) \
	CALL(setns,     308,  346,  268,  375)
/* 16-bit ids of the 32-bit tables, told as the calls above. */
#define SYSCALLS_COMPAT16(CALL) \
	CALL(setuid,     23) \
	CALL(setgid,     46) \
	CALL(setreuid,   70) \
	CALL(setregid,   71) \
	CALL(setresuid, 164) \
	CALL(setresgid, 170)
/* How a connection is started, beside connect. */
#define SYSCALLS_SEND(CALL) \
	CALL(io_uring_enter, 426, 426, 426, 426) \
	CALL(write,        1,    4,   64,    4) \
	CALL(writev,      20,  146,   66,  146) \
	CALL(sendto,      44,  369,  206,  290) \
	CALL(sendmsg,     46,  370,  211,  296) \
	CALL(sendmmsg,   307,  345,  269,  374)
/* clang-format on */

#define I386_SOCKETCALL                                                                                                \
	102 /* include/uapi/linux/net.h: the call is the first argument, its arguments are in an array */
#define SYS_CONNECT 3
#define SYS_ACCEPT  5
#define SYS_ACCEPT4 18

/* arch/x86/include/uapi/asm/unistd.h: calls of the x32 table have this bit, and, those here, the number of the 64-bit table. */
#define X32_SYSCALL_BIT 0x40000000

#define CALL(name, x86, i386, arm64, arm) NR_##name = (x86),
enum { SYSCALLS(CALL) SYSCALLS_SEND(CALL) };
#undef CALL

#if defined(__TARGET_ARCH_x86)
#define CALL(name, x86, i386, arm64, arm) HOST_##name = (x86), COMPAT_##name = (i386),
#else
#define CALL(name, x86, i386, arm64, arm) HOST_##name = (arm64), COMPAT_##name = (arm),
#endif
enum { SYSCALLS(CALL) SYSCALLS_SEND(CALL) };
#undef CALL
