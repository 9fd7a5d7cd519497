#include "tool/play_image.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/bundle.h"
#include "host/image.h"

static bool take_rules(struct play_image *image, const struct bundle_file *file,
                       char ret_sentence[PLAY_SENTENCE_BYTES]);
static bool take_json(struct play_image *image, const struct bundle_file *file,
                      char ret_sentence[PLAY_SENTENCE_BYTES]);

struct play_image *play_image_take(const char *folder, char ret_sentence[PLAY_SENTENCE_BYTES])
{
    char reason[BUNDLE_REASON_BYTES];
    struct bundle *bundle = NULL;
    enum bundle_refusal refusal = bundle_read(folder, &bundle, reason);
    if (refusal != BUNDLE_FINE) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s: %s", bundle_refusal_code(refusal), reason);
        return NULL;
    }
    struct play_image *image = calloc(1, sizeof *image);
    bool fine = false;
    if (image) {
        image->fd = -1;
        fine = take_rules(image, bundle_find(bundle, "game.so"), ret_sentence) &&
               take_json(image, bundle_find(bundle, "game.json"), ret_sentence);
    }
    bundle_destroy(bundle);
    if (fine)
        return image;
    play_image_free(image);
    return NULL;
}

void play_image_free(struct play_image *image)
{
    if (!image)
        return;
    if (image->fd >= 0)
        close(image->fd);
    game_json_finish(&image->json);
    free(image);
}

static bool take_rules(struct play_image *image, const struct bundle_file *file,
                       char ret_sentence[PLAY_SENTENCE_BYTES])
{
    char reason[GAME_IMAGE_SENTENCE_BYTES];
    enum image_refusal refusal =
        game_image_inspect(file->bytes, file->count, &image->manifest, reason);
    if (refusal != IMAGE_FINE) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s: %s", image_refusal_code(refusal), reason);
        return false;
    }
    image->fd = bundle_seal(file->bytes, file->count);
    if (image->fd >= 0 &&
        EVP_Digest(file->bytes, file->count, image->sha, NULL, EVP_sha256(), NULL))
        return true;
    snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "game.so could not be copied into memory.");
    return false;
}

static bool take_json(struct play_image *image, const struct bundle_file *file,
                      char ret_sentence[PLAY_SENTENCE_BYTES])
{
    char reason[GAME_JSON_REASON_BYTES];
    if (!game_json_decode((const char *)file->bytes, file->count, &image->json, reason)) {
        image->json = (struct game_json){.texts = NULL};
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s", reason);
        return false;
    }
    if (!game_json_has_options(&image->json, image->manifest.option_count, reason)) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s", reason);
        return false;
    }
    return EVP_Digest(file->bytes, file->count, image->json_sha, NULL, EVP_sha256(), NULL) == 1;
}
