/*
 * The one vocabulary of failures, from the SQL query to the player's screen. A function that can
 * fail returns an enum error and is marked `must_use`; its results come last and stay untouched on
 * failure. Pure data, any thread.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#define must_use __attribute__((warn_unused_result))

enum error {
    OK = 0,
#define X(name, status, code, sentence) ERROR_##name,
#include "core/error.def"
#undef X
    ERROR_COUNT
};

/* The HTTP status, the stable code and the sentence of `error`; never NULL. `error` is not OK. */
int error_status(enum error error);
const char *error_code(enum error error);
const char *error_sentence(enum error error);

/* The error with this code, or ERROR_INTERNAL for a code that no table names. */
enum error error_by_code(const char *code);

#endif
