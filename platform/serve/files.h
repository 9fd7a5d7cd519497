/*
 * The few things the master does with files: folders of its own, whole small files, one lock.
 * Every failure is said on standard error with the path, once, here; callers only pass it on.
 */
#ifndef SERVE_FILES_H
#define SERVE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/error.h"

#define FILES_PATH_BYTES 1024

/* "folder/name"; aborts when it does not fit: data_dir is far shorter. */
void files_join(char ret_path[FILES_PATH_BYTES], const char *folder, const char *name);

/* Makes the folder and its parents; the last one gets `mode`, also when it was there. */
must_use enum error files_folder(const char *path, mode_t mode);

/* Writes to a new file beside it and renames: nobody ever reads half a file. */
must_use enum error files_write(const char *path, mode_t mode, const void *bytes, size_t count);

/* The whole file, zero-terminated; the caller frees it. ERROR_NOT_FOUND says nothing. */
must_use enum error files_read(const char *path, size_t bytes_max, char **ret_text);

bool files_exists(const char *path);

/* Takes the lock that makes this process the only master of the folder, until it ends.
 * ERROR_UNAVAILABLE: another has it (nothing is said). */
must_use enum error files_lock(const char *path);

#endif
