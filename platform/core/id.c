/*
 * Ids, random bytes and their text forms. The kernel's generator is the only source: a guessable
 * session or room would be somebody else's.
 */
#include "core/id.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"

static int hex_value(char digit);
static int base64_value(char digit);

struct id id_new(void)
{
    struct id id;
    random_bytes(id.bytes, sizeof(id.bytes));
    uint64_t now = (uint64_t)clock_unix_ms();
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(now >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

void id_text(const struct id *id, char ret_text[ID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    char *out = ret_text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[id->bytes[i] >> 4];
        *out++ = digits[id->bytes[i] & 0x0f];
    }
    *out = '\0';
}

bool id_parse(const char *text, struct id *ret_id)
{
    struct id id;
    if (strnlen(text, ID_TEXT_BYTES) != ID_TEXT_BYTES - 1)
        return false;
    const char *in = text;
    for (int i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *in++ != '-')
            return false;
        int high = hex_value(in[0]), low = hex_value(in[1]);
        if (high < 0 || low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        in += 2;
    }
    *ret_id = id;
    return true;
}

bool id_equal(const struct id *a, const struct id *b)
{
    return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

void random_bytes(void *ret_bytes, size_t count)
{
    unsigned char *out = ret_bytes;
    while (count > 0) {
        ssize_t got = getrandom(out, count, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fprintf(stderr, "random: the kernel gives no random bytes: %s\n", strerror(errno));
            abort();
        }
        out += got;
        count -= (size_t)got;
    }
}

void random_token(char ret_text[RANDOM_TOKEN_BYTES])
{
    unsigned char bytes[32];
    random_bytes(bytes, sizeof(bytes));
    base64url_encode(bytes, sizeof(bytes), ret_text);
}

size_t base64url_encode(const void *bytes, size_t count, char *ret_text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *in = bytes;
    char *out = ret_text;
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        unsigned group = (unsigned)in[i] << 16;
        if (left > 1)
            group |= (unsigned)in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *out++ = digits[group >> 18 & 63];
        *out++ = digits[group >> 12 & 63];
        if (left > 1)
            *out++ = digits[group >> 6 & 63];
        if (left > 2)
            *out++ = digits[group & 63];
    }
    *out = '\0';
    return (size_t)(out - ret_text);
}

long base64url_decode(const char *text, void *ret_bytes, size_t bytes_max)
{
    size_t length = strlen(text);
    if (length % 4 == 0)
        for (int padding = 0; padding < 2 && length > 0 && text[length - 1] == '='; padding++)
            length--;
    if (length % 4 == 1 || length / 4 * 3 + length % 4 * 3 / 4 > bytes_max)
        return -1;
    unsigned char *out = ret_bytes;
    unsigned group = 0;
    int bits = 0;
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return -1;
        group = (group << 6 | (unsigned)value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (unsigned char)(group >> bits);
        }
    }
    if (group & ((1u << bits) - 1))
        return -1; /* left-over bits: two texts would mean the same bytes */
    return (long)(out - (unsigned char *)ret_bytes);
}

bool equal_constant_time(const void *a, const void *b, size_t count)
{
    const volatile unsigned char *left = a, *right = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < count; i++)
        difference |= left[i] ^ right[i];
    return difference == 0;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static int base64_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    if (digit == '-' || digit == '+')
        return 62;
    if (digit == '_' || digit == '/')
        return 63;
    return -1;
}
