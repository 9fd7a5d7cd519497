/*
 * Where admitted files are kept: the content store, under their SHA-256. What is there is never
 * changed, and what is half written is never seen. Blocking; not for the loop's thread.
 */
#ifndef GAMES_BUNDLE_STORE_H
#define GAMES_BUNDLE_STORE_H

#include "core/error.h"
#include "host/bundle.h"

/* Puts the bundle into DATA/store/SHA/ and its client files into DATA/games/ID/SHA/client/ for
 * nginx. Does nothing when they are there. */
must_use enum error bundle_store(const struct bundle *bundle, const char *data_dir, const char *id,
                                 char ret_reason[BUNDLE_REASON_BYTES]);

#endif
