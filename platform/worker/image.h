/* Loading the game: the sealed image, its manifest and its table. */
#ifndef WORKER_IMAGE_H
#define WORKER_IMAGE_H

#include <stdbool.h>

#include "gamekit/game.h"

/* Inspects the image behind `image_fd` as data, then loads it. False after a sentence on standard
 * error. Never unloaded. */
bool image_load(int image_fd, struct gk_manifest *ret_manifest, struct gk_game *ret_game);

#endif
