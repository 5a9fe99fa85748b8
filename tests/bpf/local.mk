# SPDX-License-Identifier: GPL-2.0-or-later
# On the live kernel; without the privilege to load BPF programs they skip.
live_tests = tests/bpf/events_test tests/bpf/storm_test
check_PROGRAMS += $(live_tests) tests/bpf/workload
TESTS += $(live_tests)

# Not $(AM_CFLAGS): a static program takes no sanitizer and is not position independent (its int 0x80 needs low addresses).
tests_bpf_workload_SOURCES = tests/bpf/workload.c tests/bpf/workload.h tests/bpf/workload_place.c tests/bpf/workload_tcp.c
tests_bpf_workload_CFLAGS = -std=gnu17 -Wall -Wextra -fno-pie
tests_bpf_workload_LDFLAGS = -static -no-pie
tests_bpf_workload_LDADD = -lpthread

live_libs = libsensor.a libcore.a $(BPF_LIBS)
tests_bpf_events_test_SOURCES = tests/bpf/events_test.c tests/bpf/live.h tests/bpf/run.h
tests_bpf_events_test_LDADD = $(live_libs)
tests_bpf_storm_test_SOURCES = tests/bpf/storm_test.c tests/bpf/live.h
tests_bpf_storm_test_LDADD = $(live_libs)
