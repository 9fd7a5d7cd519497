/*
 * A built game, as the playground holds it: its game.json, decoded, and a sealed copy of game.so in
 * memory that was inspected as data. The files on disk may be replaced at any time; nothing is ever
 * loaded from them.
 */
#ifndef TOOL_PLAY_IMAGE_H
#define TOOL_PLAY_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "gamekit/game.h"
#include "host/game_json.h"

#define PLAY_SENTENCE_BYTES 400

struct play_image {
    int fd;               /* owned; sealed memory */
    uint8_t sha[32];      /* of game.so */
    uint8_t json_sha[32]; /* of game.json */
    struct gk_manifest manifest;
    struct game_json json;
};

/* Copies and judges the bundle `folder`. NULL, with a sentence, when it is refused. */
struct play_image *play_image_take(const char *folder, char ret_sentence[PLAY_SENTENCE_BYTES]);
void play_image_free(struct play_image *image);

#endif
