/* Where a page of a list by age ended: "UNIX_MS.ID". Opaque to clients, checked when it comes
 * back. Pure. */
#ifndef ROOMS_CURSOR_H
#define ROOMS_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/id.h"

#define CURSOR_BYTES 64

struct cursor {
    char moment[CLOCK_RFC3339_BYTES];
    char id[ID_TEXT_BYTES];
};

void cursor_print(int64_t unix_ms, const char *id, char ret_text[CURSOR_BYTES]);
bool cursor_parse(const char *text, struct cursor *ret_cursor);

#endif
