/*
 * Log lines. A line is put together in a buffer on the stack and written at once, so that lines of
 * several threads and processes never mix. Everything outside printable ASCII is written as \xNN:
 * a stranger's text can neither start a line nor steer a terminal.
 */
#include "core/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

#define REQUEST_ID_BYTES 65
#define NUMBERS          8

struct line {
    char text[LOG_LINE_BYTES_MAX];
    size_t used; /* always leaves room for the line's end */
};

static const char *service_name = "-";
static _Atomic int level_minimum = LOG_INFO;
static _Thread_local char request[REQUEST_ID_BYTES];

static void add_pair(struct line *line, const char *key, const char *value);
static void add_key(struct line *line, const char *key);
static void add_value(struct line *line, const char *value);
static bool is_plain(const char *value);
static void add_escaped(struct line *line, unsigned char byte);
static void add_text(struct line *line, const char *text, size_t bytes);

void log_init(const char *service, enum log_level level_min)
{
    service_name = service;
    atomic_store_explicit(&level_minimum, level_min, memory_order_relaxed);
}

void log_write(enum log_level level, const char *message, ...)
{
    static const char *const level_names[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load_explicit(&level_minimum, memory_order_relaxed))
        return;
    struct line line;
    line.used = 0;
    char now[CLOCK_RFC3339_BYTES];
    clock_rfc3339(clock_unix_ms(), now);
    add_pair(&line, "ts", now);
    add_pair(&line, "level", level_names[level]);
    add_pair(&line, "service", service_name);
    add_pair(&line, "msg", message);
    if (request[0])
        add_pair(&line, "request", request);

    va_list pairs;
    va_start(pairs, message);
    for (const char *key; (key = va_arg(pairs, const char *));) {
        const char *value = va_arg(pairs, const char *);
        add_pair(&line, key, value ? value : "");
        if (!value)
            break; /* an odd list: stop before reading past its end */
    }
    va_end(pairs);

    line.text[line.used++] = '\n';
    ssize_t written = write(STDERR_FILENO, line.text, line.used);
    (void)written; /* there is nowhere left to say so */
}

const char *log_number(int64_t number)
{
    static _Thread_local char texts[NUMBERS][24];
    static _Thread_local unsigned next;
    char *text = texts[next++ % NUMBERS];
    snprintf(text, sizeof(texts[0]), "%lld", (long long)number);
    return text;
}

void log_request(const char *request_id)
{
    snprintf(request, sizeof(request), "%s", request_id ? request_id : "");
}

static void add_pair(struct line *line, const char *key, const char *value)
{
    size_t before = line->used;
    add_key(line, key);
    add_value(line, value);
    if (line->used >= LOG_LINE_BYTES_MAX - 2)
        line->used = before; /* whole pairs only: a cut quote would swallow the next line */
}

static void add_key(struct line *line, const char *key)
{
    if (line->used > 0)
        add_text(line, " ", 1);
    add_text(line, key, strlen(key));
    add_text(line, "=", 1);
}

static void add_value(struct line *line, const char *value)
{
    size_t length = strnlen(value, LOG_VALUE_BYTES_MAX + 1);
    bool cut = length > LOG_VALUE_BYTES_MAX;
    if (cut)
        length = LOG_VALUE_BYTES_MAX;
    if (!cut && is_plain(value)) {
        add_text(line, value, length);
        return;
    }
    add_text(line, "\"", 1);
    for (size_t i = 0; i < length; i++)
        add_escaped(line, (unsigned char)value[i]);
    if (cut)
        add_text(line, "...", 3);
    add_text(line, "\"", 1);
}

static bool is_plain(const char *value)
{
    if (!*value)
        return false;
    for (; *value; value++)
        if (*value <= ' ' || *value >= 0x7f || strchr("\"\\=", *value))
            return false;
    return true;
}

static void add_escaped(struct line *line, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    if (byte == '"' || byte == '\\')
        add_text(line, (const char[]){'\\', (char)byte}, 2);
    else if (byte == '\n')
        add_text(line, "\\n", 2);
    else if (byte < ' ' || byte >= 0x7f)
        add_text(line, (const char[]){'\\', 'x', digits[byte >> 4], digits[byte & 15]}, 4);
    else
        add_text(line, (const char[]){(char)byte}, 1);
}

static void add_text(struct line *line, const char *text, size_t bytes)
{
    size_t room = LOG_LINE_BYTES_MAX - 2 - line->used;
    if (bytes > room)
        bytes = room;
    memcpy(line->text + line->used, text, bytes);
    line->used += bytes;
}
