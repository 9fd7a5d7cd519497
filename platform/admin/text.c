/* Small words about texts. */
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"

const char *answer_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

const char *path_part(struct connection *connection, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    char *part = arena_alloc(connection->arena, strlen(text) * 3 + 1), *at = part;
    for (; *text; text++) {
        if (strchr(plain, *text))
            *at++ = *text;
        else
            at += sprintf(at, "%%%02X", (unsigned char)*text);
    }
    return part;
}
