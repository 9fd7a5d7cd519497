/*
 * bot.c: a player for battleships. It lies its ships by chance and shoots where a ship may be.
 * Pure: the same state gives the same input. Of the other board it looks at nothing but what the
 * shots have told (battleships_cell, battleships_is_sunk), as a player sees it.
 */
#include "battleships.h"

#define OPEN_HIT_WEIGHT 30 /* a place over a hit is so much better than one over none */

static uint32_t choose_cell(const struct battleships_state *state, uint32_t slot,
                            struct gk_random *chance, uint32_t difficulty);
static uint32_t weight_of(const struct battleships_player *target, uint32_t cell,
                          uint32_t difficulty);
static uint32_t places_over(const struct battleships_player *target, uint32_t cell);
static int is_beside_a_sunk_ship(const struct battleships_player *target, uint32_t cell);
static int is_beside_a_hit(const struct battleships_player *target, uint32_t cell);

uint32_t battleships_bot(const struct gk_host *host, const void *block, uint32_t slot,
                         uint32_t difficulty, uint8_t *ret_input)
{
    const struct battleships_state *state = block;
    struct gk_random chance;
    (void)host;
    memset(ret_input, 0, BATTLESHIPS_INPUT_BYTES);
    if (slot >= BATTLESHIPS_PLAYERS)
        return 0;
    gk_random_seed(&chance, state->random.position ^ state->tick, slot);
    difficulty = (uint32_t)gk_clamp((int32_t)difficulty, 1, 3);
    if (state->phase == BATTLESHIPS_PLACING && !state->players[slot].placed) {
        ret_input[0] = BATTLESHIPS_PLACE;
        battleships_lay_by_chance(&chance, state->touching, ret_input + 1);
        return 1;
    } else if (state->phase == BATTLESHIPS_SHOOTING && state->turn == slot) {
        ret_input[0] = BATTLESHIPS_SHOOT;
        ret_input[1] = (uint8_t)choose_cell(state, 1 - slot, &chance, difficulty);
        return 1;
    }
    return 0;
}

/* One of the best cells of the board of `slot`. */
static uint32_t choose_cell(const struct battleships_state *state, uint32_t slot,
                            struct gk_random *chance, uint32_t difficulty)
{
    const struct battleships_player *target = &state->players[slot];
    uint32_t best = 0, best_weight = 0, equal = 0;
    for (uint32_t cell = 0; cell < BATTLESHIPS_CELLS; cell++) {
        if (battleships_cell(target, cell) != BATTLESHIPS_UNKNOWN)
            continue;
        uint32_t weight = 1 + weight_of(target, cell, difficulty);
        if (difficulty == 3 && !state->touching && is_beside_a_sunk_ship(target, cell))
            weight = 1; /* no ship can be there */
        if (weight > best_weight) {
            best = cell;
            best_weight = weight;
            equal = 1;
        } else if (weight == best_weight && gk_random_below(chance, ++equal) == 0) {
            best = cell;
        }
    }
    return best;
}

static uint32_t weight_of(const struct battleships_player *target, uint32_t cell,
                          uint32_t difficulty)
{
    if (difficulty == 1)
        return 0;
    if (difficulty == 2)
        return (uint32_t)is_beside_a_hit(target, cell);
    return places_over(target, cell);
}

static int is_open_hit(const struct battleships_player *target, uint32_t cell)
{
    return battleships_cell(target, cell) == BATTLESHIPS_HIT;
}

static int is_beside_a_hit(const struct battleships_player *target, uint32_t cell)
{
    uint32_t column = cell % BATTLESHIPS_SIDE, row = cell / BATTLESHIPS_SIDE;
    return (column > 0 && is_open_hit(target, cell - 1)) ||
           (column + 1 < BATTLESHIPS_SIDE && is_open_hit(target, cell + 1)) ||
           (row > 0 && is_open_hit(target, cell - BATTLESHIPS_SIDE)) ||
           (row + 1 < BATTLESHIPS_SIDE && is_open_hit(target, cell + BATTLESHIPS_SIDE));
}

/* Beside it, or at a corner. */
static int is_beside_a_sunk_ship(const struct battleships_player *target, uint32_t cell)
{
    int32_t column = (int32_t)(cell % BATTLESHIPS_SIDE), row = (int32_t)(cell / BATTLESHIPS_SIDE);
    for (int32_t y = gk_max(row - 1, 0); y <= gk_min(row + 1, BATTLESHIPS_SIDE - 1); y++) {
        for (int32_t x = gk_max(column - 1, 0); x <= gk_min(column + 1, BATTLESHIPS_SIDE - 1);
             x++) {
            uint32_t near = (uint32_t)(y * BATTLESHIPS_SIDE + x);
            if (battleships_cell(target, near) == BATTLESHIPS_SUNK)
                return 1;
        }
    }
    return 0;
}

/* In how many ways the ships that still swim could lie over a cell. */
static uint32_t places_over(const struct battleships_player *target, uint32_t cell)
{
    uint32_t ways = 0;
    for (uint32_t ship = 0; ship < BATTLESHIPS_SHIPS; ship++) {
        uint32_t length = battleships_length(ship);
        if (battleships_is_sunk(target, ship))
            continue;
        for (uint32_t downwards = 0; downwards < 2; downwards++) {
            uint32_t along = downwards ? cell / BATTLESHIPS_SIDE : cell % BATTLESHIPS_SIDE;
            uint32_t step = downwards ? BATTLESHIPS_SIDE : 1;
            for (uint32_t back = 0; back < length && back <= along; back++) {
                uint32_t hits = 0, fits = along - back + length <= BATTLESHIPS_SIDE;
                for (uint32_t part = 0; fits && part < length; part++) {
                    enum battleships_cell known =
                        battleships_cell(target, cell + part * step - back * step);
                    fits = known != BATTLESHIPS_MISS && known != BATTLESHIPS_SUNK;
                    hits += known == BATTLESHIPS_HIT;
                }
                ways += fits ? 1 + OPEN_HIT_WEIGHT * hits : 0;
            }
        }
    }
    return ways;
}
