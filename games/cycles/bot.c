/*
 * bot.c: a rider for light cycles. It weighs straight on, left and right by the room that there is
 * beyond; a better one looks further, counts only what it reaches before its rivals, and leaves its
 * mates enough. Pure: the same state gives the same input. It sees no more than a player does.
 */
#include "cycles.h"

/* How many cells of room a difficulty looks at. */
static const uint16_t cells_looked_at[] = {24, 260, CYCLES_CELLS};
/* How often a beginner turns without need: once in so many ticks. */
#define WANDER_TICKS 30
/* A mate who loses so many of the cells that are nearest to him is shut in. */
#define MATES_CELLS 240
#define MATES_LOSS  16
/* What is left of the worth of a way that may crash, or shuts a mate in. */
#define RISKY_PART 8

enum mark { UNSEEN = 0, MINE = 1, NOT_MINE = 2 };

struct search {
    uint8_t marks[CYCLES_CELLS]; /* enum mark: who is there first */
    uint16_t queue[CYCLES_CELLS];
    uint32_t begin, end;
};

static uint32_t worth_of(const struct cycles_state *state, uint32_t slot, uint32_t way,
                         uint32_t difficulty);
static int is_contested(const struct cycles_state *state, uint32_t slot, struct cycles_cell cell,
                        int32_t near);
static int is_swept(const struct cycles_state *state, struct cycles_cell cell);
static uint32_t room_from(const struct cycles_state *state, uint32_t slot, struct cycles_cell first,
                          uint32_t difficulty);
static int shuts_a_mate_in(const struct cycles_state *state, uint32_t slot,
                           struct cycles_cell cell);
static void reach_from_rider(struct search *search, const struct cycles_state *state, uint32_t slot,
                             enum mark mark);
static uint32_t count_mine(struct search *search, const struct cycles_state *state, uint32_t most);
static void reach(struct search *search, const struct cycles_state *state, struct cycles_cell cell,
                  enum mark mark);

uint32_t cycles_bot(const struct gk_host *host, const void *block, uint32_t slot,
                    uint32_t difficulty, uint8_t *ret_input)
{
    const struct cycles_state *state = block;
    const struct cycles_player *player = &state->players[slot];
    uint32_t best = player->heading, best_worth = 0;
    struct gk_random chance;
    (void)host;
    if (state->phase != CYCLES_RIDE || !player->riding)
        return 0;
    difficulty = (uint32_t)gk_clamp((int32_t)difficulty, 1, 3);
    gk_random_seed(&chance, state->tick ^ state->random.position, slot);
    uint32_t side = gk_random_below(&chance, 2) ? 1 : 3;
    uint32_t ways[3] = {player->heading, (player->heading + side) & 3,
                        (player->heading + 4 - side) & 3};
    if (difficulty == 1 && gk_random_below(&chance, WANDER_TICKS) == 0)
        ways[0] = ways[1];
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t worth = worth_of(state, slot, ways[i], difficulty);
        if (worth > best_worth) {
            best = ways[i];
            best_worth = worth;
        }
    }
    ret_input[0] = (uint8_t)best;
    for (uint32_t i = 1; i < CYCLES_INPUT_BYTES; i++)
        ret_input[i] = CYCLES_NO_TURN;
    return 1;
}

/* 0 for a wall; the least there is when the next tick rides two cells and the second is a wall. */
static uint32_t worth_of(const struct cycles_state *state, uint32_t slot, uint32_t way,
                         uint32_t difficulty)
{
    const struct cycles_player *player = &state->players[slot];
    struct cycles_cell next = cycles_beside(player->x, player->y, way);
    int rides_two = state->parts + cycles_parts_a_tick(state) >= 2 * CYCLES_PARTS;
    if (!cycles_is_free(state, next))
        return 0;
    if (rides_two && !cycles_is_free(state, cycles_beside(next.x, next.y, way)))
        return 1;
    uint32_t room = room_from(state, slot, next, difficulty);
    if (difficulty == 1)
        return room; /* looks at nobody */
    int risky = is_contested(state, slot, next, rides_two ? 3 : 1) || is_swept(state, next) ||
                shuts_a_mate_in(state, slot, next);
    return risky ? room / RISKY_PART + 1 : room;
}

/* Whether another cycle is so near to that cell that both could crash there. */
static int is_contested(const struct cycles_state *state, uint32_t slot, struct cycles_cell cell,
                        int32_t near)
{
    for (uint32_t other = 0; other < state->presence.player_count; other++) {
        const struct cycles_player *rider = &state->players[other];
        int32_t distance = gk_abs(rider->x - cell.x) + gk_abs(rider->y - cell.y);
        if (other != slot && rider->riding && distance <= near)
            return 1;
    }
    return 0;
}

/* Whether the border will soon come over that cell. */
static int is_swept(const struct cycles_state *state, struct cycles_cell cell)
{
    int32_t inset = state->inset + 2;
    int moves = state->shrinks && state->inset < CYCLES_INSET_MAX &&
                state->ride_ticks + 2 * CYCLES_SHRINK_EACH_TICKS >= CYCLES_SHRINK_WAIT_TICKS;
    return moves && (cell.x < inset || cell.x >= CYCLES_WIDTH - inset || cell.y < inset ||
                     cell.y >= CYCLES_HEIGHT - inset);
}

/* The cells that can be reached through `first`, no more than the difficulty looks at. */
static uint32_t room_from(const struct cycles_state *state, uint32_t slot, struct cycles_cell first,
                          uint32_t difficulty)
{
    struct search search = {.begin = 0, .end = 0};
    reach(&search, state, first, MINE);
    for (uint32_t other = 0; difficulty == 3 && other < state->presence.player_count; other++) {
        if (other != slot)
            reach_from_rider(&search, state, other, NOT_MINE);
    }
    return count_mine(&search, state, cells_looked_at[difficulty - 1]);
}

/* Whether that cell, made a wall, takes from a mate much of what he can reach. */
static int shuts_a_mate_in(const struct cycles_state *state, uint32_t slot, struct cycles_cell cell)
{
    for (uint32_t mate = cycles_team(state, slot); mate < state->presence.player_count;
         mate += state->team_count) {
        struct search before = {.begin = 0, .end = 0}, after = {.begin = 0, .end = 0};
        if (mate == slot)
            continue;
        after.marks[cell.y * CYCLES_WIDTH + cell.x] = NOT_MINE;
        reach_from_rider(&before, state, mate, MINE);
        reach_from_rider(&after, state, mate, MINE);
        if (count_mine(&before, state, MATES_CELLS) >
            count_mine(&after, state, MATES_CELLS) + MATES_LOSS)
            return 1;
    }
    return 0;
}

static void reach_from_rider(struct search *search, const struct cycles_state *state, uint32_t slot,
                             enum mark mark)
{
    const struct cycles_player *rider = &state->players[slot];
    for (uint32_t way = 0; rider->riding && way < 4; way++)
        reach(search, state, cycles_beside(rider->x, rider->y, way), mark);
}

/* Looks at `most` cells, nearest first, and counts those that are reached first by MINE. */
static uint32_t count_mine(struct search *search, const struct cycles_state *state, uint32_t most)
{
    uint32_t mine = 0;
    for (uint32_t seen = 0; search->begin < search->end && seen < most; seen++) {
        uint32_t at = search->queue[search->begin++];
        int32_t x = (int32_t)(at % CYCLES_WIDTH), y = (int32_t)(at / CYCLES_WIDTH);
        enum mark mark = search->marks[at];
        mine += mark == MINE;
        for (uint32_t way = 0; way < 4; way++)
            reach(search, state, cycles_beside(x, y, way), mark);
    }
    return mine;
}

static void reach(struct search *search, const struct cycles_state *state, struct cycles_cell cell,
                  enum mark mark)
{
    if (!cycles_is_free(state, cell) || search->marks[cell.y * CYCLES_WIDTH + cell.x] != UNSEEN)
        return;
    search->marks[cell.y * CYCLES_WIDTH + cell.x] = (uint8_t)mark;
    search->queue[search->end++] = (uint16_t)(cell.y * CYCLES_WIDTH + cell.x);
}
