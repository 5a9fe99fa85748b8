// SPDX-License-Identifier: GPL-2.0-or-later
/* Copyright (C) 2026 The tripline authors */
/* path.bpf.c - the absolute path of a file, from its dentry upwards and across mounts
 *
 * Up to the root of the mount namespace: a chroot does not shorten it. Deleted files keep their last name. Names
 * can change while we read (no lock is taken): each name is read whole from one dentry, so a racing rename gives
 * the old or the new one; d_path() in the kernel retries, we do not.
 */
#include "bpf/common.bpf.h"

/* 2048 components of one letter fill a path; the rest is for mounts stacked on each other. */
#define PATH_STEPS 2176

struct walk {
	struct slot *slot;
	u64 mnt; /* struct mount */
	u64 dentry;
	u32 pos; /* path[pos, WIRE_PATH_MAX) is written */
	u32 truncated;
};

/* The name of @dentry in front of what is there. False if it does not fit. */
static __always_inline bool walk_prepend(struct walk *w, const struct dentry *dentry, bool slash)
{
	u32 len = BPF_CORE_READ(dentry, d_name.len);
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	u32 pos = w->pos;

	len &= SLOT_NAME - 1;
	if (pos > WIRE_PATH_MAX || pos < len + slash)
		return false;
	pos -= len;
	forget(pos);
	if (pos > WIRE_PATH_MAX)
		return false;
	forget(len);
	len &= SLOT_NAME - 1;
	bpf_probe_read_kernel(w->slot->path + pos, len, name);
	if (slash) {
		pos--;
		forget(pos);
		if (pos >= WIRE_PATH_MAX)
			return false;
		w->slot->path[pos] = '/';
	}
	w->pos = pos;
	return true;
}

static long walk_step(u32 i, void *ctx)
{
	struct walk *w = ctx;
	struct mount *mnt = (struct mount *)w->mnt;
	struct dentry *dentry = (struct dentry *)w->dentry;
	struct dentry *up = BPF_CORE_READ(dentry, d_parent);

	if (dentry == BPF_CORE_READ(mnt, mnt.mnt_root) || dentry == up) {
		struct mount *above = BPF_CORE_READ(mnt, mnt_parent);

		if (above == mnt || !above)
			return 1;
		w->dentry = (u64)BPF_CORE_READ(mnt, mnt_mountpoint);
		w->mnt = (u64)above;
		return 0;
	}
	if (!walk_prepend(w, dentry, true)) {
		w->truncated = PATH_TRUNCATED;
		return 1;
	}
	w->dentry = (u64)up;
	return !up;
}

/* What the walk found, to its place in the record. A path that lost its start does not pretend to be absolute. */
static __always_inline int walk_copy(const struct walk *w, u32 off)
{
	u32 pos = w->pos, len;

	if (w->truncated)
		pos++;
	forget(pos);
	if (pos > WIRE_PATH_MAX)
		return 0;
	len = WIRE_PATH_MAX - pos;
	forget(len);
	if (len > WIRE_PATH_MAX)
		return 0;
	forget(off);
	bpf_probe_read_kernel(w->slot->record + (off & SLOT_OFF_MASK), len, w->slot->path + pos);
	return len | w->truncated;
}

__noinline int path_put(u32 index, u64 mnt, u64 dentry, u32 off)
{
	u32 key = index;
	struct walk w = { .mnt = mnt, .dentry = dentry, .pos = WIRE_PATH_MAX };

	w.slot = bpf_map_lookup_elem(&gadget_heap, &key);
	if (!w.slot || !mnt || !dentry)
		return 0;
	w.mnt -= __builtin_preserve_field_info(((struct mount *)0)->mnt, BPF_FIELD_BYTE_OFFSET);
	if (bpf_loop(PATH_STEPS, walk_step, &w, 0) >= PATH_STEPS)
		w.truncated = PATH_TRUNCATED;
	/* Files of no directory (memfd) are their own parent on a mount of their own, and the name is in the dentry;
	 * the root directory is the same, and its name is a slash. */
	if (w.pos == WIRE_PATH_MAX && !w.truncated) {
		char first = 0;

		bpf_probe_read_kernel(&first, 1, BPF_CORE_READ((struct dentry *)dentry, d_name.name));
		if (!walk_prepend(&w, (struct dentry *)dentry, first != '/'))
			return 0;
	}
	return walk_copy(&w, off);
}
