noinst_LIBRARIES += libsensor.a
libsensor_a_CFLAGS = $(AM_CFLAGS) $(BPF_CFLAGS) $(CAPNG_CFLAGS) $(SECCOMP_CFLAGS)
libsensor_a_SOURCES = \
	sensor/args.c sensor/args.h \
	sensor/command.c sensor/command.h \
	sensor/cmd.h sensor/cmd_check.c sensor/cmd_record.c sensor/cmd_run.c sensor/cmd_test.c \
	sensor/conf.c sensor/conf.h sensor/config.def \
	sensor/decode.c sensor/decode.h \
	sensor/health.c sensor/health.h \
	sensor/loop.c sensor/loop.h \
	sensor/probe.c sensor/probe.h \
	sensor/proctab.c sensor/proctab.h sensor/proctab_describe.c sensor/proctab_table.h \
	sensor/ring.c sensor/ring.h \
	sensor/sandbox.c sensor/sandbox.h \
	sensor/session.c sensor/session.h \
	sensor/snapshot.c sensor/snapshot.h \
	sensor/story.c sensor/story.h \
	sensor/strpool.c sensor/strpool.h \
	sensor/users.c \
	sensor/worker.c sensor/worker.h
nodist_libsensor_a_SOURCES = bpf/tripline.skel.h
sensor/libsensor_a-probe.$(OBJEXT): bpf/tripline.skel.h

bin_PROGRAMS += tripline
tripline_SOURCES = sensor/main.c
tripline_LDADD = libsensor.a librules.a liboutputs.a libcore.a \
	$(BPF_LIBS) $(HS_LIBS) $(YAML_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) -lpthread
