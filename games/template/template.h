/*
 * template.h: what the rules, the bot and the tests share: the sizes of the field, the state, and
 * the bytes of inputs and views. The browser's half of these bytes is client/view.js.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <gamekit/game.h>
#include <gamekit/memory.h>
#include <gamekit/presence.h>
#include <gamekit/random.h>

#define TICK_HZ     30
#define PLAYERS_MAX 8
#define COINS       6

/* In points of the field, which is drawn at any size. */
#define WIDTH  640
#define HEIGHT 400
#define MARGIN 12 /* nobody comes nearer to the edge */
#define SPEED  5  /* a tick */
#define REACH  18 /* a coin that is so near is collected */

#define AWAY_TICKS (20 * TICK_HZ) /* a seat is kept so long for one who lost the connection */

/* The options, in the order of game.json. */
enum option { OPTION_SECONDS, OPTION_COUNT };

/* An input, from the browser and in the rules: i8 dx, i8 dy, each -1, 0 or 1. It is in force until
 * the next one. */
#define INPUT_BYTES 2

/* A view, the same for everybody:
 *   0 u16 ticks left    2 u8 players
 *   then for each player: u8 1: is here, u16 x, u16 y, u16 score; then for each coin: u16 x, u16 y
 */
#define VIEW_BYTES_MAX (3 + 7 * PLAYERS_MAX + 4 * COINS)

struct player {
    int16_t x, y;
    int8_t dx, dy; /* where to, until the next input */
    uint16_t score;
};

struct coin {
    int16_t x, y;
};

/* The whole match. No pointers; the host copies it as it likes. */
struct state {
    struct gk_presence presence;
    struct gk_random random;
    struct player players[PLAYERS_MAX];
    struct coin coins[COINS];
    uint32_t ticks_left;
    uint32_t reserved;
};
GK_STATIC_ASSERT(sizeof(struct state) == 416, "state has no padding");

/* bot.c */
uint32_t bot(const struct gk_host *host, const void *block, uint32_t slot, uint32_t difficulty,
             uint8_t *ret_input);

#endif
