/*
 * One worker: one game, many matches, one thread, one clock. Everything it needs is allocated
 * before it says READY; from then on nothing is allocated, opened or mapped.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "gamekit/game.h"
#include "wire/arena.h"
#include "wire/control.h"
#include "wire/frames.h"
#include "host/sandbox.h"
#include "worker/schedule.h"

#define STREAMS_MAX            16          /* gateways of one worker */
#define STREAM_IN_BYTES        (64u << 10) /* holds one whole record and more */
#define STREAM_OUT_BYTES       (4u << 20)  /* one batch; what does not fit is dropped and counted */
#define STREAM_ANSWERS_RESERVE (64u << 10) /* of it kept for what is no frame */
#define LINKS_MAX              8192        /* browser connections, players and spectators */
#define LINK_BUCKETS           16384
#define LOGS_PER_SECOND_MAX    20           /* of the games' texts, for the whole worker */
#define SLOW_NS_MAX            2000000000ll /* that a match may take beyond its ticks' periods */
#define SLOW_STEP_NS_MAX       250000000ll
#define SEAT_GRACE_MS          5000 /* for whom a match waits: not taken for gone before that */
#define BOT_MOVE_MS            500  /* turn-based: a bot moves that long after the step before */
#define HASHED_BYTES_MAX       (1u << 20) /* of all states together at a hand-over: a millisecond */
#define RESUME_LATE_NS_MAX     1000000000ll /* after that long the ticks begin anew */

#define NONE 0xffffffffu

/* One browser connection in one match. */
struct link {
    bool used;
    bool owed;               /* has to get a view */
    uint8_t stream;          /* index */
    uint8_t channel;         /* the gateway's, comes back in every frame */
    uint8_t slot;            /* or RECORD_SPECTATOR */
    uint8_t user[16];        /* who may get a seat later; zero: nobody */
    uint32_t number;         /* the gateway's */
    uint32_t match;          /* index */
    uint32_t previous, next; /* of the same match and slot */
    uint32_t next_in_bucket; /* or in the free list */
};

/* A gateway's connection. */
struct stream {
    int fd;          /* -1: free */
    bool broken;     /* to be closed at the end of this wake-up */
    bool behind;     /* the last batch is not drained: no frames now */
    uint32_t events; /* that epoll watches it for */
    char gateway[32];
    uint8_t *in, *out;
    uint32_t in_used;
    uint32_t out_sent, out_used;
};

enum match_phase {
    MATCH_NONE,
    MATCH_PLAYING,
    MATCH_OVER, /* the result is in the arena, the supervisor has not been told yet */
    MATCH_HELD, /* it did wrong on trial: the supervisor goes back to the version before */
};

/* One match; what must outlive the worker is in the arena instead. */
struct match {
    enum match_phase phase;
    bool running_untold; /* MATCH_RUNNING is still to be sent */
    bool changed;        /* turn-based: there is a new view for everybody */
    bool waits_for_step; /* turn-based: somebody came or went, moved, or did not in time */
    bool turn_is_over;   /* turn-based: the step is one in which nobody is present */
    bool hashes_before;  /* the next step notes the hash of the state that it begins with */
    struct arena_match *arena;
    int64_t slow_ns;                    /* taken by steps beyond their period, on balance */
    int64_t empty_since_ms;             /* no slot has a link; 0: some have */
    uint64_t linked;                    /* bit s: slot s has a link */
    uint64_t bots;                      /* bit s: the computer plays slot s */
    uint64_t awaited;                   /* bit s: slot s counts as there until ... */
    int64_t awaited_until_ms;           /* monotonic: its player is on the way to this worker */
    int64_t bots_due_ms;                /* turn-based: when they are asked; 0: they have been */
    uint32_t bot_first;                 /* the slot that is asked first */
    uint32_t links[GK_PLAYERS_MAX + 1]; /* first link by slot; the last list: spectators */
};
#define SPECTATORS GK_PLAYERS_MAX

struct worker {
    struct sandbox sandbox;
    struct gk_manifest manifest;
    struct gk_game game; /* missing tail: NULL */
    struct gk_host host; /* what the game sees; the first of what host.c needs */
    struct arena_head *arena;
    struct match *matches; /* arena->match_count of them */
    uint32_t match_end;    /* behind the last that was ever played; the low ones are filled first */
    uint32_t matches_live;
    uint8_t *view; /* scratch, view_bytes_max and a guard */

    struct link links[LINKS_MAX];
    uint32_t link_buckets[LINK_BUCKETS];
    uint32_t links_free;
    uint32_t links_used;
    struct stream streams[STREAMS_MAX];

    struct schedule schedule;
    int64_t started_ns;
    int64_t now_ms; /* monotonic: when this wake-up began */
    int epoll, tick_timer, heartbeat_timer;
    bool stopping;
    bool parking; /* told to park, after the next tick */

    bool is_behind;   /* some matches are, see rerun.h */
    int64_t rerun_ns; /* spent on that since they were resumed */

    uint32_t logs_left; /* until the next second */
    uint32_t heartbeats;
    struct control_heartbeat counts;
    uint8_t packet[CONTROL_BYTES_MAX];
};

/* Whether there are steps in its journal that it has to run again before it goes on. */
static inline bool match_is_behind(const struct match *match)
{
    return match->arena->rerun_to != 0;
}

static inline int64_t now_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Whether the clock runs: there are matches, and they go by ticks. */
static inline bool worker_is_ticking(const struct worker *worker)
{
    return worker->matches_live != 0 && worker->manifest.tick_hz != 0;
}

#endif
