/*
 * Text with @NAMES@ to fill in: how the nginx configuration is made from deploy/nginx. Pure. A name
 * that the list lacks is our mistake and is refused, so that a template and the code cannot drift.
 */
#ifndef SERVE_TEMPLATE_H
#define SERVE_TEMPLATE_H

#include <stddef.h>

#include "core/error.h"

#define TEMPLATE_NAME_BYTES 64

struct template_value {
    const char *name; /* [A-Z_]+, without the @ */
    const char *text; /* borrowed */
};

/* The caller frees `*ret_text`. ERROR_VALIDATION: `ret_unknown` holds the name. */
must_use enum error template_expand(const char *template, const struct template_value *values,
                                    size_t count, char **ret_text,
                                    char ret_unknown[TEMPLATE_NAME_BYTES]);

#endif
