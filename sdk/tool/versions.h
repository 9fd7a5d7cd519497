/*
 * The versions of a game that a recorded match was played with: those that were named, and those in
 * a folder of bundles, as a server's DATA/store, which are loaded when they are asked for. Each has
 * one run, for a match at a time.
 */
#ifndef TOOL_VERSIONS_H
#define TOOL_VERSIONS_H

#include "host/replay.h"
#include "host/run.h"
#include "tool/game.h"

#define VERSIONS_MAX 64

struct version {
    struct game game;
    struct run *run; /* owned */
};

struct versions {
    const char *store; /* borrowed: a folder of bundles, or NULL */
    struct run_note *note;
    struct version *list[VERSIONS_MAX]; /* owned, in the order in which they were opened */
    size_t count;
};

/* Opens the game at `path`, see game_open. What is not fine was said on standard error. */
enum command_status versions_open(struct versions *versions, const char *path);
/* The very image, opened or in the store; else another build of the same version. NULL when there
 * is none, or it cannot be used, which was said. */
struct run *versions_find(struct versions *versions, const struct replay_image *image);
/* The one that was opened first, or NULL. */
struct run *versions_first(const struct versions *versions);
/* All runs, also later ones, note their callbacks in `note` and ask each question twice. */
void versions_note(struct versions *versions, struct run_note *note);
void versions_close(struct versions *versions);

#endif
