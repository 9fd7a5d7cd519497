/*
 * One line an event on standard error, as key=value: `ts= level= service= msg= ...`. Values with
 * blanks or quotes are quoted, control bytes escaped, long values cut at LOG_VALUE_BYTES_MAX, so
 * that a stranger's text can never forge a line. Never pass a password, a token or a cookie.
 * Lines say what happened and what comes next. Any thread; a line is one write().
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdint.h>

#define LOG_VALUE_BYTES_MAX 512
#define LOG_LINE_BYTES_MAX  4096

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* `service` is borrowed for the life of the process. */
void log_init(const char *service, enum log_level level_min);

/* log_info("match placed", "match", id, "game", game, NULL): pairs of key and text, NULL ends. */
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
void log_write(enum log_level level, const char *message, ...) __attribute__((sentinel));

/* A number as text for a log value; valid until the 8th next call on this thread. */
const char *log_number(int64_t number);

/* The request id that this thread works for; it goes on every line. NULL or "" for none. */
void log_request(const char *request_id);

#endif
