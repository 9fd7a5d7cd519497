/*
 * bot.c: a player for breakout. It goes below the lowest ball, with an offset that changes with the
 * hits so that bricks are met everywhere; a beginner strays beyond his paddle. With a mate it keeps
 * its half of the court. Pure: the same state gives the same input. It sees no more than a player.
 */
#include "breakout.h"

/* How far from the ball the paddle's middle may be, in percent of its half: above 100 it misses. */
static const uint8_t stray_percent[] = {125, 106, 85};

static const struct breakout_ball *lowest_ball(const struct breakout_court *court);
static int has_mate(const struct breakout_state *state, uint32_t slot);

uint32_t breakout_bot(const struct gk_host *host, const void *block, uint32_t slot,
                      uint32_t difficulty, uint8_t *ret_input)
{
    const struct breakout_state *state = block;
    const struct breakout_court *court = &state->courts[slot % state->court_count];
    struct gk_writer writer = gk_writer_of(ret_input, BREAKOUT_INPUT_BYTES);
    struct gk_random chance;
    int32_t half = breakout_paddle_half(court), middle = BREAKOUT_WIDTH / 2;
    (void)host;
    difficulty = (uint32_t)gk_clamp((int32_t)difficulty, 1, 3);
    gk_random_seed(&chance, (uint64_t)court->paddle_hits << 8 | court->lives, slot);
    int32_t range = half / 100 * stray_percent[difficulty - 1];
    int32_t x = lowest_ball(court)->x + gk_random_between(&chance, -range, range);
    if (has_mate(state, slot))
        x = slot == 0 ? gk_min(x, middle - half) : gk_max(x, middle + half);
    gk_write_u8(&writer, BREAKOUT_TARGET);
    gk_write_i8(&writer, 0);
    gk_write_u16(&writer, (uint16_t)(gk_clamp(x, 0, BREAKOUT_WIDTH) / BREAKOUT_UNIT));
    return 1;
}

static const struct breakout_ball *lowest_ball(const struct breakout_court *court)
{
    const struct breakout_ball *lowest = &court->balls[0];
    for (uint32_t i = 1; i < court->ball_count; i++) {
        if (court->balls[i].y > lowest->y)
            lowest = &court->balls[i];
    }
    return lowest;
}

/* Somebody else plays on the same court. */
static int has_mate(const struct breakout_state *state, uint32_t slot)
{
    return state->mode == BREAKOUT_COOP && !gk_presence_has(state->presence.gone, 1 - slot);
}
