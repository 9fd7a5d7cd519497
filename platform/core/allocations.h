/*
 * How many times this process has allocated memory, for /metrics: what the frame path must not do
 * shows here. Counts malloc, calloc and realloc of the whole process, libraries included. Builds
 * with sanitizers have allocators of their own and always say 0. Any thread.
 */
#ifndef CORE_ALLOCATIONS_H
#define CORE_ALLOCATIONS_H

#include <stdint.h>

uint64_t allocations_total(void);

#endif
