/*
 * battleships.c: the rules of battleships as pure functions over struct battleships_state. Nothing
 * is kept outside the state and nothing is asked of the host. Who is away is waited for like who
 * thinks: until his time is up. It must never show a ship to anybody but its owner before it is
 * sunk or all is over.
 */
#include "battleships.h"

static void place(struct battleships_state *state, uint32_t slot, const uint8_t *ships);
static void shoot(struct battleships_state *state, uint32_t slot, uint8_t cell);
static void end_turn(struct battleships_state *state);
static void miss_turn(struct battleships_state *state, uint32_t slot);
static void finish(struct battleships_state *state, uint8_t winner, uint8_t forfeit);
static void forfeit(struct battleships_state *state, uint32_t slot);
static int may_place(const struct battleships_state *state, uint32_t slot, const uint8_t *ships);
static int may_shoot(const struct battleships_state *state, uint32_t slot, uint8_t cell);
static uint32_t ship_at(const struct battleships_player *player, uint32_t cell);
static uint32_t sunk_count(const struct battleships_player *player);

/* --- coming and going --- */

static void init(const struct gk_host *host, void *block, const struct gk_match *match)
{
    static const struct gk_presence_limits limits = {0}; /* there is no clock */
    struct battleships_state *state = block;
    (void)host;
    gk_random_seed(&state->random, match->seed, 0);
    gk_presence_begin(&state->presence, match->player_count, &limits);
    state->again = (uint8_t)match->options[BATTLESHIPS_OPTION_AGAIN];
    state->touching = (uint8_t)match->options[BATTLESHIPS_OPTION_TOUCHING];
    state->turn = (uint8_t)gk_random_below(&state->random, BATTLESHIPS_PLAYERS);
    state->winner = BATTLESHIPS_NOBODY;
    state->last_shooter = BATTLESHIPS_NOBODY;
    for (uint32_t slot = 0; slot < BATTLESHIPS_PLAYERS; slot++)
        memset(state->players[slot].ships, BATTLESHIPS_NOWHERE, BATTLESHIPS_SHIPS);
}

static void join(const struct gk_host *host, void *block, uint32_t slot)
{
    struct battleships_state *state = block;
    (void)host;
    gk_presence_join(&state->presence, slot);
}

static void leave(const struct gk_host *host, void *block, uint32_t slot, uint32_t reason)
{
    struct battleships_state *state = block;
    (void)host;
    if (state->phase == BATTLESHIPS_OVER || !gk_presence_leave(&state->presence, slot, reason))
        return;
    if (reason == GK_LEAVE_LEFT)
        forfeit(state, slot);
}

static void finish(struct battleships_state *state, uint8_t winner, uint8_t forfeit)
{
    state->phase = BATTLESHIPS_OVER;
    state->winner = winner;
    state->forfeit = forfeit;
}

/* The other one has won; but nobody wins who has never been here. */
static void forfeit(struct battleships_state *state, uint32_t slot)
{
    int other_came = (int)gk_presence_has(state->presence.joined, 1 - slot);
    finish(state, other_came ? (uint8_t)(1 - slot) : BATTLESHIPS_NOBODY, 1);
}

/* --- one step --- */

static void tick(const struct gk_host *host, void *block, const struct gk_inputs *inputs)
{
    struct battleships_state *state = block;
    (void)host;
    state->tick++;
    if (inputs->present == 0)
        end_turn(state);
    for (uint32_t slot = 0; slot < BATTLESHIPS_PLAYERS; slot++) {
        const uint8_t *input = inputs->bytes + slot * BATTLESHIPS_INPUT_BYTES;
        if (!(inputs->present >> slot & 1))
            continue;
        if (input[0] == BATTLESHIPS_PLACE && may_place(state, slot, input + 1))
            place(state, slot, input + 1);
        else if (input[0] == BATTLESHIPS_SHOOT && may_shoot(state, slot, input[1]))
            shoot(state, slot, input[1]);
    }
}

static int may_place(const struct battleships_state *state, uint32_t slot, const uint8_t *ships)
{
    return state->phase == BATTLESHIPS_PLACING && !state->players[slot].placed &&
           battleships_fleet_is_fine(ships, state->touching);
}

static void place(struct battleships_state *state, uint32_t slot, const uint8_t *ships)
{
    memcpy(state->players[slot].ships, ships, BATTLESHIPS_SHIPS);
    state->players[slot].placed = 1;
    state->players[slot].missed = 0;
    if (state->players[1 - slot].placed)
        state->phase = BATTLESHIPS_SHOOTING;
}

static int may_shoot(const struct battleships_state *state, uint32_t slot, uint8_t cell)
{
    return state->phase == BATTLESHIPS_SHOOTING && state->turn == slot &&
           cell < BATTLESHIPS_CELLS && !state->players[1 - slot].shot[cell];
}

static void shoot(struct battleships_state *state, uint32_t slot, uint8_t cell)
{
    struct battleships_player *target = &state->players[1 - slot];
    target->shot[cell] = 1;
    state->players[slot].missed = 0;
    state->last_shooter = (uint8_t)slot;
    state->last_cell = cell;
    state->last_success = (uint8_t)battleships_cell(target, cell);
    if (state->last_success == BATTLESHIPS_MISS || !state->again)
        state->turn = (uint8_t)(1 - slot);
    if (sunk_count(target) == BATTLESHIPS_SHIPS)
        finish(state, (uint8_t)slot, 0);
}

/* The time of whoever is to move is up. Ships that were not placed lie by chance; a shot that was
 * not fired is the other one's turn. */
static void end_turn(struct battleships_state *state)
{
    uint32_t slow = state->turn;
    if (state->phase == BATTLESHIPS_SHOOTING) {
        state->turn = (uint8_t)(1 - slow);
        miss_turn(state, slow);
    }
    for (uint32_t slot = 0; state->phase == BATTLESHIPS_PLACING && slot < BATTLESHIPS_PLAYERS;
         slot++) {
        uint8_t ships[BATTLESHIPS_SHIPS];
        if (state->players[slot].placed)
            continue;
        battleships_lay_by_chance(&state->random, state->touching, ships);
        place(state, slot, ships);
        miss_turn(state, slot);
    }
}

static void miss_turn(struct battleships_state *state, uint32_t slot)
{
    if (++state->players[slot].missed >= BATTLESHIPS_MISSED_MAX)
        forfeit(state, slot);
}

/* --- ships --- */

uint32_t battleships_length(uint32_t ship)
{
    static const uint8_t lengths[BATTLESHIPS_SHIPS] = {5, 4, 3, 3, 2};
    return lengths[ship];
}

uint32_t battleships_part(uint8_t place, uint32_t part)
{
    uint32_t first = place & ~(uint32_t)BATTLESHIPS_DOWNWARDS;
    return first + part * (place & BATTLESHIPS_DOWNWARDS ? BATTLESHIPS_SIDE : 1);
}

static int ship_is_in_the_sea(uint8_t place, uint32_t length)
{
    uint32_t first = battleships_part(place, 0);
    uint32_t along =
        place & BATTLESHIPS_DOWNWARDS ? first / BATTLESHIPS_SIDE : first % BATTLESHIPS_SIDE;
    return first < BATTLESHIPS_CELLS && along + length <= BATTLESHIPS_SIDE;
}

/* How many cells two ships are apart, corners counted as beside: 0 when one lies on the other. */
static int32_t distance(uint32_t ship, uint8_t place, uint32_t other, uint8_t other_place)
{
    int32_t least = BATTLESHIPS_SIDE;
    for (uint32_t part = 0; part < battleships_length(ship); part++) {
        int32_t cell = (int32_t)battleships_part(place, part);
        for (uint32_t i = 0; i < battleships_length(other); i++) {
            int32_t from = (int32_t)battleships_part(other_place, i);
            int32_t across = gk_abs(cell % BATTLESHIPS_SIDE - from % BATTLESHIPS_SIDE);
            int32_t down = gk_abs(cell / BATTLESHIPS_SIDE - from / BATTLESHIPS_SIDE);
            least = gk_min(least, gk_max(across, down));
        }
    }
    return least;
}

/* Whether ship `ship` lies well beside those before it. */
static int ship_is_fine(const uint8_t ships[BATTLESHIPS_SHIPS], uint32_t ship, int may_touch)
{
    if (!ship_is_in_the_sea(ships[ship], battleships_length(ship)))
        return 0;
    for (uint32_t other = 0; other < ship; other++) {
        if (distance(ship, ships[ship], other, ships[other]) < (may_touch ? 1 : 2))
            return 0;
    }
    return 1;
}

int battleships_fleet_is_fine(const uint8_t ships[BATTLESHIPS_SHIPS], int may_touch)
{
    for (uint32_t ship = 0; ship < BATTLESHIPS_SHIPS; ship++) {
        if (!ship_is_fine(ships, ship, may_touch))
            return 0;
    }
    return 1;
}

/* Five ships never fill the sea so that there is no place for the next one: it is found soon. */
void battleships_lay_by_chance(struct gk_random *chance, int may_touch,
                               uint8_t ret_ships[BATTLESHIPS_SHIPS])
{
    for (uint32_t ship = 0; ship < BATTLESHIPS_SHIPS; ship++) {
        do {
            uint32_t first = gk_random_below(chance, BATTLESHIPS_CELLS);
            uint32_t downwards = gk_random_below(chance, 2) * BATTLESHIPS_DOWNWARDS;
            ret_ships[ship] = (uint8_t)(first | downwards);
        } while (!ship_is_fine(ret_ships, ship, may_touch));
    }
}

/* The ship that lies on a cell, or BATTLESHIPS_SHIPS for none. */
static uint32_t ship_at(const struct battleships_player *player, uint32_t cell)
{
    for (uint32_t ship = 0; player->placed && ship < BATTLESHIPS_SHIPS; ship++) {
        for (uint32_t part = 0; part < battleships_length(ship); part++) {
            if (battleships_part(player->ships[ship], part) == cell)
                return ship;
        }
    }
    return BATTLESHIPS_SHIPS;
}

int battleships_is_sunk(const struct battleships_player *player, uint32_t ship)
{
    for (uint32_t part = 0; player->placed && part < battleships_length(ship); part++) {
        if (!player->shot[battleships_part(player->ships[ship], part)])
            return 0;
    }
    return player->placed;
}

static uint32_t sunk_count(const struct battleships_player *player)
{
    uint32_t sunk = 0;
    for (uint32_t ship = 0; ship < BATTLESHIPS_SHIPS; ship++)
        sunk += (uint32_t)battleships_is_sunk(player, ship);
    return sunk;
}

enum battleships_cell battleships_cell(const struct battleships_player *player, uint32_t cell)
{
    if (!player->shot[cell])
        return BATTLESHIPS_UNKNOWN;
    uint32_t ship = ship_at(player, cell);
    if (ship == BATTLESHIPS_SHIPS)
        return BATTLESHIPS_MISS;
    return battleships_is_sunk(player, ship) ? BATTLESHIPS_SUNK : BATTLESHIPS_HIT;
}

/* --- what comes in and goes out --- */

static uint32_t input(const struct gk_host *host, const void *block, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    const struct battleships_state *state = block;
    (void)host;
    if (slot >= BATTLESHIPS_PLAYERS || count < 2 || count > BATTLESHIPS_INPUT_BYTES)
        return 0;
    int places = bytes[0] == BATTLESHIPS_PLACE && count == 1 + BATTLESHIPS_SHIPS &&
                 may_place(state, slot, bytes + 1);
    int shoots = bytes[0] == BATTLESHIPS_SHOOT && count == 2 && may_shoot(state, slot, bytes[1]);
    if (!places && !shoots)
        return 0;
    memset(ret_input, 0, BATTLESHIPS_INPUT_BYTES);
    memcpy(ret_input, bytes, count);
    return 1;
}

static void write_board(struct gk_writer *writer, const struct battleships_player *player,
                        int shows_ships)
{
    for (uint32_t first = 0; first < BATTLESHIPS_CELLS; first += 4) {
        uint32_t packed = 0;
        for (uint32_t i = 0; i < 4; i++)
            packed |= (uint32_t)battleships_cell(player, first + i) << (2 * i);
        gk_write_u8(writer, (uint8_t)packed);
    }
    for (uint32_t ship = 0; ship < BATTLESHIPS_SHIPS; ship++) {
        int shown = shows_ships || battleships_is_sunk(player, ship);
        gk_write_u8(writer, shown ? player->ships[ship] : BATTLESHIPS_NOWHERE);
    }
}

static uint32_t view(const struct gk_host *host, const void *block, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    const struct battleships_state *state = block;
    struct gk_writer writer = gk_writer_of(ret_bytes, capacity);
    int over = state->phase == BATTLESHIPS_OVER;
    uint64_t presence = state->presence.here | state->presence.gone << 4;
    (void)host;
    for (uint32_t slot = 0; slot < BATTLESHIPS_PLAYERS; slot++)
        presence |= (uint64_t)state->players[slot].placed << (2 + slot);
    gk_write_u8(&writer, state->phase);
    gk_write_u8(&writer, (uint8_t)presence);
    gk_write_u8(&writer, state->phase == BATTLESHIPS_SHOOTING ? state->turn : BATTLESHIPS_NOBODY);
    gk_write_u8(&writer, state->winner);
    gk_write_u8(&writer, state->forfeit);
    gk_write_u8(&writer, state->last_shooter);
    gk_write_u8(&writer, state->last_cell);
    gk_write_u8(&writer, state->last_success);
    gk_write_u8(&writer, (uint8_t)(state->again | state->touching << 1));
    gk_write_u8(&writer, (uint8_t)(state->players[0].missed | state->players[1].missed << 2));
    for (uint32_t slot = 0; slot < BATTLESHIPS_PLAYERS; slot++)
        write_board(&writer, &state->players[slot], viewer == slot || over);
    return writer.failed ? 0 : writer.used;
}

static uint32_t result(const struct gk_host *host, const void *block, struct gk_result *ret_result)
{
    const struct battleships_state *state = block;
    int draw = state->winner == BATTLESHIPS_NOBODY;
    (void)host;
    if (state->phase != BATTLESHIPS_OVER)
        return 0;
    ret_result->player_count = BATTLESHIPS_PLAYERS;
    ret_result->reason = state->forfeit;
    for (uint32_t slot = 0; slot < BATTLESHIPS_PLAYERS; slot++) {
        int stayed = gk_presence_has(state->presence.joined & ~state->presence.gone, slot) &&
                     state->players[slot].missed < BATTLESHIPS_MISSED_MAX;
        int won = slot == state->winner;
        ret_result->players[slot].score = (int32_t)sunk_count(&state->players[1 - slot]);
        ret_result->players[slot].place = won || draw ? 1 : 2;
        ret_result->players[slot].outcome = draw  ? GK_OUTCOME_DRAW
                                            : won ? GK_OUTCOME_WIN
                                                  : GK_OUTCOME_LOSS;
        ret_result->players[slot].forfeit = state->forfeit && !stayed;
    }
    return 1;
}

/* --- for those who look after it --- */

static int player_is_sound(const struct battleships_player *player, int may_touch)
{
    for (uint32_t cell = 0; cell < BATTLESHIPS_CELLS; cell++) {
        if (player->shot[cell] > 1)
            return 0;
    }
    return player->placed <= 1 && player->missed <= BATTLESHIPS_MISSED_MAX &&
           (!player->placed || battleships_fleet_is_fine(player->ships, may_touch));
}

static uint32_t check(const struct gk_host *host, const void *block)
{
    const struct battleships_state *state = block;
    const struct battleships_player *one = &state->players[0], *other = &state->players[1];
    (void)host;
    if (state->phase > BATTLESHIPS_OVER || state->turn >= BATTLESHIPS_PLAYERS ||
        state->presence.player_count != BATTLESHIPS_PLAYERS ||
        !gk_presence_is_sound(&state->presence) || !player_is_sound(one, state->touching) ||
        !player_is_sound(other, state->touching) || state->again > 1 || state->touching > 1)
        return 0;
    if (state->phase == BATTLESHIPS_PLACING)
        return !(one->placed && other->placed) && state->last_shooter == BATTLESHIPS_NOBODY;
    if (state->phase == BATTLESHIPS_SHOOTING)
        return one->placed && other->placed && sunk_count(one) < BATTLESHIPS_SHIPS &&
               sunk_count(other) < BATTLESHIPS_SHIPS && state->winner == BATTLESHIPS_NOBODY;
    return state->forfeit <= 1 && (state->forfeit || state->winner < BATTLESHIPS_PLAYERS);
}

static uint32_t explain(const struct gk_host *host, const void *block, char *ret_text,
                        uint32_t capacity)
{
    static const char phases[][10] = {"placing", "shooting", "over"};
    const struct battleships_state *state = block;
    struct gk_writer text = gk_writer_of((uint8_t *)ret_text, capacity);
    (void)host;
    gk_write_text(&text, "tick=");
    gk_write_number(&text, state->tick);
    gk_write_text(&text, " phase=");
    gk_write_text(&text, state->phase <= BATTLESHIPS_OVER ? phases[state->phase] : "?");
    gk_write_text(&text, " turn=");
    gk_write_number(&text, state->turn);
    gk_write_text(&text, state->again ? " again" : "");
    gk_write_text(&text, state->touching ? " touching" : "");
    for (uint32_t slot = 0; slot < BATTLESHIPS_PLAYERS; slot++) {
        const struct battleships_player *player = &state->players[slot];
        gk_write_text(&text, " p");
        gk_write_number(&text, slot);
        gk_write_text(&text, "=");
        gk_write_text(&text, gk_presence_word(&state->presence, slot));
        gk_write_text(&text, player->placed ? " placed lost=" : " placing lost=");
        gk_write_number(&text,
                        battleships_fleet_is_fine(player->ships, 1) ? sunk_count(player) : 0);
        gk_write_text(&text, " missed=");
        gk_write_number(&text, player->missed);
    }
    return text.used;
}

GK_MANIFEST(.tick_hz = 0, .state_schema = 1, .state_schema_oldest = 1,
            .state_bytes = sizeof(struct battleships_state), .input_bytes = BATTLESHIPS_INPUT_BYTES,
            .view_bytes_max = BATTLESHIPS_VIEW_BYTES, .players_min = BATTLESHIPS_PLAYERS,
            .players_max = BATTLESHIPS_PLAYERS, .mode_count = 1, .option_count = 2,
            .turn_seconds = BATTLESHIPS_TURN_SECONDS, .id = "battleships", .title = "Battleships",
            .version = "1.0.0",
            .modes = {{.id = "duel", .players_min = 2, .players_max = 2, .teams = 2}});

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .check = check, .explain = explain, .bot = battleships_bot);
