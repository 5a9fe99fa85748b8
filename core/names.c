/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* Names to numbers and back: fields, categories, errno. Declared in core/event.h. */
#include "config.h"

#include "core/event.h"

#include <ctype.h>
#include <errno.h>

/* Field names are looked up for each key of each JSON line. The index is filled once, before
 * main(), from the table, and only read afterwards: open addressing, at most a quarter full.
 * Names are ours, so the hash needs no key. */
#define NAME_SLOTS 1024

enum name_kind { NAME_SIGMA = 1, NAME_ID };

/* What tells names apart: two names of up to 16 bytes with equal marks are equal, as the words
 * cover them. */
struct name_mark {
	uint64_t first, last;
	uint64_t what; /* length and kind in one word, so that one comparison reads what one store wrote */
};

struct name_slot {
	struct name_mark mark;
	const char *name;
	enum field field;
};

_Static_assert(4 * 2 * (F_MAX + 1) <= NAME_SLOTS, "the index of names is too small for events.def");

static struct name_slot name_slot[NAME_SLOTS];

static inline struct name_mark name_mark(const char *p, size_t n, enum name_kind kind)
{
	struct name_mark m = { .what = (uint64_t)n << 4 | kind };

	if (n >= 8) {
		memcpy(&m.first, p, 8);
		memcpy(&m.last, p + n - 8, 8);
	} else if (n >= 4) {
		uint32_t head, tail;

		memcpy(&head, p, 4);
		memcpy(&tail, p + n - 4, 4);
		m.first = (uint64_t)head << 32 | tail;
	} else {
		for (size_t i = 0; i < n; i++)
			m.first = m.first << 8 | (unsigned char)p[i];
	}
	return m;
}

static inline unsigned name_hash(const struct name_mark *m)
{
	uint64_t h = (m->first ^ m->what) * 0x9e3779b97f4a7c15ULL;

	h = (h ^ h >> 32 ^ m->last) * 0xd6e8feb86659fd93ULL;
	return (unsigned)(h >> 54); /* 10 bits: NAME_SLOTS */
}

static void name_add(const char *name, enum name_kind kind, enum field f)
{
	struct name_mark m = name_mark(name, strlen(name), kind);
	unsigned i = name_hash(&m);

	while (name_slot[i].name)
		i = (i + 1) % NAME_SLOTS;
	name_slot[i] = (struct name_slot){ .mark = m, .name = name, .field = f };
}

__attribute__((constructor)) static void name_fill(void)
{
	for (enum field f = 0; f < F_MAX; f++) {
		name_add(field_desc[f].sigma, NAME_SIGMA, f);
		name_add(field_desc[f].id, NAME_ID, f);
	}
	name_add("TerminalSessionId", NAME_SIGMA, F_ses); /* Sysmon's name of it */
}

static enum field name_find(struct slice name, enum name_kind kind)
{
	struct name_mark m;

	if (name.n > UINT8_MAX) /* no name is */
		return F_MAX;
	m = name_mark(name.p, name.n, kind);
	for (unsigned i = name_hash(&m); name_slot[i].name; i = (i + 1) % NAME_SLOTS) {
		const struct name_slot *s = &name_slot[i];

		if (s->mark.first == m.first && s->mark.last == m.last && s->mark.what == m.what &&
		    (name.n <= 16 || memcmp(s->name, name.p, name.n) == 0))
			return s->field;
	}
	return F_MAX;
}

enum field field_by_sigma(struct slice name)
{
	return name_find(name, NAME_SIGMA);
}

enum field field_by_id(struct slice id)
{
	return name_find(id, NAME_ID);
}

enum category category_by_name(struct slice name)
{
	for (enum category c = CATEGORY_NONE + 1; c < CATEGORY_MAX; c++)
		if (slice_eqs(name, category_name[c]))
			return c;
	return CATEGORY_NONE;
}

/* ---- suggestions ---- */

#define SUGGEST_MAX 40 /* longer names are no slip of the finger */

/* Levenshtein distance with one row; upper and lower case count as equal. Both at most
 * SUGGEST_MAX long. */
static unsigned edit_distance(struct slice a, struct slice b)
{
	unsigned row[SUGGEST_MAX + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			bool same = tolower((unsigned char)a.p[i - 1]) == tolower((unsigned char)b.p[j - 1]);
			unsigned change = diagonal + !same;

			diagonal = row[j];
			row[j] = MIN(MIN(row[j], row[j - 1]) + 1, change);
		}
	}
	return row[b.n];
}

const char *field_suggest(struct slice name)
{
	unsigned best =
		1 + (unsigned)MIN(name.n / 4, 3U); /* slips allowed: one, and one more for each 4 letters up to 4 */
	const char *found = NULL;
	enum field f = field_by_id(name);

	if (f != F_MAX)
		return field_desc[f].sigma;
	if (name.n == 0 || name.n > SUGGEST_MAX)
		return NULL;
	for (f = 0; f < F_MAX; f++) {
		struct slice sigma = slice_of(field_desc[f].sigma);
		unsigned d;

		if (sigma.n > SUGGEST_MAX)
			continue;
		d = edit_distance(name, sigma);
		if (d < best || (d == best && !found)) {
			best = d;
			found = sigma.p;
		}
	}
	return found;
}

/* ---- errno ---- */

/* Numbers of Linux, asm-generic/errno-base.h and errno.h (x86 and arm64 use them as they are),
 * and of linux/errno.h those that a tracer sees where a system call is to be restarted. */
/* clang-format off */
static const char *const errno_names[] = {
#define E(name) [name] = #name
	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF), E(ECHILD), E(EAGAIN),
	E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR),
	E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK),
	E(EPIPE), E(EDOM), E(ERANGE), E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS), E(ENOTEMPTY), E(ELOOP),
	E(ENOMSG), E(EIDRM), E(ECHRNG), E(EL2NSYNC), E(EL3HLT), E(EL3RST), E(ELNRNG), E(EUNATCH), E(ENOCSI), E(EL2HLT),
	E(EBADE), E(EBADR), E(EXFULL), E(ENOANO), E(EBADRQC), E(EBADSLT), E(EBFONT), E(ENOSTR), E(ENODATA), E(ETIME),
	E(ENOSR), E(ENONET), E(ENOPKG), E(EREMOTE), E(ENOLINK), E(EADV), E(ESRMNT), E(ECOMM), E(EPROTO), E(EMULTIHOP),
	E(EDOTDOT), E(EBADMSG), E(EOVERFLOW), E(ENOTUNIQ), E(EBADFD), E(EREMCHG), E(ELIBACC), E(ELIBBAD), E(ELIBSCN),
	E(ELIBMAX), E(ELIBEXEC), E(EILSEQ), E(ERESTART), E(ESTRPIPE), E(EUSERS), E(ENOTSOCK), E(EDESTADDRREQ),
	E(EMSGSIZE), E(EPROTOTYPE), E(ENOPROTOOPT), E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT), E(EOPNOTSUPP),
	E(EPFNOSUPPORT), E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL), E(ENETDOWN), E(ENETUNREACH), E(ENETRESET),
	E(ECONNABORTED), E(ECONNRESET), E(ENOBUFS), E(EISCONN), E(ENOTCONN), E(ESHUTDOWN), E(ETOOMANYREFS),
	E(ETIMEDOUT), E(ECONNREFUSED), E(EHOSTDOWN), E(EHOSTUNREACH), E(EALREADY), E(EINPROGRESS), E(ESTALE), E(EUCLEAN),
	E(ENOTNAM), E(ENAVAIL), E(EISNAM), E(EREMOTEIO), E(EDQUOT), E(ENOMEDIUM), E(EMEDIUMTYPE), E(ECANCELED),
	E(ENOKEY), E(EKEYEXPIRED), E(EKEYREVOKED), E(EKEYREJECTED), E(EOWNERDEAD), E(ENOTRECOVERABLE), E(ERFKILL),
	E(EHWPOISON),
#undef E
	[512] = "ERESTARTSYS", [513] = "ERESTARTNOINTR", [514] = "ERESTARTNOHAND", [516] = "ERESTART_RESTARTBLOCK",
};
/* clang-format on */

const char *errno_name(unsigned err)
{
	return err < ARRAY_SIZE(errno_names) ? errno_names[err] : NULL;
}
