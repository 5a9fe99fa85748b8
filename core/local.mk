noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	core/alert.c core/alert.h \
	core/base.c core/base.h \
	core/buf.c core/buf.h \
	core/event.c core/event.h core/events.def \
	core/hash.c core/hash.h \
	core/jsonl.c core/jsonl.h \
	core/jsonl_scan.c core/jsonl_scan.h \
	core/jsonl_write.c \
	core/lines.c \
	core/log.c core/log.h \
	core/names.c \
	core/parse.c core/parse.h \
	core/queue.c core/queue.h \
	core/utf8.c core/utf8.h
