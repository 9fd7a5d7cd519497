#include "core/text.h"

#include <stddef.h>

static size_t sequence_bytes(const unsigned char *at);
static bool is_continuation(unsigned char byte, unsigned char low, unsigned char high);

bool text_is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t bytes = sequence_bytes(at);
        if (bytes == 0)
            return false;
        at += bytes;
    }
    return true;
}

bool text_has_control_character(const char *text, bool multiline)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (multiline && (*at == '\n' || *at == '\t'))
            continue;
        bool c1 = *at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f;
        if (*at < 0x20 || *at == 0x7f || c1)
            return true;
    }
    return false;
}

int64_t text_characters(const char *text)
{
    int64_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* Of the well-formed sequence at `at`, by table 3-7 of the Unicode standard; 0 when it is not. The
 * ending zero is never a continuation, so nothing behind it is read. */
static size_t sequence_bytes(const unsigned char *at)
{
    unsigned char first = at[0];
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return is_continuation(at[1], 0x80, 0xbf) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        unsigned char low = first == 0xe0 ? 0xa0 : 0x80, high = first == 0xed ? 0x9f : 0xbf;
        return is_continuation(at[1], low, high) && is_continuation(at[2], 0x80, 0xbf) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        unsigned char low = first == 0xf0 ? 0x90 : 0x80, high = first == 0xf4 ? 0x8f : 0xbf;
        return is_continuation(at[1], low, high) && is_continuation(at[2], 0x80, 0xbf) &&
                       is_continuation(at[3], 0x80, 0xbf)
                   ? 4
                   : 0;
    }
    return 0;
}

static bool is_continuation(unsigned char byte, unsigned char low, unsigned char high)
{
    return byte >= low && byte <= high;
}
