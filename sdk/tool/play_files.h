/*
 * Which file an address of the playground names, and the headers it is served with: the same that
 * the site has (deploy/nginx), so that a game that works here is not stopped there. Only plain
 * names below four folders are found, and no links.
 *
 *   /                                the page                    playground/index.html
 *   /playground/FILE                 its files                   playground/
 *   /frame/FILE                      the kit                     client/ of gamekit
 *   /play-frame/ID/VERSION           the frame around a game     client/frame.html
 *   /games/ID/VERSION/client/FILE    the game's own              client/ of its folder
 *
 * VERSION begins with a secret, so that no other page can read the game.
 */
#ifndef TOOL_PLAY_FILES_H
#define TOOL_PLAY_FILES_H

#include <limits.h>
#include <stdbool.h>

#include "gamekit/game.h"

#define PLAY_SECRET_BYTES  33 /* 32 hexadecimal digits and the zero */
#define PLAY_VERSION_BYTES 48 /* the secret, and eight digits that count */
#define PLAY_ORIGIN_BYTES  32 /* "http://127.0.0.1:65535" */
#define PLAY_HEADERS_BYTES 1024

struct play_places {
    char playground[PATH_MAX], kit[PATH_MAX], game[PATH_MAX]; /* folders */
    char origin[PLAY_ORIGIN_BYTES];
    char id[sizeof(((struct gk_manifest *)0)->id)];
    char secret[PLAY_SECRET_BYTES]; /* of the versions */
};

struct play_file {
    char path[PATH_MAX];
    const char *type;                 /* Content-Type */
    char headers[PLAY_HEADERS_BYTES]; /* more, each with its line end */
};

/* False: there is nothing. Looks at the disk, so not pure. */
bool play_files_find(const struct play_places *places, const char *address,
                     struct play_file *ret_file);

#endif
