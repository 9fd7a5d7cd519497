/*
 * The match on the playground: who sits where, where in its history it stands, and how it moves. It
 * holds the images that were built, the one runner, and the history; it knows no socket, no page
 * and no clock: play.c calls it, play_page.c shows it.
 *
 * A match stands at one moment. At the newest one it is live: a step asks the game. Further back it
 * is a film of what has happened: a step shows the next one, until session_go_on cuts off what
 * comes after and makes it live again.
 */
#ifndef TOOL_PLAY_SESSION_H
#define TOOL_PLAY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "tool/play_history.h"
#include "tool/play_image.h"
#include "tool/play_runner.h"

#define PLAY_IMAGES_MAX     256 /* of one match; then the oldest moments are forgotten */
#define PLAY_SPEED_MIN      0.1
#define PLAY_SPEED_MAX      4.0
#define PLAY_TURN_BEATS_HZ  20 /* how often a turn-based match is looked at */
#define PLAY_BOT_BEATS      12 /* a bot of a turn-based game thinks so long */
#define PLAY_MEASURED       16 /* every so manieth step is timed; the others ask the game twice */
#define PLAY_LOG_KEPT       400
#define PLAY_DIFFICULTY_MAX 3

enum play_seat_kind {
    PLAY_SEAT_EMPTY, /* nobody has come */
    PLAY_SEAT_ME,    /* the keyboard of its frame */
    PLAY_SEAT_BOT,
};

struct play_seat {
    enum play_seat_kind kind;
    uint32_t difficulty; /* of a bot: 1-3 */
    bool is_connected;   /* as it is to be; the game hears of it with the next step */
    bool is_leaving;     /* for good, with the next step */
    uint32_t seq_pending, ack;
    uint32_t inputs_refused;
    uint64_t input_bytes, view_bytes; /* that have travelled */
};

struct play_log_entry {
    uint32_t step;
    struct play_log_line line;
};

struct play_session {
    struct play_image *images[PLAY_IMAGES_MAX]; /* owned; moments name them by index */
    uint32_t image_count;                       /* the last one is the newest build */
    struct play_runner *runner;                 /* owned; NULL: none is needed yet, or it died */
    struct play_history *history;               /* owned; NULL before the first match */

    struct gk_match match;
    struct play_seat seats[GK_PLAYERS_MAX];
    uint64_t inputs_present;
    uint8_t inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX]; /* canonical, for the next step */

    struct play_moment now;
    struct play_sizes sizes; /* of the image of `now` */
    uint8_t state[GK_STATE_BYTES_MAX];
    uint32_t view_bytes[PLAY_VIEWERS_MAX];
    uint8_t *views; /* owned; PLAY_VIEWERS_MAX of GK_VIEW_BYTES_MAX */

    bool is_playing;
    double speed, due;       /* steps a beat; steps that are due, below 1 */
    uint32_t beats_idle;     /* turn-based: since the last step */
    uint32_t bots_idle_step; /* turn-based: there no bot has anything to do; UINT32_MAX: nowhere */
    bool has_ended;          /* at end_step */
    uint32_t end_step;
    struct gk_result result;

    char fault[PLAY_FAULT_BYTES_MAX]; /* "": the game is well. Else it stands still until a new
                                       * image, a new try or a way back */
    uint32_t fault_step;              /* the step that it could not do */
    char explain_fault[PLAY_FAULT_BYTES_MAX]; /* "": `explain` does its work */
    char swap_refused[PLAY_SENTENCE_BYTES];   /* "": the newest build plays. Else why it cannot take
                                               * over the match */
    uint64_t steps_done;                      /* live ones, since the match began */
    uint64_t measured, step_ns, views_ns;     /* of every so manieth */

    struct play_log_entry log[PLAY_LOG_KEPT]; /* a ring */
    uint32_t log_written;
};

struct play_session *play_session_create(void);
void play_session_destroy(struct play_session *session);

/* The manifest of the moment's image; of the newest build when there is no match. */
const struct gk_manifest *play_session_manifest(const struct play_session *session);
const struct play_image *play_session_newest_image(const struct play_session *session);

/* Takes a new build, which becomes the session's. A live match goes on with it, or says in
 * swap_refused why it cannot. */
void play_session_take_image(struct play_session *session, struct play_image *image);

/* Begins a match with the newest build; the seats stay as they are set. False: `fault`. */
bool play_session_begin(struct play_session *session, const struct gk_match *match);

/* Seats. All of them below match.player_count. */
void play_session_seat(struct play_session *session, uint32_t slot, enum play_seat_kind kind,
                       uint32_t difficulty);
void play_session_connect(struct play_session *session, uint32_t slot);
void play_session_leave(struct play_session *session, uint32_t slot, uint32_t reason);

/* What the browser of `slot` has sent. A turn-based match that plays moves at once. */
void play_session_input(struct play_session *session, uint32_t slot, uint32_t seq,
                        const uint8_t *bytes, uint32_t count);

/* Time passes: one tick of the clock on the wall. Steps as the speed says. True when the moment has
 * changed. */
bool play_session_beat(struct play_session *session);
uint32_t play_session_beats_hz(const struct play_session *session);

/* One step forward; false when there is none to do (over, broken). */
bool play_session_step(struct play_session *session);
/* To any step of the history. */
bool play_session_go_to(struct play_session *session, uint32_t step);
/* From here on anew: what comes after is forgotten. */
void play_session_go_on(struct play_session *session);
/* After a fault: the same step again. */
void play_session_try_again(struct play_session *session);

bool play_session_is_live(const struct play_session *session);
bool play_session_is_over(const struct play_session *session);
uint64_t play_session_hash(const struct play_session *session);

/* `explain` of this moment, zero-terminated; "" when the game has none. When it does wrong, what it
 * did, and it is not called again before the next build. */
void play_session_explain(struct play_session *session, char ret_text[PLAY_EXPLAIN_BYTES]);

/* What `viewer` (a slot or PLAY_SPECTATOR) sees now. */
const uint8_t *play_session_view(const struct play_session *session, uint32_t viewer);

/* The next step of a live match, as it was recorded elsewhere; its seats are not asked. False: it
 * is over, or `fault`. */
bool play_session_step_as(struct play_session *session, const struct play_step *step);

/* A line of the log that is not the game's. */
void play_session_note(struct play_session *session, const char *text);

#endif
