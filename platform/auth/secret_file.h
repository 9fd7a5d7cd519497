/*
 * Secrets that lie in files of <data_dir>/secrets, mode 0600: read here, and made at first use.
 * Two processes making the same one at once end up with one content. Content never goes to a log;
 * failures are logged here with the path. Any thread.
 */
#ifndef AUTH_SECRET_FILE_H
#define AUTH_SECRET_FILE_H

#include <stddef.h>

#include "core/error.h"

#define SECRET_FILE_BYTES_MAX  4096
#define SECRET_FILE_PATH_BYTES 1024

/* <data_dir>/secrets/<name>; `name` is our own word, never a stranger's text. */
void secret_file_path(const char *data_dir, const char *name,
                      char ret_path[SECRET_FILE_PATH_BYTES]);

/* The content without the line end, zero-terminated. ERROR_NOT_FOUND (not logged) when there is no
 * file, ERROR_INTERNAL when it cannot be read or does not fit. */
must_use enum error secret_file_read(const char *path, char *ret_text, size_t capacity);

/* Writes `text` and a line end to a new file. When one is there already, nothing is changed and
 * OK is answered: read it. */
must_use enum error secret_file_create(const char *path, const char *text);

#endif
