/*
 * What the games supervisor and a worker say to each other, over a SOCK_SEQPACKET pair (descriptor
 * WORKER_CONTROL_FD of the worker): one packet a message, a fixed head and a body by type. Both
 * sides are of the same build; the worker is not trusted all the same: the supervisor checks every
 * length and id.
 */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdint.h>

#include "gamekit/game.h"

/* The descriptors a worker is born with, next to 0-2. */
#define WORKER_CONTROL_FD 3
#define WORKER_IMAGE_FD   4 /* sealed memfd of the game's shared object */
#define WORKER_ARENA_FD   5 /* the shared arena of its matches, see arena.h */

/* Its tasks, as its last argument (see host/sandbox.h for those before): none, to play, or: */
#define WORKER_POSTURE "posture" /* loads nothing: puts all layers on, reports them, ends */
#define WORKER_PROBE   "probe"   /* host/probe.h; WORKER_ARENA_FD is a struct probe_report */

#define CONTROL_BYTES_MAX (16u << 10)
#define CONTROL_LOG_BYTES 500
#define CONTROL_WHY_BYTES 96 /* a sentence, zero-terminated */

enum control_type {
    /* supervisor -> worker */
    CONTROL_MATCH_START = 1, /* struct control_match_start */
    CONTROL_MATCH_STOP,      /* struct control_match: end it without a result */
    CONTROL_STREAM,          /* struct control_stream, with the socket as SCM_RIGHTS */
    CONTROL_SHUTDOWN,
    CONTROL_RESUME,     /* forget all matches and go on with every live one of the arena */
    CONTROL_REHEARSE,   /* try every ARENA_TRIAL match of the arena, change none */
    CONTROL_PARK,       /* after the next tick: send everything, forget all matches and streams */
    CONTROL_MATCH_SEAT, /* struct control_match_seat: somebody takes a seat of a live match */
    /* worker -> supervisor */
    CONTROL_READY = 64,    /* struct control_ready */
    CONTROL_MATCH_RUNNING, /* struct control_match */
    CONTROL_MATCH_OVER,    /* struct control_match_over */
    CONTROL_HEARTBEAT,     /* struct control_heartbeat, every WORKER_HEARTBEAT_MS */
    CONTROL_LOG,           /* struct control_log: what a game logs */
    CONTROL_REHEARSED,     /* struct control_rehearsed */
    CONTROL_PARKED,
    CONTROL_FAULT, /* struct control_fault: on trial, instead of ending the match */
};
#define WORKER_HEARTBEAT_MS 250

struct control_head {
    uint32_t type;
    uint32_t bytes; /* of the body behind this head */
};

struct control_slot {
    uint8_t user[16]; /* zero: a bot, or nobody yet */
    char name[24];
    uint8_t team;
    uint8_t bot_difficulty; /* of a bot: 1-3; else 0 */
    uint8_t reserved[6];
};

struct control_match_start {
    uint8_t match[16], room[16];
    uint64_t seed;
    uint32_t arena_index; /* which match slot of the arena */
    uint32_t mode;        /* index into the manifest's modes */
    uint32_t slot_count;
    uint32_t matches_per_worker; /* for the supervisor, who may die: see match_store.h */
    int64_t abandoned_ms; /* without a player attached for so long it ends, aborted; 0: never */
    int32_t options[GK_OPTIONS_MAX];
    struct control_slot slots[GK_PLAYERS_MAX];
};

struct control_match {
    uint8_t match[16];
};

struct control_match_seat {
    uint8_t match[16];
    uint32_t slot; /* a bot's, or one that nobody had */
    uint32_t reserved;
    struct control_slot seat; /* who has it now */
};

struct control_rehearsed {
    uint32_t matches; /* that were tried */
    uint32_t refused; /* the arena index of the first that went wrong; CONTROL_NONE */
    char why[CONTROL_WHY_BYTES];
};
#define CONTROL_NONE 0xffffffffu

struct control_fault {
    uint8_t match[16];
    char why[CONTROL_WHY_BYTES];
};

struct control_stream {
    char gateway[32]; /* the instance, for the log */
};

struct control_ready {
    uint32_t abi_minor; /* the game's */
    uint32_t layers;    /* bit of enum sandbox_layer: it is on, see sandbox.h */
};

struct control_match_over {
    uint8_t match[16];
    uint64_t ticks;
    uint64_t state_hash; /* FNV-1a of the final state */
    struct gk_result result;
};

/* How late a tick may be to count in each class of control_heartbeat.ticks_late, in microseconds.
 * The last class has no limit. */
#define CONTROL_LATE_LIMITS_US                                                                     \
    {                                                                                              \
        100, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000                                 \
    }
#define CONTROL_LATE_CLASSES 11

/* The worker's own account since the start of its process. Its clock begins with its first match
 * and stands still without one; every tick of it lets each match make one step, and is done, or
 * skipped for ever. */
struct control_heartbeat {
    uint64_t age_ns; /* of the process when it counted these */
    uint64_t cpu_ns;
    uint64_t ticks;            /* of its clock, done */
    uint64_t ticks_caught_up;  /* of these, in one wake-up with an earlier one that was late */
    uint64_t ticks_skipped;    /* never done: the schedule was moved past them */
    uint64_t tick_late_ns_max; /* from when a tick was due until its wake-up */
    uint64_t ticks_late_ns;    /* all that were done, together */
    uint64_t ticks_late[CONTROL_LATE_CLASSES]; /* and by how late */
    uint64_t steps;                            /* of all matches */
    uint64_t inputs_refused;                   /* by the game */
    uint64_t frames_sent;
    uint64_t frames_dropped; /* replaced by newer ones on a slow stream */
    uint64_t hand_over_ns;   /* from when another version parked until this one had its matches */
    uint64_t allocations;    /* of memory: the play path makes none */
    uint64_t matches;        /* now */
    uint64_t links;          /* now */
};

struct control_log {
    uint8_t match[16];            /* zero: about the worker itself */
    uint32_t level;               /* 0-3: debug, info, warning, error */
    char text[CONTROL_LOG_BYTES]; /* zero-terminated */
};

#endif
