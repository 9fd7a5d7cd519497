/*
 * cycles.c: the rules of light cycles as pure functions over struct cycles_state. Nothing is kept
 * outside the state and nothing is asked of the host. Change the layout of the state only together
 * with the manifest's state_schema.
 */
#include "cycles.h"

static void lay_arena(struct cycles_state *state);
static void settle(struct cycles_state *state);
static int is_gone(const struct cycles_state *state, uint32_t slot);
static uint64_t riders(const struct cycles_state *state);
static uint32_t teams_with(const struct cycles_state *state, uint64_t seats);
static void crash(struct cycles_state *state, uint32_t slot);
static void take_inputs(struct cycles_state *state, const struct gk_inputs *inputs);
static void run_timer(struct cycles_state *state);
static void ride_on(struct cycles_state *state);
static void shrink(struct cycles_state *state);
static void turn(struct cycles_player *player);
static void ride(struct cycles_state *state);
static int is_inside(const struct cycles_state *state, struct cycles_cell cell);
static void end_round_if_decided(struct cycles_state *state);

/* --- coming and going --- */

static void init(const struct gk_host *host, void *block, const struct gk_match *match)
{
    struct cycles_state *state = block;
    int is_open = match->mode == CYCLES_FFA; /* who comes late rides from the next round on */
    struct gk_presence_limits limits = {.join_ticks = is_open ? CYCLES_OPEN_GRACE_TICKS
                                                              : CYCLES_JOIN_GRACE_TICKS,
                                        .away_ticks = CYCLES_AWAY_GRACE_TICKS,
                                        .away_ticks_total = CYCLES_AWAY_BUDGET_TICKS,
                                        .open_seats = (uint16_t)is_open};
    const int32_t *options = match->options;
    (void)host;
    gk_random_seed(&state->random, match->seed, 0);
    gk_presence_begin(&state->presence, match->player_count, &limits);
    state->team_count = match->mode == CYCLES_PAIRS ? 2 : (uint8_t)match->player_count;
    state->rounds_to_win = (uint8_t)options[CYCLES_OPTION_ROUNDS];
    state->speed = (uint8_t)options[CYCLES_OPTION_SPEED];
    state->shrinks = (uint8_t)options[CYCLES_OPTION_SHRINKING];
    state->round = 1;
    lay_arena(state);
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
    if (teams_with(state, gk_presence_staying(&state->presence)) <= 1) {
        state->phase = CYCLES_OVER;
        state->timer = 0;
        state->forfeit = 1;
    } else if (state->phase == CYCLES_WAITING && gk_presence_away(&state->presence) == 0) {
        lay_arena(state);
    } else if (state->phase == CYCLES_RIDE) {
        end_round_if_decided(state);
    }
}

static int is_gone(const struct cycles_state *state, uint32_t slot)
{
    return (int)gk_presence_has(state->presence.gone, slot);
}

uint32_t cycles_team(const struct cycles_state *state, uint32_t slot)
{
    return slot % state->team_count;
}

/* The seats of those who ride. */
static uint64_t riders(const struct cycles_state *state)
{
    uint64_t seats = 0;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        seats |= state->players[slot].riding ? gk_presence_seat(slot) : 0;
    return seats;
}

/* Of how many teams there is somebody among the seats. */
static uint32_t teams_with(const struct cycles_state *state, uint64_t seats)
{
    uint64_t teams = 0;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (gk_presence_has(seats, slot))
            teams |= gk_presence_seat(cycles_team(state, slot));
    }
    return gk_presence_count(teams);
}

static void crash(struct cycles_state *state, uint32_t slot)
{
    state->players[slot].riding = 0;
}

/* --- rounds --- */

/* On an oval, place `index` of `count` at even distances, looking to the middle. */
static void place(struct cycles_state *state, uint32_t slot, uint32_t index, uint32_t count)
{
    struct cycles_player *player = &state->players[slot];
    uint16_t angle = (uint16_t)(index * 65536 / count);
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
    player->riding = 1;
    state->cells[player->y * CYCLES_WIDTH + player->x] = CYCLES_WALL(slot, player->heading);
}

/* An empty arena with the cycles of all who play at their places; who stands where is drawn. Mates
 * are not neighbours. */
static void lay_arena(struct cycles_state *state)
{
    uint64_t staying = gk_presence_staying(&state->presence);
    uint32_t count = gk_presence_count(staying);
    uint32_t index = gk_random_below(&state->random, count);
    memset(state->cells, CYCLES_FREE, sizeof state->cells);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        state->players[slot].riding = 0;
        state->players[slot].steps = 0;
        if (gk_presence_has(staying, slot))
            place(state, slot, index++ % count, count);
    }
    state->inset = 0;
    state->parts = 0;
    state->ride_ticks = 0;
    state->round_winner = CYCLES_NOBODY;
    state->phase = CYCLES_COUNTDOWN;
    state->timer = CYCLES_COUNTDOWN_TICKS;
}

static int is_decided(const struct cycles_state *state)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (state->players[slot].wins >= state->rounds_to_win)
            return 1;
    }
    return state->round >= state->rounds_to_win * CYCLES_ROUNDS_PER_WIN;
}

/* The last team riding has won the round; when the last ones crash together, nobody has. */
static void end_round_if_decided(struct cycles_state *state)
{
    uint64_t riding = riders(state);
    if (teams_with(state, riding) > 1)
        return;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (gk_presence_has(riding, slot))
            state->round_winner = (uint8_t)cycles_team(state, slot);
    }
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        state->players[slot].wins += cycles_team(state, slot) == state->round_winner;
    state->phase = CYCLES_ROUND_END;
    state->timer = CYCLES_ROUND_END_TICKS;
}

uint32_t cycles_parts_a_tick(const struct cycles_state *state)
{
    static const uint8_t parts[] = {3, 4, 6};
    return parts[state->speed];
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
        ride_on(state);
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
        state->round++;
        lay_arena(state);
    }
}

static void ride_on(struct cycles_state *state)
{
    state->ride_ticks += state->ride_ticks < UINT16_MAX;
    state->parts += (uint8_t)cycles_parts_a_tick(state);
    for (; state->parts >= CYCLES_PARTS; state->parts -= CYCLES_PARTS) {
        if (state->phase == CYCLES_RIDE)
            ride(state);
    }
    if (state->shrinks && state->phase == CYCLES_RIDE)
        shrink(state);
}

/* The border comes in by a cell on each side, over whoever is there. */
static void shrink(struct cycles_state *state)
{
    if (state->ride_ticks < CYCLES_SHRINK_WAIT_TICKS || state->inset == CYCLES_INSET_MAX ||
        state->ride_ticks % CYCLES_SHRINK_EACH_TICKS != 0)
        return;
    state->inset++;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        const struct cycles_player *player = &state->players[slot];
        if (player->riding && !is_inside(state, (struct cycles_cell){player->x, player->y}))
            crash(state, slot);
    }
    end_round_if_decided(state);
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

static int is_inside(const struct cycles_state *state, struct cycles_cell cell)
{
    return cell.x >= state->inset && cell.x < CYCLES_WIDTH - state->inset &&
           cell.y >= state->inset && cell.y < CYCLES_HEIGHT - state->inset;
}

int cycles_is_free(const struct cycles_state *state, struct cycles_cell cell)
{
    return is_inside(state, cell) && state->cells[cell.y * CYCLES_WIDTH + cell.x] == CYCLES_FREE;
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
    (void)host, (void)viewer;
    gk_write_u8(&writer, state->phase);
    gk_write_u8(&writer, (uint8_t)state->presence.here);
    gk_write_u8(&writer, (uint8_t)state->presence.gone);
    gk_write_u8(&writer, (uint8_t)riders(state));
    gk_write_u16(&writer, (uint16_t)(state->phase == CYCLES_WAITING
                                         ? gk_presence_ticks_to_loss(&state->presence)
                                         : state->timer));
    gk_write_u8(&writer, state->round);
    gk_write_u8(&writer, (uint8_t)state->presence.player_count);
    gk_write_u8(&writer, state->team_count);
    gk_write_u8(&writer, state->round_winner);
    gk_write_u8(&writer, state->forfeit);
    gk_write_u8(&writer, state->rounds_to_win);
    gk_write_u8(&writer, state->inset);
    gk_write_u8(&writer, state->speed);
    gk_write_u8(&writer, state->parts);
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

/* Whether a player is still in the match: who never came is not. */
static int has_stayed(const struct cycles_state *state, uint32_t slot)
{
    return (int)gk_presence_has(state->presence.joined & ~state->presence.gone, slot);
}

static int team_has_stayed(const struct cycles_state *state, uint32_t team)
{
    for (uint32_t slot = team; slot < state->presence.player_count; slot += state->team_count) {
        if (has_stayed(state, slot))
            return 1;
    }
    return 0;
}

/* Whether one team stands before another at the end: who stayed, then who won more rounds. */
static int stands_before(const struct cycles_state *state, uint32_t one, uint32_t other)
{
    int one_stayed = team_has_stayed(state, one), other_stayed = team_has_stayed(state, other);
    if (one_stayed != other_stayed)
        return one_stayed;
    return state->players[one].wins > state->players[other].wins;
}

/* Mates share their place; but who walked out has lost, even when his mate won without him. */
static uint16_t place_of(const struct cycles_state *state, uint32_t slot)
{
    uint32_t team = cycles_team(state, slot);
    uint16_t place = 1;
    if (!has_stayed(state, slot) && team_has_stayed(state, team))
        return state->team_count;
    for (uint32_t other = 0; other < state->team_count; other++)
        place += (uint16_t)stands_before(state, other, team);
    return place;
}

static uint32_t result(const struct gk_host *host, const void *block, struct gk_result *ret_result)
{
    const struct cycles_state *state = block;
    uint64_t leading = 0;
    (void)host;
    if (state->phase != CYCLES_OVER)
        return 0;
    ret_result->player_count = state->presence.player_count;
    ret_result->reason = state->forfeit;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        ret_result->players[slot].score = state->players[slot].wins;
        ret_result->players[slot].place = place_of(state, slot);
        ret_result->players[slot].forfeit = !has_stayed(state, slot);
        if (ret_result->players[slot].place == 1)
            leading |= gk_presence_seat(slot);
    }
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        ret_result->players[slot].outcome = !gk_presence_has(leading, slot)   ? GK_OUTCOME_LOSS
                                            : teams_with(state, leading) == 1 ? GK_OUTCOME_WIN
                                                                              : GK_OUTCOME_DRAW;
    }
    return 1;
}

/* --- for those who look after it --- */

static int player_is_sound(const struct cycles_state *state, uint32_t slot)
{
    const struct cycles_player *player = &state->players[slot];
    for (uint32_t i = 0; i < CYCLES_TURNS_KEPT; i++) {
        if (player->turns[i] > CYCLES_NO_TURN)
            return 0;
    }
    return player->riding <= 1 && player->x < CYCLES_WIDTH && player->y < CYCLES_HEIGHT &&
           player->first_x < CYCLES_WIDTH && player->first_y < CYCLES_HEIGHT &&
           player->heading <= CYCLES_LEFT && player->wins <= state->rounds_to_win &&
           player->wins == state->players[cycles_team(state, slot)].wins &&
           player->steps < CYCLES_CELLS && !(is_gone(state, slot) && player->riding) &&
           (!player->riding || is_inside(state, (struct cycles_cell){player->x, player->y}));
}

static int options_are_sound(const struct cycles_state *state)
{
    return state->rounds_to_win >= 1 && state->rounds_to_win <= CYCLES_ROUNDS_TO_WIN_MAX &&
           state->speed <= CYCLES_FAST && state->shrinks <= 1 &&
           state->inset <= (state->shrinks ? CYCLES_INSET_MAX : 0) && state->parts < CYCLES_PARTS;
}

static uint32_t check(const struct gk_host *host, const void *block)
{
    const struct cycles_state *state = block;
    uint32_t count = state->presence.player_count, steps = 0;
    int timed = state->phase == CYCLES_COUNTDOWN || state->phase == CYCLES_ROUND_END;
    (void)host;
    if (count < 2 || count > CYCLES_PLAYERS_MAX || state->team_count < 2 ||
        state->team_count > count || !gk_presence_is_sound(&state->presence) ||
        !options_are_sound(state))
        return 0;
    for (uint32_t slot = 0; slot < count; slot++) {
        if (!player_is_sound(state, slot))
            return 0;
        steps += state->players[slot].steps;
    }
    return state->phase <= CYCLES_OVER && steps < CYCLES_CELLS && state->forfeit <= 1 &&
           state->timer <= CYCLES_COUNTDOWN_TICKS && (!timed || state->timer > 0) &&
           state->round >= 1 && state->round <= state->rounds_to_win * CYCLES_ROUNDS_PER_WIN &&
           (state->phase != CYCLES_RIDE || teams_with(state, riders(state)) > 1);
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
    gk_write_text(&text, " to-win=");
    gk_write_number(&text, state->rounds_to_win);
    gk_write_text(&text, " teams=");
    gk_write_number(&text, state->team_count);
    gk_write_text(&text, " inset=");
    gk_write_number(&text, state->inset);
    for (uint32_t slot = 0; slot < CYCLES_PLAYERS_MAX && slot < state->presence.player_count;
         slot++) {
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

GK_MANIFEST(.tick_hz = CYCLES_TICK_HZ, .flags = GK_FLAG_OPEN_SEATS, .state_schema = 1,
            .state_schema_oldest = 1, .state_bytes = sizeof(struct cycles_state),
            .input_bytes = CYCLES_INPUT_BYTES, .view_bytes_max = CYCLES_VIEW_BYTES_MAX,
            .players_min = 2, .players_max = CYCLES_PLAYERS_MAX, .mode_count = 3, .option_count = 3,
            .id = "cycles", .title = "Light Cycles", .version = "1.0.0",
            .modes = {{.id = "duel", .players_min = 2, .players_max = 2, .teams = 2},
                      {.id = "ffa", .players_min = 2, .players_max = 8, .teams = 8},
                      {.id = "2v2", .players_min = 4, .players_max = 4, .teams = 2}});

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .check = check, .explain = explain, .bot = cycles_bot);
