/* The steps of admission, in their order. */
#include "host/admit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/image.h"
#include "host/wasm.h"

static bool judge_image(const uint8_t *bytes, size_t count, struct admission *admission);
static bool judge_id(const char *id, struct admission *admission);
static bool judge_game_json(const struct bundle *bundle, struct admission *admission);
static bool judge_wasm(const struct bundle *bundle, struct admission *admission);
static bool judge_by_probe(const uint8_t *bytes, size_t count, const struct game_options *options,
                           const struct probe_starter *probe, struct admission *admission);
static bool refuse(struct admission *admission, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool admit_bundle(const struct bundle *bundle, const char *id, const struct probe_starter *probe,
                  struct admission *ret_admission)
{
    const struct bundle_file *so = bundle_find(bundle, "game.so"); /* bundle_read has seen it */
    *ret_admission = (struct admission){.image = -1};
    return judge_image(so->bytes, so->count, ret_admission) && judge_id(id, ret_admission) &&
           judge_game_json(bundle, ret_admission) && judge_wasm(bundle, ret_admission) &&
           judge_by_probe(so->bytes, so->count, &ret_admission->about.declared, probe,
                          ret_admission);
}

bool admit_image(const uint8_t *bytes, size_t count, const struct probe_starter *probe,
                 struct admission *ret_admission)
{
    *ret_admission = (struct admission){.image = -1};
    if (!judge_image(bytes, count, ret_admission))
        return false;
    if (ret_admission->manifest.option_count != 0)
        probe = NULL;
    return judge_by_probe(bytes, count, NULL, probe, ret_admission);
}

void admission_finish(struct admission *admission)
{
    if (admission->image >= 0)
        close(admission->image);
    game_json_finish(&admission->about);
    *admission = (struct admission){.image = -1};
}

static bool judge_image(const uint8_t *bytes, size_t count, struct admission *admission)
{
    char sentence[GAME_IMAGE_SENTENCE_BYTES];
    struct gk_manifest manifest;
    enum image_refusal refusal = game_image_inspect(bytes, count, &manifest, sentence);
    if (refusal != IMAGE_FINE)
        return refuse(admission, image_refusal_code(refusal), "%s", sentence);
    admission->manifest = manifest;
    return true;
}

static bool judge_id(const char *id, struct admission *admission)
{
    if (!id || strcmp(admission->manifest.id, id) == 0)
        return true;
    return refuse(admission, "image_id", "The manifest says %s, the folder %s: rename one of them.",
                  admission->manifest.id, id);
}

static bool judge_game_json(const struct bundle *bundle, struct admission *admission)
{
    const struct bundle_file *file = bundle_find(bundle, "game.json");
    struct game_json *about = &admission->about;
    char reason[GAME_JSON_REASON_BYTES];
    if (!game_json_decode((const char *)file->bytes, file->count, about, reason))
        return refuse(admission, "game_json", "%s", reason);
    if (!game_json_has_options(about, admission->manifest.option_count, reason))
        return refuse(admission, "game_json_options", "%s", reason);
    if (!bundle_find(bundle, about->icon))
        return refuse(admission, "game_json",
                      "game.json: icon: there is no file %.100s: put it there, or name another "
                      "one.",
                      about->icon);
    return true;
}

/* A game without it cannot be watched again in the browser, and is fine. */
static bool judge_wasm(const struct bundle *bundle, struct admission *admission)
{
    char sentence[WASM_SENTENCE_BYTES];
    const struct bundle_file *file = bundle_find(bundle, "game.wasm");
    enum wasm_refusal refusal = file ? wasm_inspect(file->bytes, file->count, sentence) : WASM_FINE;
    return refusal == WASM_FINE || refuse(admission, wasm_refusal_code(refusal), "%s", sentence);
}

static bool judge_by_probe(const uint8_t *bytes, size_t count, const struct game_options *options,
                           const struct probe_starter *probe, struct admission *admission)
{
    char reason[PROBE_REASON_BYTES];
    int image = bundle_seal(bytes, count);
    if (image < 0)
        return refuse(admission, "probe_failed", "There is no memory for the game: try again.");
    const char *code = probe ? probe_game(probe, image, options, &admission->facts, reason) : NULL;
    if (code) {
        close(image);
        return refuse(admission, code, "%s", reason);
    }
    admission->image = image;
    return true;
}

static bool refuse(struct admission *admission, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(admission->reason, sizeof admission->reason, format, arguments);
    va_end(arguments);
    admission->code = code;
    return false;
}
