/*
 * A growing text with head room before it, as the WebSocket library wants to send it. Meant to be
 * kept and used again, so that sending an event allocates nothing.
 */
#ifndef GATEWAY_TEXT_H
#define GATEWAY_TEXT_H

#include <stddef.h>

struct text {
    char *room;             /* owned: head room, then the text, zero-terminated */
    size_t count, capacity; /* of the text */
};

void text_clear(struct text *text);
void text_add(struct text *text, const char *bytes, size_t count);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As a JSON string with its quotes, or `null` for NULL. */
void text_add_json(struct text *text, const char *value);
char *text_bytes(const struct text *text);
void text_finish(struct text *text);

#endif
