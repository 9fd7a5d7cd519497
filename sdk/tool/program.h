/*
 * Other programs that the tool calls: finding them, and running one to its end with what it said.
 * Blocking. Not for a thread of a program that forks elsewhere at the same time.
 */
#ifndef TOOL_PROGRAM_H
#define TOOL_PROGRAM_H

#include <stdbool.h>

#define PROGRAM_OUTPUT_BYTES_MAX (1u << 20) /* what comes after it is read and dropped */

/* Whether `name` is a program of the PATH, or the path of one. */
bool program_is_there(const char *name);

struct program_end {
    int status;   /* the exit status; 128 plus the signal when one ended it */
    char *output; /* owned: standard output and standard error as they came, zero-terminated */
};

/* Runs `arguments` (NULL-terminated, the program first) in the folder `folder`, NULL: this one,
 * with nothing on standard input. False, with a sentence on standard error, when it could not be
 * started. */
bool program_run(const char *const *arguments, const char *folder, struct program_end *ret_end);

#endif
