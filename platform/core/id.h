/*
 * Ids: UUID version 7 (RFC 9562), 16 bytes on the wire, 36 characters as text. Opaque to clients.
 * Random bytes come from the kernel. Any thread.
 */
#ifndef CORE_ID_H
#define CORE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_TEXT_BYTES 37

struct id {
    uint8_t bytes[16];
};

struct id id_new(void);
void id_text(const struct id *id, char ret_text[ID_TEXT_BYTES]);
/* False unless `text` is exactly the 36-character form. */
bool id_parse(const char *text, struct id *ret_id);
bool id_equal(const struct id *a, const struct id *b);

void random_bytes(void *ret_bytes, size_t count);

#define RANDOM_TOKEN_BYTES 44 /* 32 random bytes in base64url, and the zero */
void random_token(char ret_text[RANDOM_TOKEN_BYTES]);

/* base64url without padding (RFC 4648 section 5). `ret_text` holds at least count*4/3 + 4. */
size_t base64url_encode(const void *bytes, size_t count, char *ret_text);
/* Number of bytes, or -1 for bad text or more than `bytes_max`. Accepts optional padding and the
 * standard alphabet too. */
long base64url_decode(const char *text, void *ret_bytes, size_t bytes_max);

/* Compares without telling by time where the difference is. */
bool equal_constant_time(const void *a, const void *b, size_t count);

#endif
