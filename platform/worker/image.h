/* Loading the game: the sealed image, its manifest and its table. */
#ifndef WORKER_IMAGE_H
#define WORKER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "gamekit/game.h"

/* As data: nothing of it runs. False after a sentence on standard error. */
bool image_inspect(int image_fd, struct gk_manifest *ret_manifest, uint64_t *ret_mapped_bytes);

/* Loads what was inspected, for good. False after a sentence on standard error. */
bool image_load(int image_fd, struct gk_game *ret_game);

#endif
