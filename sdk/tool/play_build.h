/*
 * A build (tool/build.h) that the match does not wait for: in a process of its own, whose words
 * come through a pipe. One at a time.
 */
#ifndef TOOL_PLAY_BUILD_H
#define TOOL_PLAY_BUILD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tool/command.h"

#define PLAY_BUILD_OUTPUT_MAX (64u << 10) /* what comes after it is left out */

struct play_build {
    pid_t pid;                  /* 0: none runs */
    int fd;                     /* readable when there is something to read; owned */
    enum command_status status; /* of the last one */
    char bundle[PATH_MAX];
    char output[PLAY_BUILD_OUTPUT_MAX]; /* zero-terminated */
    size_t bytes;
    char raw[PATH_MAX + PLAY_BUILD_OUTPUT_MAX];
};

/* False, with errno. */
bool play_build_start(struct play_build *build, const char *folder);
/* True when it is done: then status, bundle and output say how. The fd stays open until
 * play_build_end. Does not block. */
bool play_build_read(struct play_build *build);
/* Ends it, also one that runs; closes nothing that is not its own. */
void play_build_end(struct play_build *build);

#endif
