/*
 * The life of a match as the host's contract has it (gamekit/game.h): input and bot between steps,
 * then join and leave, the tick, check, result, and only then the views.
 */
#include "host/probe_play.h"

#include <string.h>
#include <time.h>

#define HOSTILE_BYTES 32 /* of an input, at most */
#define EXPLAIN_EVERY 10 /* ticks */

struct play {
    struct trial *trial;
    uint64_t random;
    struct gk_match match;
    uint32_t matches, ticks_left;
    uint64_t open, joined, left; /* bit of each slot */
    struct gk_inputs inputs;
    uint8_t input_bytes[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
};

static enum probe_verdict migrate(struct play *play, const struct probe_old *old);
static enum probe_verdict begin(struct play *play);
static int32_t option_of(struct play *play, const struct probe_option *option);
static enum probe_verdict step(struct play *play, bool *over);
static enum probe_verdict step_turns(struct play *play, bool *over);
static enum probe_verdict come_and_go(struct play *play);
static enum probe_verdict come_or_go(struct play *play, uint32_t slot);
static enum probe_verdict leave(struct play *play, uint32_t slot, uint32_t reason);
static enum probe_verdict gather(struct play *play, uint32_t slot);
static enum probe_verdict tick(struct play *play);
static enum probe_verdict settle(struct play *play, bool *over);
static enum probe_verdict ask(struct play *play, enum game_callback callback, uint32_t slot,
                              uint32_t detail);
static bool has_time(uint32_t ticks);
static uint32_t chance(struct play *play, uint32_t one_in);
static uint64_t next_random(struct play *play);

enum probe_verdict probe_play(struct trial *trial, const struct probe_old *old)
{
    static struct play play;
    play = (struct play){.trial = trial};
    play.inputs.bytes = play.input_bytes;
    enum probe_verdict verdict = migrate(&play, old);
    bool over = true;
    while (verdict == PROBE_FINE && has_time(trial->tick)) {
        atomic_store(&trial->report->tick, trial->tick);
        if (over || play.ticks_left == 0)
            verdict = begin(&play);
        if (verdict == PROBE_FINE)
            verdict = trial->manifest.tick_hz ? step(&play, &over) : step_turns(&play, &over);
        if (verdict == PROBE_FINE && trial->game.explain && trial->tick % EXPLAIN_EVERY == 0)
            verdict = ask(&play, GAME_CALL_EXPLAIN, 0, 0);
        play.ticks_left--;
        if (verdict == PROBE_FINE)
            atomic_store(&trial->report->ticks, ++trial->tick);
    }
    return verdict;
}

/* No old state is known here, so nothing can be said of what comes of a good one. But what is none
 * must neither crash it nor make it write or read where it may not. */
static enum probe_verdict migrate(struct play *play, const struct probe_old *old)
{
    struct trial *trial = play->trial;
    const struct gk_manifest *manifest = &trial->manifest;
    const uint32_t counts[] = {0, 1, manifest->state_bytes, PROBE_OLD_BYTES};
    enum probe_verdict verdict = PROBE_FINE;
    uint32_t schema = manifest->state_schema_oldest;
    if (manifest->state_schema - schema > PROBE_SCHEMAS_MAX)
        schema = manifest->state_schema - PROBE_SCHEMAS_MAX;
    for (; trial->game.migrate && schema < manifest->state_schema; schema++)
        for (uint32_t i = 0; i < 8 && verdict == PROBE_FINE; i++) {
            uint32_t count = counts[i / 2], place = (count + 15) & ~15u;
            trial_set_state(trial, NULL);
            verdict = trial_ask(trial, &(struct question){.callback = GAME_CALL_MIGRATE,
                                                          .bytes = old->ends[i % 2] - place,
                                                          .count = count,
                                                          .detail = schema});
        }
    return verdict;
}

/* The next mode; as many players as it takes, as few, or something in between. */
static enum probe_verdict begin(struct play *play)
{
    const struct gk_manifest *manifest = &play->trial->manifest;
    const struct probe_report *report = play->trial->report;
    const struct gk_mode *mode = &manifest->modes[play->matches % manifest->mode_count];
    uint32_t round = play->matches / manifest->mode_count, players = mode->players_max;
    if (round % 3 == 1)
        players = mode->players_min;
    if (round % 3 == 2)
        players -= chance(play, (uint32_t)(mode->players_max - mode->players_min + 1));
    play->match = (struct gk_match){.seed = next_random(play),
                                    .mode = (uint32_t)(mode - manifest->modes),
                                    .player_count = players};
    for (uint32_t i = 0; i < report->option_count && i < GK_OPTIONS_MAX; i++)
        play->match.options[i] = option_of(play, &report->options[i]);
    play->ticks_left = play->matches++ ? PROBE_MATCH_TICKS : PROBE_MATCH_TICKS_FIRST;
    play->joined = play->left = 0;
    play->open = manifest->flags & GK_FLAG_OPEN_SEATS ? next_random(play) : 0;
    trial_set_state(play->trial, NULL);
    return ask(play, GAME_CALL_INIT, 0, 0);
}

static int32_t option_of(struct play *play, const struct probe_option *option)
{
    int64_t range = (int64_t)option->max - option->min;
    if (option->step <= 0 || range < 0)
        return option->min;
    uint64_t steps = (uint64_t)(range / option->step);
    return (int32_t)(option->min + (int64_t)(next_random(play) % (steps + 1)) * option->step);
}

static enum probe_verdict step(struct play *play, bool *over)
{
    enum probe_verdict verdict = PROBE_FINE;
    memset(play->input_bytes, 0, sizeof play->input_bytes);
    play->inputs.present = 0;
    for (uint32_t slot = 0; slot < play->match.player_count && verdict == PROBE_FINE; slot++)
        verdict = gather(play, slot);
    if (verdict == PROBE_FINE)
        verdict = come_and_go(play);
    if (verdict == PROBE_FINE)
        verdict = tick(play);
    return verdict == PROBE_FINE ? settle(play, over) : verdict;
}

/* Each input is a step of its own; so are coming and going, without a tick; and where a turn has an
 * end, a step in which nobody is present. */
static enum probe_verdict step_turns(struct play *play, bool *over)
{
    enum probe_verdict verdict = come_and_go(play);
    if (verdict == PROBE_FINE)
        verdict = settle(play, over);
    for (uint32_t slot = 0; slot < play->match.player_count && verdict == PROBE_FINE && !*over;
         slot++) {
        memset(play->input_bytes, 0, sizeof play->input_bytes);
        play->inputs.present = 0;
        verdict = gather(play, slot);
        bool is_timeout = play->trial->manifest.turn_seconds != 0 && chance(play, 16) == 0;
        if (is_timeout) {
            memset(play->input_bytes, 0, sizeof play->input_bytes);
            play->inputs.present = 0;
        }
        if (verdict != PROBE_FINE || (play->inputs.present == 0 && !is_timeout))
            continue;
        verdict = tick(play);
        if (verdict == PROBE_FINE)
            verdict = settle(play, over);
    }
    return verdict;
}

static enum probe_verdict come_and_go(struct play *play)
{
    enum probe_verdict verdict = PROBE_FINE;
    for (uint32_t slot = 0; slot < play->match.player_count && verdict == PROBE_FINE; slot++)
        if (!(play->left >> slot & 1))
            verdict = come_or_go(play, slot);
    return verdict;
}

static enum probe_verdict come_or_go(struct play *play, uint32_t slot)
{
    uint64_t bit = 1ull << slot;
    if (play->joined & bit) {
        uint32_t whim = chance(play, 200);
        return whim == 0   ? leave(play, slot, GK_LEAVE_LEFT)
               : whim <= 2 ? leave(play, slot, GK_LEAVE_DISCONNECTED)
                           : PROBE_FINE;
    }
    if (chance(play, 500) == 0)
        return leave(play, slot, GK_LEAVE_LEFT); /* without ever having been here, perhaps */
    if (chance(play, play->open & bit ? 40 : 3) != 0)
        return PROBE_FINE;
    play->open &= ~bit;
    play->joined |= bit;
    return ask(play, GAME_CALL_JOIN, slot, 0);
}

/* Who has gone for good sends nothing any more. */
static enum probe_verdict leave(struct play *play, uint32_t slot, uint32_t reason)
{
    uint32_t input_bytes = play->trial->manifest.input_bytes;
    play->joined &= ~(1ull << slot);
    if (reason == GK_LEAVE_LEFT) {
        play->left |= 1ull << slot;
        play->inputs.present &= ~(1ull << slot);
        memset(play->input_bytes + slot * input_bytes, 0, input_bytes);
    }
    return ask(play, GAME_CALL_LEAVE, slot, reason);
}

/* Anything of a person, or what the computer would do. */
static enum probe_verdict gather(struct play *play, uint32_t slot)
{
    struct trial *trial = play->trial;
    uint32_t input_bytes = trial->manifest.input_bytes;
    uint8_t hostile[HOSTILE_BYTES];
    enum probe_verdict verdict;
    if (!(play->joined >> slot & 1) || chance(play, 4) == 0)
        return PROBE_FINE;
    if (trial->game.bot && chance(play, 2) == 0) {
        verdict = ask(play, GAME_CALL_BOT, slot, 1 + chance(play, 3));
    } else {
        uint32_t count = chance(play, 8) == 0 ? HOSTILE_BYTES : chance(play, HOSTILE_BYTES / 4);
        bool is_small = chance(play, 2) == 0;
        for (int i = 0; i < HOSTILE_BYTES; i++)
            hostile[i] = (uint8_t)chance(play, is_small ? 4 : 256);
        verdict = trial_ask(trial, &(struct question){.callback = GAME_CALL_INPUT,
                                                      .slot = slot,
                                                      .bytes = hostile,
                                                      .count = count});
    }
    if (verdict == PROBE_FINE && trial->answers[0].value == 1) {
        memcpy(play->input_bytes + slot * input_bytes, trial->answers[0].data, input_bytes);
        play->inputs.present |= 1ull << slot;
    }
    return verdict;
}

static enum probe_verdict tick(struct play *play)
{
    return ask(play, GAME_CALL_TICK, 0, 0);
}

static enum probe_verdict settle(struct play *play, bool *over)
{
    struct trial *trial = play->trial;
    enum probe_verdict verdict = PROBE_FINE;
    if (trial->game.check)
        verdict = ask(play, GAME_CALL_CHECK, 0, 0);
    if (trial->game.check && verdict == PROBE_FINE && trial->answers[0].value != 1)
        return PROBE_BROKEN;
    if (verdict == PROBE_FINE)
        verdict = ask(play, GAME_CALL_RESULT, 0, 0);
    *over = trial->answers[0].value == 1;
    for (uint32_t slot = 0; slot <= play->match.player_count && verdict == PROBE_FINE; slot++)
        verdict =
            ask(play, GAME_CALL_VIEW, slot == play->match.player_count ? GK_SPECTATOR : slot, 0);
    return verdict;
}

static enum probe_verdict ask(struct play *play, enum game_callback callback, uint32_t slot,
                              uint32_t detail)
{
    const void *bytes = callback == GAME_CALL_INIT   ? (const void *)&play->match
                        : callback == GAME_CALL_TICK ? (const void *)&play->inputs
                                                     : NULL;
    return trial_ask(
        play->trial,
        &(struct question){.callback = callback, .slot = slot, .detail = detail, .bytes = bytes});
}

/* A large state is copied and compared for each call: it gets fewer ticks, not a refusal. */
static bool has_time(uint32_t ticks)
{
    struct timespec used;
    if (ticks < PROBE_TICKS_MIN || ticks >= PROBE_TICKS)
        return ticks < PROBE_TICKS;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000 < PROBE_CPU_MS;
}

/* 0 to one_in - 1. */
static uint32_t chance(struct play *play, uint32_t one_in)
{
    return (uint32_t)(next_random(play) % one_in);
}

static uint64_t next_random(struct play *play)
{
    uint64_t z = play->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
