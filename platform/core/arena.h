/*
 * Memory that belongs to one request and dies with it: allocate freely, free once. One thread at a
 * time. Allocation never fails: past ARENA_BYTES_MAX, or without memory, the process aborts; every
 * input is bounded long before that.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#define ARENA_BYTES_MAX (8u << 20)

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* wipes what it held; NULL is fine */

/* Zeroed, aligned for any type, owned by the arena. */
void *arena_alloc(struct arena *arena, size_t bytes);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t bytes);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
