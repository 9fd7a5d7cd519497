/*
 * gamekit/memory.h: memcpy, memmove, memset and memcmp inside the game.
 *
 * A game links to nothing, yet compilers write calls to these four by themselves, for instance for
 * the copy of a struct. Include this in every file of a game. The functions are hidden (the image
 * exports none of them) and weak (several files may include this). With an ordinary hosted
 * compiler, as in native tests of the rules, it is just <string.h>.
 */
#ifndef GAMEKIT_MEMORY_H
#define GAMEKIT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#if __STDC_HOSTED__
#include <string.h>
#else

/* Keeps the compiler from seeing a loop below as the very call that it implements. */
#if defined(__clang__)
#define GK_MEMORY_PLAIN __attribute__((no_builtin))
#else
#define GK_MEMORY_PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif
#define GK_MEMORY __attribute__((weak, visibility("hidden"), used)) GK_MEMORY_PLAIN

#ifdef __cplusplus
extern "C" {
#endif

void *memcpy(void *__restrict to, const void *__restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

GK_MEMORY void *memcpy(void *__restrict to, const void *__restrict from, size_t bytes)
{
    uint8_t *target = (uint8_t *)to;
    const uint8_t *source = (const uint8_t *)from;
    for (size_t i = 0; i < bytes; i++)
        target[i] = source[i];
    return to;
}

GK_MEMORY void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *target = (uint8_t *)to;
    const uint8_t *source = (const uint8_t *)from;
    if ((uintptr_t)target < (uintptr_t)source) {
        for (size_t i = 0; i < bytes; i++)
            target[i] = source[i];
    } else {
        for (size_t i = bytes; i > 0; i--)
            target[i - 1] = source[i - 1];
    }
    return to;
}

GK_MEMORY void *memset(void *to, int value, size_t bytes)
{
    uint8_t *target = (uint8_t *)to;
    for (size_t i = 0; i < bytes; i++)
        target[i] = (uint8_t)value;
    return to;
}

GK_MEMORY int memcmp(const void *left, const void *right, size_t bytes)
{
    const uint8_t *a = (const uint8_t *)left, *b = (const uint8_t *)right;
    for (size_t i = 0; i < bytes; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif

#endif
