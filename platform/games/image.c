/* Made once, then counted; the last reference closes its memory. */
#include "games/image.h"

#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/image.h"

struct image *image_create(struct admission *admission, const struct bundle *bundle)
{
    const struct bundle_file *game = bundle_find(bundle, "game.so");
    struct image *image = calloc(1, sizeof *image);
    if (!image)
        return NULL;
    if (EVP_Digest(game->bytes, game->count, image->game_sha, NULL, EVP_sha256(), NULL) != 1) {
        free(image);
        return NULL;
    }
    for (size_t i = 0; i < sizeof image->game_sha; i++)
        snprintf(image->game_sha_text + 2 * i, 3, "%02x", image->game_sha[i]);
    image->has_bot =
        game_image_has_callback(game->bytes, game->count, offsetof(struct gk_game, bot));
    image->manifest = admission->manifest;
    image->memory = admission->image;
    image->about = admission->about;
    admission->image = -1; /* both are the image's now */
    admission->about = (struct game_json){0};
    memcpy(image->sha, bundle->sha, sizeof image->sha);
    memcpy(image->sha_text, bundle->sha_text, sizeof image->sha_text);
    return image_keep(image);
}

bool image_equal(const struct image *a, const struct image *b)
{
    return memcmp(a->sha, b->sha, sizeof a->sha) == 0;
}

struct image *image_keep(struct image *image)
{
    atomic_fetch_add(&image->references, 1);
    return image;
}

void image_release(struct image *image)
{
    if (!image || atomic_fetch_sub(&image->references, 1) != 1)
        return;
    if (image->memory >= 0)
        close(image->memory);
    game_json_finish(&image->about);
    free(image);
}
