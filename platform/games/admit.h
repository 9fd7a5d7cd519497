/*
 * From the files of a version to an image that can be played: the judge of gamekit, what only this
 * platform can know, and the store. Blocking, up to the seconds of a probe; not for the loop's
 * thread.
 */
#ifndef GAMES_ADMIT_H
#define GAMES_ADMIT_H

#include "games/catalog.h"
#include "games/image.h"
#include "games/worker_process.h"
#include "host/admit.h"
#include "settings/settings.h"

struct admit_means {
    const struct settings *settings;      /* borrowed */
    const struct worker_program *program; /* borrowed */
    struct catalog *catalog;              /* borrowed: whose ids are taken */
    int stop;                             /* an event: readable once probes are to be given up */
};

/* The image of `bundle`, which is then in the store; the caller releases it. NULL: it is refused,
 * and `ret_admission` says why. The caller finishes `ret_admission`, whatever it says. */
struct image *admit_version(const struct admit_means *means, const struct bundle *bundle,
                            const char *id, struct admission *ret_admission);

/* The same of a version that is in the store. */
struct image *admit_stored(const struct admit_means *means, const char *id, const char *sha,
                           struct admission *ret_admission);

/* Whether a refusal may only mean that the service stops. */
bool admit_is_given_up(const struct admit_means *means);

#endif
