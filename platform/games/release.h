/*
 * Putting a version of the store live: by swap (live matches go over to it), by drain (they end on
 * the version they have), or as a rollback (a swap back to an earlier one). Tables catalog,
 * versions and audit in one transaction around what the supervisor does, so that what is played
 * after a restart is what was played before. One at a time for each game. Blocking.
 */
#ifndef GAMES_RELEASE_H
#define GAMES_RELEASE_H

#include "games/audit.h"
#include "games/state.h"

#define RELEASE_MS_MAX        30000 /* of one, with all that the supervisor does */
#define RELEASE_DETAIL_BYTES  512
#define RELEASE_SHA_BYTES_MIN 8 /* digits of a sha that say which one is meant */

enum release_how { RELEASE_SWAP, RELEASE_DRAIN, RELEASE_ROLLBACK };

struct release {
    enum release_how how;
    struct actor actor;
    const char *game; /* borrowed, as the next two */
    const char *sha;  /* or its first digits; NULL: the newest, or the one before of a rollback */
    struct image *image; /* of `sha`, when it is at hand; NULL: it is read from the store */
};

struct released {
    bool is_recorded; /* else it is live, and is written down as soon as the database is back */
    char from[SHA_TEXT_BYTES]; /* "": there was none */
    char to[SHA_TEXT_BYTES];
    char version[sizeof((struct gk_manifest *)0)->version];
    struct swap_report report; /* what came of it, as far as it has come */
};

/* ERROR_UNAVAILABLE also while something of the same game is still to be written down.
 * ERROR_GAME_NOT_FOUND, ERROR_VERSION_NOT_FOUND, ERROR_VERSION_CURRENT, ERROR_VERSION_REFUSED,
 * ERROR_VERSION_QUARANTINED, ERROR_VERSION_UNFIT, or why the supervisor could not; `ret_detail`
 * says more, "" where there is no more. What is refused is in the audit too, unless there is no
 * such game. */
must_use enum error release_version(struct service_context *context, const struct release *release,
                                    struct released *ret_released,
                                    char ret_detail[RELEASE_DETAIL_BYTES]);

#endif
