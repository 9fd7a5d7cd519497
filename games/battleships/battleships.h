/*
 * battleships.h: the sea, the state of a match and its encodings. Turn-based: the state changes
 * with inputs, and when the time of a turn is up. Cells are numbered row by row, 0-99. Where the
 * ships of a player are is a secret: battleships_cell gives what the shots have told, the view adds
 * the own.
 */
#ifndef BATTLESHIPS_H
#define BATTLESHIPS_H

#include <gamekit/game.h>
#include <gamekit/bytes.h>
#include <gamekit/maths.h>
#include <gamekit/memory.h>
#include <gamekit/presence.h>
#include <gamekit/random.h>

#define BATTLESHIPS_PLAYERS 2
#define BATTLESHIPS_SIDE    10
#define BATTLESHIPS_CELLS   (BATTLESHIPS_SIDE * BATTLESHIPS_SIDE)
#define BATTLESHIPS_SHIPS   5
#define BATTLESHIPS_NOBODY  0xff
#define BATTLESHIPS_NOWHERE 0xff

#define BATTLESHIPS_TURN_SECONDS 60
#define BATTLESHIPS_MISSED_MAX   2 /* turns in a row: who lets so many go by has lost */

/* The options, in the order of game.json. */
enum battleships_option {
    BATTLESHIPS_OPTION_AGAIN = 0,    /* 1: a hit lets shoot again */
    BATTLESHIPS_OPTION_TOUCHING = 1, /* 1: ships may lie side by side */
};

enum battleships_phase {
    BATTLESHIPS_PLACING = 0,  /* until both have placed their ships */
    BATTLESHIPS_SHOOTING = 1, /* `turn` shoots */
    BATTLESHIPS_OVER = 2,
};

/* What a shot has told of a cell. */
enum battleships_cell {
    BATTLESHIPS_UNKNOWN = 0,
    BATTLESHIPS_MISS = 1,
    BATTLESHIPS_HIT = 2,
    BATTLESHIPS_SUNK = 3,
};

/* A place of a ship: its first cell, and this bit when it lies downwards and not to the right. */
#define BATTLESHIPS_DOWNWARDS 0x80

/*
 * A canonical input, and what a browser sends: u8 kind, then for PLACE the places of the five
 * ships, longest first, for SHOOT the cell. The canonical one is always six bytes long.
 */
enum battleships_input {
    BATTLESHIPS_NOTHING = 0,
    BATTLESHIPS_PLACE = 1,
    BATTLESHIPS_SHOOT = 2,
};
#define BATTLESHIPS_INPUT_BYTES 6

/*
 * A view. Only the owner of a board sees where his ships are, until they are sunk or all is over.
 *   0 u8 phase                            5 u8 who shot last, or 255
 *   1 u8 bit s: slot s is here, bit 2+s:  6 u8 at which cell
 *        has placed, bit 4+s: has left    7 u8 with what success (enum battleships_cell)
 *   2 u8 whose turn it is, or 255         8 u8 bit 0: a hit lets shoot again, bit 1: ships may
 *   3 u8 winner, or 255                        touch
 *   4 u8 1: ended by forfeit              9 u8 two bits a slot: turns let go by in a row
 * then the board of slot 0 and that of slot 1: the cells (enum battleships_cell), two bits each,
 * four a byte, the first in the lowest bits, and the places of the five ships, 255 for a secret.
 */
#define BATTLESHIPS_VIEW_HEAD_BYTES  10
#define BATTLESHIPS_VIEW_BOARD_BYTES (BATTLESHIPS_CELLS / 4 + BATTLESHIPS_SHIPS)
#define BATTLESHIPS_VIEW_BYTES                                                                     \
    (BATTLESHIPS_VIEW_HEAD_BYTES + BATTLESHIPS_PLAYERS * BATTLESHIPS_VIEW_BOARD_BYTES)

/* One player and the board that is his. */
struct battleships_player {
    uint8_t ships[BATTLESHIPS_SHIPS]; /* places, or BATTLESHIPS_NOWHERE */
    uint8_t shot[BATTLESHIPS_CELLS];  /* 1: the other one has shot there */
    uint8_t placed;
    uint8_t missed; /* turns let go by in a row */
};
GK_STATIC_ASSERT(sizeof(struct battleships_player) == 107, "battleships_player has no padding");

struct battleships_state {
    struct gk_random random;
    struct gk_presence presence;
    uint32_t tick;
    uint8_t phase;  /* enum battleships_phase */
    uint8_t turn;   /* slot */
    uint8_t winner; /* slot, or BATTLESHIPS_NOBODY */
    uint8_t forfeit;
    uint8_t last_shooter; /* slot, or BATTLESHIPS_NOBODY */
    uint8_t last_cell;
    uint8_t last_success; /* enum battleships_cell */
    uint8_t again;        /* 1: a hit lets shoot again */
    uint8_t touching;     /* 1: ships may lie side by side */
    uint8_t reserved[5];
    struct battleships_player players[BATTLESHIPS_PLAYERS];
};
GK_STATIC_ASSERT(sizeof(struct battleships_state) == 552, "battleships_state has no padding");

/* How long ship `ship` is; and its cell number `part`. */
uint32_t battleships_length(uint32_t ship);
uint32_t battleships_part(uint8_t place, uint32_t part);
/* 1 when all five lie within the sea, none on another, and, unless they may touch, none beside or
 * at a corner of another. */
int battleships_fleet_is_fine(const uint8_t ships[BATTLESHIPS_SHIPS], int may_touch);
/* A fine fleet, drawn from `chance`. */
void battleships_lay_by_chance(struct gk_random *chance, int may_touch,
                               uint8_t ret_ships[BATTLESHIPS_SHIPS]);
/* What is known of a cell of this player's board; and whether his ship is sunk. */
enum battleships_cell battleships_cell(const struct battleships_player *player, uint32_t cell);
int battleships_is_sunk(const struct battleships_player *player, uint32_t ship);

/* The canonical input that a bot at `slot` gives now (bot.c). */
uint32_t battleships_bot(const struct gk_host *host, const void *state, uint32_t slot,
                         uint32_t difficulty, uint8_t *ret_input);

#endif
