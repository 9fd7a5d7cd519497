/* Whole files in memory. Blocking. */
#ifndef TOOL_FILE_H
#define TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first bytes of a plain file, at most `bytes_max` and one more, so that the caller sees what
 * is too large; the caller frees them. NULL, with a sentence on standard error, when it cannot be
 * read. */
uint8_t *file_read(const char *path, size_t bytes_max, size_t *ret_count);

/* A new file, or another content of an old one. False, with a sentence on standard error, when it
 * could not be written; then it is not there. */
bool file_write(const char *path, const uint8_t *bytes, size_t count);

#endif
