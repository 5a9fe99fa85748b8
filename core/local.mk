noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	core/alert.c core/alert.h \
	core/base.c core/base.h \
	core/buf.c core/buf.h \
	core/event.c core/event.h core/events.def \
	core/hash.c core/hash.h \
	core/jsonl.c core/jsonl.h \
	core/log.c core/log.h \
	core/names.c \
	core/queue.c core/queue.h \
	core/utf8.c core/utf8.h
