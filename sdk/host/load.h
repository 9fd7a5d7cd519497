/* Loading the game: the sealed image, its manifest and its table. */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "gamekit/game.h"

/* As data: nothing of it runs. False after a sentence on standard error. */
bool game_inspect(int image_fd, struct gk_manifest *ret_manifest, uint64_t *ret_mapped_bytes);

/* Loads what was inspected, for good. False after a sentence on standard error. */
bool game_load(int image_fd, struct gk_game *ret_game);

/* The same of a file that nobody changes, by its name: for the author's own machine, where a
 * debugger is to find the symbols. One name is loaded once. */
bool game_load_path(const char *path, struct gk_game *ret_game);

#endif
