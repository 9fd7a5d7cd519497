/* A change of a game from one version to another, as whoever asks for it sees it. */
#ifndef GAMES_SWAP_H
#define GAMES_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "games/image.h"

#define SWAP_REASON_BYTES 200

enum swap_mode {
    SWAP_LIVE,  /* live matches go over, where the versions allow it; else as DRAIN */
    SWAP_DRAIN, /* live matches stay on their version until they end or the time is up */
};

/* X(NAME, stable name) */
#define SWAP_OUTCOMES(X)                                                                           \
    X(NONE, "none")       /* there was none since the start */                                     \
    X(WAITING, "waiting") /* another change comes first */                                         \
    X(REHEARSING, "rehearsing")                                                                    \
    X(OFF, "off")           /* the rehearsal found `reason`; the old version plays on */           \
    X(ON_TRIAL, "on_trial") /* the matches have gone over */                                       \
    X(BACK, "back")         /* it did wrong: `reason`; the old version plays again */              \
    X(DRAINING, "draining") /* new matches are of the new version, old ones end on theirs */       \
    X(DONE, "done")

enum swap_outcome {
#define X(name, text) SWAP_##name,
    SWAP_OUTCOMES(X)
#undef X
};

const char *swap_outcome_text(enum swap_outcome outcome);

struct swap_report {
    char game[32];
    enum swap_outcome outcome;
    enum swap_mode mode; /* as it was done */
    char from_sha[SHA_TEXT_BYTES], to_sha[SHA_TEXT_BYTES];
    char from_version[24], to_version[24];
    char reason[SWAP_REASON_BYTES]; /* a sentence, or empty */
    uint32_t matches;               /* that have gone over */
    int64_t rehearsal_us;           /* from the start of the first process to the last answer */
    int64_t hand_over_us;           /* from the order to park until the last worker plays on */
};

/* What an administrator asks for; the loop fills in the report. */
struct swap_wish {
    struct image *image; /* kept by the order */
    enum swap_mode mode;
    struct swap_report report;
};

/* Whether live matches of `from` can go over to `to`; else why not, as a sentence. */
bool swap_can_be_live(const struct gk_manifest *from, const struct gk_manifest *to,
                      const char **ret_why_not);

/* The mode of the same name, by index; false when `to` has none for `players`. */
bool swap_mode_index(const struct gk_manifest *from, uint32_t mode, const struct gk_manifest *to,
                     uint32_t players, uint32_t *ret_mode);

#endif
