/*
 * A test game: two players count. An input of one byte up to 100 adds to its player's count, 100
 * wins. "mischief" and one of the bytes named below misbehave in one way each; nobody finds that by
 * chance. The view is what was counted and who asks.
 *
 * Built in versions: COUNTER_FACTOR times an input counts, COUNTER_SCHEMA 2 keeps more in its state
 * and migrates from 1, or from its own layout under any schema, as COUNTER_MIGRATE says,
 * COUNTER_DOOM crashes at every 300th tick once INPUT_DOOM was given.
 */
#include <gamekit/game.h>

#define WIN_AT        100
#define INPUT_VIEW    201 /* the views get too long */
#define INPUT_BROKEN  202 /* `check` fails */
#define INPUT_OVERRUN 203 /* writes behind the state */
#define INPUT_CRASH   204
#define INPUT_DOOM    205
#define INPUT_AT_ONCE 206 /* crashes in `input` itself */

#ifndef COUNTER_FACTOR
#define COUNTER_FACTOR 1
#endif
#ifndef COUNTER_SCHEMA
#define COUNTER_SCHEMA 1
#endif
#ifndef COUNTER_DOOM
#define COUNTER_DOOM 0
#endif
#define MIGRATE_FINE   0
#define MIGRATE_REFUSE 1
#define MIGRATE_HANG   2
#define MIGRATE_CRASH  3
#define MIGRATE_BREAK  4 /* makes a state that `check` refuses */
#ifndef COUNTER_MIGRATE
#define COUNTER_MIGRATE MIGRATE_FINE
#endif

struct counted {
    uint64_t ticks;
    uint32_t counts[2];
    uint8_t joins[2], leaves[2], left[2];
    uint8_t mischief;
    uint8_t players;
};

struct state {
#if COUNTER_SCHEMA == 2
    uint64_t migrated_at; /* the tick, or zero */
#endif
    struct counted counted;
};

struct view {
    struct counted state;
    uint32_t viewer;
    uint32_t reserved;
};

GK_MANIFEST(.abi_minor_required = 0, .tick_hz = COUNTER_HZ, .state_schema = COUNTER_SCHEMA,
            .state_schema_oldest = 1, .state_bytes = sizeof(struct state), .input_bytes = 1,
            .view_bytes_max = sizeof(struct view), .players_min = 1, .players_max = 2,
            .mode_count = 2, .id = COUNTER_ID, .title = "Counter", .version = COUNTER_VERSION,
            .modes = {{.id = "1v1", .players_min = 2, .players_max = 2, .teams = 2},
                      {.id = "solo", .players_min = 1, .players_max = 1, .teams = 1}});

static void init(const struct gk_host *host, void *state, const struct gk_match *match)
{
    static const char text[] = "counting begins";
    ((struct state *)state)->counted.players = (uint8_t)match->player_count;
    host->log(host, 1, text, sizeof text - 1);
}

static void join(const struct gk_host *host, void *state, uint32_t slot)
{
    (void)host;
    ((struct state *)state)->counted.joins[slot]++;
}

static void leave(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason)
{
    (void)host;
    ((struct state *)state)->counted.leaves[slot]++;
    if (reason == GK_LEAVE_LEFT)
        ((struct state *)state)->counted.left[slot] = 1;
}

static uint32_t input(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    (void)host;
    (void)state;
    (void)slot;
    static const char word[] = "mischief";
    if (count == sizeof word) {
        for (uint32_t i = 0; i + 1 < sizeof word; i++)
            if (bytes[i] != (uint8_t)word[i])
                return 0;
    } else if (count != 1 || bytes[0] > WIN_AT) {
        return 0;
    }
    if (bytes[count - 1] == INPUT_AT_ONCE)
        __builtin_trap();
    ret_input[0] = bytes[count - 1];
    return 1;
}

static void tick(const struct gk_host *host, void *bytes, const struct gk_inputs *inputs)
{
    struct counted *state = &((struct state *)bytes)->counted;
    (void)host;
    state->ticks++;
#if (defined COUNTER_UNEVEN_OPTIMIZED && defined __OPTIMIZE__) ||                                  \
    (defined COUNTER_UNEVEN_WASM && defined __wasm__)
    state->ticks++; /* other rules from another compiler: the test of determinism sees it */
#endif
    for (uint32_t slot = 0; slot < state->players; slot++) {
        if (!(inputs->present >> slot & 1))
            continue;
        if (inputs->bytes[slot] <= WIN_AT)
            state->counts[slot] += COUNTER_FACTOR * inputs->bytes[slot];
        else
            state->mischief = inputs->bytes[slot];
    }
    if (state->mischief == INPUT_OVERRUN)
        ((uint8_t *)bytes)[sizeof(struct state)] = 1;
    if (state->mischief == INPUT_CRASH)
        __builtin_trap();
    if (COUNTER_DOOM && state->mischief == INPUT_DOOM && state->ticks % 300 == 0)
        __builtin_trap();
}

static uint32_t view(const struct gk_host *host, const void *state, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    struct view *view = (struct view *)ret_bytes;
    (void)host;
    (void)capacity;
    view->state = ((const struct state *)state)->counted;
    view->viewer = viewer;
    view->reserved = 0;
    return view->state.mischief == INPUT_VIEW ? capacity + 1 : sizeof *view;
}

static uint32_t result(const struct gk_host *host, const void *bytes, struct gk_result *ret_result)
{
    const struct counted *state = &((const struct state *)bytes)->counted;
    uint32_t winner = GK_PLAYERS_MAX;
    (void)host;
    for (uint32_t slot = 0; slot < state->players; slot++)
        if (state->counts[slot] >= WIN_AT)
            winner = slot;
    if (state->left[0])
        winner = 1;
    if (state->left[1])
        winner = 0;
    if (winner == GK_PLAYERS_MAX)
        return 0;
    ret_result->player_count = state->players;
    ret_result->reason = state->left[0] | state->left[1];
    for (uint32_t slot = 0; slot < state->players; slot++) {
        ret_result->players[slot].score = (int32_t)state->counts[slot];
        ret_result->players[slot].place = slot == winner ? 1 : 2;
        ret_result->players[slot].outcome = slot == winner ? GK_OUTCOME_WIN : GK_OUTCOME_LOSS;
        ret_result->players[slot].forfeit = state->left[slot];
    }
    return 1;
}

static uint32_t check(const struct gk_host *host, const void *state)
{
    (void)host;
    return ((const struct state *)state)->counted.mischief != INPUT_BROKEN;
}

#if COUNTER_SCHEMA == 2
static uint32_t migrate(const struct gk_host *host, void *bytes, const void *old,
                        uint32_t old_bytes, uint32_t old_schema)
{
    struct state *state = bytes;
    (void)host;
    if (COUNTER_MIGRATE == MIGRATE_REFUSE ||
        old_bytes != (old_schema == 1 ? sizeof(struct counted) : sizeof(struct state)))
        return 0;
    for (volatile int forever = COUNTER_MIGRATE == MIGRATE_HANG; forever;)
        ;
    if (COUNTER_MIGRATE == MIGRATE_CRASH)
        __builtin_trap();
    state->counted =
        old_schema == 1 ? *(const struct counted *)old : ((const struct state *)old)->counted;
    if (COUNTER_MIGRATE == MIGRATE_BREAK)
        state->counted.mischief = INPUT_BROKEN;
    state->migrated_at = state->counted.ticks;
    return 1;
}
#define MIGRATE migrate
#else
#define MIGRATE NULL
#endif

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .migrate = MIGRATE, .check = check);
