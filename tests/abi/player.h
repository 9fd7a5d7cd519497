/* Loading an image as a host does, and playing it by its bots: the smallest host that there is. */
#ifndef ABI_PLAYER_H
#define ABI_PLAYER_H

#include <stdint.h>

#include "gamekit/game.h"

/* A sealed copy of the file, as game_inspect and game_load want it; -1 after a message. */
int player_image(const char *path);

/* Plays `ticks` ticks of matches, one after the other, in every mode, with a bot at each seat, some
 * absences and some hostile input. Returns the hash of every state, view, text and result, and in
 * `ret_matches` how many have ended; 0 after a message when the game breaks a rule. */
uint64_t player_play(const struct gk_manifest *manifest, const struct gk_game *game, uint32_t ticks,
                     uint32_t *ret_matches);

#endif
