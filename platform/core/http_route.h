/* Matching the path of a request with the table of routes. Inside core only; pure, any thread. */
#ifndef CORE_HTTP_ROUTE_H
#define CORE_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/http_server.h"

#define HTTP_QUERY_PARAMS_MAX 32

struct query_param {
    const char *name, *value; /* borrowed from the arena */
};

/* The route for `method` and `path` (as sent, not decoded), and its decoded {parts}. Of several
 * that fit, the one with the fewest {parts}. ERROR_NOT_FOUND; ERROR_METHOD_NOT_ALLOWED, with the
 * methods that do fit in `ret_allowed`; ERROR_BAD_REQUEST for a part that cannot be decoded. */
must_use enum error route_find(const struct route *routes, size_t route_count, const char *method,
                               const char *path, struct arena *arena,
                               const struct route **ret_route,
                               const char *ret_params[HTTP_PARAMS_MAX], const char **ret_allowed);

/* Splits and decodes "a=1&b=2"; `query` may be NULL. ERROR_BAD_REQUEST. */
must_use enum error query_parse(struct arena *arena, const char *query,
                                struct query_param ret_params[HTTP_QUERY_PARAMS_MAX],
                                size_t *ret_count);

/* %XX (and '+' as a blank when wished). False for half an escape, for a zero or control character
 * and for what is not UTF-8. */
bool percent_decode(struct arena *arena, const char *text, size_t bytes, bool plus_is_blank,
                    const char **ret_text);

#endif
