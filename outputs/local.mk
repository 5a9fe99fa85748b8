noinst_LIBRARIES += liboutputs.a
liboutputs_a_SOURCES = \
	outputs/backlog.c outputs/backlog.h \
	outputs/cef.c outputs/clean.c outputs/clean.h \
	outputs/describe.c outputs/encoders.h \
	outputs/json.c outputs/json_value.c outputs/json_value.h outputs/mitre.c outputs/mitre.h \
	outputs/output.c outputs/output.h outputs/outputs.def \
	outputs/sink.c outputs/sink.h outputs/syslog.c outputs/text.c \
	outputs/writer.c
