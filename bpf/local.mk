bpf_objects = bpf/exec.bpf.o bpf/lifecycle.bpf.o bpf/maps.bpf.o bpf/tcp.bpf.o
bpf_headers = bpf/common.bpf.h bpf/kernel.h bpf/wire.h
EXTRA_DIST += $(bpf_objects:.o=.c) $(bpf_headers)

# Reproducible and independent of the build host's kernel: types come from bpf/kernel.h.
.bpf.c.bpf.o:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(BPF_CLANG) -target bpf -g -O2 -mcpu=v3 -std=gnu17 -Wall -Wextra -Wno-unused-parameter \
		-D__TARGET_ARCH_$(BPF_ARCH) -I$(top_srcdir) $(BPF_CFLAGS) -ffile-prefix-map=$(abs_top_srcdir)=. \
		-fdebug-prefix-map=$(abs_top_builddir)=. -c $< -o $@
SUFFIXES = .bpf.c .bpf.o
$(bpf_objects): $(bpf_headers:%=$(top_srcdir)/%) $(top_srcdir)/core/events.def

bpf/tripline.bpf.o: $(bpf_objects)
	$(AM_V_GEN)$(BPFTOOL) gen object $@ $(bpf_objects)
bpf/tripline.skel.h: bpf/tripline.bpf.o
	$(AM_V_GEN)$(BPFTOOL) gen skeleton $< name tripline_bpf > $@.tmp && mv $@.tmp $@
BUILT_SOURCES += bpf/tripline.skel.h
CLEANFILES += $(bpf_objects) bpf/tripline.bpf.o bpf/tripline.skel.h
