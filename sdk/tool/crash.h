/*
 * What `gamekit replay` does with the folder of a crash (host/crash_step.h): the files are a
 * stranger's, and so is the game, which runs inside the sandbox unless a debugger asks.
 */
#ifndef TOOL_CRASH_H
#define TOOL_CRASH_H

#include <stdbool.h>

#include "tool/command.h"

/* Whether `path` is a folder with a crash.json. */
bool crash_is_at(const char *path);

/* Takes the step of `folder` once more with the game at `game` (NULL: the folder's own) and says
 * what happens. COMMAND_FAULT
 * when it dies again, or does something else wrong. */
enum command_status crash_again(const char *folder, const char *game);

/* The same in this process, without walls; `before` is called right before the callback, with its
 * address. `tick` has to be the tick of the crash. */
enum command_status crash_here(const char *folder, const char *game, unsigned long tick,
                               void (*before)(const void *callback));

#endif
