/*
 * Taking records off a stream that a worker writes. A worker runs a stranger's code: whatever
 * breaks a rule of wire/frames.h ends the stream. Pure, no allocation.
 */
#ifndef GATEWAY_RECORD_H
#define GATEWAY_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "wire/frames.h"

enum record_step {
    RECORD_WHOLE,   /* `ret_head` is filled, its body follows the head */
    RECORD_PARTIAL, /* wait for more bytes */
    RECORD_BROKEN,  /* close the stream */
};

/* The first record of `bytes`, as a gateway may receive it. */
enum record_step record_take(const uint8_t *bytes, size_t count, struct record_head *ret_head);

#endif
