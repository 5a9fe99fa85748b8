noinst_LIBRARIES += liboutputs.a
liboutputs_a_SOURCES = \
	outputs/cef.c outputs/clean.c outputs/clean.h \
	outputs/json.c outputs/output.c outputs/output.h outputs/outputs.def \
	outputs/sink.c outputs/sink.h outputs/syslog.c outputs/text.c \
	outputs/writer.c
