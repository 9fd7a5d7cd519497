/*
 * breakout.c: the rules of breakout as pure functions over struct breakout_state. Nothing is kept
 * outside the state and nothing is asked of the host. Change the layout of the state only together
 * with the manifest's state_schema.
 */
#include "breakout.h"

static void begin_level(struct breakout_court *court);
static void begin_serve(struct breakout_court *court);
static void settle(struct breakout_state *state);
static void take_inputs(struct breakout_state *state, const struct gk_inputs *inputs);
static void move_paddles(struct breakout_state *state);
static void play_court(struct breakout_state *state, uint32_t index);
static void move_ball(struct breakout_state *state, uint32_t index, struct breakout_ball *ball);
static int hit_brick(struct breakout_court *court, const struct breakout_ball *ball);
static void hit_paddles(struct breakout_state *state, uint32_t index, struct breakout_ball *ball);
static void move_drops(struct breakout_state *state, uint32_t index);

/* --- coming and going --- */

static void init(const struct gk_host *host, void *block, const struct gk_match *match)
{
    static const struct gk_presence_limits limits = {.join_ticks = BREAKOUT_JOIN_GRACE_TICKS,
                                                     .away_ticks = BREAKOUT_AWAY_GRACE_TICKS,
                                                     .away_ticks_total =
                                                         BREAKOUT_AWAY_BUDGET_TICKS};
    struct breakout_state *state = block;
    const int32_t *options = match->options;
    (void)host;
    state->mode = (uint8_t)gk_clamp((int32_t)match->mode, BREAKOUT_SOLO, BREAKOUT_VERSUS);
    gk_presence_begin(&state->presence, match->player_count, &limits);
    state->court_count = state->mode == BREAKOUT_VERSUS ? (uint8_t)match->player_count : 1;
    for (uint32_t i = 0; i < state->court_count; i++) {
        gk_random_seed(&state->courts[i].random, match->seed, 0);
        state->courts[i].lives = (uint8_t)options[BREAKOUT_OPTION_LIVES];
        state->courts[i].level = (uint8_t)(options[BREAKOUT_OPTION_LEVEL] - 1);
        state->courts[i].lets_fall = (uint8_t)options[BREAKOUT_OPTION_DROPS];
        begin_level(&state->courts[i]);
    }
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        state->players[slot].x = BREAKOUT_WIDTH / 2;
}

static void join(const struct gk_host *host, void *block, uint32_t slot)
{
    struct breakout_state *state = block;
    (void)host;
    if (gk_presence_join(&state->presence, slot))
        settle(state);
}

static void leave(const struct gk_host *host, void *block, uint32_t slot, uint32_t reason)
{
    struct breakout_state *state = block;
    (void)host;
    if (state->phase == BREAKOUT_OVER || !gk_presence_leave(&state->presence, slot, reason))
        return;
    state->players[slot].control = BREAKOUT_STILL;
    settle(state);
}

/* Together, who stays goes on; against each other, who leaves has lost. */
static void settle(struct breakout_state *state)
{
    uint32_t staying = gk_presence_count(gk_presence_staying(&state->presence));
    uint64_t away = gk_presence_away(&state->presence);
    if (state->phase == BREAKOUT_OVER)
        return;
    uint32_t needed = state->mode == BREAKOUT_VERSUS ? state->presence.player_count : 1;
    if (staying < needed) {
        state->phase = BREAKOUT_OVER;
        state->forfeit = 1;
        state->timer = 0;
    } else if (away == 0 && (state->phase == BREAKOUT_WAITING || state->phase == BREAKOUT_PAUSED)) {
        state->phase = BREAKOUT_COUNTDOWN;
        state->timer = BREAKOUT_COUNTDOWN_TICKS;
    } else if (away != 0 && state->phase != BREAKOUT_WAITING) {
        state->phase = BREAKOUT_PAUSED;
    }
}

static int is_gone(const struct breakout_state *state, uint32_t slot)
{
    return (int)gk_presence_has(state->presence.gone, slot);
}

/* --- levels --- */

/* How many hits a brick of a level takes: a wall, a chessboard with a hard row, a hard pyramid. */
static uint8_t brick_of(uint32_t level, uint32_t row, uint32_t column)
{
    if (level == 0)
        return row >= 1 && row <= 5;
    if (level == 1)
        return row == 7 ? 0 : row == 0 ? 2 : (row + column) % 2;
    uint32_t from_edge = column < BREAKOUT_COLUMNS / 2 ? column : BREAKOUT_COLUMNS - 1 - column;
    return from_edge + 1 < row ? 0 : from_edge + 1 == row || row == 0 ? 2 : 1;
}

static void begin_level(struct breakout_court *court)
{
    for (uint32_t i = 0; i < BREAKOUT_BRICKS; i++)
        court->bricks[i] = brick_of(court->level, i / BREAKOUT_COLUMNS, i % BREAKOUT_COLUMNS);
    begin_serve(court);
}

static void begin_serve(struct breakout_court *court)
{
    memset(court->balls, 0, sizeof court->balls);
    memset(court->drops, 0, sizeof court->drops);
    court->ball_count = 1;
    court->drop_count = 0;
    court->wide_ticks = 0;
    court->slow_ticks = 0;
    court->serve_ticks = BREAKOUT_SERVE_TICKS;
    court->status = BREAKOUT_SERVES;
    court->balls[0].x = BREAKOUT_WIDTH / 2;
    court->balls[0].y = BREAKOUT_PADDLE_Y - BREAKOUT_BALL_RADIUS;
}

static uint32_t bricks_left(const struct breakout_court *court)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < BREAKOUT_BRICKS; i++)
        left += court->bricks[i] != 0;
    return left;
}

static int is_done(const struct breakout_court *court)
{
    return court->status == BREAKOUT_CLEARED || court->status == BREAKOUT_LOST;
}

/* --- one step --- */

static void tick(const struct gk_host *host, void *block, const struct gk_inputs *inputs)
{
    struct breakout_state *state = block;
    uint32_t done = 0;
    (void)host;
    state->tick++;
    if (state->phase == BREAKOUT_OVER)
        return;
    take_inputs(state, inputs);
    gk_presence_age(&state->presence);
    settle(state);
    if (state->phase == BREAKOUT_COUNTDOWN || state->phase == BREAKOUT_PLAY)
        move_paddles(state);
    if (state->phase == BREAKOUT_COUNTDOWN && --state->timer == 0) {
        state->phase = BREAKOUT_PLAY;
        return;
    }
    if (state->phase != BREAKOUT_PLAY)
        return;
    state->played_ticks++;
    for (uint32_t i = 0; i < state->court_count; i++) {
        play_court(state, i);
        done += (uint32_t)is_done(&state->courts[i]);
    }
    if (done == state->court_count || state->played_ticks >= BREAKOUT_MATCH_TICKS_MAX)
        state->phase = BREAKOUT_OVER;
}

static void take_inputs(struct breakout_state *state, const struct gk_inputs *inputs)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        struct breakout_player *player = &state->players[slot];
        if (!gk_presence_has(inputs->present & state->presence.here, slot))
            continue;
        struct gk_reader reader =
            gk_reader_of(inputs->bytes + slot * BREAKOUT_INPUT_BYTES, BREAKOUT_INPUT_BYTES);
        player->control = gk_read_u8(&reader);
        player->direction = gk_read_i8(&reader);
        player->target = gk_read_u16(&reader) * BREAKOUT_UNIT;
    }
}

int32_t breakout_paddle_half(const struct breakout_court *court)
{
    return court->wide_ticks ? BREAKOUT_PADDLE_WIDE : BREAKOUT_PADDLE_HALF;
}

static void move_paddles(struct breakout_state *state)
{
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        struct breakout_player *player = &state->players[slot];
        int32_t half = breakout_paddle_half(&state->courts[slot % state->court_count]);
        int32_t step = 0;
        if (player->control == BREAKOUT_DIRECTION)
            step = player->direction * BREAKOUT_PADDLE_SPEED;
        else if (player->control == BREAKOUT_TARGET)
            step =
                gk_clamp(player->target - player->x, -BREAKOUT_PADDLE_SPEED, BREAKOUT_PADDLE_SPEED);
        player->x = gk_clamp(player->x + step, half, BREAKOUT_WIDTH - half);
    }
}

/* --- a court --- */

static int32_t ball_speed(const struct breakout_court *court)
{
    return BREAKOUT_BALL_SPEED + court->level * BREAKOUT_BALL_SPEED_MORE;
}

/* An angle of 0 is straight up, a positive one to the right. */
static void fly(const struct breakout_court *court, struct breakout_ball *ball, int32_t angle)
{
    ball->vx = gk_fixed_mul(ball_speed(court), gk_sin((uint16_t)angle));
    ball->vy = -gk_fixed_mul(ball_speed(court), gk_cos((uint16_t)angle));
}

/* The first player of a court who stays. */
static uint32_t server_of(const struct breakout_state *state, uint32_t index)
{
    for (uint32_t slot = index; slot < state->presence.player_count; slot += state->court_count) {
        if (!is_gone(state, slot))
            return slot;
    }
    return index;
}

static void lose_ball(struct breakout_court *court, uint32_t ball)
{
    court->balls[ball] = court->balls[--court->ball_count];
    memset(&court->balls[court->ball_count], 0, sizeof court->balls[0]);
}

static void play_court(struct breakout_state *state, uint32_t index)
{
    struct breakout_court *court = &state->courts[index];
    if (is_done(court))
        return;
    court->wide_ticks -= court->wide_ticks != 0;
    court->slow_ticks -= court->slow_ticks != 0;
    if (court->status == BREAKOUT_SERVES) {
        court->balls[0].x = state->players[server_of(state, index)].x;
        if (--court->serve_ticks == 0) {
            int32_t side = GK_DEGREES(25);
            court->status = BREAKOUT_FLIES;
            fly(court, &court->balls[0], gk_random_between(&court->random, -side, side));
        }
        return;
    }
    move_drops(state, index);
    for (uint32_t i = court->ball_count; i > 0; i--) {
        move_ball(state, index, &court->balls[i - 1]);
        if (court->balls[i - 1].y > BREAKOUT_HEIGHT + BREAKOUT_BALL_RADIUS)
            lose_ball(court, i - 1);
    }
    if (bricks_left(court) == 0) {
        if (court->level + 1 == BREAKOUT_LEVELS) {
            court->status = BREAKOUT_CLEARED;
        } else {
            court->level++;
            begin_level(court);
        }
    } else if (court->ball_count == 0) {
        court->lives--;
        begin_serve(court);
        if (court->lives == 0)
            court->status = BREAKOUT_LOST;
    }
}

/* In steps shorter than anything it could jump over; sideways and upwards one after the other. */
static void move_ball(struct breakout_state *state, uint32_t index, struct breakout_ball *ball)
{
    struct breakout_court *court = &state->courts[index];
    int32_t longest = gk_max(gk_abs(ball->vx), gk_abs(ball->vy));
    int32_t steps = longest / BREAKOUT_BALL_STEP + 1;
    int32_t thirds = court->slow_ticks ? 2 : 3; /* of the speed */
    int32_t left = BREAKOUT_BALL_RADIUS, right = BREAKOUT_WIDTH - BREAKOUT_BALL_RADIUS;
    for (int32_t i = 0; i < steps; i++) {
        int32_t before = ball->x;
        ball->x = gk_clamp(ball->x + ball->vx * thirds / (3 * steps), left, right);
        if (ball->x == left || ball->x == right)
            ball->vx = ball->x == left ? gk_abs(ball->vx) : -gk_abs(ball->vx);
        if (hit_brick(court, ball)) {
            ball->x = before;
            ball->vx = -ball->vx;
        }
        before = ball->y;
        ball->y += ball->vy * thirds / (3 * steps);
        if (ball->y < BREAKOUT_BALL_RADIUS) {
            ball->y = BREAKOUT_BALL_RADIUS;
            ball->vy = gk_abs(ball->vy);
        }
        if (hit_brick(court, ball)) {
            ball->y = before;
            ball->vy = -ball->vy;
        }
        hit_paddles(state, index, ball);
    }
}

static void let_fall(struct breakout_court *court, uint32_t brick)
{
    if (!court->lets_fall || court->drop_count == BREAKOUT_DROPS_MAX ||
        gk_random_below(&court->random, BREAKOUT_DROP_ONE_IN) != 0)
        return;
    struct breakout_falling *drop = &court->drops[court->drop_count++];
    int32_t column = (int32_t)(brick % BREAKOUT_COLUMNS), row = (int32_t)(brick / BREAKOUT_COLUMNS);
    drop->x = BREAKOUT_BRICKS_LEFT + column * BREAKOUT_BRICK_WIDTH + BREAKOUT_BRICK_WIDTH / 2;
    drop->y = BREAKOUT_BRICKS_TOP + row * BREAKOUT_BRICK_HEIGHT;
    drop->kind = gk_random_below(&court->random, 4);
}

/* Hits the brick that the ball touches, if there is one. */
static int hit_brick(struct breakout_court *court, const struct breakout_ball *ball)
{
    if (ball->y >= BREAKOUT_BRICKS_BOTTOM + BREAKOUT_BALL_RADIUS)
        return 0;
    for (uint32_t i = 0; i < BREAKOUT_BRICKS; i++) {
        int32_t column = (int32_t)(i % BREAKOUT_COLUMNS), row = (int32_t)(i / BREAKOUT_COLUMNS);
        int32_t x = BREAKOUT_BRICKS_LEFT + column * BREAKOUT_BRICK_WIDTH;
        int32_t y = BREAKOUT_BRICKS_TOP + row * BREAKOUT_BRICK_HEIGHT;
        int32_t off_x = ball->x - gk_clamp(ball->x, x, x + BREAKOUT_BRICK_WIDTH);
        int32_t off_y = ball->y - gk_clamp(ball->y, y, y + BREAKOUT_BRICK_HEIGHT);
        if (court->bricks[i] == 0 || gk_abs(off_x) >= BREAKOUT_BALL_RADIUS ||
            gk_abs(off_y) >= BREAKOUT_BALL_RADIUS)
            continue;
        court->bricks[i]--;
        court->brick_hits++;
        court->score += (uint16_t)(BREAKOUT_POINTS * (court->level + 1));
        if (court->bricks[i] == 0)
            let_fall(court, i);
        return 1;
    }
    return 0;
}

/* The further from the paddle's middle, the flatter the ball leaves. */
static void hit_paddles(struct breakout_state *state, uint32_t index, struct breakout_ball *ball)
{
    struct breakout_court *court = &state->courts[index];
    int32_t reach = breakout_paddle_half(court) + BREAKOUT_BALL_RADIUS;
    int32_t top = BREAKOUT_PADDLE_Y - BREAKOUT_BALL_RADIUS;
    if (ball->vy <= 0 || ball->y < top || ball->y > top + 2 * BREAKOUT_BALL_RADIUS)
        return;
    for (uint32_t slot = index; slot < state->presence.player_count; slot += state->court_count) {
        int32_t off = ball->x - state->players[slot].x;
        if (is_gone(state, slot) || gk_abs(off) > reach)
            continue;
        ball->y = top;
        fly(court, ball, gk_fixed_mul(gk_fixed_div(off, reach), BREAKOUT_HIT_ANGLE_MAX));
        court->paddle_hits++;
        return;
    }
}

static void use_drop(struct breakout_court *court, uint32_t kind)
{
    if (kind == BREAKOUT_WIDE)
        court->wide_ticks = BREAKOUT_EFFECT_TICKS;
    else if (kind == BREAKOUT_SLOW)
        court->slow_ticks = BREAKOUT_EFFECT_TICKS;
    else if (kind == BREAKOUT_LIFE)
        court->lives += court->lives < BREAKOUT_LIVES_MAX;
    while (kind == BREAKOUT_MORE && court->ball_count < BREAKOUT_BALLS_MAX) {
        struct breakout_ball *ball = &court->balls[court->ball_count++];
        *ball = court->balls[0];
        fly(court, ball, court->ball_count == 2 ? GK_DEGREES(30) : -GK_DEGREES(30));
    }
}

static int catches(const struct breakout_state *state, uint32_t index,
                   const struct breakout_falling *drop)
{
    int32_t half = breakout_paddle_half(&state->courts[index]);
    if (drop->y < BREAKOUT_PADDLE_Y || drop->y > BREAKOUT_PADDLE_Y + BREAKOUT_BRICK_HEIGHT)
        return 0;
    for (uint32_t slot = index; slot < state->presence.player_count; slot += state->court_count) {
        if (!is_gone(state, slot) && gk_abs(drop->x - state->players[slot].x) <= half)
            return 1;
    }
    return 0;
}

static void move_drops(struct breakout_state *state, uint32_t index)
{
    struct breakout_court *court = &state->courts[index];
    for (uint32_t i = court->drop_count; i > 0; i--) {
        struct breakout_falling *drop = &court->drops[i - 1];
        drop->y += BREAKOUT_DROP_SPEED;
        int caught = catches(state, index, drop);
        uint32_t kind = drop->kind;
        if (!caught && drop->y < BREAKOUT_HEIGHT)
            continue;
        *drop = court->drops[--court->drop_count];
        memset(&court->drops[court->drop_count], 0, sizeof *drop);
        if (caught)
            use_drop(court, kind);
    }
}

/* --- what comes in and goes out --- */

static uint32_t input(const struct gk_host *host, const void *block, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    const struct breakout_state *state = block;
    struct gk_reader reader = gk_reader_of(bytes, count);
    struct gk_writer writer = gk_writer_of(ret_input, BREAKOUT_INPUT_BYTES);
    (void)host;
    if (slot >= state->presence.player_count || count < 1 || count > 2)
        return 0;
    int8_t direction = count == 1 ? gk_read_i8(&reader) : 0;
    uint16_t target = count == 2 ? gk_read_u16(&reader) : 0;
    if (direction < -1 || direction > 1 || target > BREAKOUT_WIDTH / BREAKOUT_UNIT)
        return 0;
    gk_write_u8(&writer, count == 2  ? BREAKOUT_TARGET
                         : direction ? BREAKOUT_DIRECTION
                                     : BREAKOUT_STILL);
    gk_write_i8(&writer, direction);
    gk_write_u16(&writer, target);
    return 1;
}

static void write_place(struct gk_writer *writer, int32_t x, int32_t y)
{
    gk_write_i16(writer, (int16_t)(x / BREAKOUT_UNIT));
    gk_write_i16(writer, (int16_t)(y / BREAKOUT_UNIT));
}

static void write_court(struct gk_writer *writer, const struct breakout_court *court)
{
    gk_write_u8(writer, court->status);
    gk_write_u8(writer, court->level);
    gk_write_u8(writer, court->lives);
    gk_write_u8(writer, (uint8_t)((court->wide_ticks != 0) | (court->slow_ticks != 0) << 1));
    gk_write_u16(writer, court->score);
    gk_write_u8(writer, court->paddle_hits);
    gk_write_u8(writer, court->brick_hits);
    gk_write_u8(writer, court->ball_count);
    gk_write_u8(writer, court->drop_count);
    for (uint32_t i = 0; i < BREAKOUT_BRICKS; i += 4)
        gk_write_u8(writer, (uint8_t)(court->bricks[i] | court->bricks[i + 1] << 2 |
                                      court->bricks[i + 2] << 4 | court->bricks[i + 3] << 6));
    for (uint32_t i = 0; i < court->ball_count; i++)
        write_place(writer, court->balls[i].x, court->balls[i].y);
    for (uint32_t i = 0; i < court->drop_count; i++) {
        gk_write_u8(writer, (uint8_t)court->drops[i].kind);
        write_place(writer, court->drops[i].x, court->drops[i].y);
    }
}

static uint32_t view(const struct gk_host *host, const void *block, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    const struct breakout_state *state = block;
    struct gk_writer writer = gk_writer_of(ret_bytes, capacity);
    int absent = state->phase == BREAKOUT_WAITING || state->phase == BREAKOUT_PAUSED;
    (void)host, (void)viewer;
    gk_write_u8(&writer, state->phase);
    gk_write_u8(&writer, (uint8_t)(state->presence.here | state->presence.gone << 4));
    gk_write_u8(&writer, state->mode);
    gk_write_u8(&writer, (uint8_t)state->presence.player_count);
    gk_write_u16(&writer,
                 (uint16_t)(absent ? gk_presence_ticks_to_loss(&state->presence) : state->timer));
    gk_write_u8(&writer, state->forfeit);
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++)
        gk_write_u16(&writer, (uint16_t)(state->players[slot].x / BREAKOUT_UNIT));
    for (uint32_t i = 0; i < state->court_count; i++)
        write_court(&writer, &state->courts[i]);
    return writer.failed ? 0 : writer.used;
}

/* 1: slot has won, 0: level, -1: lost. Alone and together, clearing all levels is to win. */
static int32_t standing(const struct breakout_state *state, uint32_t slot)
{
    if (is_gone(state, slot))
        return -1;
    if (state->mode != BREAKOUT_VERSUS)
        return state->courts[0].status == BREAKOUT_CLEARED ? 1 : -1;
    uint32_t other = 1 - slot;
    if (other >= state->presence.player_count || is_gone(state, other))
        return 1;
    int32_t ahead = state->courts[slot].score - state->courts[other].score;
    return (ahead > 0) - (ahead < 0);
}

static uint32_t result(const struct gk_host *host, const void *block, struct gk_result *ret_result)
{
    const struct breakout_state *state = block;
    (void)host;
    if (state->phase != BREAKOUT_OVER)
        return 0;
    ret_result->player_count = state->presence.player_count;
    ret_result->reason = state->forfeit;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        int32_t stands = standing(state, slot);
        ret_result->players[slot].score = state->courts[slot % state->court_count].score;
        ret_result->players[slot].place = stands < 0 ? 2 : 1;
        ret_result->players[slot].outcome = stands > 0   ? GK_OUTCOME_WIN
                                            : stands < 0 ? GK_OUTCOME_LOSS
                                                         : GK_OUTCOME_DRAW;
        ret_result->players[slot].forfeit = (uint8_t)is_gone(state, slot);
    }
    return 1;
}

/* --- for those who look after it --- */

static int court_is_sound(const struct breakout_court *court)
{
    for (uint32_t i = 0; i < BREAKOUT_BRICKS; i++) {
        if (court->bricks[i] > 2)
            return 0;
    }
    for (uint32_t i = 0; i < court->ball_count && i < BREAKOUT_BALLS_MAX; i++) {
        const struct breakout_ball *ball = &court->balls[i];
        if (ball->x < 0 || ball->x > BREAKOUT_WIDTH || ball->y < 0 ||
            ball->y > BREAKOUT_HEIGHT + 2 * BREAKOUT_BALL_RADIUS)
            return 0;
    }
    return court->status <= BREAKOUT_LOST && court->level < BREAKOUT_LEVELS &&
           court->lives <= BREAKOUT_LIVES_MAX && court->ball_count >= 1 &&
           court->ball_count <= BREAKOUT_BALLS_MAX && court->drop_count <= BREAKOUT_DROPS_MAX &&
           court->lets_fall <= 1 && court->wide_ticks <= BREAKOUT_EFFECT_TICKS &&
           court->slow_ticks <= BREAKOUT_EFFECT_TICKS &&
           (court->status != BREAKOUT_SERVES || court->serve_ticks > 0) &&
           (court->lives == 0) == (court->status == BREAKOUT_LOST);
}

static uint32_t check(const struct gk_host *host, const void *block)
{
    const struct breakout_state *state = block;
    (void)host;
    if (state->presence.player_count < 1 || state->presence.player_count > BREAKOUT_PLAYERS_MAX ||
        state->court_count < 1 || state->court_count > state->presence.player_count ||
        !gk_presence_is_sound(&state->presence))
        return 0;
    for (uint32_t slot = 0; slot < state->presence.player_count; slot++) {
        const struct breakout_player *player = &state->players[slot];
        if (player->x < BREAKOUT_PADDLE_HALF || player->x > BREAKOUT_WIDTH - BREAKOUT_PADDLE_HALF ||
            player->control > BREAKOUT_TARGET)
            return 0;
    }
    for (uint32_t i = 0; i < state->court_count; i++) {
        if (!court_is_sound(&state->courts[i]))
            return 0;
    }
    return state->phase <= BREAKOUT_OVER && state->mode <= BREAKOUT_VERSUS && state->forfeit <= 1 &&
           state->timer <= BREAKOUT_COUNTDOWN_TICKS &&
           (state->phase != BREAKOUT_COUNTDOWN || state->timer > 0);
}

static uint32_t explain(const struct gk_host *host, const void *block, char *ret_text,
                        uint32_t capacity)
{
    static const char phases[][10] = {"waiting", "countdown", "play", "paused", "over"};
    static const char statuses[][8] = {"serves", "flies", "cleared", "lost"};
    const struct breakout_state *state = block;
    struct gk_writer text = gk_writer_of((uint8_t *)ret_text, capacity);
    (void)host;
    gk_write_text(&text, "tick=");
    gk_write_number(&text, state->tick);
    gk_write_text(&text, " phase=");
    gk_write_text(&text, state->phase <= BREAKOUT_OVER ? phases[state->phase] : "?");
    gk_write_text(&text, " timer=");
    gk_write_number(&text, state->timer);
    for (uint32_t slot = 0; slot < BREAKOUT_PLAYERS_MAX && slot < state->presence.player_count;
         slot++) {
        gk_write_text(&text, " p");
        gk_write_number(&text, slot);
        gk_write_text(&text, "=");
        gk_write_text(&text, gk_presence_word(&state->presence, slot));
        gk_write_text(&text, "@");
        gk_write_number(&text, state->players[slot].x / GK_ONE);
    }
    for (uint32_t i = 0; i < BREAKOUT_COURTS_MAX && i < state->court_count; i++) {
        const struct breakout_court *court = &state->courts[i];
        gk_write_text(&text, "; court ");
        gk_write_number(&text, i);
        gk_write_text(&text, " ");
        gk_write_text(&text, court->status <= BREAKOUT_LOST ? statuses[court->status] : "?");
        gk_write_text(&text, " level=");
        gk_write_number(&text, court->level + 1);
        gk_write_text(&text, " lives=");
        gk_write_number(&text, court->lives);
        gk_write_text(&text, " score=");
        gk_write_number(&text, court->score);
        gk_write_text(&text, " bricks=");
        gk_write_number(&text, bricks_left(court));
        gk_write_text(&text, " balls=");
        gk_write_number(&text, court->ball_count);
        gk_write_text(&text, " drops=");
        gk_write_number(&text, court->drop_count);
        gk_write_text(&text, " first=");
        gk_write_number(&text, court->balls[0].x / GK_ONE);
        gk_write_text(&text, ",");
        gk_write_number(&text, court->balls[0].y / GK_ONE);
    }
    return text.used;
}

GK_MANIFEST(.tick_hz = BREAKOUT_TICK_HZ, .state_schema = 1, .state_schema_oldest = 1,
            .state_bytes = sizeof(struct breakout_state), .input_bytes = BREAKOUT_INPUT_BYTES,
            .view_bytes_max = BREAKOUT_VIEW_BYTES_MAX, .players_min = 1,
            .players_max = BREAKOUT_PLAYERS_MAX, .mode_count = 3, .option_count = 3,
            .id = "breakout", .title = "Breakout", .version = "1.0.0",
            .modes = {{.id = "solo", .players_min = 1, .players_max = 1, .teams = 1},
                      {.id = "coop", .players_min = 2, .players_max = 2, .teams = 1},
                      {.id = "versus", .players_min = 2, .players_max = 2, .teams = 2}});

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result, .check = check, .explain = explain, .bot = breakout_bot);
