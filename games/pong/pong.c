/*
 * pong.c: the rules of Pong as pure functions over struct pong_state, for two or four players.
 * Nothing is kept outside the state and nothing is asked of the host. Change the layout of the
 * state only together with the manifest's state_schema.
 */
#include "pong.h"

/* How often the ball may change its course in one tick; at top speed two are possible. */
#define CONTACTS_MAX 8
/* The seats of a team, as a set. */
#define TEAM_SEATS(team) (UINT64_C(0x5555555555555555) << (team))
/* A time beyond every tick, which is 0..GK_ONE long. */
#define NEVER INT32_MAX

struct contact {
    enum { CONTACT_NONE, CONTACT_WALL, CONTACT_PADDLE, CONTACT_GOAL } kind;
    int32_t time;  /* from now, in parts of a tick */
    int32_t plane; /* the x or y that the ball's centre reaches */
    uint32_t who;  /* the slot that hit, or the team that scored */
};

static void settle(struct pong_state *state);
static void finish(struct pong_state *state, uint8_t winner, uint8_t forfeit);
static void start_countdown(struct pong_state *state);
static void serve(struct pong_state *state, uint32_t receiver);
static void take_inputs(struct pong_state *state, const struct gk_inputs *inputs);
static void move_paddles(struct pong_state *state);
static void move_ball(struct pong_state *state);

/* --- coming and going --- */

static void init(const struct gk_host *host, void *block, const struct gk_match *match)
{
    static const struct gk_presence_limits limits = {.join_ticks = PONG_JOIN_GRACE_TICKS,
                                                     .away_ticks = PONG_AWAY_GRACE_TICKS,
                                                     .away_ticks_total = PONG_AWAY_BUDGET_TICKS};
    struct pong_state *state = block;
    (void)host;
    state->winner = PONG_NOBODY;
    state->points_to_win = (uint8_t)match->options[PONG_OPTION_POINTS];
    state->speed = (uint8_t)match->options[PONG_OPTION_SPEED];
    gk_random_seed(&state->random, match->seed, 0);
    gk_presence_begin(&state->presence, match->player_count, &limits);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        state->players[slot].y = PONG_HEIGHT / 2;
    serve(state, gk_random_below(&state->random, PONG_TEAMS));
    state->phase = PONG_WAITING;
    state->timer = 0;
}

static void join(const struct gk_host *host, void *block, uint32_t slot)
{
    struct pong_state *state = block;
    (void)host;
    if (gk_presence_join(&state->presence, slot))
        settle(state);
}

static void leave(const struct gk_host *host, void *block, uint32_t slot, uint32_t reason)
{
    struct pong_state *state = block;
    (void)host;
    if (state->phase == PONG_OVER || !gk_presence_leave(&state->presence, slot, reason))
        return;
    state->players[slot].control = PONG_STILL;
    settle(state);
    /* A team that goes on with one player less gets a moment to sort itself out. */
    if (gk_presence_has(state->presence.gone, slot) &&
        (state->phase == PONG_PLAY || state->phase == PONG_SERVE))
        start_countdown(state);
}

/* Brings the phase in line with who is here. */
static void settle(struct pong_state *state)
{
    uint64_t staying = gk_presence_staying(&state->presence);
    uint64_t left = staying & TEAM_SEATS(0), right = staying & TEAM_SEATS(1);
    uint64_t away = gk_presence_away(&state->presence);
    if (state->phase == PONG_OVER)
        return;
    if (left == 0 || right == 0)
        finish(state, left ? 0 : right ? 1 : PONG_NOBODY, 1);
    else if (away == 0 && (state->phase == PONG_WAITING || state->phase == PONG_PAUSED))
        start_countdown(state);
    else if (away != 0 && state->phase != PONG_WAITING)
        state->phase = PONG_PAUSED;
}

static void start_countdown(struct pong_state *state)
{
    state->phase = PONG_COUNTDOWN;
    state->timer = PONG_COUNTDOWN_TICKS;
}

static void finish(struct pong_state *state, uint8_t winner, uint8_t forfeit)
{
    state->phase = PONG_OVER;
    state->timer = 0;
    state->winner = winner;
    state->forfeit = forfeit;
}

/* --- one step --- */

static void tick(const struct gk_host *host, void *block, const struct gk_inputs *inputs)
{
    struct pong_state *state = block;
    (void)host;
    state->tick++;
    if (state->phase == PONG_OVER)
        return;
    take_inputs(state, inputs);
    gk_presence_age(&state->presence);
    settle(state);
    move_paddles(state);
    if (state->phase == PONG_PLAY) {
        move_ball(state);
    } else if (state->phase == PONG_COUNTDOWN || state->phase == PONG_SERVE) {
        if (--state->timer == 0)
            state->phase = PONG_PLAY;
    }
}

static void take_inputs(struct pong_state *state, const struct gk_inputs *inputs)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        struct pong_player *player = &state->players[slot];
        if (!gk_presence_has(inputs->present & state->presence.here, slot))
            continue;
        struct gk_reader reader =
            gk_reader_of(inputs->bytes + slot * PONG_INPUT_BYTES, PONG_INPUT_BYTES);
        player->control = gk_read_u8(&reader);
        player->direction = gk_read_i8(&reader);
        player->target = gk_read_u16(&reader) * PONG_TARGET_UNIT;
    }
}

static void move_paddles(struct pong_state *state)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        struct pong_player *player = &state->players[slot];
        int32_t half = pong_paddle_half(state, slot);
        int32_t step = 0;
        if (player->control == PONG_DIRECTION)
            step = player->direction * PONG_PADDLE_SPEED;
        else if (player->control == PONG_TARGET)
            step = gk_clamp(player->target - player->y, -PONG_PADDLE_SPEED, PONG_PADDLE_SPEED);
        player->y = gk_clamp(player->y + step, half, PONG_HEIGHT - half);
    }
}

/* --- the ball --- */

int32_t pong_serve_speed(const struct pong_state *state)
{
    static const int32_t speeds[] = {PONG_BALL_SPEED_MIN, GK_FIXED(9), GK_FIXED(12)};
    return speeds[state->speed];
}

/* Puts the ball into the middle, about to fly to team `receiver`. */
static void serve(struct pong_state *state, uint32_t receiver)
{
    struct pong_ball *ball = &state->ball;
    int32_t angle = gk_random_between(&state->random, PONG_SERVE_ANGLE_MIN, PONG_SERVE_ANGLE_MAX);
    if (gk_random_below(&state->random, 2))
        angle = -angle;
    ball->x = PONG_WIDTH / 2;
    ball->y = PONG_HEIGHT / 2;
    ball->speed = pong_serve_speed(state);
    ball->vx = gk_fixed_mul(ball->speed, gk_cos((uint16_t)angle));
    ball->vy = gk_fixed_mul(ball->speed, gk_sin((uint16_t)angle));
    if (receiver == 0)
        ball->vx = -ball->vx;
    state->rally = 0;
    state->phase = PONG_SERVE;
    state->timer = PONG_SERVE_TICKS;
}

/* When a centre at `position` reaches `plane`, which must lie ahead; within `left` of a tick. */
static int32_t time_to(int32_t position, int32_t velocity, int32_t plane, int32_t left)
{
    int64_t distance = (int64_t)plane - position;
    if (velocity == 0 || (distance < 0 && velocity > 0) || (distance > 0 && velocity < 0))
        return NEVER;
    int64_t time = distance * GK_ONE / velocity;
    return time <= left ? (int32_t)time : NEVER;
}

static void keep_earlier(struct contact *first, struct contact other)
{
    if (other.time < first->time)
        *first = other;
}

/* The first thing that the ball meets within `left` of a tick: nothing is ever jumped over. */
static struct contact first_contact(const struct pong_state *state, int32_t left)
{
    const struct pong_ball *ball = &state->ball;
    uint32_t defender = ball->vx < 0 ? 0 : 1;
    struct contact first = {.kind = CONTACT_NONE, .time = NEVER};

    int32_t wall = ball->vy < 0 ? PONG_BALL_RADIUS : PONG_HEIGHT - PONG_BALL_RADIUS;
    int32_t time = time_to(ball->y, ball->vy, wall, left);
    keep_earlier(&first, (struct contact){CONTACT_WALL, time, wall, 0});

    for (uint32_t slot = defender; slot < state->presence.player_count; slot += PONG_TEAMS) {
        int32_t face = pong_paddle_face(state, slot);
        int32_t plane = defender == 0 ? face + PONG_BALL_RADIUS : face - PONG_BALL_RADIUS;
        time = time_to(ball->x, ball->vx, plane, left);
        if (time == NEVER || gk_presence_has(state->presence.gone, slot))
            continue;
        int32_t off = gk_abs(ball->y + gk_fixed_mul(ball->vy, time) - state->players[slot].y);
        if (off <= pong_paddle_half(state, slot) + PONG_BALL_RADIUS)
            keep_earlier(&first, (struct contact){CONTACT_PADDLE, time, plane, slot});
    }

    int32_t goal = defender == 0 ? -PONG_BALL_RADIUS : PONG_WIDTH + PONG_BALL_RADIUS;
    time = time_to(ball->x, ball->vx, goal, left);
    keep_earlier(&first, (struct contact){CONTACT_GOAL, time, goal, 1 - defender});
    return first;
}

/* Sends the ball back: the further from the paddle's middle, the steeper; always a bit faster. */
static void bounce_off_paddle(struct pong_state *state, uint32_t slot)
{
    struct pong_ball *ball = &state->ball;
    int32_t reach = pong_paddle_half(state, slot) + PONG_BALL_RADIUS;
    int32_t offset = gk_fixed_div(ball->y - state->players[slot].y, reach);
    int32_t angle = gk_fixed_mul(gk_clamp(offset, -GK_ONE, GK_ONE), PONG_HIT_ANGLE_MAX);
    ball->speed = gk_min(ball->speed + PONG_BALL_SPEED_MORE, PONG_BALL_SPEED_MAX);
    ball->vx = gk_fixed_mul(ball->speed, gk_cos((uint16_t)angle));
    ball->vy = gk_fixed_mul(ball->speed, gk_sin((uint16_t)angle));
    if (slot % PONG_TEAMS == 1)
        ball->vx = -ball->vx;
    state->hits++;
    state->rally += state->rally < UINT8_MAX;
}

static void score(struct pong_state *state, uint32_t team)
{
    state->scores[team]++;
    if (state->scores[team] >= state->points_to_win)
        finish(state, (uint8_t)team, 0);
    else
        serve(state, 1 - team);
}

static void move_ball(struct pong_state *state)
{
    struct pong_ball *ball = &state->ball;
    int32_t left = GK_ONE;
    for (uint32_t i = 0; i < CONTACTS_MAX && left > 0; i++) {
        struct contact contact = first_contact(state, left);
        int32_t time = contact.kind == CONTACT_NONE ? left : contact.time;
        ball->x += gk_fixed_mul(ball->vx, time);
        ball->y += gk_fixed_mul(ball->vy, time);
        left -= time;
        switch (contact.kind) {
        case CONTACT_NONE:
            break;
        case CONTACT_WALL:
            ball->y = contact.plane;
            ball->vy = -ball->vy;
            state->walls++;
            break;
        case CONTACT_PADDLE:
            ball->x = contact.plane;
            bounce_off_paddle(state, contact.who);
            break;
        case CONTACT_GOAL:
            score(state, contact.who);
            return;
        }
    }
}

/* --- the paddles --- */

/* Ahead of a mate who keeps the goal; who is left alone keeps it himself. */
static int is_forward(const struct pong_state *state, uint32_t slot)
{
    return slot >= PONG_TEAMS && !gk_presence_has(state->presence.gone, slot - PONG_TEAMS);
}

int32_t pong_paddle_face(const struct pong_state *state, uint32_t slot)
{
    int32_t face = is_forward(state, slot) ? PONG_FORWARD_FACE : PONG_KEEPER_FACE;
    return slot % PONG_TEAMS == 0 ? face : PONG_WIDTH - face;
}

int32_t pong_paddle_half(const struct pong_state *state, uint32_t slot)
{
    return is_forward(state, slot) ? PONG_FORWARD_HALF : PONG_KEEPER_HALF;
}

/* --- what comes in and goes out --- */

static uint32_t input(const struct gk_host *host, const void *block, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    const struct pong_state *state = block;
    struct gk_reader reader = gk_reader_of(bytes, count);
    struct gk_writer writer = gk_writer_of(ret_input, PONG_INPUT_BYTES);
    (void)host;
    if (slot >= state->presence.player_count || count < 1 || count > 2)
        return 0;
    int8_t direction = count == 1 ? gk_read_i8(&reader) : 0;
    uint16_t target = count == 2 ? gk_read_u16(&reader) : 0;
    if (direction < -1 || direction > 1 || target > PONG_TARGET_MAX)
        return 0;
    gk_write_u8(&writer, count == 2 ? PONG_TARGET : direction ? PONG_DIRECTION : PONG_STILL);
    gk_write_i8(&writer, direction);
    gk_write_u16(&writer, target);
    return 1;
}

static uint32_t view(const struct gk_host *host, const void *block, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    const struct pong_state *state = block;
    const struct pong_ball *ball = &state->ball;
    struct gk_writer writer = gk_writer_of(ret_bytes, capacity);
    int absent = state->phase == PONG_WAITING || state->phase == PONG_PAUSED;
    (void)host, (void)viewer;
    gk_write_u8(&writer, state->phase);
    gk_write_u8(&writer,
                (uint8_t)(state->presence.here | state->presence.gone << PONG_PLAYERS_MAX));
    gk_write_u8(&writer, state->scores[0]);
    gk_write_u8(&writer, state->scores[1]);
    gk_write_u16(&writer,
                 (uint16_t)(absent ? gk_presence_ticks_to_loss(&state->presence) : state->timer));
    gk_write_u8(&writer, state->hits);
    gk_write_u8(&writer, state->walls);
    gk_write_i16(&writer, (int16_t)(ball->x / PONG_TARGET_UNIT));
    gk_write_i16(&writer, (int16_t)(ball->y / PONG_TARGET_UNIT));
    gk_write_i16(&writer, (int16_t)(ball->vx / PONG_VELOCITY_UNIT));
    gk_write_i16(&writer, (int16_t)(ball->vy / PONG_VELOCITY_UNIT));
    gk_write_u8(&writer, state->presence.player_count);
    gk_write_u8(&writer, state->winner);
    gk_write_u8(&writer, state->forfeit);
    gk_write_u8(&writer, state->rally);
    gk_write_u8(&writer, state->points_to_win);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        gk_write_u16(&writer, (uint16_t)(state->players[slot].y / PONG_TARGET_UNIT));
    return writer.failed ? 0 : writer.used;
}

static uint32_t result(const struct gk_host *host, const void *block, struct gk_result *ret_result)
{
    const struct pong_state *state = block;
    (void)host;
    if (state->phase != PONG_OVER)
        return 0;
    ret_result->player_count = state->presence.player_count;
    ret_result->reason = state->forfeit;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        uint8_t gone = (uint8_t)gk_presence_has(state->presence.gone, slot);
        /* Who walked out has lost, even when his mate won without him. */
        int won = slot % PONG_TEAMS == state->winner && !gone;
        int draw = state->winner == PONG_NOBODY;
        ret_result->players[slot].score = state->scores[slot % PONG_TEAMS];
        ret_result->players[slot].place = won || draw ? 1 : 2;
        ret_result->players[slot].outcome = draw  ? GK_OUTCOME_DRAW
                                            : won ? GK_OUTCOME_WIN
                                                  : GK_OUTCOME_LOSS;
        ret_result->players[slot].forfeit = gone;
    }
    return 1;
}

/* --- for those who look after it --- */

static int player_is_sound(const struct pong_player *player)
{
    return player->control <= PONG_TARGET && player->direction >= -1 && player->direction <= 1 &&
           player->target >= 0 && player->target <= PONG_HEIGHT && player->y >= PONG_FORWARD_HALF &&
           player->y <= PONG_HEIGHT - PONG_FORWARD_HALF;
}

static int ball_is_sound(const struct pong_ball *ball)
{
    return ball->x >= -PONG_BALL_RADIUS && ball->x <= PONG_WIDTH + PONG_BALL_RADIUS &&
           ball->y >= PONG_BALL_RADIUS && ball->y <= PONG_HEIGHT - PONG_BALL_RADIUS &&
           ball->speed >= PONG_BALL_SPEED_MIN && ball->speed <= PONG_BALL_SPEED_MAX &&
           gk_abs(ball->vx) >= PONG_BALL_SPEED_MIN / 2 - GK_ONE / 64 &&
           gk_abs(ball->vx) <= PONG_BALL_SPEED_MAX && gk_abs(ball->vy) <= PONG_BALL_SPEED_MAX;
}

static uint32_t check(const struct gk_host *host, const void *block)
{
    const struct pong_state *state = block;
    int over = state->phase == PONG_OVER;
    int timed = state->phase == PONG_COUNTDOWN || state->phase == PONG_SERVE;
    uint8_t best = state->scores[0] > state->scores[1] ? state->scores[0] : state->scores[1];
    (void)host;
    if (state->presence.player_count < 2 || state->presence.player_count > PONG_PLAYERS_MAX ||
        !gk_presence_is_sound(&state->presence))
        return 0;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        if (!player_is_sound(&state->players[slot]))
            return 0;
    }
    return state->phase <= PONG_OVER && ball_is_sound(&state->ball) &&
           state->timer <= PONG_COUNTDOWN_TICKS && (!timed || state->timer > 0) &&
           state->points_to_win >= 1 && state->points_to_win <= PONG_POINTS_TO_WIN_MAX &&
           state->speed <= PONG_FAST && best <= state->points_to_win && state->forfeit <= 1 &&
           (over || (best < state->points_to_win && state->winner == PONG_NOBODY));
}

static uint32_t explain(const struct gk_host *host, const void *block, char *ret_text,
                        uint32_t capacity)
{
    static const char phases[][10] = {"waiting", "countdown", "serve", "play", "paused", "over"};
    const struct pong_state *state = block;
    struct gk_writer text = gk_writer_of((uint8_t *)ret_text, capacity);
    (void)host;
    gk_write_text(&text, "tick=");
    gk_write_number(&text, state->tick);
    gk_write_text(&text, " phase=");
    gk_write_text(&text, state->phase <= PONG_OVER ? phases[state->phase] : "?");
    gk_write_text(&text, " timer=");
    gk_write_number(&text, state->timer);
    gk_write_text(&text, " score=");
    gk_write_number(&text, state->scores[0]);
    gk_write_text(&text, "-");
    gk_write_number(&text, state->scores[1]);
    gk_write_text(&text, " to-win=");
    gk_write_number(&text, state->points_to_win);
    gk_write_text(&text, " rally=");
    gk_write_number(&text, state->rally);
    gk_write_text(&text, " ball=");
    gk_write_number(&text, state->ball.x / GK_ONE);
    gk_write_text(&text, ",");
    gk_write_number(&text, state->ball.y / GK_ONE);
    for (uint32_t slot = 0; slot < PONG_PLAYERS_MAX && slot < state->presence.player_count;
         slot++) {
        gk_write_text(&text, " p");
        gk_write_number(&text, slot);
        gk_write_text(&text, "=");
        gk_write_text(&text, gk_presence_word(&state->presence, slot));
        gk_write_text(&text, "@");
        gk_write_number(&text, state->players[slot].y / GK_ONE);
    }
    return text.used;
}

GK_MANIFEST(.tick_hz = PONG_TICK_HZ, .state_schema = 1, .state_schema_oldest = 1,
            .state_bytes = sizeof(struct pong_state), .input_bytes = PONG_INPUT_BYTES,
            .view_bytes_max = PONG_VIEW_BYTES_MAX, .players_min = 2,
            .players_max = PONG_PLAYERS_MAX, .mode_count = 2, .option_count = 2, .id = "pong",
            .title = "Pong", .version = "1.0.0",
            .modes = {{.id = "1v1", .players_min = 2, .players_max = 2, .teams = 2},
                      {.id = "2v2", .players_min = 4, .players_max = 4, .teams = 2}});

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .check = check, .explain = explain, .bot = pong_bot);
