/*
 * breakout.h: the courts, the state of a match and its encodings. Units: lengths are fixed point
 * (gamekit/maths.h) on a court of 800 x 600, origin at the top left; times are ticks of 1/60 s. One
 * court for one player or for two together, or a court for each of two against each other. Both
 * courts of a match are alike: the same seed gives the same bricks and drops.
 */
#ifndef BREAKOUT_H
#define BREAKOUT_H

#include <gamekit/game.h>
#include <gamekit/bytes.h>
#include <gamekit/maths.h>
#include <gamekit/memory.h>
#include <gamekit/presence.h>
#include <gamekit/random.h>

#define BREAKOUT_TICK_HZ     60
#define BREAKOUT_PLAYERS_MAX 2
#define BREAKOUT_COURTS_MAX  2

enum breakout_mode { BREAKOUT_SOLO = 0, BREAKOUT_COOP = 1, BREAKOUT_VERSUS = 2 };

/* The options, in the order of game.json. */
enum breakout_option {
    BREAKOUT_OPTION_LIVES = 0, /* at the start, 1..BREAKOUT_LIVES_MAX */
    BREAKOUT_OPTION_LEVEL = 1, /* the first, 1..BREAKOUT_LEVELS */
    BREAKOUT_OPTION_DROPS = 2, /* 1: some bricks let something fall */
};

#define BREAKOUT_WIDTH         GK_FIXED(800)
#define BREAKOUT_HEIGHT        GK_FIXED(600)
#define BREAKOUT_COLUMNS       12
#define BREAKOUT_ROWS          8
#define BREAKOUT_BRICKS        (BREAKOUT_COLUMNS * BREAKOUT_ROWS)
#define BREAKOUT_BRICK_WIDTH   GK_FIXED(64)
#define BREAKOUT_BRICK_HEIGHT  GK_FIXED(24)
#define BREAKOUT_BRICKS_LEFT   GK_FIXED(16)
#define BREAKOUT_BRICKS_TOP    GK_FIXED(60)
#define BREAKOUT_BRICKS_BOTTOM (BREAKOUT_BRICKS_TOP + BREAKOUT_ROWS * BREAKOUT_BRICK_HEIGHT)
#define BREAKOUT_LEVELS        3

#define BREAKOUT_BALLS_MAX       3
#define BREAKOUT_BALL_RADIUS     GK_FIXED(8)
#define BREAKOUT_BALL_SPEED      GK_FIXED(5) /* per tick, on the first level */
#define BREAKOUT_BALL_SPEED_MORE GK_FIXED_RATIO(3, 4)
#define BREAKOUT_BALL_STEP       GK_FIXED(4) /* moved at once: nothing is jumped over */
#define BREAKOUT_HIT_ANGLE_MAX   GK_DEGREES(60)

#define BREAKOUT_PADDLE_Y     GK_FIXED(560) /* its upper edge */
#define BREAKOUT_PADDLE_HALF  GK_FIXED(56)
#define BREAKOUT_PADDLE_WIDE  GK_FIXED(88)
#define BREAKOUT_PADDLE_SPEED GK_FIXED(12)

#define BREAKOUT_DROPS_MAX    4
#define BREAKOUT_DROP_SPEED   GK_FIXED_RATIO(5, 2)
#define BREAKOUT_DROP_ONE_IN  7
#define BREAKOUT_EFFECT_TICKS (12 * BREAKOUT_TICK_HZ)

#define BREAKOUT_LIVES_MAX         5
#define BREAKOUT_POINTS            10 /* a hit of a brick, times the level from 1 */
#define BREAKOUT_COUNTDOWN_TICKS   (3 * BREAKOUT_TICK_HZ)
#define BREAKOUT_SERVE_TICKS       (BREAKOUT_TICK_HZ)
#define BREAKOUT_MATCH_TICKS_MAX   (15 * 60 * BREAKOUT_TICK_HZ)
#define BREAKOUT_JOIN_GRACE_TICKS  (20 * BREAKOUT_TICK_HZ)
#define BREAKOUT_AWAY_GRACE_TICKS  (15 * BREAKOUT_TICK_HZ)
#define BREAKOUT_AWAY_BUDGET_TICKS (60 * BREAKOUT_TICK_HZ)

enum breakout_phase {
    BREAKOUT_WAITING = 0,   /* somebody has never been here yet */
    BREAKOUT_COUNTDOWN = 1, /* `timer` ticks to go */
    BREAKOUT_PLAY = 2,
    BREAKOUT_PAUSED = 3, /* somebody lost the connection; everything stands still */
    BREAKOUT_OVER = 4,
};

enum breakout_status {
    BREAKOUT_SERVES = 0, /* the ball lies on the paddle for `serve_ticks` */
    BREAKOUT_FLIES = 1,
    BREAKOUT_CLEARED = 2, /* all levels */
    BREAKOUT_LOST = 3,    /* all lives */
};

enum breakout_drop { BREAKOUT_WIDE = 0, BREAKOUT_SLOW = 1, BREAKOUT_MORE = 2, BREAKOUT_LIFE = 3 };

enum breakout_control { BREAKOUT_STILL = 0, BREAKOUT_DIRECTION = 1, BREAKOUT_TARGET = 2 };

/*
 * A canonical input: u8 control, i8 direction, u16 target. It stays in force until the next one.
 * A browser sends either one byte, the direction -1, 0 or 1, or two, the target (little endian).
 */
#define BREAKOUT_INPUT_BYTES 4
#define BREAKOUT_UNIT        (GK_ONE / 16) /* targets and viewed positions: 1/16 of a length */

/*
 * A view, the same for everybody. Positions are in 1/16.
 *   0 u8 phase    1 u8 bit s: slot s is here, bit 4+s: has left    2 u8 mode    3 u8 players
 *   4 u16 timer (ticks to the start, or to the next forfeit)       6 u8 1: ended by forfeit
 * then u16 x of the paddle of each player, then for each court:
 *   u8 status, u8 level from 0, u8 lives, u8 bit 0: wide, bit 1: slow, u16 score, u8 paddle hits,
 *   u8 brick hits (both modulo 256), u8 balls, u8 drops, 24 bytes of bricks (hits left, two bits
 *   each, the first in the lowest bits), i16 x and y of each ball, u8 kind, i16 x and y of each
 * drop
 */
#define BREAKOUT_VIEW_HEAD_BYTES  7
#define BREAKOUT_VIEW_COURT_BYTES (10 + BREAKOUT_BRICKS / 4)
#define BREAKOUT_VIEW_BYTES_MAX                                                                    \
    (BREAKOUT_VIEW_HEAD_BYTES + 2 * BREAKOUT_PLAYERS_MAX +                                         \
     BREAKOUT_COURTS_MAX *                                                                         \
         (BREAKOUT_VIEW_COURT_BYTES + 4 * BREAKOUT_BALLS_MAX + 5 * BREAKOUT_DROPS_MAX))

struct breakout_ball {
    int32_t x, y;
    int32_t vx, vy;
};

struct breakout_falling {
    int32_t x, y;
    uint32_t kind; /* enum breakout_drop */
};

struct breakout_court {
    struct gk_random random;
    struct breakout_ball balls[BREAKOUT_BALLS_MAX];
    struct breakout_falling drops[BREAKOUT_DROPS_MAX];
    uint8_t bricks[BREAKOUT_BRICKS]; /* hits that each still takes */
    uint16_t wide_ticks, slow_ticks;
    uint16_t serve_ticks;
    uint16_t score;
    uint8_t status; /* enum breakout_status */
    uint8_t level, lives;
    uint8_t ball_count, drop_count;
    uint8_t paddle_hits, brick_hits; /* so far, modulo 256 */
    uint8_t lets_fall;               /* 1: with drops */
};
GK_STATIC_ASSERT(sizeof(struct breakout_court) == 224, "breakout_court has no padding");

struct breakout_player {
    int32_t x;       /* centre of the paddle */
    int32_t target;  /* of BREAKOUT_TARGET */
    uint8_t control; /* enum breakout_control */
    int8_t direction;
    uint8_t reserved[2];
};
GK_STATIC_ASSERT(sizeof(struct breakout_player) == 12, "breakout_player has no padding");

struct breakout_state {
    struct gk_presence presence;
    struct breakout_court courts[BREAKOUT_COURTS_MAX];
    struct breakout_player players[BREAKOUT_PLAYERS_MAX];
    uint32_t tick;
    uint32_t played_ticks;
    uint16_t timer;
    uint8_t phase; /* enum breakout_phase */
    uint8_t mode;  /* enum breakout_mode */
    uint8_t court_count;
    uint8_t forfeit;
    uint8_t reserved[2];
};
GK_STATIC_ASSERT(sizeof(struct breakout_state) == 792, "breakout_state has no padding");

int32_t breakout_paddle_half(const struct breakout_court *court);

/* The canonical input that a bot at `slot` gives now (bot.c). */
uint32_t breakout_bot(const struct gk_host *host, const void *state, uint32_t slot,
                      uint32_t difficulty, uint8_t *ret_input);

#endif
