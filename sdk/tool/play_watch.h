/*
 * Tells when the author has saved something: inotify on the folder of a game and the folders in it,
 * but not on what is built there. One thread.
 */
#ifndef TOOL_PLAY_WATCH_H
#define TOOL_PLAY_WATCH_H

#include <stdbool.h>

#define PLAY_WATCH_FOLDERS_MAX 256

struct play_changes {
    bool source; /* what the build reads: rules, game.json, CMakeLists.txt */
    bool client; /* what the browser loads */
};

struct play_watch;

/* NULL, with errno, when the folder cannot be watched. */
struct play_watch *play_watch_create(const char *folder);
void play_watch_destroy(struct play_watch *watch);

/* Readable when something has changed. */
int play_watch_fd(const struct play_watch *watch);
/* What has changed since the last call; does not block. */
struct play_changes play_watch_read(struct play_watch *watch);

#endif
