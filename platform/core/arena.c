/*
 * The arena: a chain of blocks, the newest first. Small pieces share a block; a piece that does not
 * fit gets a block of its own size. Nothing is ever given back before the whole is.
 */
#include "core/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 4096u

struct block {
    struct block *next; /* owned */
    size_t capacity, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *newest; /* owned */
    size_t total;
};

static struct block *block_add(struct arena *arena, size_t capacity);
static size_t round_up(size_t bytes);
static void give_up(const char *why) __attribute__((noreturn));

struct arena *arena_create(void)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    if (!arena)
        give_up("out of memory");
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->newest, *next; block; block = next) {
        next = block->next;
        explicit_bzero(block->bytes, block->used); /* it may have held a password */
        free(block);
    }
    free(arena);
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > ARENA_BYTES_MAX)
        give_up("a request's memory is used up");
    size_t rounded = round_up(bytes ? bytes : 1);
    struct block *block = arena->newest;
    if (!block || block->capacity - block->used < rounded)
        block = block_add(arena, rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES);
    void *piece = block->bytes + block->used;
    block->used += rounded;
    return piece;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t bytes)
{
    size_t length = strnlen(text, bytes);
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

static struct block *block_add(struct arena *arena, size_t capacity)
{
    if (arena->total + capacity > ARENA_BYTES_MAX)
        give_up("a request's memory is used up");
    struct block *block = calloc(1, sizeof(*block) + capacity);
    if (!block)
        give_up("out of memory");
    block->capacity = capacity;
    block->next = arena->newest;
    arena->newest = block;
    arena->total += capacity;
    return block;
}

static size_t round_up(size_t bytes)
{
    return (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static void give_up(const char *why)
{
    fprintf(stderr, "arena: %s\n", why);
    abort();
}
