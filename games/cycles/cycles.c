/*
 * cycles.c: the rules of light cycles as pure functions over struct cycles_state. Nothing is kept
 * outside the state and nothing is asked of the host. Change the layout of the state only together
 * with the manifest's state_schema.
 */
#include "cycles.h"

static void begin_round(struct cycles_state *state);
static void settle(struct cycles_state *state);
static int is_gone(const struct cycles_state *state, uint32_t slot);
static void crash(struct cycles_state *state, uint32_t slot);
static void take_inputs(struct cycles_state *state, const struct gk_inputs *inputs);
static void run_timer(struct cycles_state *state);
static void turn(struct cycles_player *player);
static void ride(struct cycles_state *state);
static void end_round_if_decided(struct cycles_state *state);

/* --- coming and going --- */

static void init(const struct gk_host *host, void *block, const struct gk_match *match)
{
    static const struct gk_presence_limits limits = {.join_ticks = CYCLES_JOIN_GRACE_TICKS,
                                                     .away_ticks = CYCLES_AWAY_GRACE_TICKS,
                                                     .away_ticks_total = CYCLES_AWAY_BUDGET_TICKS};
    struct cycles_state *state = block;
    (void)host;
    gk_random_seed(&state->random, match->seed, 0);
    gk_presence_begin(&state->presence, match->player_count, &limits);
    begin_round(state);
    state->phase = CYCLES_WAITING;
    state->timer = 0;
}

static void join(const struct gk_host *host, void *block, uint32_t slot)
{
    struct cycles_state *state = block;
    (void)host;
    if (gk_presence_join(&state->presence, slot))
        settle(state);
}

static void leave(const struct gk_host *host, void *block, uint32_t slot, uint32_t reason)
{
    struct cycles_state *state = block;
    (void)host;
    if (state->phase != CYCLES_OVER && gk_presence_leave(&state->presence, slot, reason))
        settle(state);
}

/* Brings cycles and phase in line with who is here: who has left has crashed. */
static void settle(struct cycles_state *state)
{
    if (state->phase == CYCLES_OVER)
        return;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (is_gone(state, slot))
            crash(state, slot);
    }
    if (gk_presence_count(gk_presence_staying(&state->presence)) <= 1) {
        state->phase = CYCLES_OVER;
        state->timer = 0;
        state->forfeit = 1;
    } else if (state->phase == CYCLES_WAITING && gk_presence_away(&state->presence) == 0) {
        state->phase = CYCLES_COUNTDOWN;
        state->timer = CYCLES_COUNTDOWN_TICKS;
    } else if (state->phase == CYCLES_RIDE) {
        end_round_if_decided(state);
    }
}

static int is_gone(const struct cycles_state *state, uint32_t slot)
{
    return (int)gk_presence_has(state->presence.gone, slot);
}

static void crash(struct cycles_state *state, uint32_t slot)
{
    state->players[slot].riding = 0;
}

/* --- rounds --- */

/* On an oval, at even distances, each cycle looking to the middle; who stands where is drawn. */
static void place(struct cycles_state *state, uint32_t slot, uint32_t seat)
{
    struct cycles_player *player = &state->players[slot];
    uint16_t angle = (uint16_t)(seat * 65536 / state->presence.player_count);
    int32_t across = gk_fixed_mul(gk_cos(angle), GK_FIXED(CYCLES_WIDTH * 3 / 8)) / GK_ONE;
    int32_t down = gk_fixed_mul(gk_sin(angle), GK_FIXED(CYCLES_HEIGHT * 3 / 8)) / GK_ONE;
    player->x = (uint8_t)(CYCLES_WIDTH / 2 + across);
    player->y = (uint8_t)(CYCLES_HEIGHT / 2 + down);
    player->first_x = player->x;
    player->first_y = player->y;
    if (gk_abs(across) >= gk_abs(down))
        player->heading = across < 0 ? CYCLES_RIGHT : CYCLES_LEFT;
    else
        player->heading = down < 0 ? CYCLES_DOWN : CYCLES_UP;
    for (uint32_t i = 0; i < CYCLES_TURNS_KEPT; i++)
        player->turns[i] = CYCLES_NO_TURN;
    player->steps = 0;
    player->riding = !is_gone(state, slot);
    if (player->riding)
        state->cells[player->y * CYCLES_WIDTH + player->x] = CYCLES_WALL(slot, player->heading);
}

static void begin_round(struct cycles_state *state)
{
    uint32_t turned = gk_random_below(&state->random, state->presence.player_count);
    memset(state->cells, CYCLES_FREE, sizeof state->cells);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        place(state, slot, (slot + turned) % state->presence.player_count);
    state->round++;
    state->round_winner = CYCLES_NOBODY;
    state->phase = CYCLES_COUNTDOWN;
    state->timer = CYCLES_COUNTDOWN_TICKS;
}

static int is_decided(const struct cycles_state *state)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (state->players[slot].wins >= CYCLES_ROUNDS_TO_WIN)
            return 1;
    }
    return state->round >= CYCLES_ROUNDS_MAX;
}

/* The last one riding has won the round; when the last ones crash together, nobody has. */
static void end_round_if_decided(struct cycles_state *state)
{
    uint32_t riding = 0, last = CYCLES_NOBODY;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (state->players[slot].riding) {
            riding++;
            last = slot;
        }
    }
    if (riding > 1)
        return;
    state->round_winner = (uint8_t)last;
    if (last != CYCLES_NOBODY)
        state->players[last].wins++;
    state->phase = CYCLES_ROUND_END;
    state->timer = CYCLES_ROUND_END_TICKS;
}

/* --- one step --- */

static void tick(const struct gk_host *host, void *block, const struct gk_inputs *inputs)
{
    struct cycles_state *state = block;
    (void)host;
    state->tick++;
    if (state->phase == CYCLES_OVER)
        return;
    take_inputs(state, inputs);
    gk_presence_age(&state->presence); /* who is away rides straight on */
    settle(state);
    if (state->phase == CYCLES_RIDE)
        ride(state);
    else if (state->phase == CYCLES_COUNTDOWN || state->phase == CYCLES_ROUND_END)
        run_timer(state);
}

static void run_timer(struct cycles_state *state)
{
    if (--state->timer != 0)
        return;
    if (state->phase == CYCLES_COUNTDOWN) {
        state->phase = CYCLES_RIDE;
        end_round_if_decided(state);
    } else if (is_decided(state)) {
        state->phase = CYCLES_OVER;
    } else {
        begin_round(state);
    }
}

static void take_inputs(struct cycles_state *state, const struct gk_inputs *inputs)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        struct cycles_player *player = &state->players[slot];
        if (!gk_presence_has(inputs->present & state->presence.here, slot) || !player->riding)
            continue;
        for (uint32_t i = 0; i < CYCLES_TURNS_KEPT; i++)
            player->turns[i] = inputs->bytes[slot * CYCLES_INPUT_BYTES + i];
    }
}

struct cycles_cell cycles_beside(int32_t x, int32_t y, uint32_t direction)
{
    static const int8_t steps[4][2] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}};
    return (struct cycles_cell){x + steps[direction & 3][0], y + steps[direction & 3][1]};
}

int cycles_is_free(const struct cycles_state *state, struct cycles_cell cell)
{
    return cell.x >= 0 && cell.x < CYCLES_WIDTH && cell.y >= 0 && cell.y < CYCLES_HEIGHT &&
           state->cells[cell.y * CYCLES_WIDTH + cell.x] == CYCLES_FREE;
}

/* Makes the first of the waiting turns that is one. */
static void turn(struct cycles_player *player)
{
    for (uint32_t i = 0; i < CYCLES_TURNS_KEPT; i++) {
        uint8_t wanted = player->turns[i];
        player->turns[i] = CYCLES_NO_TURN;
        if (wanted != CYCLES_NO_TURN && ((wanted ^ player->heading) & 1)) {
            player->heading = wanted;
            return;
        }
    }
}

/* All move at once: walls that stand, and cells that two want, crash whoever goes there. */
static void ride(struct cycles_state *state)
{
    struct cycles_cell next[CYCLES_PLAYERS_MAX];
    uint32_t crashing = 0;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        struct cycles_player *player = &state->players[slot];
        if (!player->riding)
            continue;
        turn(player);
        next[slot] = cycles_beside(player->x, player->y, player->heading);
        if (!cycles_is_free(state, next[slot]))
            crashing |= 1u << slot;
        for (uint32_t other = 0; other < slot; other++) {
            if (state->players[other].riding && next[other].x == next[slot].x &&
                next[other].y == next[slot].y)
                crashing |= 1u << slot | 1u << other;
        }
    }
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        struct cycles_player *player = &state->players[slot];
        if (!player->riding)
            continue;
        if (crashing >> slot & 1) {
            crash(state, slot);
            continue;
        }
        state->cells[player->y * CYCLES_WIDTH + player->x] = CYCLES_WALL(slot, player->heading);
        player->x = (uint8_t)next[slot].x;
        player->y = (uint8_t)next[slot].y;
        player->steps++;
        state->cells[player->y * CYCLES_WIDTH + player->x] = CYCLES_WALL(slot, player->heading);
    }
    end_round_if_decided(state);
}

/* --- what comes in and goes out --- */

static uint32_t input(const struct gk_host *host, const void *block, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    const struct cycles_state *state = block;
    (void)host;
    if (slot >= state->presence.player_count || count < 1 || count > CYCLES_TURNS_KEPT)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        if (bytes[i] > CYCLES_LEFT)
            return 0;
    }
    for (uint32_t i = 0; i < CYCLES_TURNS_KEPT; i++)
        ret_input[i] = i < count ? bytes[i] : CYCLES_NO_TURN;
    return 1;
}

/* Follows the wall of a player from its first cell to his cycle. */
static void write_steps(struct gk_writer *writer, const struct cycles_state *state,
                        const struct cycles_player *player)
{
    struct cycles_cell at = {player->first_x, player->first_y};
    uint8_t packed = 0;
    for (uint32_t step = 0; step < player->steps; step++) {
        uint8_t going = CYCLES_WALL_GOING(state->cells[at.y * CYCLES_WIDTH + at.x]);
        packed |= (uint8_t)(going << (step % 4 * 2));
        if (step % 4 == 3 || step + 1 == player->steps) {
            gk_write_u8(writer, packed);
            packed = 0;
        }
        at = cycles_beside(at.x, at.y, going);
    }
}

static uint32_t view(const struct gk_host *host, const void *block, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    const struct cycles_state *state = block;
    struct gk_writer writer = gk_writer_of(ret_bytes, capacity);
    uint8_t riding = 0;
    (void)host, (void)viewer;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        riding |= (uint8_t)(state->players[slot].riding << slot);
    }
    gk_write_u8(&writer, state->phase);
    gk_write_u8(&writer, (uint8_t)state->presence.here);
    gk_write_u8(&writer, (uint8_t)state->presence.gone);
    gk_write_u8(&writer, riding);
    gk_write_u16(&writer, (uint16_t)(state->phase == CYCLES_WAITING
                                         ? gk_presence_ticks_to_loss(&state->presence)
                                         : state->timer));
    gk_write_u8(&writer, state->round);
    gk_write_u8(&writer, (uint8_t)state->presence.player_count);
    gk_write_u8(&writer, state->round_winner);
    gk_write_u8(&writer, state->forfeit);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        const struct cycles_player *player = &state->players[slot];
        gk_write_u8(&writer, player->wins);
        gk_write_u8(&writer, player->first_x);
        gk_write_u8(&writer, player->first_y);
        gk_write_u8(&writer, player->heading);
        gk_write_u16(&writer, player->steps);
        write_steps(&writer, state, player);
    }
    return writer.failed ? 0 : writer.used;
}

/* Whether one stands before another at the end: who stayed, then who won more rounds. */
static int stands_before(const struct cycles_state *state, uint32_t one, uint32_t other)
{
    if (is_gone(state, one) != is_gone(state, other))
        return !is_gone(state, one);
    return state->players[one].wins > state->players[other].wins;
}

static uint32_t result(const struct gk_host *host, const void *block, struct gk_result *ret_result)
{
    const struct cycles_state *state = block;
    uint32_t first = 0;
    (void)host;
    if (state->phase != CYCLES_OVER)
        return 0;
    ret_result->player_count = state->presence.player_count;
    ret_result->reason = state->forfeit;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        uint16_t place = 1;
        for (uint32_t other = 0; other < state->presence.player_count; other++)
            place += (uint16_t)stands_before(state, other, slot);
        ret_result->players[slot].score = state->players[slot].wins;
        ret_result->players[slot].place = place;
        ret_result->players[slot].forfeit = (uint8_t)is_gone(state, slot);
        first += place == 1;
    }
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        int leads = ret_result->players[slot].place == 1;
        ret_result->players[slot].outcome = !leads       ? GK_OUTCOME_LOSS
                                            : first == 1 ? GK_OUTCOME_WIN
                                                         : GK_OUTCOME_DRAW;
    }
    return 1;
}

/* --- for those who look after it --- */

static int player_is_sound(const struct cycles_player *player)
{
    for (uint32_t i = 0; i < CYCLES_TURNS_KEPT; i++) {
        if (player->turns[i] > CYCLES_NO_TURN)
            return 0;
    }
    return player->riding <= 1 && player->x < CYCLES_WIDTH && player->y < CYCLES_HEIGHT &&
           player->first_x < CYCLES_WIDTH && player->first_y < CYCLES_HEIGHT &&
           player->heading <= CYCLES_LEFT && player->wins <= CYCLES_ROUNDS_TO_WIN &&
           player->steps < CYCLES_CELLS;
}

static uint32_t check(const struct gk_host *host, const void *block)
{
    const struct cycles_state *state = block;
    int timed = state->phase == CYCLES_COUNTDOWN || state->phase == CYCLES_ROUND_END;
    uint32_t riding = 0, steps = 0;
    (void)host;
    if (state->presence.player_count < 2 || state->presence.player_count > CYCLES_PLAYERS_MAX ||
        !gk_presence_is_sound(&state->presence))
        return 0;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (!player_is_sound(&state->players[slot]) ||
            (is_gone(state, slot) && state->players[slot].riding))
            return 0;
        riding += state->players[slot].riding;
        steps += state->players[slot].steps;
    }
    return state->phase <= CYCLES_OVER && steps < CYCLES_CELLS && state->forfeit <= 1 &&
           state->timer <= CYCLES_COUNTDOWN_TICKS && (!timed || state->timer > 0) &&
           state->round >= 1 && state->round <= CYCLES_ROUNDS_MAX &&
           (state->phase != CYCLES_RIDE || riding > 1);
}

static uint32_t explain(const struct gk_host *host, const void *block, char *ret_text,
                        uint32_t capacity)
{
    static const char phases[][10] = {"waiting", "countdown", "ride", "round-end", "over"};
    const struct cycles_state *state = block;
    struct gk_writer text = gk_writer_of((uint8_t *)ret_text, capacity);
    (void)host;
    gk_write_text(&text, "tick=");
    gk_write_number(&text, state->tick);
    gk_write_text(&text, " phase=");
    gk_write_text(&text, state->phase <= CYCLES_OVER ? phases[state->phase] : "?");
    gk_write_text(&text, " timer=");
    gk_write_number(&text, state->timer);
    gk_write_text(&text, " round=");
    gk_write_number(&text, state->round);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        const struct cycles_player *player = &state->players[slot];
        gk_write_text(&text, " p");
        gk_write_number(&text, slot);
        gk_write_text(&text, "=");
        gk_write_text(&text, gk_presence_word(&state->presence, slot));
        gk_write_text(&text, ":");
        gk_write_number(&text, player->wins);
        gk_write_text(&text, player->riding ? "@" : "!");
        gk_write_number(&text, player->x);
        gk_write_text(&text, ",");
        gk_write_number(&text, player->y);
    }
    return text.used;
}

GK_MANIFEST(.tick_hz = CYCLES_TICK_HZ, .state_schema = 1, .state_schema_oldest = 1,
            .state_bytes = sizeof(struct cycles_state), .input_bytes = CYCLES_INPUT_BYTES,
            .view_bytes_max = CYCLES_VIEW_BYTES_MAX, .players_min = 2,
            .players_max = CYCLES_PLAYERS_MAX, .mode_count = 2, .id = "cycles",
            .title = "Light Cycles", .version = "1.0.0",
            .modes = {{.id = "duel", .players_min = 2, .players_max = 2, .teams = 2},
                      {.id = "ffa", .players_min = 2, .players_max = 8, .teams = 8}});

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .check = check, .explain = explain, .bot = cycles_bot);
