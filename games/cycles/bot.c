/*
 * bot.c: a rider for light cycles. It weighs straight on, left and right by the room that it would
 * have there; a better one looks further and counts only what it reaches before the others. Pure:
 * the same state gives the same input. It sees no more than a player does.
 */
#include "cycles.h"

/* How many cells of room a difficulty looks at. */
static const uint16_t cells_looked_at[] = {24, 260, 1400};
/* How often a beginner turns without need: once in so many ticks. */
#define WANDER_TICKS 30

#define MINE   1
#define THEIRS 2

struct search {
    uint8_t marks[CYCLES_CELLS];
    uint16_t queue[CYCLES_CELLS];
    uint32_t begin, end;
};

static uint32_t room_from(const struct cycles_state *state, uint32_t slot, struct cycles_cell first,
                          uint32_t difficulty);
static void reach(struct search *search, const struct cycles_state *state, struct cycles_cell cell,
                  uint8_t mark);

uint32_t cycles_bot(const struct gk_host *host, const void *block, uint32_t slot,
                    uint32_t difficulty, uint8_t *ret_input)
{
    const struct cycles_state *state = block;
    const struct cycles_player *player = &state->players[slot];
    uint32_t best = player->heading, best_room = 0;
    struct gk_random chance;
    (void)host;
    difficulty = (uint32_t)gk_clamp((int32_t)difficulty, 1, 3);
    gk_random_seed(&chance, state->tick ^ state->random.position, slot);
    uint32_t side = gk_random_below(&chance, 2) ? 1 : 3;
    uint32_t ways[3] = {player->heading, (player->heading + side) & 3,
                        (player->heading + 4 - side) & 3};
    if (difficulty == 1 && gk_random_below(&chance, WANDER_TICKS) == 0)
        ways[0] = ways[1];
    for (uint32_t i = 0; i < 3; i++) {
        struct cycles_cell next = cycles_beside(player->x, player->y, ways[i]);
        uint32_t room = room_from(state, slot, next, difficulty);
        if (room > best_room) {
            best = ways[i];
            best_room = room;
        }
    }
    ret_input[0] = (uint8_t)best;
    for (uint32_t i = 1; i < CYCLES_INPUT_BYTES; i++)
        ret_input[i] = CYCLES_NO_TURN;
    return 1;
}

/* The cells that can be reached through `first`, no more than the difficulty looks at. */
static uint32_t room_from(const struct cycles_state *state, uint32_t slot, struct cycles_cell first,
                          uint32_t difficulty)
{
    struct search search = {.begin = 0, .end = 0};
    uint32_t room = 0, seen = 0;
    if (!cycles_is_free(state, first))
        return 0;
    reach(&search, state, first, MINE);
    for (uint32_t other = 0; difficulty == 3 && other < state->presence.player_count; other++) {
        const struct cycles_player *rival = &state->players[other];
        for (uint32_t way = 0; other != slot && rival->riding && way < 4; way++)
            reach(&search, state, cycles_beside(rival->x, rival->y, way), THEIRS);
    }
    while (search.begin < search.end && seen++ < cells_looked_at[difficulty - 1]) {
        uint32_t at = search.queue[search.begin++];
        uint8_t mark = search.marks[at];
        room += mark == MINE;
        for (uint32_t way = 0; way < 4; way++)
            reach(&search, state,
                  cycles_beside((int32_t)(at % CYCLES_WIDTH), (int32_t)(at / CYCLES_WIDTH), way),
                  mark);
    }
    return room;
}

static void reach(struct search *search, const struct cycles_state *state, struct cycles_cell cell,
                  uint8_t mark)
{
    if (!cycles_is_free(state, cell) || search->marks[cell.y * CYCLES_WIDTH + cell.x])
        return;
    search->marks[cell.y * CYCLES_WIDTH + cell.x] = mark;
    search->queue[search->end++] = (uint16_t)(cell.y * CYCLES_WIDTH + cell.x);
}
