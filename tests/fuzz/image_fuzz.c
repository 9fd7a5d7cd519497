/* A game.so, read as data: what is fine has a manifest that the judge passes by itself, too. */
#include <string.h>

#include "host/image.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct gk_manifest manifest;
    char sentence[GAME_IMAGE_SENTENCE_BYTES] = "";
    enum image_refusal refusal = game_image_inspect(bytes, count, &manifest, sentence);
    if (refusal == IMAGE_FINE) {
        PROMISE(game_manifest_judge(&manifest, sentence) == IMAGE_FINE);
        PROMISE(game_image_mapped_bytes(bytes, count) <= GAME_IMAGE_MAPPED_MAX);
        PROMISE(memchr(manifest.id, 0, sizeof manifest.id) != NULL);
    } else {
        PROMISE(strlen(sentence) > 0 && strlen(sentence) < sizeof sentence);
        PROMISE(*image_refusal_code(refusal) != 0);
    }
    return 0;
}
