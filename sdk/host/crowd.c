/* One step of a crowd is: who comes and who goes, then what each does. */
#include "host/crowd.h"

#include <string.h>

#define IDLE_STEPS_MAX 8 /* then the turn is over */

/* One in so many steps, per seat; 0: never. */
struct habits {
    uint32_t leave, return_, leave_for_good, late;
};
static const struct habits habits_of[] = {
    [CROWD_BOTS] = {0, 1, 0, 0},
    [CROWD_MIXED] = {400, 30, 20000, 8},
    [CROWD_HOSTILE] = {40, 10, 2000, 2},
};

static int32_t choose_option(struct crowd *crowd, const struct game_option *option, uint32_t how);
static void come_and_go(struct crowd *crowd, struct run *run, uint32_t slot);
static bool act(struct crowd *crowd, struct run *run, uint32_t slot);
static bool try_input(struct crowd *crowd, struct run *run, uint32_t slot);
static uint32_t make_bytes(struct crowd *crowd, uint8_t *bytes);
static bool one_in(struct crowd *crowd, uint32_t count);
static uint64_t next(struct crowd *crowd);

void crowd_init(struct crowd *crowd, enum crowd_manner manner, uint64_t seed)
{
    memset(crowd, 0, sizeof *crowd);
    crowd->manner = manner;
    crowd->random = seed;
}

void crowd_choose_match(struct crowd *crowd, const struct gk_manifest *manifest,
                        const struct game_options *options, uint32_t index,
                        struct gk_match *ret_match)
{
    const struct gk_mode *mode = &manifest->modes[index % manifest->mode_count];
    memset(ret_match, 0, sizeof *ret_match);
    ret_match->seed = next(crowd);
    ret_match->mode = index % manifest->mode_count;
    ret_match->player_count = mode->players_max;
    if (crowd->manner != CROWD_BOTS && one_in(crowd, 3))
        ret_match->player_count =
            mode->players_min + crowd_chance(crowd, mode->players_max - mode->players_min + 1u);
    for (uint32_t i = 0; options && i < options->count; i++)
        ret_match->options[i] =
            choose_option(crowd, &options->options[i], index / manifest->mode_count);
}

void crowd_sit_down(struct crowd *crowd, const struct run *run)
{
    crowd->steps_idle = 0;
    crowd->bots = UINT64_MAX;
    if (crowd->manner != CROWD_BOTS)
        crowd->bots = next(crowd);
    if (!run->game.bot)
        crowd->bots = 0;
}

void crowd_play(struct crowd *crowd, struct run *run)
{
    uint32_t player_count = run->match.player_count;
    for (uint32_t slot = 0; slot < player_count; slot++)
        come_and_go(crowd, run, slot);
    if (run->manifest.tick_hz != 0) {
        for (uint32_t slot = 0; slot < player_count; slot++)
            (void)act(crowd, run, slot);
        return;
    }
    /* Turn-based: the server makes a step of each input. */
    bool moved = false;
    uint32_t first = crowd_chance(crowd, player_count);
    for (uint32_t i = 0; i < player_count && !moved; i++)
        moved = act(crowd, run, (first + i) % player_count);
    crowd->steps_idle = moved ? 0 : crowd->steps_idle + 1;
    if (crowd->steps_idle >= IDLE_STEPS_MAX && run->manifest.turn_seconds != 0) {
        crowd->steps_idle = 0;
        run_end_turn(run);
    }
}

uint32_t crowd_chance(struct crowd *crowd, uint32_t bound)
{
    return (uint32_t)(((next(crowd) >> 32) * bound) >> 32);
}

/* `how`: 0 as declared, 1 the lowest, 2 the highest, then by chance. */
static int32_t choose_option(struct crowd *crowd, const struct game_option *option, uint32_t how)
{
    int32_t low = 0, high = 1, step = 1;
    if (option->type == GAME_OPTION_ENUM)
        high = (int32_t)option->value_count - 1;
    if (option->type == GAME_OPTION_INTEGER) {
        low = option->min;
        step = option->step;
        high = low + (int32_t)(((int64_t)option->max - low) / step * step);
    }
    if (how == 0)
        return option->value_default;
    if (how > 2 && crowd->manner == CROWD_HOSTILE && one_in(crowd, 2))
        how = 1 + crowd_chance(crowd, 2);
    if (how <= 2)
        return how == 1 ? low : high;
    uint32_t count = (uint32_t)(((int64_t)high - low) / step) + 1;
    return (int32_t)(low + (int64_t)crowd_chance(crowd, count) * step);
}

static void come_and_go(struct crowd *crowd, struct run *run, uint32_t slot)
{
    const struct habits *habits = &habits_of[crowd->manner];
    bool is_there = run->present >> slot & 1;
    if ((run->left | run->leaving) >> slot & 1)
        return;
    if (run->ticks == 0 && !is_there && !(habits->late && one_in(crowd, habits->late)))
        run_join(run, slot);
    else if (!is_there && one_in(crowd, habits->return_))
        run_join(run, slot);
    else if (is_there && one_in(crowd, habits->leave))
        run_leave(run, slot, GK_LEAVE_DISCONNECTED);
    if (one_in(crowd, habits->leave_for_good))
        run_leave(run, slot, GK_LEAVE_LEFT);
}

/* True when there is an input of it. */
static bool act(struct crowd *crowd, struct run *run, uint32_t slot)
{
    bool is_there = run->present >> slot & 1;
    if (!is_there || ((run->left | run->leaving) >> slot & 1))
        return false;
    bool is_bot = crowd->bots >> slot & 1;
    if (is_bot && !(crowd->manner == CROWD_HOSTILE && one_in(crowd, 4)))
        return run_bot(run, slot, 1 + slot % 3);
    if (run->manifest.tick_hz != 0 && one_in(crowd, 4))
        return false;
    bool taken = false;
    for (int tries = 0; tries < (run->manifest.tick_hz == 0 ? 16 : 1) && !taken; tries++)
        taken = try_input(crowd, run, slot);
    return taken;
}

static bool try_input(struct crowd *crowd, struct run *run, uint32_t slot)
{
    uint8_t bytes[REPLAY_ASK_BYTES_MAX];
    uint32_t count = make_bytes(crowd, bytes);
    if (!run_input(run, slot, bytes, count))
        return false;
    if (count <= CROWD_INPUT_BYTES) {
        uint32_t at = crowd->known_count < CROWD_INPUTS_KNOWN
                          ? crowd->known_count++
                          : crowd_chance(crowd, CROWD_INPUTS_KNOWN);
        memcpy(crowd->known[at].bytes, bytes, count);
        crowd->known[at].count = count;
    }
    return true;
}

/* Something that was taken before, with a byte changed or as it was; else anything, small numbers
 * and small counts first. */
static uint32_t make_bytes(struct crowd *crowd, uint8_t *bytes)
{
    if (crowd->known_count != 0 && !one_in(crowd, 3)) {
        uint32_t at = crowd_chance(crowd, crowd->known_count);
        uint32_t count = crowd->known[at].count;
        memcpy(bytes, crowd->known[at].bytes, count);
        if (count != 0 && !one_in(crowd, 3))
            bytes[crowd_chance(crowd, count)] =
                (uint8_t)crowd_chance(crowd, one_in(crowd, 2) ? 4 : 256);
        return count;
    }
    uint32_t count = crowd_chance(crowd, 9);
    if (one_in(crowd, 8))
        count = crowd_chance(crowd, CROWD_INPUT_BYTES + 1);
    if (crowd->manner == CROWD_HOSTILE && one_in(crowd, 50))
        count = crowd_chance(crowd, REPLAY_ASK_BYTES_MAX + 1);
    uint32_t bound = one_in(crowd, 2) ? 4 : 256;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)crowd_chance(crowd, bound);
    return count;
}

static bool one_in(struct crowd *crowd, uint32_t count)
{
    return count != 0 && crowd_chance(crowd, count) == 0;
}

/* SplitMix64, as published by Steele, Lea and Flood. */
static uint64_t next(struct crowd *crowd)
{
    uint64_t z = crowd->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
