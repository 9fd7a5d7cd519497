/*
 * Settings as one table: defaults, then the file, the environment, the flags, each laid over the
 * one before. Whatever is wrong anywhere is refused, also where something stronger would win: a
 * typing error never lies in wait. The value of a secret is never repeated in a sentence.
 */
#include "core/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ENVIRONMENT_PREFIX  "TRANSCENDENCE_"
#define ENVIRONMENT_CONFIG  "TRANSCENDENCE_CONFIG"
#define FLAG_CONFIG         "--config="
#define NAME_BYTES          64
#define FILE_LINE_BYTES_MAX 1024
#define FILE_LINES_MAX      1000
#define PLACE_BYTES         (CONFIG_TEXT_BYTES / 2)

struct loading {
    const struct config_row *rows; /* borrowed */
    size_t row_count;
    void *settings; /* borrowed */
    char *sentence; /* borrowed; CONFIG_SENTENCE_BYTES */
};

static void set_defaults(const struct loading *loading);
static const char *find_file(int argument_count, char **arguments, char **environment);
static bool read_file(const struct loading *loading, const char *path);
static bool read_line(const struct loading *loading, const char *place, char *line, bool *seen);
static bool read_environment(const struct loading *loading, char **environment);
static bool read_flags(const struct loading *loading, int argument_count, char **arguments);
static bool read_flag(const struct loading *loading, const char *flag);
static bool set(const struct loading *loading, const struct config_row *row, const char *place,
                const char *value);
static bool set_text(const struct loading *loading, const struct config_row *row, const char *place,
                     const char *value);
static bool set_number(const struct loading *loading, const struct config_row *row,
                       const char *place, const char *value);
static bool set_bool(const struct loading *loading, const struct config_row *row, const char *place,
                     const char *value);
static const struct config_row *row_by_name(const struct loading *loading, const char *name,
                                            size_t length);
static const struct config_row *row_by_environment(const struct loading *loading, const char *name,
                                                   size_t length);
static void environment_name(const struct config_row *row, char ret_name[NAME_BYTES]);
static char *trim(char *text);
static bool refuse(const struct loading *loading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool config_load(const struct config_row *rows, size_t row_count, int argument_count,
                 char **arguments, char **environment, void *ret_settings,
                 char ret_sentence[CONFIG_SENTENCE_BYTES])
{
    struct loading loading = {rows, row_count, ret_settings, ret_sentence};
    set_defaults(&loading);
    const char *path = find_file(argument_count, arguments, environment);
    if (path && !read_file(&loading, path))
        return false;
    return read_environment(&loading, environment) &&
           read_flags(&loading, argument_count, arguments);
}

void config_help(const struct config_row *rows, size_t row_count, FILE *out)
{
    fprintf(out, "Settings: a flag, an environment variable, or a line `name = value` of the file "
                 "--config=PATH\n\n");
    for (size_t i = 0; i < row_count; i++) {
        char environment[NAME_BYTES];
        environment_name(&rows[i], environment);
        fprintf(out, "  --%s=VALUE\n      %s\n      %s=VALUE", rows[i].name, rows[i].help,
                environment);
        if (rows[i].default_text[0])
            fprintf(out, "  (default %s)", rows[i].default_text);
        fprintf(out, "\n");
    }
}

static void set_defaults(const struct loading *loading)
{
    for (size_t i = 0; i < loading->row_count; i++) {
        const struct config_row *row = &loading->rows[i];
        bool good = set(loading, row, "the default", row->default_text);
        if (!good)
            fprintf(stderr, "%s\n", loading->sentence);
        assert(good);
    }
}

static const char *find_file(int argument_count, char **arguments, char **environment)
{
    const char *path = NULL;
    for (char **entry = environment; entry && *entry; entry++)
        if (!strncmp(*entry, ENVIRONMENT_CONFIG "=", sizeof(ENVIRONMENT_CONFIG)))
            path = *entry + sizeof(ENVIRONMENT_CONFIG);
    for (int i = 0; i < argument_count; i++)
        if (!strncmp(arguments[i], FLAG_CONFIG, sizeof(FLAG_CONFIG) - 1))
            path = arguments[i] + sizeof(FLAG_CONFIG) - 1;
    return path && *path ? path : NULL;
}

static bool read_file(const struct loading *loading, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return refuse(loading, "The configuration file %.200s cannot be read: %s.", path,
                      strerror(errno));
    bool good = true;
    bool *seen = calloc(loading->row_count, sizeof(*seen));
    assert(seen);
    char line[FILE_LINE_BYTES_MAX];
    for (int number = 1; good && fgets(line, sizeof(line), file); number++) {
        char place[PLACE_BYTES];
        snprintf(place, sizeof(place), "%.200s line %d", path, number);
        if (number > FILE_LINES_MAX)
            good = refuse(loading, "%s: the file has more than %d lines.", place, FILE_LINES_MAX);
        else if (!strchr(line, '\n') && !feof(file))
            good = refuse(loading, "%s: the line is longer than %d bytes or holds a zero byte.",
                          place, FILE_LINE_BYTES_MAX - 2);
        else
            good = read_line(loading, place, line, seen);
    }
    if (good && ferror(file))
        good = refuse(loading, "The configuration file %.200s cannot be read: %s.", path,
                      strerror(errno));
    free(seen);
    fclose(file);
    return good;
}

static bool read_line(const struct loading *loading, const char *place, char *line, bool *seen)
{
    char *name = trim(line);
    if (!*name || *name == '#')
        return true;
    char *equals = strchr(name, '=');
    if (!equals)
        return refuse(loading, "%s: this is no \"name = value\".", place);
    *equals = '\0';
    name = trim(name);
    const struct config_row *row = row_by_name(loading, name, strlen(name));
    if (!row)
        return refuse(loading, "%s: there is no setting \"%.64s\".", place, name);
    if (seen[row - loading->rows])
        return refuse(loading, "%s: %s is set twice.", place, row->name);
    seen[row - loading->rows] = true;
    return set(loading, row, place, trim(equals + 1));
}

static bool read_environment(const struct loading *loading, char **environment)
{
    for (char **entry = environment; entry && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (!equals)
            continue;
        size_t length = (size_t)(equals - *entry);
        const struct config_row *row = row_by_environment(loading, *entry, length);
        char place[PLACE_BYTES];
        snprintf(place, sizeof(place), "Environment variable %.*s",
                 (int)(length < NAME_BYTES ? length : NAME_BYTES), *entry);
        if (row && !set(loading, row, place, equals + 1))
            return false;
        bool ours = !strncmp(*entry, ENVIRONMENT_PREFIX, sizeof(ENVIRONMENT_PREFIX) - 1);
        bool names_file = !strncmp(*entry, ENVIRONMENT_CONFIG "=", sizeof(ENVIRONMENT_CONFIG));
        if (!row && ours && !names_file)
            return refuse(loading, "%s: there is no such setting.", place);
    }
    return true;
}

static bool read_flags(const struct loading *loading, int argument_count, char **arguments)
{
    for (int i = 0; i < argument_count; i++)
        if (!read_flag(loading, arguments[i]))
            return false;
    return true;
}

static bool read_flag(const struct loading *loading, const char *flag)
{
    if (!strncmp(flag, FLAG_CONFIG, sizeof(FLAG_CONFIG) - 1))
        return true;
    const char *equals = strchr(flag, '=');
    size_t length = equals ? (size_t)(equals - flag) : strlen(flag);
    if (strncmp(flag, "--", 2))
        return refuse(loading, "\"%.*s\" is no flag; flags look like --name=value.",
                      (int)(length < NAME_BYTES ? length : NAME_BYTES), flag);
    const struct config_row *row = row_by_name(loading, flag + 2, length - 2);
    char place[PLACE_BYTES];
    snprintf(place, sizeof(place), "Flag %.*s", (int)(length < NAME_BYTES ? length : NAME_BYTES),
             flag);
    if (!row)
        return refuse(loading, "%s: there is no such setting.", place);
    if (!equals)
        return refuse(loading, "%s: a value is missing; write --%s=VALUE.", place, row->name);
    return set(loading, row, place, equals + 1);
}

static bool set(const struct loading *loading, const struct config_row *row, const char *place,
                const char *value)
{
    switch (row->type) {
    case CONFIG_TEXT:
    case CONFIG_SECRET:
        return set_text(loading, row, place, value);
    case CONFIG_INT:
    case CONFIG_PORT:
        return set_number(loading, row, place, value);
    case CONFIG_BOOL:
        return set_bool(loading, row, place, value);
    }
    assert(!"a setting has no type");
    return false;
}

static bool set_text(const struct loading *loading, const struct config_row *row, const char *place,
                     const char *value)
{
    size_t length = strlen(value);
    if (length >= CONFIG_TEXT_BYTES)
        return refuse(loading, "%s: %s is longer than %d bytes.", place, row->name,
                      CONFIG_TEXT_BYTES - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
            return refuse(loading, "%s: %s holds a control character.", place, row->name);
    memcpy((char *)loading->settings + row->offset, value, length + 1);
    return true;
}

static bool set_number(const struct loading *loading, const struct config_row *row,
                       const char *place, const char *value)
{
    const char *kind = row->type == CONFIG_PORT ? "a port number" : "a whole number";
    const char *digits = *value == '-' ? value + 1 : value;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || digits[count])
        return refuse(loading, "%s: %s must be %s, not \"%.64s\".", place, row->name, kind, value);
    errno = 0;
    int64_t number = strtoll(value, NULL, 10);
    if (errno == ERANGE || number < row->min || number > row->max)
        return refuse(loading, "%s: %s must be %s from %" PRId64 " to %" PRId64 ", not \"%.64s\".",
                      place, row->name, kind, row->min, row->max, value);
    memcpy((char *)loading->settings + row->offset, &number, sizeof(number));
    return true;
}

static bool set_bool(const struct loading *loading, const struct config_row *row, const char *place,
                     const char *value)
{
    bool yes = !strcmp(value, "true") || !strcmp(value, "yes") || !strcmp(value, "1");
    bool no = !strcmp(value, "false") || !strcmp(value, "no") || !strcmp(value, "0");
    if (!yes && !no)
        return refuse(loading, "%s: %s must be true or false, not \"%.64s\".", place, row->name,
                      value);
    memcpy((char *)loading->settings + row->offset, &yes, sizeof(yes));
    return true;
}

static const struct config_row *row_by_name(const struct loading *loading, const char *name,
                                            size_t length)
{
    for (size_t i = 0; i < loading->row_count; i++)
        if (strlen(loading->rows[i].name) == length && !memcmp(loading->rows[i].name, name, length))
            return &loading->rows[i];
    return NULL;
}

static const struct config_row *row_by_environment(const struct loading *loading, const char *name,
                                                   size_t length)
{
    for (size_t i = 0; i < loading->row_count; i++) {
        char expected[NAME_BYTES];
        environment_name(&loading->rows[i], expected);
        if (strlen(expected) == length && !memcmp(expected, name, length))
            return &loading->rows[i];
    }
    return NULL;
}

static void environment_name(const struct config_row *row, char ret_name[NAME_BYTES])
{
    if (row->environment) {
        snprintf(ret_name, NAME_BYTES, "%s", row->environment);
        return;
    }
    snprintf(ret_name, NAME_BYTES, ENVIRONMENT_PREFIX "%s", row->name);
    for (char *c = ret_name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool refuse(const struct loading *loading, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(loading->sentence, CONFIG_SENTENCE_BYTES, format, arguments);
    va_end(arguments);
    return false;
}
