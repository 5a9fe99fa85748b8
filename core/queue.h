/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
/* queue.h - bounded queue from one producer thread to one consumer thread
 *
 * Slots are taken once in queue_init (mmap, zeroed). The producer fills a slot in place and publishes it; the consumer
 * reads it in place and releases it. Acquire/release indices, no lock. An eventfd wakes the
 * consumer; queue_wake() is also how a stop is told.
 */
#pragma once
#include "core/base.h"

struct queue {
	char *mem;
	size_t slot_size;
	uint32_t mask;		    /* slots - 1, slots is a power of two */
	int wake_fd;		    /* eventfd(2), nonblocking; the consumer polls it */
	_Alignas(64) uint32_t head; /* next to read; written by the consumer */
	_Alignas(64) uint32_t tail; /* next to fill; written by the producer */
};

int queue_init(struct queue *q, size_t slot_size, uint32_t slots);
void queue_done(struct queue *q);
/* Producer. NULL if full. The slot is the producer's until queue_push(). */
void *queue_slot(struct queue *q);
void queue_push(struct queue *q);
/* Consumer. NULL if empty. The slot is the consumer's until queue_pop(). */
void *queue_peek(struct queue *q);
void queue_pop(struct queue *q);
uint32_t queue_len(const struct queue *q);
void queue_wake(struct queue *q);
