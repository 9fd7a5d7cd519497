/*
 * A test game that shows what it was told: its options, who joined and left, and what everybody has
 * done. One to four play, a byte adds to its player's count, and who reaches the goal wins. Built
 * with a clock (crowd), with seats that may stay open (lounge), and in turns that run out
 * (patience: three turns without a move end it).
 */
#include <gamekit/game.h>

#define PLAYERS 4

struct state {
    uint32_t ticks;
    uint32_t moves; /* of anybody */
    int32_t options[3];
    uint32_t lapses; /* steps in which nobody was present */
    uint16_t counts[PLAYERS];
    uint8_t joins[PLAYERS], leaves[PLAYERS], left[PLAYERS];
    uint32_t players, last; /* slot that moved last */
};

struct view {
    struct state state;
    uint32_t viewer, reserved;
};
GK_STATIC_ASSERT(sizeof(struct view) == 60, "tests read it");

GK_MANIFEST(.abi_minor_required = 0, .flags = CROWD_FLAGS, .tick_hz = CROWD_HZ, .state_schema = 1,
            .state_schema_oldest = 1, .state_bytes = sizeof(struct state), .input_bytes = 1,
            .view_bytes_max = sizeof(struct view), .players_min = 1, .players_max = PLAYERS,
            .mode_count = 3, .option_count = 3, .id = CROWD_ID, .title = "Crowd",
            .version = "1.0.0", .turn_seconds = CROWD_TURN_SECONDS,
            .modes = {{.id = "all", .players_min = 2, .players_max = 4, .teams = 4},
                      {.id = "teams", .players_min = 2, .players_max = 4, .teams = 2},
                      {.id = "two", .players_min = 2, .players_max = 2, .teams = 2}});

static void init(const struct gk_host *host, void *bytes, const struct gk_match *match)
{
    struct state *state = bytes;
    (void)host;
    state->players = match->player_count;
    state->last = GK_PLAYERS_MAX;
    for (int i = 0; i < 3; i++)
        state->options[i] = match->options[i];
}

static void join(const struct gk_host *host, void *state, uint32_t slot)
{
    (void)host;
    ((struct state *)state)->joins[slot]++;
}

static void leave(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason)
{
    (void)host;
    ((struct state *)state)->leaves[slot]++;
    ((struct state *)state)->left[slot] |= reason == GK_LEAVE_LEFT;
}

static uint32_t input(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    (void)host;
    (void)state;
    (void)slot;
    if (count != 1)
        return 0;
    ret_input[0] = bytes[0];
    return 1;
}

static void tick(const struct gk_host *host, void *bytes, const struct gk_inputs *inputs)
{
    struct state *state = bytes;
    (void)host;
    state->ticks++;
    state->lapses += inputs->present == 0;
    for (uint32_t slot = 0; slot < state->players; slot++) {
        if (!(inputs->present >> slot & 1))
            continue;
        state->counts[slot] = (uint16_t)(state->counts[slot] + inputs->bytes[slot]);
        state->moves++;
        state->last = slot;
    }
}

static uint32_t view(const struct gk_host *host, const void *state, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    (void)host;
    (void)capacity;
    *(struct view *)ret_bytes =
        (struct view){.state = *(const struct state *)state, .viewer = viewer};
    return sizeof(struct view);
}

static uint32_t is_over(const struct state *state)
{
    uint32_t left = 0;
    for (uint32_t slot = 0; slot < state->players; slot++) {
        left += state->left[slot];
        if (state->counts[slot] >= state->options[0])
            return 1;
    }
    return left == state->players || (CROWD_TURN_SECONDS != 0 && state->lapses >= 3);
}

/* The highest count wins; whoever left has forfeited. */
static uint32_t result(const struct gk_host *host, const void *bytes, struct gk_result *ret_result)
{
    const struct state *state = bytes;
    uint32_t best = 0;
    (void)host;
    if (!is_over(state))
        return 0;
    for (uint32_t slot = 0; slot < state->players; slot++)
        if (state->counts[slot] > state->counts[best])
            best = slot;
    ret_result->player_count = state->players;
    for (uint32_t slot = 0; slot < state->players; slot++) {
        ret_result->players[slot].score = state->counts[slot];
        ret_result->players[slot].place = slot == best ? 1 : 2;
        ret_result->players[slot].outcome = slot == best ? GK_OUTCOME_WIN : GK_OUTCOME_LOSS;
        ret_result->players[slot].forfeit = state->left[slot];
    }
    return 1;
}

#if CROWD_HAS_BOT
/* With a clock a point a second or so; in turns whenever somebody else was the last to move. */
static uint32_t move(const struct gk_host *host, const void *bytes, uint32_t slot,
                     uint32_t difficulty, uint8_t *ret_input)
{
    const struct state *state = bytes;
    (void)host;
    ret_input[0] = (uint8_t)difficulty;
    return CROWD_HZ ? state->ticks % 64 == 63 : state->last != slot;
}
#else
#define move 0
#endif

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .bot = move);
