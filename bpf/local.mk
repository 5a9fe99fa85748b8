# SPDX-License-Identifier: GPL-2.0-or-later
# One object per gadget, linked into one. maps.bpf.o comes first: libbpf's linker (1.1) gives the maps no place
# if it meets a reference to them before their definition.
bpf_objects = bpf/maps.bpf.o bpf/exec.bpf.o bpf/lifecycle.bpf.o bpf/path.bpf.o bpf/syscall.bpf.o bpf/tcp.bpf.o
bpf_sources = bpf/maps.bpf.c bpf/exec.bpf.c bpf/lifecycle.bpf.c bpf/path.bpf.c bpf/syscall.bpf.c bpf/tcp.bpf.c
bpf_headers = bpf/common.bpf.h bpf/kernel.h bpf/syscalls.h bpf/wire.h
EXTRA_DIST += $(bpf_sources) $(bpf_headers)

# Reproducible and independent of the build host's kernel: types come from bpf/kernel.h.
BPF_COMPILE = $(MKDIR_P) bpf && $(BPF_CLANG) -target bpf -g -O2 -mcpu=v3 -std=gnu17 -Wall -Wextra -Wno-unused-parameter \
	-D__TARGET_ARCH_$(BPF_ARCH) -I$(srcdir) $(BPF_CFLAGS) -ffile-prefix-map=$(abs_srcdir)=. \
	-fdebug-prefix-map=$(abs_builddir)=. -c -o $@
bpf_depends = $(bpf_headers) core/events.def

bpf/exec.bpf.o: bpf/exec.bpf.c $(bpf_depends)
	$(AM_V_GEN)$(BPF_COMPILE) $(srcdir)/bpf/exec.bpf.c
bpf/lifecycle.bpf.o: bpf/lifecycle.bpf.c $(bpf_depends)
	$(AM_V_GEN)$(BPF_COMPILE) $(srcdir)/bpf/lifecycle.bpf.c
bpf/maps.bpf.o: bpf/maps.bpf.c $(bpf_depends)
	$(AM_V_GEN)$(BPF_COMPILE) $(srcdir)/bpf/maps.bpf.c
bpf/path.bpf.o: bpf/path.bpf.c $(bpf_depends)
	$(AM_V_GEN)$(BPF_COMPILE) $(srcdir)/bpf/path.bpf.c
bpf/syscall.bpf.o: bpf/syscall.bpf.c $(bpf_depends)
	$(AM_V_GEN)$(BPF_COMPILE) $(srcdir)/bpf/syscall.bpf.c
bpf/tcp.bpf.o: bpf/tcp.bpf.c $(bpf_depends)
	$(AM_V_GEN)$(BPF_COMPILE) $(srcdir)/bpf/tcp.bpf.c

bpf/tripline.bpf.o: $(bpf_objects)
	$(AM_V_GEN)$(BPFTOOL) gen object $@ $(bpf_objects)
bpf/tripline.skel.h: bpf/tripline.bpf.o
	$(AM_V_GEN){ echo '/* NOLINTBEGIN */' && $(BPFTOOL) gen skeleton bpf/tripline.bpf.o name tripline_bpf && \
		echo '/* NOLINTEND */'; } >$@.tmp && mv $@.tmp $@
BUILT_SOURCES += bpf/tripline.skel.h
CLEANFILES += $(bpf_objects) bpf/tripline.bpf.o bpf/tripline.skel.h bpf/tripline.skel.h.tmp
