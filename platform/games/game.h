/*
 * One game as it is played here: the version that gets new matches, and the change to another one.
 * A live change: beside each worker's process another one with the new version is made ready and
 * rehearses on copies of all live matches; then each worker parks between two ticks, its matches
 * are carried over, and the other process plays on under the same name. For a while it is on trial:
 * if it does wrong, everything goes back to the version before, see worker_go_back. Where that is
 * not possible old matches stay on their version until they end or the time is up. Never more than
 * two versions at once: a third waits, but the one that is drained is played again at once. On the
 * loop's thread only.
 *
 *   SETTLED -> REHEARSING -> PARKING -> ON_TRIAL -> SETTLED
 *                  |            |           |
 *                  off          +-> back <--+         SETTLED -> DRAINING -> SETTLED
 */
#ifndef GAMES_GAME_H
#define GAMES_GAME_H

#include "games/crash_bundle.h"
#include "games/image.h"
#include "games/order.h"
#include "games/swap.h"
#include "wire/control.h"

#define GAME_REHEARSAL_MS_MAX 10000  /* of all its workers, until the change is called off */
#define GAME_PARK_MS_MAX      1000   /* then the old process is ended as it is */
#define GAME_DEATHS_MS        600000 /* in which the deaths of a version are counted */

struct supervisor;
struct worker;

/* X(NAME, stable name) */
#define GAME_PHASES(X)                                                                             \
    X(SETTLED, "settled")                                                                          \
    X(REHEARSING, "rehearsing")                                                                    \
    X(PARKING, "parking")                                                                          \
    X(ON_TRIAL, "on_trial")                                                                        \
    X(DRAINING, "draining")

enum game_phase {
#define X(name, text) GAME_##name,
    GAME_PHASES(X)
#undef X
};

const char *game_phase_text(enum game_phase phase);

/* A worker's process that died, for an administrator. */
struct game_death {
    int64_t unix_ms; /* 0: none did */
    char sha_text[SHA_TEXT_BYTES], version[24];
    char sentence[120];
};

struct game {
    struct supervisor *supervisor; /* borrowed */
    char id[32];
    struct image *image; /* kept; new matches are of this version */
    struct image *other; /* kept; that is to come, that may come back, or that drains; or NULL */
    enum game_phase phase;
    int64_t since_us, until_ms; /* of this phase; monotonic */
    struct swap_report report;  /* of the change under way, or of the last one */
    struct order *asker;        /* who waits for the report, or NULL */
    struct image *waiting;      /* kept; the change after this one, or NULL */
    enum swap_mode waiting_mode;
    int deaths; /* of workers, since deaths_ms */
    int64_t deaths_ms;
    bool is_closed;       /* its version dies too often; it gets no new matches */
    uint32_t death_count; /* of workers' processes, since the start */
    struct game_death last_death;
    char last_bundle[CRASH_BUNDLE_NAME_BYTES]; /* "": none since the start */
};

/* The game `id`, or NULL when nothing of it was ever played here. */
struct game *game_find(struct supervisor *supervisor, const char *id);
/* `image` is to be played: at once when it is the first of its game, else by a change. `asker` may
 * be NULL; he is answered once the matches have gone over, or the change is off, or waits. */
void game_offer(struct supervisor *supervisor, struct image *image, enum swap_mode mode,
                struct order *asker);
/* A worker that was taken up from an earlier run plays its image. */
void game_adopt(struct supervisor *supervisor, struct worker *worker);
/* So does one whose version, `image`, was on trial then, and may go back to `before`: the trial
 * begins anew. Before the first worker of its game is taken up. */
void game_adopt_trial(struct supervisor *supervisor, struct image *image, struct image *before);
void game_free(struct game *game);

/* How it stands, for the board. */
struct game_line;
void game_show(const struct game *game, struct game_line *ret_line);
/* A process of `image` has died. */
void game_note_death(struct supervisor *supervisor, const struct image *image,
                     const char *sentence);
/* A crash bundle of a match of `image` is kept under that name. */
void game_note_bundle(struct supervisor *supervisor, const struct image *image,
                      const char name[CRASH_BUNDLE_NAME_BYTES]);

/* Every SUPERVISOR_LOOK_MS. */
void game_look_after(struct game *game, int64_t now_ms);

/* What the workers of the game meet with. */
void game_next_ready(struct worker *worker);
void game_rehearsed(struct worker *worker, const struct control_rehearsed *rehearsed);
/* The process that is made ready is no good. */
void game_next_lost(struct worker *worker, const char *why);
/* The process has parked, or is gone while it was to park. */
void game_parked(struct worker *worker);
bool game_is_parking(const struct worker *worker);
bool game_is_on_trial(struct supervisor *supervisor, const struct image *image);
/* A worker has died by the fault of `image`, which is not on trial. More than game_deaths_max in
 * GAME_DEATHS_MS: it gets no more matches, and the game goes back to an earlier version. */
void game_died(struct supervisor *supervisor, const struct image *image, const char *why);
/* The version does wrong. True: everything has gone back to the one before, this worker too. */
bool game_fault(struct worker *worker, const char *why);

#endif
