/*
 * What reproduces the death of a match offline: DATA/crashes/MATCH-TICK/, a folder as
 * host/crash_step.h has it. `gamekit replay FOLDER` takes the fatal step again. Written whole or
 * not at all; never more than CRASH_BUNDLES_MAX.
 */
#ifndef GAMES_CRASH_BUNDLE_H
#define GAMES_CRASH_BUNDLE_H

#include "core/error.h"
#include "games/fatal_step.h"
#include "games/image.h"

#define CRASH_BUNDLES_MAX       100
#define CRASH_BUNDLE_NAME_BYTES 48 /* MATCH-TICK and the zero */

/* On the loop's thread: a link and some small files. False: there is none, logged. */
must_use bool crash_bundle_write(const char *data_dir, const struct image *image,
                                 const struct fatal_step *fatal,
                                 char ret_name[CRASH_BUNDLE_NAME_BYTES]);

#endif
