/*
 * template.c: the rules. Players walk about and collect coins until the time is over; who comes
 * late joins in. Every function here is pure: it knows its arguments and changes the state, and
 * that is all there is. The contract is explained in <gamekit/game.h>.
 */
#include "template.h"

#include <gamekit/bytes.h>
#include <gamekit/maths.h>

static void place(struct gk_random *random, int16_t *ret_x, int16_t *ret_y);
static void take_inputs(struct state *state, const struct gk_inputs *inputs);
static void move_player(struct state *state, struct player *player);
static int is_over(const struct state *state);
static uint16_t place_of(const struct state *state, uint32_t slot);

/* --- the beginning, and who is here --- */

static void init(const struct gk_host *host, void *block, const struct gk_match *match)
{
    struct state *state = block;
    const struct gk_presence_limits limits = {.join_ticks = AWAY_TICKS,
                                              .away_ticks = AWAY_TICKS,
                                              .away_ticks_total = 3 * AWAY_TICKS,
                                              .open_seats = 1};
    gk_presence_begin(&state->presence, match->player_count, &limits);
    gk_random_seed(&state->random, match->seed, 0);
    state->ticks_left = (uint32_t)match->options[OPTION_SECONDS] * TICK_HZ;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        place(&state->random, &state->players[slot].x, &state->players[slot].y);
    for (uint32_t i = 0; i < COINS; i++)
        place(&state->random, &state->coins[i].x, &state->coins[i].y);
}

static void place(struct gk_random *random, int16_t *ret_x, int16_t *ret_y)
{
    *ret_x = (int16_t)gk_random_between(random, MARGIN, WIDTH - MARGIN);
    *ret_y = (int16_t)gk_random_between(random, MARGIN, HEIGHT - MARGIN);
}

/* At the start, late, or back after a lost connection: it is all the same here. */
static void join(const struct gk_host *host, void *block, uint32_t slot)
{
    struct state *state = block;
    gk_presence_join(&state->presence, slot);
}

static void leave(const struct gk_host *host, void *block, uint32_t slot, uint32_t reason)
{
    struct state *state = block;
    if (gk_presence_leave(&state->presence, slot, reason))
        state->players[slot].dx = state->players[slot].dy = 0;
}

/* --- one step --- */

/* The bytes come from a browser that anybody may have changed: nothing of them is trusted. */
static uint32_t input(const struct gk_host *host, const void *block, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    struct gk_reader reader = gk_reader_of(bytes, count);
    int8_t dx = gk_read_i8(&reader), dy = gk_read_i8(&reader);
    if (!gk_reader_done(&reader) || dx < -1 || dx > 1 || dy < -1 || dy > 1)
        return 0;
    ret_input[0] = (uint8_t)dx;
    ret_input[1] = (uint8_t)dy;
    return 1;
}

static void tick(const struct gk_host *host, void *block, const struct gk_inputs *inputs)
{
    struct state *state = block;
    if (is_over(state))
        return;
    state->ticks_left--;
    gk_presence_age(&state->presence);
    take_inputs(state, inputs);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        if (gk_presence_has(state->presence.here, slot))
            move_player(state, &state->players[slot]);
}

static void take_inputs(struct state *state, const struct gk_inputs *inputs)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (!gk_presence_has(inputs->present, slot))
            continue;
        state->players[slot].dx = (int8_t)inputs->bytes[slot * INPUT_BYTES];
        state->players[slot].dy = (int8_t)inputs->bytes[slot * INPUT_BYTES + 1];
    }
}

static void move_player(struct state *state, struct player *player)
{
    player->x = (int16_t)gk_clamp(player->x + player->dx * SPEED, MARGIN, WIDTH - MARGIN);
    player->y = (int16_t)gk_clamp(player->y + player->dy * SPEED, MARGIN, HEIGHT - MARGIN);
    for (uint32_t i = 0; i < COINS; i++) {
        struct coin *coin = &state->coins[i];
        if (gk_abs(coin->x - player->x) > REACH || gk_abs(coin->y - player->y) > REACH)
            continue;
        player->score++;
        place(&state->random, &coin->x, &coin->y);
    }
}

/* The time is up, or nobody is left and nobody will come back. */
static int is_over(const struct state *state)
{
    return state->ticks_left == 0 || gk_presence_staying(&state->presence) == 0;
}

/* --- what people see --- */

/* No secrets here: whoever looks sees the same. */
static uint32_t view(const struct gk_host *host, const void *block, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    const struct state *state = block;
    struct gk_writer writer = gk_writer_of(ret_bytes, capacity);
    gk_write_u16(&writer, (uint16_t)state->ticks_left);
    gk_write_u8(&writer, (uint8_t)state->presence.player_count);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        const struct player *player = &state->players[slot];
        gk_write_u8(&writer, (uint8_t)gk_presence_has(state->presence.here, slot));
        gk_write_u16(&writer, (uint16_t)player->x);
        gk_write_u16(&writer, (uint16_t)player->y);
        gk_write_u16(&writer, player->score);
    }
    for (uint32_t i = 0; i < COINS; i++) {
        gk_write_u16(&writer, (uint16_t)state->coins[i].x);
        gk_write_u16(&writer, (uint16_t)state->coins[i].y);
    }
    return gk_writer_done(&writer);
}

/* The most coins win. A seat that nobody took has no outcome; who has left has lost. */
static uint32_t result(const struct gk_host *host, const void *block, struct gk_result *ret_result)
{
    const struct state *state = block;
    const struct gk_presence *presence = &state->presence;
    uint32_t winners = 0;
    if (!is_over(state))
        return 0;
    ret_result->player_count = presence->player_count;
    ret_result->reason = state->ticks_left != 0; /* a forfeit: everybody has left */
    for (uint32_t slot = 0; slot < presence->player_count; slot++)
        winners += gk_presence_has(presence->joined, slot) && place_of(state, slot) == 1;
    for (uint32_t slot = 0; slot < presence->player_count; slot++) {
        uint32_t has_left = gk_presence_has(presence->gone, slot);
        ret_result->players[slot].score = state->players[slot].score;
        ret_result->players[slot].place = place_of(state, slot);
        ret_result->players[slot].forfeit = (uint8_t)has_left;
        if (!gk_presence_has(presence->joined, slot))
            ret_result->players[slot].outcome = GK_OUTCOME_NONE;
        else if (has_left || place_of(state, slot) != 1)
            ret_result->players[slot].outcome = GK_OUTCOME_LOSS;
        else
            ret_result->players[slot].outcome = winners == 1 ? GK_OUTCOME_WIN : GK_OUTCOME_DRAW;
    }
    return 1;
}

/* 1 is best; who has left comes behind all who stayed. */
static uint16_t place_of(const struct state *state, uint32_t slot)
{
    uint64_t stayed = state->presence.joined & ~state->presence.gone;
    uint16_t place = 1;
    for (uint32_t other = 0; other < state->presence.player_count; other++)
        place += gk_presence_has(stayed, other) &&
                 (!gk_presence_has(stayed, slot) ||
                  state->players[other].score > state->players[slot].score);
    return place;
}

/* --- for the host, and for you --- */

/* What must always be true. The host asks after every step. */
static uint32_t check(const struct gk_host *host, const void *block)
{
    const struct state *state = block;
    if (!gk_presence_is_sound(&state->presence) || state->presence.player_count > PLAYERS_MAX)
        return 0;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        const struct player *player = &state->players[slot];
        if (player->x < MARGIN || player->x > WIDTH - MARGIN || player->y < MARGIN ||
            player->y > HEIGHT - MARGIN)
            return 0;
    }
    return 1;
}

static uint32_t explain(const struct gk_host *host, const void *block, char *ret_text,
                        uint32_t capacity)
{
    const struct state *state = block;
    struct gk_writer writer = gk_writer_of((uint8_t *)ret_text, capacity);
    gk_write_text(&writer, "ticks left ");
    gk_write_number(&writer, state->ticks_left);
    for (uint32_t slot = 0; slot < state->presence.player_count && slot < PLAYERS_MAX; slot++) {
        const struct player *player = &state->players[slot];
        gk_write_text(&writer, "\nplayer ");
        gk_write_number(&writer, slot);
        gk_write_text(&writer, " is ");
        gk_write_text(&writer, gk_presence_word(&state->presence, slot));
        gk_write_text(&writer, " at ");
        gk_write_number(&writer, player->x);
        gk_write_text(&writer, ",");
        gk_write_number(&writer, player->y);
        gk_write_text(&writer, " with ");
        gk_write_number(&writer, player->score);
    }
    gk_write_text(&writer, "\n");
    return writer.used;
}

GK_MANIFEST(.tick_hz = TICK_HZ, .flags = GK_FLAG_OPEN_SEATS, .state_schema = 1,
            .state_schema_oldest = 1, .state_bytes = sizeof(struct state),
            .input_bytes = INPUT_BYTES, .view_bytes_max = VIEW_BYTES_MAX, .players_min = 1,
            .players_max = PLAYERS_MAX, .mode_count = 1, .option_count = OPTION_COUNT,
            .id = "template", .title = "Template", .version = "0.1.0",
            .modes = {
                {.id = "all", .players_min = 1, .players_max = PLAYERS_MAX, .teams = PLAYERS_MAX}});

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .check = check, .explain = explain, .bot = bot);
