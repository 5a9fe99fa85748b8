// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* tcp.bpf.c - connections made (with their real outcome), accepted and ended
 *
 * inet_sock_set_state tells every transition of a TCP socket, whoever asked for it (system call, io_uring, data in
 * the SYN, the kernel itself). Entering SYN_SENT runs in the initiator's context; the outcome mostly does not (softirq,
 * any task), so the initiator is kept by socket and what is current is never used there. Accepts are told at the return
 * of the call, where the owner is known; the same call by io_uring is not seen.
 *
 * A connection is told as closed once, when its socket reaches CLOSE (or is destroyed): the byte counts are final
 * then. Closing it first by shutdown or close only starts that. Connections older than the sensor have no owner here
 * and are not told.
 */
#include "bpf/common.bpf.h"
#include "bpf/syscalls.h"

#include <bpf/bpf_endian.h>

#define SOCK_FLAG_ESTABLISHED 1
#define SOCK_FLAG_INITIATED   2
#define SOCK_FLAG_TOLD	      4 /* the attempt failed and that was told; kept so that the call's return says nothing */

/* What must outlive the context that knew it. */
struct conn {
	struct wire_proc owner;
	u64 start;
	u64 cookie;
	s64 fd;
	u32 error;
	u8 via;
	u8 flags;
	u16 reserved;
};

/* By address of the socket; deleted with it, so it holds live connections only. Not an LRU map: that would forget
 * connections without a word, where a full one is counted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct conn);
} tcp_socks SEC(".maps");

/* Secret of the cookies, from getrandom(2) at load. */
const volatile __u64 cookie_key[2] = { 0, 0 };

#define ROTL(x, b) ((x) << (b) | (x) >> (64 - (b)))
#define SIPROUND(a, b, c, d)                                                                                           \
	do {                                                                                                           \
		a += b;                                                                                                \
		c += d;                                                                                                \
		b = ROTL(b, 13) ^ a;                                                                                   \
		d = ROTL(d, 16) ^ c;                                                                                   \
		a = ROTL(a, 32) + d;                                                                                   \
		c += b;                                                                                                \
		d = ROTL(d, 21) ^ a;                                                                                   \
		b = ROTL(b, 17) ^ c;                                                                                   \
		c = ROTL(c, 32);                                                                                       \
	} while (0)

/* SipHash-2-4 (Aumasson, Bernstein 2012) of address and time: names the socket without telling where it is. */
static __always_inline u64 sock_cookie(u64 sk, u64 now)
{
	u64 a = cookie_key[0] ^ 0x736f6d6570736575ULL, b = cookie_key[1] ^ 0x646f72616e646f6dULL;
	u64 c = cookie_key[0] ^ 0x6c7967656e657261ULL, d = cookie_key[1] ^ 0x7465646279746573ULL;
	const u64 word[3] = { sk, now, 16ULL << 56 };

	for (int i = 0; i < 3; i++) {
		d ^= word[i];
		SIPROUND(a, b, c, d);
		SIPROUND(a, b, c, d);
		a ^= word[i];
	}
	c ^= 0xff;
	for (int i = 0; i < 4; i++)
		SIPROUND(a, b, c, d);
	return a ^ b ^ c ^ d;
}

/* The verifier allows no arithmetic on the pointers it knows: a copy of its value does. */
static __always_inline struct sock *sock_untyped(const struct sock *typed)
{
	struct sock *sk = NULL;

	bpf_probe_read_kernel(&sk, sizeof(sk), &typed);
	return sk;
}

static __always_inline bool sock_is_tcp(const struct sock *sk)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP && (family == AF_INET || family == AF_INET6);
}

static __always_inline void ip_from_v4(struct wire_ip *ip, u32 addr)
{
	u32 *w = (u32 *)ip->b;

	w[0] = w[1] = 0;
	w[2] = addr ? bpf_htonl(0xffff) : 0; /* no address stays no address */
	w[3] = addr;
}

/* Not skc_num: on the way to CLOSE the port has been given back already. */
static __always_inline u16 sock_lport(const struct sock *sk)
{
	return bpf_ntohs(BPF_CORE_READ((const struct inet_sock *)sk, inet_sport));
}

static __always_inline void tcp_fill_tuple(struct wire_tcp *r, const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;

	if (BPF_CORE_READ(c, skc_family) == AF_INET6) {
		bpf_core_read(&r->laddr, sizeof(r->laddr), &c->skc_v6_rcv_saddr);
		bpf_core_read(&r->raddr, sizeof(r->raddr), &c->skc_v6_daddr);
	} else {
		ip_from_v4(&r->laddr, BPF_CORE_READ(c, skc_rcv_saddr));
		ip_from_v4(&r->raddr, BPF_CORE_READ(c, skc_daddr));
	}
	r->lport = sock_lport(sk);
	r->rport = bpf_ntohs(BPF_CORE_READ(c, skc_dport));
}

static __always_inline u32 sock_netns(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* Payload the other side acknowledged. The kernel's count of acknowledged sequence numbers holds our SYN and FIN; what was
 * sent for the first time does not, and is the smaller by those when all arrived. */
static __always_inline u64 tcp_sent(const struct tcp_sock *tp)
{
	u64 once = BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans);
	u64 acked = BPF_CORE_READ(tp, bytes_acked);

	return acked < once ? acked : once;
}

/* Payload received. The kernel counts the other side's FIN as a byte. */
static __always_inline u64 tcp_received(const struct tcp_sock *tp)
{
	u64 n = BPF_CORE_READ(tp, bytes_received);
	bool fin = BPF_CORE_READ((const struct sock *)tp, __sk_common.skc_flags) >> SOCK_DONE & 1;

	return n && fin ? n - 1 : n;
}

/* A zeroed record with head, tuple and cookie; the caller adds the rest and submits. NULL: muted, or a counted loss. */
static __always_inline struct wire_tcp *tcp_begin(struct emit *e, const struct sock *sk)
{
	struct wire_tcp *r;

	if (!emit_begin(e, WIRE_tcp))
		return NULL;
	r = emit_reserve_floodable(e, sizeof(*r));
	if (!r)
		return NULL;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(&r->head, e, sizeof(*r));
	tcp_fill_tuple(r, sk);
	r->proto = WIRE_proto_TCP;
	return r;
}

static __always_inline void tcp_fill_conn(struct wire_tcp *r, const struct conn *c)
{
	r->head.proc = c->owner;
	r->cookie = c->cookie;
	r->duration = r->head.time - c->start;
	r->fd = c->fd;
	r->via = c->via;
	r->initiated = !!(c->flags & SOCK_FLAG_INITIATED);
	r->ret = WIRE_ABSENT_I64;
}

static __always_inline void tcp_emit_outcome(const struct sock *sk, const struct conn *c, u8 outcome, u32 error)
{
	struct emit e;
	struct wire_tcp *r = tcp_begin(&e, sk);

	if (!r)
		return;
	tcp_fill_conn(r, c);
	r->action = WIRE_action_CONNECT;
	r->outcome = outcome;
	r->error = error;
	emit_submit(&e, r);
}

static __always_inline void tcp_emit_close(const struct sock *sk, const struct conn *c)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	struct emit e;
	struct wire_tcp *r = tcp_begin(&e, sk);

	if (!r)
		return;
	tcp_fill_conn(r, c);
	r->action = WIRE_action_CLOSE;
	r->bytes_sent = tcp_sent(tp);
	r->bytes_received = tcp_received(tp);
	emit_submit(&e, r);
}

static __always_inline u8 outcome_of(u32 err)
{
	switch (err) {
	case 0:
		return WIRE_outcome_ABORTED; /* closed, or its process ended, before there was an answer */
	case ECONNREFUSED:
		return WIRE_outcome_REFUSED;
	case ECONNRESET:
		return WIRE_outcome_RESET;
	case ETIMEDOUT:
		return WIRE_outcome_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return WIRE_outcome_UNREACHABLE;
	}
	return WIRE_outcome_FAILED;
}

/* How the current task came to start a connection. *ret_fd is -1 where the call does not tell. */
static __always_inline u8 via_of(struct task_struct *t, s64 *ret_fd)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(t);
	bool compat = task_is_compat(t);
#if defined(__TARGET_ARCH_x86)
	u64 first = compat ? (u32)regs->bx : regs->di;
	u32 nr = regs->orig_ax & ~(u32)X32_SYSCALL_BIT;
#else
	u64 first = regs->orig_x0;
	u32 nr = regs->syscallno;
#endif

	*ret_fd = -1;
	if (t->flags & PF_IO_WORKER) /* also the SQPOLL thread: create_io_thread() */
		return WIRE_via_IO_URING;
	if (t->flags & PF_KTHREAD)
		return WIRE_via_KERNEL;
#define IS(name) (nr == (compat ? (u32)COMPAT_##name : (u32)HOST_##name))
	if (IS(io_uring_enter))
		return WIRE_via_IO_URING;
	if (IS(write) || IS(writev) || IS(sendto) || IS(sendmsg) || IS(sendmmsg)) {
		*ret_fd = (s32)first;
		return WIRE_via_FASTOPEN;
	}
	if (compat)
		return WIRE_via_COMPAT;
	if (!IS(connect))
		return WIRE_via_KERNEL;
#undef IS
	*ret_fd = (s32)first;
	return WIRE_via_SYSCALL;
}

/* The hand-over map is full. The event that will now never be told is counted as one. */
static __always_inline void tcp_lost_in_map(void)
{
	struct emit e;

	if (emit_begin(&e, WIRE_tcp))
		emit_lost(&e, WIRE_LOST_MAP);
}

static __always_inline void tcp_started(const struct sock *sk)
{
	struct task_struct *t = bpf_get_current_task_btf();
	struct conn c = { .flags = SOCK_FLAG_INITIATED };
	u64 key = (u64)sk;

	c.start = bpf_ktime_get_boot_ns();
	c.cookie = sock_cookie(key, c.start);
	c.via = via_of(t, &c.fd);
	proc_fill(&c.owner, t);
	c.owner.netns = sock_netns(sk);
	if (bpf_map_update_elem(&tcp_socks, &key, &c, BPF_ANY))
		tcp_lost_in_map();
}

/* Is the owner still inside its connect(2)? Then that call undid its own SYN_SENT (no local port, the tuple in use)
 * and its return tells the reason. With an error, or in another context, this is not asked. */
static __always_inline bool conn_undone(const struct conn *c)
{
	struct task_struct *t = bpf_get_current_task_btf();
	s64 fd;

	if (c->via > WIRE_via_COMPAT || (u32)t->pid != c->owner.tid || t->flags & PF_EXITING)
		return false;
	return via_of(t, &fd) == c->via;
}

/* SYN_SENT or SYN_RECV to CLOSE: why, and told once. */
static __always_inline void tcp_attempt_failed(const struct sock *sk, struct conn *c)
{
	u32 err = BPF_CORE_READ(sk, sk_err);
	u64 key = (u64)sk;

	if (err == 0 && conn_undone(c)) {
		bpf_map_delete_elem(&tcp_socks, &key);
		return;
	}
	tcp_emit_outcome(sk, c, outcome_of(err), err);
	c->flags |= SOCK_FLAG_TOLD;
	c->error = err;
}

/* net/ipv4/af_inet.c, inet_sock_state_store() and friends; since 4.16. Any context. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, const struct sock *typed, int oldstate, int newstate)
{
	struct sock *sk;
	struct conn *c;
	u64 key;

	if (newstate != TCP_SYN_SENT && newstate != TCP_ESTABLISHED && newstate != TCP_CLOSE)
		return 0;
	sk = sock_untyped(typed);
	key = (u64)sk;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	if (newstate == TCP_SYN_SENT) {
		tcp_started(sk);
		return 0;
	}
	c = bpf_map_lookup_elem(&tcp_socks, &key);
	if (!c)
		return 0;
	if (newstate == TCP_ESTABLISHED) {
		if (!(c->flags & SOCK_FLAG_ESTABLISHED)) {
			c->flags |= SOCK_FLAG_ESTABLISHED;
			tcp_emit_outcome(sk, c, WIRE_outcome_ESTABLISHED, 0);
		}
		return 0;
	}
	if (c->flags & SOCK_FLAG_ESTABLISHED) {
		tcp_emit_close(sk, c);
		bpf_map_delete_elem(&tcp_socks, &key);
	} else if (!(c->flags & SOCK_FLAG_TOLD)) {
		tcp_attempt_failed(sk, c);
	}
	return 0;
}

/* net/ipv4/tcp_ipv4.c, tcp_v4_destroy_sock(), also for IPv6. The address may be used for another socket at once. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy, struct sock *sk)
{
	u64 key = (u64)sock_untyped(sk);

	bpf_map_delete_elem(&tcp_socks, &key);
	return 0;
}

/* The TCP socket behind descriptor @fd of the current task, or NULL. */
static __always_inline struct sock *sock_by_fd(u64 fd)
{
	struct task_struct *t = bpf_get_current_task_btf();
	struct fdtable *fdt = t->files->fdt;
	struct file **fds = fdt->fd, *file = NULL;
	struct socket *socket;
	struct sock *sk;

	if (fd >= fdt->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	return sk && sock_is_tcp(sk) ? sk : NULL;
}

static __always_inline void conn_of_accept(struct conn *c, const struct sock *sk, s64 fd, u32 compat)
{
	c->start = bpf_ktime_get_boot_ns();
	c->cookie = sock_cookie((u64)sk, c->start);
	c->fd = fd;
	c->via = compat ? WIRE_via_COMPAT : WIRE_via_SYSCALL;
	c->flags = SOCK_FLAG_ESTABLISHED;
	proc_fill(&c->owner, bpf_get_current_task_btf());
	c->owner.netns = sock_netns(sk);
}

/* accept(2), accept4(2) returned a descriptor. Another thread may have closed and reused it already: then another
 * connection is told, or none. The closing of a connection that ended before it was accepted is told right here. */
__noinline int tcp_accepted(s64 fd, u32 compat)
{
	struct sock *sk = sock_by_fd(fd);
	struct conn c = {};
	struct wire_tcp *r;
	struct emit e;
	u64 key = (u64)sk;

	if (!sk)
		return 0;
	conn_of_accept(&c, sk, fd, compat);
	r = tcp_begin(&e, sk);
	if (r) {
		tcp_fill_conn(r, &c);
		r->action = WIRE_action_ACCEPT;
		r->duration = 0;
		r->ret = fd;
		emit_submit(&e, r);
	}
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)
		tcp_emit_close(sk, &c);
	else if (bpf_map_update_elem(&tcp_socks, &key, &c, BPF_ANY))
		tcp_lost_in_map();
	return 0;
}

/* The address asked for: struct sockaddr_in or sockaddr_in6 in the caller's memory. */
static __always_inline void tcp_fill_asked(struct wire_tcp *r, u64 addr)
{
	struct {
		u16 family;
		__be16 port;
		u32 word[6]; /* IPv4: the address first; IPv6: flow, then the address */
	} sa = {};

	__builtin_memset(&r->raddr, 0, sizeof(r->raddr));
	r->rport = 0;
	if (bpf_probe_read_user(&sa, 8, (void *)addr))
		return;
	if (sa.family == AF_INET) {
		ip_from_v4(&r->raddr, sa.word[0]);
	} else if (sa.family == AF_INET6) {
		bpf_probe_read_user(&r->raddr, sizeof(r->raddr), (void *)(addr + 8));
	} else {
		return;
	}
	r->rport = bpf_ntohs(sa.port);
}

/* connect(2) returned an error: told only if no transition of the socket did or will tell it. */
__noinline int tcp_connect_failed(u64 fd, u64 addr, s64 ret, u32 compat)
{
	struct sock *sk = sock_by_fd((u32)fd);
	u32 err = -ret;
	struct wire_tcp *r;
	struct conn *c;
	struct emit e;
	u64 key = (u64)sk;

	if (!sk || err == EINPROGRESS || err == EALREADY || err == EISCONN || err == EINTR ||
	    (err >= ERESTARTSYS && err <= ERESTART_LAST))
		return 0;
	c = bpf_map_lookup_elem(&tcp_socks, &key);
	if (c && c->flags & SOCK_FLAG_TOLD && c->error == err) {
		bpf_map_delete_elem(&tcp_socks, &key);
		return 0;
	}
	r = tcp_begin(&e, sk);
	if (!r)
		return 0;
	proc_fill(&r->head.proc, bpf_get_current_task_btf());
	r->head.proc.netns = sock_netns(sk);
	tcp_fill_asked(r, addr);
	r->cookie = sock_cookie(key, r->head.time);
	r->fd = (s32)fd;
	r->ret = ret;
	r->action = WIRE_action_CONNECT;
	r->via = compat ? WIRE_via_COMPAT : WIRE_via_SYSCALL;
	r->error = err;
	r->outcome = err == ENETUNREACH || err == EHOSTUNREACH ? WIRE_outcome_UNREACHABLE : WIRE_outcome_FAILED;
	r->initiated = 1;
	emit_submit(&e, r);
	return 0;
}
