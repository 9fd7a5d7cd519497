/*
 * Where admitted files are kept: the content store, DATA/store, under their SHA-256. What is there
 * is never changed, and what is half written is never seen. Blocking; not for the loop's thread.
 */
#ifndef GAMES_BUNDLE_STORE_H
#define GAMES_BUNDLE_STORE_H

#include "core/error.h"
#include "games/image.h"
#include "host/bundle.h"

/* Puts the bundle into DATA/store/SHA/ and what a browser may have of it, client/ and
 * game.wasm, into DATA/games/ID/SHA/ for nginx. Does nothing when they are there. */
must_use enum error bundle_store(const struct bundle *bundle, const char *data_dir, const char *id,
                                 char ret_reason[BUNDLE_REASON_BYTES]);

/* The version that was stored under `sha_text`, judged anew but for the probe, which it has passed;
 * the caller releases it. ERROR_NOT_FOUND when it is not there; ERROR_INTERNAL, logged, when it is
 * not what it was. */
must_use enum error bundle_load(const char *data_dir, const char *sha_text,
                                struct image **ret_image);

/* The same of the version whose SHA-256 begins with these bytes. */
must_use enum error bundle_load_by(const char *data_dir, const uint8_t *sha, size_t count,
                                   struct image **ret_image);

#endif
