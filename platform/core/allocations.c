/* Stands in front of glibc's allocator, which offers itself under second names for this purpose. */
#include "core/allocations.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic uint64_t total;

uint64_t allocations_total(void)
{
    return atomic_load_explicit(&total, memory_order_relaxed);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER        /* which has an allocator of its own */
#elif defined(__has_feature) /* clang's word for it */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER
#endif
#endif

#ifndef HAS_SANITIZER

#define EXPORTED __attribute__((visibility("default")))

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

static void count_one(void)
{
    atomic_fetch_add_explicit(&total, 1, memory_order_relaxed);
}

EXPORTED void *malloc(size_t bytes)
{
    count_one();
    return __libc_malloc(bytes);
}

EXPORTED void *calloc(size_t count, size_t bytes)
{
    count_one();
    return __libc_calloc(count, bytes);
}

EXPORTED void *realloc(void *memory, size_t bytes)
{
    count_one();
    return __libc_realloc(memory, bytes);
}

#endif
