/*
 * Whether a game may be played: the one judge, asked by the games service and by the author's tool.
 * Each step must pass before the next one: the shared object and its manifest as data, its id, its
 * game.json, its game.wasm if it has one, and at last the probe, which alone runs code of it, in
 * processes of their own. Blocking; any thread.
 */
#ifndef HOST_ADMIT_H
#define HOST_ADMIT_H

#include <stdbool.h>

#include "gamekit/game.h"
#include "host/bundle.h"
#include "host/game_json.h"
#include "host/probe.h"

struct admission {
    const char *code;                 /* NULL: it may be played; else the stable code of why not */
    char reason[BUNDLE_REASON_BYTES]; /* of a refusal: why, and what to do */
    struct gk_manifest manifest;      /* `size` 0: it could not be read */
    struct game_json about;           /* owned; zero when it was not read */
    struct probe_facts facts;         /* zero without a probe */
    int image;                        /* owned: sealed memory of game.so; -1 when it is refused */
};

/* Judges the files of a bundle. `id` is the name that its game has to have, NULL: any. Without a
 * `probe` it is not probed: the caller has seen these very files pass before. True when it may be
 * played. The caller finishes `ret_admission`, whatever it says. */
bool admit_bundle(const struct bundle *bundle, const char *id, const struct probe_starter *probe,
                  struct admission *ret_admission);

/* The same of a game.so alone. What its options may be stands in game.json: a game that has any is
 * not probed (`facts` stays zero). */
bool admit_image(const uint8_t *bytes, size_t count, const struct probe_starter *probe,
                 struct admission *ret_admission);

void admission_finish(struct admission *admission);

#endif
