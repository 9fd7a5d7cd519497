#include "auth/names.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/id.h"

#define RANDOM_CHARACTERS 6

bool username_is_good(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t length = strlen(text);
    return length >= USERNAME_CHARACTERS_MIN && length <= USERNAME_CHARACTERS_MAX &&
           strspn(text, alphabet) == length;
}

bool username_is_of_guest(const char *text)
{
    return strncasecmp(text, GUEST_PREFIX, strlen(GUEST_PREFIX)) == 0;
}

void username_random(const char *prefix, char ret_name[USERNAME_BYTES])
{
    static const char alphabet[33] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* none look alike */
    uint8_t bytes[RANDOM_CHARACTERS];
    char suffix[RANDOM_CHARACTERS + 1] = {0};
    random_bytes(bytes, sizeof bytes);
    for (int i = 0; i < RANDOM_CHARACTERS; i++)
        suffix[i] = alphabet[bytes[i] % 32];
    snprintf(ret_name, USERNAME_BYTES, "%s%s", prefix, suffix);
}

bool email_is_good(const char *text)
{
    size_t length = strlen(text);
    const char *at = strchr(text, '@');
    if (length >= EMAIL_BYTES || at == NULL || at == text || at[1] == '\0' ||
        strchr(at + 1, '@') != NULL)
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("<>()[],;:\\\"", *c) != NULL)
            return false;
    return true;
}
