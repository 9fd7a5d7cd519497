/*
 * The process that holds a game: one image, loaded once. It keeps no match: every question brings
 * the state along and takes the new one away, through memory that both processes see (the desk).
 * So a game that crashes or never returns costs nothing but its process, and the next runner goes
 * on from the last good state. Asking blocks until the answer, or the fault, is there.
 */
#ifndef TOOL_PLAY_RUNNER_H
#define TOOL_PLAY_RUNNER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gamekit/game.h"
#include "host/run.h"
#include "tool/play_image.h"

#define PLAY_ANSWER_MS_MAX   1000    /* for one question; a debugger may take longer */
#define PLAY_SIGNAL_WHERE    SIGALRM /* makes a silent runner note where it is, and end */
#define PLAY_WHERE_MS_MAX    200
#define PLAY_START_MS_MAX    10000
#define PLAY_EXPLAIN_BYTES   16384
#define PLAY_OLD_BYTES_MAX   GK_STATE_BYTES_MAX
#define PLAY_LOG_LINES_MAX   32 /* of one question; the game is told of no more */
#define PLAY_LOG_BYTES_MAX   500
#define PLAY_VIEWERS_MAX     (GK_PLAYERS_MAX + 1)
#define PLAY_SPECTATOR       GK_PLAYERS_MAX /* index of the spectator among the viewers */
#define PLAY_FAULT_BYTES_MAX 400

enum play_question {
    PLAY_LOAD,    /* what a runner does first, unasked */
    PLAY_BEGIN,   /* `match` -> state */
    PLAY_STEP,    /* state, who is there, bots, inputs -> state, inputs that were used, result */
    PLAY_INPUT,   /* state, `slot`, `ask` -> `accepted`, inputs of the slot */
    PLAY_SHOW,    /* state, `viewers` -> views */
    PLAY_EXPLAIN, /* state -> explain */
    PLAY_MIGRATE, /* old, `old_bytes`, `old_schema` -> `accepted`, state */
};

struct play_log_line {
    uint32_t level, bytes;
    char text[PLAY_LOG_BYTES_MAX];
};

/* What lies on the desk. The areas at the end are found by play_desk_*. */
struct play_desk {
    uint32_t question; /* enum play_question */

    /* Asked. */
    bool repeats; /* ask the game everything twice: see host/run.h */
    struct gk_match match;
    uint32_t tick;
    uint64_t joined, left;   /* what the game has been told; answered too */
    uint64_t present;        /* who is connected from this step on */
    uint64_t leaving;        /* for good, in this step */
    uint64_t inputs_present; /* slots with a canonical input; answered: those that were used */
    uint64_t bots;           /* slots that are asked for what their bot does */
    uint8_t difficulty[GK_PLAYERS_MAX];
    bool turn_is_over;
    uint32_t slot, ask_bytes;
    uint8_t ask[REPLAY_ASK_BYTES_MAX];
    uint64_t viewers; /* slots; the spectator is always one */
    uint32_t old_bytes, old_schema;

    /* Answered. */
    struct run_note note;
    uint32_t fault; /* enum run_fault, of the callback in the note */
    bool accepted, is_over, ticked;
    struct gk_result result;
    uint32_t view_bytes[PLAY_VIEWERS_MAX];
    uint64_t step_ns, views_ns; /* how long they took */
    uint32_t log_count, log_lost;
    struct play_log_line log[PLAY_LOG_LINES_MAX];
    uint64_t fault_address; /* of a signal, as it came */
    uint64_t fault_place;   /* the instruction, from the beginning of the image; 0: unknown */
    char explain[PLAY_EXPLAIN_BYTES];
    _Alignas(64) uint8_t old[PLAY_OLD_BYTES_MAX];

    _Alignas(64) uint8_t areas[]; /* state; inputs, a slot after the other; views, likewise */
};

static inline size_t play_desk_bytes(const struct gk_manifest *manifest)
{
    return sizeof(struct play_desk) + manifest->state_bytes + 64 +
           (size_t)manifest->players_max * manifest->input_bytes +
           (size_t)PLAY_VIEWERS_MAX * manifest->view_bytes_max;
}

static inline uint8_t *play_desk_state(struct play_desk *desk)
{
    return desk->areas;
}

static inline uint8_t *play_desk_inputs(struct play_desk *desk, const struct gk_manifest *manifest)
{
    return desk->areas + (((size_t)manifest->state_bytes + 63) & ~(size_t)63);
}

/* `viewer`: a slot or PLAY_SPECTATOR. */
static inline uint8_t *play_desk_view(struct play_desk *desk, const struct gk_manifest *manifest,
                                      uint32_t viewer)
{
    return play_desk_inputs(desk, manifest) +
           (size_t)manifest->players_max * manifest->input_bytes +
           (size_t)viewer * manifest->view_bytes_max;
}

struct play_runner {
    pid_t pid;
    int socket;
    struct play_desk *desk;           /* owned, shared with the process */
    const struct play_image *image;   /* borrowed */
    char fault[PLAY_FAULT_BYTES_MAX]; /* why it is dead: which callback, what, a sentence */
};

/* Starts a process and loads the image. NULL, with the reason in ret_fault, when that fails. */
struct play_runner *play_runner_start(const struct play_image *image,
                                      char ret_fault[PLAY_FAULT_BYTES_MAX]);
/* Ends the process. NULL is none. */
void play_runner_end(struct play_runner *runner);

/* Asks what lies on the desk. False when the game did something wrong: runner->fault says what, and
 * the runner can only be ended. */
bool play_runner_ask(struct play_runner *runner, enum play_question question);

/* The other side: serves the desk until `socket` is closed. The fd of the image is inspected. */
void play_runner_serve(int socket, int image_fd, const struct gk_manifest *manifest,
                       struct play_desk *desk) __attribute__((noreturn));

#endif
