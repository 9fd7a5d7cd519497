/*
 * bot.c: a player for breakout. It goes below the lowest ball, with an offset that changes with the
 * hits so that bricks are met everywhere; a beginner strays beyond his paddle. Pure: the same state
 * gives the same input. It sees no more than a player does.
 */
#include "breakout.h"

/* How far from the ball the paddle's middle may be, in percent of its half: above 100 it misses. */
static const uint8_t stray_percent[] = {125, 106, 85};

uint32_t breakout_bot(const struct gk_host *host, const void *block, uint32_t slot,
                      uint32_t difficulty, uint8_t *ret_input)
{
    const struct breakout_state *state = block;
    const struct breakout_court *court =
        &state->courts[state->court_count ? slot % state->court_count : 0];
    struct gk_writer writer = gk_writer_of(ret_input, BREAKOUT_INPUT_BYTES);
    struct gk_random chance;
    int32_t half = breakout_paddle_half(court);
    const struct breakout_ball *lowest = &court->balls[0];
    (void)host;
    difficulty = (uint32_t)gk_clamp((int32_t)difficulty, 1, 3);
    for (uint32_t i = 1; i < court->ball_count; i++) {
        if (court->balls[i].y > lowest->y)
            lowest = &court->balls[i];
    }
    gk_random_seed(&chance, (uint64_t)court->paddle_hits << 8 | court->lives, slot);
    int32_t range = half / 100 * stray_percent[difficulty - 1];
    int32_t x = lowest->x + gk_random_between(&chance, -range, range);
    gk_write_u8(&writer, BREAKOUT_TARGET);
    gk_write_i8(&writer, 0);
    gk_write_u16(&writer, (uint16_t)(gk_clamp(x, 0, BREAKOUT_WIDTH) / BREAKOUT_UNIT));
    return 1;
}
