#include "core/error.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct row {
    int status;
    const char *code, *sentence;
};

static const struct row rows[ERROR_COUNT] = {
#define X(name, status, code, sentence) [ERROR_##name] = {status, code, sentence},
#include "core/error.def"
#undef X
};

static const struct row *row_of(enum error error);

int error_status(enum error error)
{
    return row_of(error)->status;
}

const char *error_code(enum error error)
{
    return row_of(error)->code;
}

const char *error_sentence(enum error error)
{
    return row_of(error)->sentence;
}

enum error error_by_code(const char *code)
{
    for (int i = OK + 1; i < ERROR_COUNT; i++)
        if (!strcmp(rows[i].code, code))
            return (enum error)i;
    return ERROR_INTERNAL;
}

static const struct row *row_of(enum error error)
{
    assert(error > OK && error < ERROR_COUNT);
    return &rows[error];
}
