/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include "outputs/output.h"

#include <errno.h>

#include "outputs/encoders.h"

static const struct encoder encoders[] = {
#define ENCODER(name, function, doc) { #name, doc, function },
#include "outputs/outputs.def"
};

static const struct {
	const char *name, *doc;
	enum sink_type type;
} sinks[] = {
#define SINK(name, type, doc) { #name, doc, SINK_##type },
#include "outputs/outputs.def"
};

const struct encoder *encoder_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(encoders); i++)
		if (strcmp(encoders[i].name, name) == 0)
			return &encoders[i];
	return NULL;
}

int sink_by_name(const char *name, enum sink_type *ret_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(sinks); i++)
		if (strcmp(sinks[i].name, name) == 0) {
			*ret_type = sinks[i].type;
			return 0;
		}
	return -ENOENT;
}

const char *sink_name(enum sink_type type)
{
	for (size_t i = 0; i < ARRAY_SIZE(sinks); i++)
		if (sinks[i].type == type)
			return sinks[i].name;
	return "?";
}
