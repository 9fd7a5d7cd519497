#include "serve/environment.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const passed_on[] = {
    "PATH", "LANG", "TZ", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"};

static bool is_of_one_process(const char *setting);
static void add_row(struct environment *environment, const struct config_row *row,
                    const struct settings *settings);

void environment_init(struct environment *environment)
{
    memset(environment, 0, sizeof *environment);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        const char *value = getenv(passed_on[i]);
        if (value)
            environment_add(environment, passed_on[i], "%s", value);
    }
}

void environment_finish(struct environment *environment)
{
    for (int i = 0; i < environment->count; i++)
        free(environment->entries[i]);
    memset(environment, 0, sizeof *environment);
}

void environment_add(struct environment *environment, const char *name, const char *format, ...)
{
    assert(environment->count < ENVIRONMENT_ENTRIES_MAX);
    char *value, *entry;
    va_list arguments;
    va_start(arguments, format);
    int bytes = vasprintf(&value, format, arguments);
    va_end(arguments);
    assert(bytes >= 0);
    bytes = asprintf(&entry, "%s=%s", name, value);
    assert(bytes >= 0);
    free(value);
    environment->entries[environment->count++] = entry;
}

void environment_add_settings(struct environment *environment, const struct settings *settings)
{
    for (size_t i = 0; i < settings_row_count; i++)
        if (!is_of_one_process(settings_rows[i].name))
            add_row(environment, &settings_rows[i], settings);
}

static bool is_of_one_process(const char *setting)
{
    static const char *const names[] = {"database_url", "redis_url", "service_secret", "listen",
                                        "instance",     "address",   "ca_file",        "token"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(setting, names[i]) == 0)
            return true;
    return false;
}

static void add_row(struct environment *environment, const struct config_row *row,
                    const struct settings *settings)
{
    char name[96] = "TRANSCENDENCE_";
    size_t used = strlen(name);
    for (size_t i = 0; row->name[i] && used < sizeof name - 1; i++)
        name[used++] = (char)toupper((unsigned char)row->name[i]);
    name[used] = 0;
    const char *variable = row->environment ? row->environment : name;

    const char *value = (const char *)settings + row->offset;
    switch (row->type) {
    case CONFIG_TEXT:
    case CONFIG_SECRET:
        if (*value)
            environment_add(environment, variable, "%s", value);
        break;
    case CONFIG_INT:
    case CONFIG_PORT:
        environment_add(environment, variable, "%" PRId64, *(const int64_t *)(const void *)value);
        break;
    case CONFIG_BOOL:
        environment_add(environment, variable, "%s",
                        *(const bool *)(const void *)value ? "true" : "false");
        break;
    }
}
