/*
 * What reproduces the death of a match offline: DATA/crashes/MATCH-TICK/ with game.so, the state
 * that the fatal step began with, its canonical inputs, and crash.json, which says how they go
 * together. Written whole or not at all; never more than CRASH_BUNDLES_MAX.
 */
#ifndef GAMES_CRASH_BUNDLE_H
#define GAMES_CRASH_BUNDLE_H

#include "games/image.h"
#include "games/ladder.h"

#define CRASH_BUNDLES_MAX 100

/* On the loop's thread: a link and three small files. A failure is logged. */
void crash_bundle_write(const char *data_dir, const struct image *image,
                        const struct arena_head *sizes, const struct control_match_start *start,
                        const struct fatal_step *fatal);

#endif
