#include "store/redis_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "redis://"

static bool copy(char *to, size_t capacity, const char *from, size_t length)
{
    if (length >= capacity)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

static bool parse_number(const char *text, const char *end, int max, int *ret_number)
{
    char *stop;
    long number = strtol(text, &stop, 10);
    if (text == end || stop != end || number < 0 || number > max)
        return false;
    *ret_number = (int)number;
    return true;
}

bool redis_url_parse(const char *url, struct redis_url *ret_url)
{
    struct redis_url parsed = {.port = 6379};
    if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
        return false;
    const char *host = url + strlen(SCHEME);
    const char *at = strrchr(host, '@');
    if (at) {
        const char *colon = memchr(host, ':', (size_t)(at - host));
        if (!colon ||
            !copy(parsed.password, sizeof(parsed.password), colon + 1, (size_t)(at - colon - 1)))
            return false;
        host = at + 1;
    }
    const char *end = strchr(host, '/');
    if (end && end[1] && !parse_number(end + 1, end + strlen(end), 1024, &parsed.database))
        return false;
    if (!end)
        end = host + strlen(host);
    const char *colon = memchr(host, ':', (size_t)(end - host));
    if (colon && !parse_number(colon + 1, end, 65535, &parsed.port))
        return false;
    const char *host_end = colon ? colon : end;
    if (host_end == host ||
        !copy(parsed.host, sizeof(parsed.host), host, (size_t)(host_end - host)))
        return false;
    *ret_url = parsed;
    return true;
}
