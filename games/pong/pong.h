/*
 * pong.h: the field, the state of a match and its encodings. Units: lengths are fixed point
 * (gamekit/maths.h) on a field of 1600 x 900, origin at the top left; times are ticks of 1/60 s.
 * Team 0 plays on the left, team 1 on the right; slot s is in team s % 2. With four players slots
 * 0 and 1 keep the goals and slots 2 and 3 play ahead of them with a shorter paddle.
 */
#ifndef PONG_H
#define PONG_H

#include <gamekit/game.h>
#include <gamekit/bytes.h>
#include <gamekit/maths.h>
#include <gamekit/memory.h>
#include <gamekit/presence.h>
#include <gamekit/random.h>

#define PONG_TICK_HZ     60
#define PONG_PLAYERS_MAX 4
#define PONG_TEAMS       2
#define PONG_NOBODY      0xff

/* The options, in the order of game.json. */
enum pong_option {
    PONG_OPTION_POINTS = 0, /* to win, 1..PONG_POINTS_TO_WIN_MAX */
    PONG_OPTION_SPEED = 1,  /* enum pong_speed */
};
enum pong_speed { PONG_SLOW = 0, PONG_NORMAL = 1, PONG_FAST = 2 };

#define PONG_WIDTH  GK_FIXED(1600)
#define PONG_HEIGHT GK_FIXED(900)

#define PONG_BALL_RADIUS     GK_FIXED(12)
#define PONG_BALL_SPEED_MIN  GK_FIXED(7) /* per tick; pong_serve_speed says each */
#define PONG_BALL_SPEED_MORE GK_FIXED_RATIO(3, 4)
#define PONG_BALL_SPEED_MAX  GK_FIXED(24)
#define PONG_SERVE_ANGLE_MIN GK_DEGREES(8)
#define PONG_SERVE_ANGLE_MAX GK_DEGREES(30)
#define PONG_HIT_ANGLE_MAX   GK_DEGREES(60)

#define PONG_PADDLE_SPEED      GK_FIXED(14) /* per tick */
#define PONG_KEEPER_FACE       GK_FIXED(60) /* from the own goal line */
#define PONG_KEEPER_HALF       GK_FIXED(80)
#define PONG_FORWARD_FACE      GK_FIXED(380)
#define PONG_FORWARD_HALF      GK_FIXED(60)
#define PONG_POINTS_TO_WIN_MAX 21
#define PONG_COUNTDOWN_TICKS   (3 * PONG_TICK_HZ)
#define PONG_SERVE_TICKS       (PONG_TICK_HZ)
#define PONG_JOIN_GRACE_TICKS  (20 * PONG_TICK_HZ) /* to come for the first time */
#define PONG_AWAY_GRACE_TICKS  (15 * PONG_TICK_HZ) /* of one absence */
#define PONG_AWAY_BUDGET_TICKS (60 * PONG_TICK_HZ) /* of all absences of a player together */

enum pong_phase {
    PONG_WAITING = 0,   /* somebody has never been here yet */
    PONG_COUNTDOWN = 1, /* everybody is here; `timer` ticks to go */
    PONG_SERVE = 2,     /* a point was made; `timer` ticks until the ball flies */
    PONG_PLAY = 3,
    PONG_PAUSED = 4, /* somebody lost the connection; the ball stands still */
    PONG_OVER = 5,
};

enum pong_control {
    PONG_STILL = 0,
    PONG_DIRECTION = 1, /* keeps moving up (-1) or down (1) */
    PONG_TARGET = 2,    /* moves until its centre is at `target` */
};

/*
 * A canonical input: u8 control, i8 direction, u16 target. It stays in force until the next one.
 * A browser sends either one byte, the direction -1, 0 or 1, or two, the target (little endian).
 */
#define PONG_INPUT_BYTES 4
#define PONG_TARGET_UNIT (GK_ONE / 16) /* targets and viewed positions: 1/16 of a length */
#define PONG_TARGET_MAX  (PONG_HEIGHT / PONG_TARGET_UNIT)

/*
 * A view, the same for everybody. Positions are in 1/16, velocities in 1/256 a tick.
 *   0 u8 phase          4 u16 timer (ticks)     8 i16 ball x      16 u8 players
 *   1 u8 bit s: slot s  6 u8 paddle hits so     10 i16 ball y     17 u8 winning team or 255
 *        is here, bit     far, modulo 256       12 i16 ball vx    18 u8 1: ended by forfeit
 *        4+s: has left  7 u8 wall hits so far   14 i16 ball vy    19 u8 hits of this rally
 *   2 u8 points left                            20 u8 points that win the match
 *   3 u8 points right                           21 u16 paddle y, one a player
 * `timer`: ticks to the ball (countdown, serve), or to the next forfeit (waiting, paused).
 */
#define PONG_VIEW_HEAD_BYTES 21
#define PONG_VIEW_BYTES_MAX  (PONG_VIEW_HEAD_BYTES + 2 * PONG_PLAYERS_MAX)
#define PONG_VELOCITY_UNIT   (GK_ONE / 256)

struct pong_player {
    int32_t y;       /* centre of the paddle */
    int32_t target;  /* of PONG_TARGET */
    uint8_t control; /* enum pong_control */
    int8_t direction;
    uint8_t reserved[2];
};
GK_STATIC_ASSERT(sizeof(struct pong_player) == 12, "pong_player has no padding");

struct pong_ball {
    int32_t x, y;
    int32_t vx, vy; /* per tick; kept while the ball stands still */
    int32_t speed;
};

struct pong_state {
    struct gk_random random;
    struct gk_presence presence;
    uint32_t tick;
    uint16_t timer; /* of PONG_COUNTDOWN and PONG_SERVE */
    uint8_t phase;  /* enum pong_phase */
    uint8_t rally;
    uint8_t scores[PONG_TEAMS];
    uint8_t winner; /* team, or PONG_NOBODY */
    uint8_t forfeit;
    uint8_t hits, walls; /* so far, modulo 256 */
    uint8_t points_to_win;
    uint8_t speed; /* enum pong_speed */
    struct pong_ball ball;
    struct pong_player players[PONG_PLAYERS_MAX];
    uint32_t reserved_tail;
};
GK_STATIC_ASSERT(sizeof(struct pong_state) == 408, "pong_state has no padding");

/* How fast the ball is served, per tick. */
int32_t pong_serve_speed(const struct pong_state *state);
/* Where slot `slot` defends: the x of its paddle's face, and half of its length. */
int32_t pong_paddle_face(const struct pong_state *state, uint32_t slot);
int32_t pong_paddle_half(const struct pong_state *state, uint32_t slot);

/* The canonical input that a bot at `slot` gives now (bot.c). */
uint32_t pong_bot(const struct gk_host *host, const void *state, uint32_t slot, uint32_t difficulty,
                  uint8_t *ret_input);

#endif
