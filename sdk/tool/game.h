/*
 * The game that a command works on, loaded into this process: from a folder of sources (which is
 * built first), from a bundle, or from a game.so alone. It was judged as data before; it is the
 * author's own and runs without walls. Loaded by its path, so that a debugger finds its symbols,
 * and never unloaded.
 */
#ifndef TOOL_GAME_H
#define TOOL_GAME_H

#include <limits.h>

#include "gamekit/game.h"
#include "host/game_options.h"
#include "tool/command.h"

struct game {
    char path[PATH_MAX]; /* of its game.so */
    uint8_t sha[32];     /* of it */
    struct gk_manifest manifest;
    struct gk_game table;
    struct game_options options; /* none when there is no game.json beside it */
};

/* What is not fine was said on standard error. */
enum command_status game_open(const char *path, struct game *ret_game);

/* The two halves of it, for who loads another image of the same game: finds and judges it, ... */
enum command_status game_find(const char *path, struct game *ret_game);
/* ... and takes the table of the shared object at `path`. */
enum command_status game_take(const char *path, struct game *game);

#endif
