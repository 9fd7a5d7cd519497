/* The frame of a libFuzzer target: one function that gets the bytes. What breaks a promise aborts,
 * and libFuzzer keeps the bytes. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

#define PROMISE(holds)                                                                             \
    do {                                                                                           \
        if (!(holds))                                                                              \
            abort();                                                                               \
    } while (0)

#endif
