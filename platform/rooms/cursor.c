/* Cursors, see cursor.h. They must never let a client's text reach a query unchecked. */
#include "rooms/cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define YEAR_9999_UNIX_MS INT64_C(253402300799999)

void cursor_print(int64_t unix_ms, const char *id, char ret_text[CURSOR_BYTES])
{
    snprintf(ret_text, CURSOR_BYTES, "%" PRId64 ".%s", unix_ms, id);
}

bool cursor_parse(const char *text, struct cursor *ret_cursor)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    long long unix_ms = strtoll(text, &end, 10);
    struct id id;
    if (errno != 0 || unix_ms > YEAR_9999_UNIX_MS || *end != '.' || !id_parse(end + 1, &id))
        return false;
    clock_rfc3339(unix_ms, ret_cursor->moment);
    id_text(&id, ret_cursor->id);
    return true;
}
