/*
 * bot.c: a player of the computer. It walks to the nearest coin; an easy one rests half of the
 * time, a middling one a quarter. Pure: the same state gives the same input.
 */
#include "template.h"

#include <gamekit/maths.h>

#define REST_TICKS 20

static int8_t towards(int32_t from, int32_t to);

uint32_t bot(const struct gk_host *host, const void *block, uint32_t slot, uint32_t difficulty,
             uint8_t *ret_input)
{
    const struct state *state = block;
    const struct player *player = &state->players[slot];
    const struct coin *nearest = &state->coins[0];
    int32_t least = INT32_MAX;
    uint32_t quarter = state->ticks_left / REST_TICKS % 4;
    for (uint32_t i = 0; i < COINS; i++) {
        const struct coin *coin = &state->coins[i];
        int32_t steps = gk_max(gk_abs(coin->x - player->x), gk_abs(coin->y - player->y));
        if (steps < least) {
            least = steps;
            nearest = coin;
        }
    }
    if (quarter + difficulty < 3) /* 1: two of four, 2: one of four, 3: never */
        return 1;                 /* ret_input is zero: stand still */
    ret_input[0] = (uint8_t)towards(player->x, nearest->x);
    ret_input[1] = (uint8_t)towards(player->y, nearest->y);
    return 1;
}

static int8_t towards(int32_t from, int32_t to)
{
    if (gk_abs(to - from) < SPEED)
        return 0;
    return to > from ? 1 : -1;
}
