#include "serve/template.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t name_at(const char *text, char ret_name[TEMPLATE_NAME_BYTES]);
static const char *value_of(const struct template_value *values, size_t count, const char *name);

enum error template_expand(const char *template, const struct template_value *values, size_t count,
                           char **ret_text, char ret_unknown[TEMPLATE_NAME_BYTES])
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert(out);
    const char *unknown = NULL;
    char name[TEMPLATE_NAME_BYTES];
    while (*template && !unknown) {
        size_t name_bytes = name_at(template, name);
        if (name_bytes == 0) {
            fputc(*template ++, out);
            continue;
        }
        const char *value = value_of(values, count, name);
        if (value)
            fputs(value, out);
        else
            unknown = name;
        template += name_bytes + 2;
    }
    fclose(out);
    if (unknown) {
        memcpy(ret_unknown, name, sizeof name);
        free(text);
        return ERROR_VALIDATION;
    }
    *ret_text = text;
    return OK;
}

/* The length of NAME when `text` starts with @NAME@, else 0. */
static size_t name_at(const char *text, char ret_name[TEMPLATE_NAME_BYTES])
{
    if (*text != '@')
        return 0;
    size_t bytes = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    if (bytes == 0 || bytes >= TEMPLATE_NAME_BYTES || text[1 + bytes] != '@')
        return 0;
    memcpy(ret_name, text + 1, bytes);
    ret_name[bytes] = 0;
    return bytes;
}

static const char *value_of(const struct template_value *values, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].text;
    return NULL;
}
