/*
 * cycles.h: the arena, the state of a match and its encodings. Units: places are cells of a grid of
 * 112 x 70, origin at the top left; times are ticks of 1/20 s. A cycle leaves a wall behind. Teams
 * ride against each other, slot s in team s % teams; a team of one is a player for himself. A match
 * is a few rounds.
 */
#ifndef CYCLES_H
#define CYCLES_H

#include <gamekit/game.h>
#include <gamekit/bytes.h>
#include <gamekit/maths.h>
#include <gamekit/memory.h>
#include <gamekit/presence.h>
#include <gamekit/random.h>

#define CYCLES_TICK_HZ     20
#define CYCLES_PLAYERS_MAX 8
#define CYCLES_NOBODY      0xff

enum cycles_mode { CYCLES_DUEL = 0, CYCLES_FFA = 1, CYCLES_PAIRS = 2 };

/* The options, in the order of game.json. */
enum cycles_option {
    CYCLES_OPTION_ROUNDS = 0,    /* to win, 1..CYCLES_ROUNDS_TO_WIN_MAX */
    CYCLES_OPTION_SPEED = 1,     /* enum cycles_speed */
    CYCLES_OPTION_SHRINKING = 2, /* 1: the arena shrinks after a while */
};
enum cycles_speed { CYCLES_SLOW = 0, CYCLES_NORMAL = 1, CYCLES_FAST = 2 };

#define CYCLES_WIDTH      112
#define CYCLES_HEIGHT     70
#define CYCLES_CELLS      (CYCLES_WIDTH * CYCLES_HEIGHT)
#define CYCLES_TURNS_KEPT 2 /* turns that wait for their tick */

#define CYCLES_ROUNDS_TO_WIN_MAX 5
#define CYCLES_ROUNDS_PER_WIN    3 /* a match has at most so many rounds for each that wins it */
#define CYCLES_PARTS             4 /* of a cell: what is ridden in a tick may be no whole number */
#define CYCLES_SHRINK_WAIT_TICKS (20 * CYCLES_TICK_HZ) /* of a ride before the border moves */
#define CYCLES_SHRINK_EACH_TICKS (CYCLES_TICK_HZ)      /* then by a cell on each side */
#define CYCLES_INSET_MAX         26
#define CYCLES_COUNTDOWN_TICKS   (3 * CYCLES_TICK_HZ)
#define CYCLES_ROUND_END_TICKS   (5 * CYCLES_TICK_HZ / 2)
#define CYCLES_JOIN_GRACE_TICKS  (20 * CYCLES_TICK_HZ) /* to come for the first time */
#define CYCLES_OPEN_GRACE_TICKS  (8 * CYCLES_TICK_HZ)  /* the same where one may come later too */
#define CYCLES_AWAY_GRACE_TICKS  (15 * CYCLES_TICK_HZ) /* of one absence */
#define CYCLES_AWAY_BUDGET_TICKS (60 * CYCLES_TICK_HZ) /* of all absences of a player together */

enum cycles_phase {
    CYCLES_WAITING = 0,   /* somebody has never been here yet */
    CYCLES_COUNTDOWN = 1, /* the cycles stand at their places; `timer` ticks to go */
    CYCLES_RIDE = 2,
    CYCLES_ROUND_END = 3, /* one or none rides; `timer` ticks until the next round */
    CYCLES_OVER = 4,
};

enum cycles_direction {
    CYCLES_UP = 0,
    CYCLES_RIGHT = 1,
    CYCLES_DOWN = 2,
    CYCLES_LEFT = 3,
    CYCLES_NO_TURN = 4,
};

/*
 * A canonical input: one or two turns in the order they are to be made, CYCLES_NO_TURN for none. It
 * replaces the turns that wait. A turn into or against the own heading is passed over, so a browser
 * may repeat what it has sent. A browser sends the same, one or two bytes of 0-3.
 */
#define CYCLES_INPUT_BYTES CYCLES_TURNS_KEPT

/*
 * A view, the same for everybody:
 *   0 u8 phase                       6 u8 round, from 1         11 u8 rounds that win the match
 *   1 u8 bit s: slot s is here       7 u8 players               12 u8 cells that the border has
 *   2 u8 bit s: has left for good    8 u8 teams                       come in, on each side
 *   3 u8 bit s: rides                9 u8 team that has won     13 u8 speed (enum cycles_speed)
 *   4 u16 timer (ticks)                   the round, or 255     14 u8 parts ridden into the next
 *                                   10 u8 1: ended by forfeit         cell (of CYCLES_PARTS)
 * then for each player: u8 rounds won, u8 x, u8 y of the first cell, u8 heading, u16 steps, and the
 * direction of each step, two bits each, four a byte, the first in the lowest bits.
 * `timer`: ticks to the ride (countdown, round end), or to the next loss of a seat (waiting).
 * All steps together are fewer than there are cells, which bounds the whole.
 */
#define CYCLES_VIEW_HEAD_BYTES   15
#define CYCLES_VIEW_PLAYER_BYTES 6
#define CYCLES_VIEW_BYTES_MAX                                                                      \
    (CYCLES_VIEW_HEAD_BYTES + CYCLES_PLAYERS_MAX * (CYCLES_VIEW_PLAYER_BYTES + 1) +                \
     CYCLES_CELLS / 4)

/* A cell of the grid: 0 when free, else whose wall it is and where that wall goes on. */
#define CYCLES_FREE              0
#define CYCLES_WALL(slot, going) ((uint8_t)(((slot) + 1) << 2 | (going)))
#define CYCLES_WALL_GOING(cell)  ((cell)&3)

struct cycles_player {
    uint16_t steps; /* of this round */
    uint8_t first_x, first_y;
    uint8_t x, y;
    uint8_t heading;                  /* enum cycles_direction */
    uint8_t turns[CYCLES_TURNS_KEPT]; /* enum cycles_direction */
    uint8_t riding;
    uint8_t wins; /* rounds; mates have the same */
    uint8_t reserved;
};
GK_STATIC_ASSERT(sizeof(struct cycles_player) == 12, "cycles_player has no padding");

struct cycles_state {
    struct gk_random random;
    struct gk_presence presence;
    uint32_t tick;
    uint16_t timer;      /* of CYCLES_COUNTDOWN and CYCLES_ROUND_END */
    uint16_t ride_ticks; /* of this round */
    uint8_t phase;       /* enum cycles_phase */
    uint8_t team_count;
    uint8_t rounds_to_win;
    uint8_t speed; /* enum cycles_speed */
    uint8_t shrinks;
    uint8_t inset;        /* cells that the border has come in */
    uint8_t parts;        /* ridden into the next cell */
    uint8_t round;        /* from 1 */
    uint8_t round_winner; /* team, or CYCLES_NOBODY */
    uint8_t forfeit;      /* 1: over because the others stayed away */
    uint8_t reserved[2];
    uint8_t cells[CYCLES_CELLS]; /* row by row */
    struct cycles_player players[CYCLES_PLAYERS_MAX];
    uint8_t reserved_tail[4];
};
GK_STATIC_ASSERT(sizeof(struct cycles_state) == 340 + CYCLES_CELLS + 8 * 12 + 4,
                 "cycles_state has no padding");

struct cycles_cell {
    int32_t x, y;
};

/* The neighbour of a cell; it may lie outside. */
struct cycles_cell cycles_beside(int32_t x, int32_t y, uint32_t direction);
/* 1 when the cell is within the border and no wall stands there. */
int cycles_is_free(const struct cycles_state *state, struct cycles_cell cell);
uint32_t cycles_team(const struct cycles_state *state, uint32_t slot);
/* How many parts of a cell are ridden in a tick. */
uint32_t cycles_parts_a_tick(const struct cycles_state *state);

/* The canonical input that a bot at `slot` gives now (bot.c). */
uint32_t cycles_bot(const struct gk_host *host, const void *state, uint32_t slot,
                    uint32_t difficulty, uint8_t *ret_input);

#endif
