/*
 * One worker: a name, its matches, and the process that plays them now. The process may die and be
 * another one; the matches stay. worker_down owns the change from "runs" to "does not run". On the
 * loop's thread only.
 */
#ifndef GAMES_WORKER_H
#define GAMES_WORKER_H

#include <event2/event.h>

#include "core/bucket.h"
#include "games/live_match.h"
#include "games/worker_process.h"

#define WORKER_START_MS_MAX     5000 /* until READY */
#define WORKER_STREAMS_HELD_MAX 16   /* of gateways, until READY */
#define WORKER_QUICK_DEATHS_MAX 8    /* in a row, within WORKER_STABLE_MS, by no match's fault */
#define WORKER_STABLE_MS        1000
#define WORKER_SPARES_MAX       4  /* quick deaths that cost no time, again one a second */
#define WORKER_BACKOFF_MS_FIRST 25 /* of a quick death, doubled each time; else there is none */
#define WORKER_BACKOFF_MS_MAX   2000
#define WORKER_OBEY_MS_MAX      3000 /* until a match has stopped, or itself, when told */

#define WORKER_ENDED "it ended" /* why it is down: by itself, or by somebody outside */

struct supervisor;

/* A gateway's stream that came before the process was ready. */
struct held_stream {
    int fd; /* owned */
    char gateway[32];
};

struct worker {
    struct supervisor *supervisor;  /* borrowed */
    char name[WORKER_NAME_BYTES];   /* that gateways know it by, whichever process plays */
    struct worker_process *process; /* owned; that plays, or played last */
    struct worker_process *next;    /* owned; that is to play, or NULL */
    struct worker_process *parked;  /* owned; without a process: the arena to go back to, or NULL */
    bool rehearsed;                 /* `next` has tried all matches */
    int64_t park_asked_ms;          /* 0: not */
    bool draining;                  /* there is a newer image; gets no new matches */
    bool is_alone;                  /* its one match kills; nobody else comes */
    bool stopping;                  /* told to shut down */
    int64_t stopping_since_ms;
    int64_t played_ms;      /* when it had a match last */
    int64_t start_again_ms; /* 0: not waiting for that */
    int quick_deaths;
    struct bucket spares; /* see WORKER_SPARES_MAX */
    struct held_stream held[WORKER_STREAMS_HELD_MAX];
    uint32_t held_count;
    uint32_t match_count;
    struct live_match *matches[ARENA_MATCHES_MAX]; /* owned, by arena index */
};

/* Makes a worker with an arena of its own and starts its process. NULL: logged. */
struct worker *worker_add(struct supervisor *supervisor, struct image *image);
/* The process is gone or has to go. Its matches wait for the next one, or end. May free it. */
void worker_down(struct worker *worker, const char *why);
/* Its matches end as aborted, it is gone. */
void worker_remove(struct worker *worker);
/* It is gone, its matches wait in their arena for the next run of the service, see adopt.h. */
void worker_leave(struct worker *worker);
/* Every SUPERVISOR_LOOK_MS: ends the silent, starts the dead again, lets the drained go. */
void worker_look_after(struct worker *worker, int64_t now_ms, bool punctual);

/* Starts its process, on its arena as it is. False: logged. */
must_use bool worker_up(struct worker *worker);

/* The steps of a change to another version, see game.h and worker_swap.c. */

/* Starts a process of `image` beside the one that plays. NULL, or why not, as a sentence. */
const char *worker_prepare(struct worker *worker, struct image *image);
/* Gives `next` copies of all live matches to try. False when it cannot be told. */
must_use bool worker_rehearse(struct worker *worker);
/* False when there is no process that could park. */
must_use bool worker_park(struct worker *worker);
/* The process that played has parked or is gone: `next` plays on, its arena is kept. */
void worker_change(struct worker *worker);
/* The way back is given up. */
void worker_settle(struct worker *worker);
/* Back to a process of `image`, whatever stage the change has come to: its matches run again there
 * what was played since they left. When the other version is not `is_bad` and has the same schema,
 * they keep what it made of them. Returns how many could not, and are where they were when they
 * left. */
uint32_t worker_go_back(struct worker *worker, struct image *image, bool is_bad);
/* How long the journals of a version on trial are, so that they hold all of it if they can. */
uint32_t worker_trial_journal_bytes(const struct supervisor *supervisor,
                                    const struct gk_manifest *manifest);

/* Hands a gateway's socket to the process, now or as soon as it is ready. `fd` stays the caller's.
 * False when there is no room. */
bool worker_hand_over(struct worker *worker, const char *gateway, int fd);
/* The process has said READY: the matches of the one before go on, then the streams come. */
void worker_resume(struct worker *worker);

/* Takes a match over, at a free place of the arena that its start names from now on. False without
 * room: it is still the caller's. The process hears of it by MATCH_START or by RESUME. */
must_use bool worker_take(struct worker *worker, struct live_match *match);
/* Is there a place for one more, who wants at most `matches_per_worker` with him (0: any number)?
 * What those wanted who are there counts too. */
bool worker_has_room(const struct worker *worker, uint32_t matches_per_worker);
struct live_match *worker_match_of(struct worker *worker, const uint8_t id[16]);

/* A process has something to say, see worker_control.c. `context` is the worker_process. */
void worker_on_control(evutil_socket_t fd, short what, void *context);

/* What is known of a process that died. */
struct death {
    struct live_match *culprit; /* borrowed: the match whose callback was running, or NULL */
    enum game_callback callback;
    uint32_t slot;      /* or viewer, where the callback is about one; the game's word */
    uint64_t tick;      /* of the culprit's last commit */
    bool is_killed;     /* by somebody outside: the game is not to blame, whatever ran */
    char sentence[120]; /* for a person */
};

/* Finds it out and logs it. `process` has ended with `status`, and `why` we say so. */
void death_report(struct worker *worker, struct worker_process *process, int status,
                  const char *why, struct death *ret_death);

#endif
