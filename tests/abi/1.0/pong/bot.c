/*
 * bot.c: a player for Pong. It computes where the ball will cross its paddle's column and goes
 * there with an error that depends on the difficulty and on the hits so far, so it is pure: the
 * same state gives the same input. It sees no more than a player does.
 */
#include "pong.h"

/* The aim strays by up to this much of the paddle's reach, in percent: above 100 it can miss. */
static const uint8_t stray_percent[] = {165, 128, 108};

static int32_t arrival_y(const struct pong_ball *ball, int32_t plane);
static int32_t stray(const struct pong_state *state, uint32_t slot, uint32_t difficulty);
static void write_target(int32_t y, uint8_t *ret_input);

uint32_t pong_bot(const struct gk_host *host, const void *block, uint32_t slot, uint32_t difficulty,
                  uint8_t *ret_input)
{
    const struct pong_state *state = block;
    const struct pong_ball *ball = &state->ball;
    int32_t face = pong_paddle_face(state, slot);
    int incoming = (ball->vx < 0) == (slot % PONG_TEAMS == 0);
    int ahead = ball->vx < 0 ? ball->x > face : ball->x < face;
    int near = gk_abs(ball->x - face) < PONG_WIDTH / 2;
    (void)host;
    difficulty = (uint32_t)gk_clamp((int32_t)difficulty, 1, 3);
    if (state->phase != PONG_PLAY || !incoming || !ahead || (difficulty == 1 && !near))
        write_target(PONG_HEIGHT / 2, ret_input);
    else
        write_target(arrival_y(ball, face) + stray(state, slot, difficulty), ret_input);
    return 1;
}

/* Where the ball, which flies towards `plane`, will be when it gets there. */
static int32_t arrival_y(const struct pong_ball *ball, int32_t plane)
{
    int64_t room = PONG_HEIGHT - 2 * PONG_BALL_RADIUS;
    int64_t travelled = (int64_t)ball->vy * (plane - ball->x) / ball->vx;
    /* Unfolded, the walls are mirrors: the path is straight and repeats every two rooms. */
    int64_t unfolded = (ball->y - PONG_BALL_RADIUS + travelled) % (2 * room);
    if (unfolded < 0)
        unfolded += 2 * room;
    return (int32_t)(unfolded < room ? unfolded : 2 * room - unfolded) + PONG_BALL_RADIUS;
}

/* One error for each approach of the ball, so the paddle does not tremble. */
static int32_t stray(const struct pong_state *state, uint32_t slot, uint32_t difficulty)
{
    uint64_t approach =
        (uint64_t)state->hits << 16 | (uint64_t)state->scores[0] << 8 | state->scores[1];
    struct gk_random random;
    gk_random_seed(&random, approach ^ state->random.position, slot);
    int32_t reach = pong_paddle_half(state, slot) + PONG_BALL_RADIUS;
    int32_t range = (int32_t)((int64_t)reach * stray_percent[difficulty - 1] / 100);
    return gk_random_between(&random, -range, range);
}

static void write_target(int32_t y, uint8_t *ret_input)
{
    struct gk_writer writer = gk_writer_of(ret_input, PONG_INPUT_BYTES);
    gk_write_u8(&writer, PONG_TARGET);
    gk_write_i8(&writer, 0);
    gk_write_u16(&writer, (uint16_t)(gk_clamp(y, 0, PONG_HEIGHT) / PONG_TARGET_UNIT));
}
