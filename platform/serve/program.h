/* A program that runs to its end while we wait: initdb, openssl. Not for anything that stays. */
#ifndef SERVE_PROGRAM_H
#define SERVE_PROGRAM_H

#include <stdbool.h>

#define PROGRAM_MS_MAX 60000

/* True when it ended with status 0 in time. Its output goes to NAME.log in `log_folder`, its
 * working folder is the root, `descriptors` become its 3 and up. */
bool program_run(const char *log_folder, const char *name, char *const *command,
                 const int *descriptors, int descriptor_count);

#endif
