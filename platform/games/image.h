/*
 * One admitted version of a game: what it says of itself and the sealed memory that workers load it
 * from. Never changes after it is made; shared by reference between threads.
 */
#ifndef GAMES_IMAGE_H
#define GAMES_IMAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gamekit/game.h"
#include "host/admit.h"
#include "host/bundle.h"
#include "host/game_json.h"

struct image {
    _Atomic int references;
    uint8_t sha[32]; /* SHA-256 of the whole bundle, see bundle.h */
    char sha_text[SHA_TEXT_BYTES];
    uint8_t game_sha[32]; /* SHA-256 of game.so alone */
    char game_sha_text[SHA_TEXT_BYTES];
    struct gk_manifest manifest;
    struct game_json about;
    bool has_bot;
    int memory; /* sealed memfd of game.so */
};

/* Takes over what was admitted. NULL without memory: it is still the caller's. */
struct image *image_create(struct admission *admission, const struct bundle *bundle);

/* The same version. */
bool image_equal(const struct image *a, const struct image *b);

struct image *image_keep(struct image *image);
void image_release(struct image *image); /* NULL is fine */

#endif
