// A game in C++17: the same header, the same rules. Freestanding C++ has no library either; what a
// game can use is the language: types with functions, templates, constexpr, references.
#include <gamekit/bytes.h>
#include <gamekit/floats.h>
#include <gamekit/game.h>
#include <gamekit/maths.h>
#include <gamekit/memory.h>
#include <gamekit/presence.h>
#include <gamekit/random.h>

namespace
{

constexpr uint32_t players = 2;
constexpr uint32_t ticks_to_win = 5000;

struct Walker {
    float x, y;
    uint16_t heading;
    uint16_t goal;
    uint32_t steps;

    void step()
    {
        heading = gk_angle_towards(heading, goal, 300);
        x = gk_wrapf(x + gk_cosf(float(heading) * (GK_TURN / 65536.0f)), 100.0f);
        y = gk_wrapf(y + gk_sinf(float(heading) * (GK_TURN / 65536.0f)), 100.0f);
        steps++;
    }
};

struct State {
    gk_random random;
    Walker walkers[players];
};

template <typename Function> void each(State &state, Function function)
{
    for (uint32_t slot = 0; slot < players; slot++)
        function(state.walkers[slot], slot);
}

void init(const gk_host *, void *block, const gk_match *match)
{
    State &state = *static_cast<State *>(block);
    gk_random_seed(&state.random, match->seed, 0);
    each(state, [&](Walker &walker, uint32_t) {
        walker.x = float(gk_random_below(&state.random, 100));
        walker.y = float(gk_random_below(&state.random, 100));
    });
}

void join(const gk_host *, void *, uint32_t)
{
}

void leave(const gk_host *, void *, uint32_t, uint32_t)
{
}

uint32_t input(const gk_host *, const void *, uint32_t slot, const uint8_t *bytes, uint32_t count,
               uint8_t *ret_input)
{
    gk_reader reader = gk_reader_of(bytes, count);
    uint16_t goal = gk_read_u16(&reader);
    if (slot >= players || !gk_reader_done(&reader))
        return 0;
    memcpy(ret_input, &goal, sizeof goal);
    return 1;
}

void tick(const gk_host *, void *block, const gk_inputs *inputs)
{
    each(*static_cast<State *>(block), [&](Walker &walker, uint32_t slot) {
        if (inputs->present >> slot & 1)
            memcpy(&walker.goal, inputs->bytes + slot * sizeof walker.goal, sizeof walker.goal);
        walker.step();
    });
}

uint32_t view(const gk_host *, const void *block, uint32_t, uint8_t *ret_bytes, uint32_t capacity)
{
    const State &state = *static_cast<const State *>(block);
    gk_writer writer = gk_writer_of(ret_bytes, capacity);
    for (const Walker &walker : state.walkers) {
        gk_write_f32(&writer, walker.x);
        gk_write_f32(&writer, walker.y);
    }
    return gk_writer_done(&writer);
}

uint32_t result(const gk_host *, const void *block, gk_result *ret_result)
{
    const State &state = *static_cast<const State *>(block);
    ret_result->player_count = players;
    for (uint32_t slot = 0; slot < players; slot++)
        ret_result->players[slot] = {gk_float_to_int(state.walkers[slot].x), 1, GK_OUTCOME_DRAW, 0};
    return state.walkers[0].steps >= ticks_to_win;
}

uint32_t bot(const gk_host *, const void *block, uint32_t slot, uint32_t, uint8_t *ret_input)
{
    const Walker &walker = static_cast<const State *>(block)->walkers[slot];
    uint16_t home =
        gk_atan2(gk_float_to_fixed(50.0f - walker.y), gk_float_to_fixed(50.0f - walker.x));
    memcpy(ret_input, &home, sizeof home);
    return 1;
}

} // namespace

GK_MANIFEST(.abi_minor_required = 0, .tick_hz = 60, .state_schema = 1, .state_schema_oldest = 1,
            .state_bytes = sizeof(State), .input_bytes = 2, .view_bytes_max = 16,
            .players_min = players, .players_max = players, .mode_count = 1, .id = "plus",
            .title = "Plus", .version = "1.0.0",
            .modes = {{.id = "1v1", .players_min = players, .players_max = players, .teams = 2}});

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .bot = bot);
