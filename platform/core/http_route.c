#include "core/http_route.h"

#include <string.h>

#include "core/text.h"

struct part {
    const char *at;
    size_t bytes;
};

static bool matches(const char *pattern, const char *path, struct part ret_parts[HTTP_PARAMS_MAX],
                    int *ret_count);
static const char *add_method(struct arena *arena, const char *allowed, const char *method);
static int hex_value(char digit);

enum error route_find(const struct route *routes, size_t route_count, const char *method,
                      const char *path, struct arena *arena, const struct route **ret_route,
                      const char *ret_params[HTTP_PARAMS_MAX], const char **ret_allowed)
{
    const struct route *best = NULL;
    struct part best_parts[HTTP_PARAMS_MAX];
    int best_count = HTTP_PARAMS_MAX + 1;
    const char *allowed = NULL;
    for (size_t i = 0; i < route_count; i++) {
        struct part parts[HTTP_PARAMS_MAX];
        int count;
        if (!matches(routes[i].path, path, parts, &count))
            continue;
        if (strcmp(routes[i].method, method)) {
            allowed = add_method(arena, allowed, routes[i].method);
        } else if (count < best_count) {
            best = &routes[i];
            best_count = count;
            memcpy(best_parts, parts, sizeof(parts[0]) * (size_t)count);
        }
    }
    if (!best && !allowed)
        return ERROR_NOT_FOUND;
    if (!best) {
        *ret_allowed = allowed;
        return ERROR_METHOD_NOT_ALLOWED;
    }
    const char *decoded[HTTP_PARAMS_MAX] = {NULL};
    for (int i = 0; i < best_count; i++)
        if (!percent_decode(arena, best_parts[i].at, best_parts[i].bytes, false, &decoded[i]))
            return ERROR_BAD_REQUEST;
    memcpy(ret_params, decoded, sizeof(decoded));
    *ret_route = best;
    return OK;
}

enum error query_parse(struct arena *arena, const char *query,
                       struct query_param ret_params[HTTP_QUERY_PARAMS_MAX], size_t *ret_count)
{
    size_t count = 0;
    for (const char *at = query; at && *at;) {
        size_t bytes = strcspn(at, "&");
        const char *equals = memchr(at, '=', bytes);
        size_t name_bytes = equals ? (size_t)(equals - at) : bytes;
        const char *value = equals ? equals + 1 : at + bytes;
        size_t value_bytes = (size_t)(at + bytes - value);
        if (bytes > 0) {
            if (count == HTTP_QUERY_PARAMS_MAX)
                return ERROR_BAD_REQUEST;
            struct query_param *param = &ret_params[count++];
            if (!percent_decode(arena, at, name_bytes, true, &param->name) ||
                !percent_decode(arena, value, value_bytes, true, &param->value))
                return ERROR_BAD_REQUEST;
        }
        at += bytes;
        if (*at == '&')
            at++;
    }
    *ret_count = count;
    return OK;
}

bool percent_decode(struct arena *arena, const char *text, size_t bytes, bool plus_is_blank,
                    const char **ret_text)
{
    char *decoded = arena_alloc(arena, bytes + 1);
    char *out = decoded;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < bytes ? hex_value(text[i + 1]) : -1;
            int low = i + 2 < bytes ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        *out++ = c;
    }
    if (!text_is_utf8(decoded) || text_has_control_character(decoded, false))
        return false;
    *ret_text = decoded;
    return true;
}

/* Segment by segment; a {part} takes exactly one that is not empty. */
static bool matches(const char *pattern, const char *path, struct part ret_parts[HTTP_PARAMS_MAX],
                    int *ret_count)
{
    int count = 0;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        size_t pattern_bytes = strcspn(pattern, "/"), path_bytes = strcspn(path, "/");
        if (*pattern == '{') {
            if (path_bytes == 0 || count == HTTP_PARAMS_MAX)
                return false;
            ret_parts[count++] = (struct part){path, path_bytes};
        } else if (pattern_bytes != path_bytes || memcmp(pattern, path, path_bytes)) {
            return false;
        }
        pattern += pattern_bytes;
        path += path_bytes;
    }
    *ret_count = count;
    return !*pattern && !*path;
}

static const char *add_method(struct arena *arena, const char *allowed, const char *method)
{
    if (!allowed)
        return method;
    return strstr(allowed, method) ? allowed : arena_printf(arena, "%s, %s", allowed, method);
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
