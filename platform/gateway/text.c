#include "gateway/text.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *text, size_t more)
{
    if (text->room && text->count + more < text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 1024;
    while (capacity <= text->count + more)
        capacity *= 2;
    char *grown = realloc(text->room, LWS_PRE + capacity);
    assert(grown); /* every text is bounded long before memory is */
    text->room = grown;
    text->capacity = capacity;
}

void text_clear(struct text *text)
{
    text->count = 0;
    reserve(text, 0);
    text->room[LWS_PRE] = 0;
}

void text_add(struct text *text, const char *bytes, size_t count)
{
    reserve(text, count);
    memcpy(text->room + LWS_PRE + text->count, bytes, count);
    text->count += count;
    text->room[LWS_PRE + text->count] = 0;
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int count = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(count >= 0);
    reserve(text, (size_t)count);
    vsnprintf(text->room + LWS_PRE + text->count, (size_t)count + 1, format, arguments);
    va_end(arguments);
    text->count += (size_t)count;
}

void text_add_json(struct text *text, const char *value)
{
    if (!value) {
        text_add(text, "null", 4);
        return;
    }
    text_add(text, "\"", 1);
    for (const char *at = value; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\')
            text_printf(text, "\\%c", byte);
        else if (byte < ' ')
            text_printf(text, "\\u%04x", byte);
        else
            text_add(text, at, 1);
    }
    text_add(text, "\"", 1);
}

char *text_bytes(const struct text *text)
{
    return text->room + LWS_PRE;
}

void text_finish(struct text *text)
{
    free(text->room);
    *text = (struct text){0};
}
