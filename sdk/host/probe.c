/*
 * Plays PROBE_TICKS ticks of matches with random and hostile input. Every callback is called twice,
 * on two copies of the state at different addresses, with different garbage on the stack: answers
 * and states must be equal. The hashes of all answers go into the report; who asked runs two
 * processes and compares them, so that an address of the game itself is seen too.
 */
#include "host/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "host/hash.h"
#include "host/load.h"

#define GARBAGE_BYTES 32768
#define HOSTILE_BYTES 32 /* of an input, at most */
#define GUARD_BYTES   64
#define GUARD         0xb7

struct answer {
    uint32_t value;
    uint32_t bytes;
    uint8_t *data; /* view_bytes_max or what else fits, and a guard */
};

struct probe {
    struct gk_manifest manifest;
    struct gk_game game;
    struct probe_report *report;
    uint64_t random;
    uint8_t *states[2], *before; /* state_bytes and a guard */
    struct answer answers[2];
    struct gk_match match;
    struct gk_inputs inputs;
    uint8_t input_bytes[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
    uint8_t hostile[HOSTILE_BYTES];
    uint32_t hostile_count;
    uint64_t joined;
    uint32_t tick;
};

static bool prepare(struct probe *probe, struct sandbox *sandbox,
                    const struct probe_descriptors *descriptors);
static uint32_t callbacks_of(const struct gk_game *game);
static enum probe_verdict play(struct probe *probe);
static enum probe_verdict begin(struct probe *probe);
static enum probe_verdict step(struct probe *probe, bool *over);
static enum probe_verdict gather_inputs(struct probe *probe);
static enum probe_verdict twice(struct probe *probe, enum game_callback callback, uint32_t slot);
static void call(struct probe *probe, int side, enum game_callback callback, uint32_t slot);
static bool is_const(enum game_callback callback);
static bool guards_hold(const struct probe *probe, uint32_t answer_bytes);
static void garbage(uint8_t value);
static void add(struct probe *probe, enum game_callback callback, const void *bytes, size_t count);
static uint64_t next_random(struct probe *probe);
static void no_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes);
static const void *no_extension(const struct gk_host *host, const char *name);

static const struct gk_host probe_host = {.size = sizeof(struct gk_host),
                                          .abi_minor = GK_ABI_MINOR,
                                          .log = no_log,
                                          .extension = no_extension};

int probe_run(struct sandbox *sandbox, const struct probe_descriptors *descriptors)
{
    static struct probe probe;
    const struct rlimit time = {PROBE_CPU_S_MAX, PROBE_CPU_S_MAX};
    const struct sandbox_descriptors used = {descriptors->control, -1, -1, -1};
    if (!sandbox_begin(sandbox, descriptors->report) || setrlimit(RLIMIT_CPU, &time) != 0)
        return SANDBOX_EXIT_INCOMPLETE;
    if (!prepare(&probe, sandbox, descriptors))
        return 1;
    if (!sandbox_play(sandbox, &used))
        return SANDBOX_EXIT_INCOMPLETE;
    atomic_store(&probe.report->layers, sandbox->layers);
    atomic_store(&probe.report->callbacks, callbacks_of(&probe.game));
    atomic_store(&probe.report->verdict, play(&probe));
    return 0;
}

static bool prepare(struct probe *probe, struct sandbox *sandbox,
                    const struct probe_descriptors *descriptors)
{
    const struct sandbox_descriptors used = {descriptors->control, -1, -1, -1};
    uint64_t mapped_bytes;
    struct stat status;
    if (!game_inspect(descriptors->image, &probe->manifest, &mapped_bytes) ||
        fstat(descriptors->report, &status) != 0 ||
        (uint64_t)status.st_size < sizeof(struct probe_report))
        return false;
    void *report = mmap(NULL, sizeof(struct probe_report), PROT_READ | PROT_WRITE, MAP_SHARED,
                        descriptors->report, 0);
    size_t state_bytes = probe->manifest.state_bytes + GUARD_BYTES;
    size_t answer_bytes = GK_VIEW_BYTES_MAX + GUARD_BYTES;
    probe->before = malloc(state_bytes);
    for (int i = 0; i < 2; i++) {
        probe->states[i] = malloc(state_bytes);
        probe->answers[i].data = malloc(answer_bytes);
        if (!probe->states[i] || !probe->answers[i].data)
            return false;
    }
    if (report == MAP_FAILED || !probe->before)
        return false;
    probe->report = report;
    return sandbox_load(sandbox, &used, mapped_bytes, &probe->report->forbidden_call) &&
           game_load(descriptors->image, &probe->game);
}

static uint32_t callbacks_of(const struct gk_game *game)
{
#define BIT(name, member) ((uint32_t)(game->member != NULL) << GAME_CALL_##name)
    return BIT(INIT, init) | BIT(JOIN, join) | BIT(LEAVE, leave) | BIT(INPUT, input) |
           BIT(TICK, tick) | BIT(VIEW, view) | BIT(RESULT, result) | BIT(CHECK, check) |
           BIT(MIGRATE, migrate) | BIT(EXPLAIN, explain) | BIT(BOT, bot) |
           BIT(EXTENSION, extension);
#undef BIT
}

static enum probe_verdict play(struct probe *probe)
{
    bool over = true;
    for (probe->tick = 0; probe->tick < PROBE_TICKS; probe->tick++) {
        atomic_store(&probe->report->tick, probe->tick);
        enum probe_verdict verdict = over ? begin(probe) : PROBE_FINE;
        if (verdict == PROBE_FINE)
            verdict = step(probe, &over);
        if (verdict != PROBE_FINE)
            return verdict;
    }
    return PROBE_FINE;
}

/* Another match, in the next mode. */
static enum probe_verdict begin(struct probe *probe)
{
    const struct gk_manifest *manifest = &probe->manifest;
    probe->match = (struct gk_match){.seed = next_random(probe),
                                     .mode = (uint32_t)(next_random(probe) % manifest->mode_count)};
    probe->match.player_count = manifest->modes[probe->match.mode].players_max;
    probe->joined = 0;
    memset(probe->states[0], 0, manifest->state_bytes);
    memset(probe->states[0] + manifest->state_bytes, GUARD, GUARD_BYTES);
    return twice(probe, GAME_CALL_INIT, 0);
}

static enum probe_verdict step(struct probe *probe, bool *over)
{
    enum probe_verdict verdict = PROBE_FINE;
    for (uint32_t slot = 0; slot < probe->match.player_count && verdict == PROBE_FINE; slot++) {
        bool is_here = probe->joined >> slot & 1;
        if (is_here && next_random(probe) % 100 != 0)
            continue;
        verdict = twice(probe, is_here ? GAME_CALL_LEAVE : GAME_CALL_JOIN, slot);
        probe->joined ^= 1ull << slot;
    }
    if (verdict == PROBE_FINE)
        verdict = gather_inputs(probe);
    if (verdict == PROBE_FINE && (probe->manifest.tick_hz != 0 || probe->inputs.present != 0))
        verdict = twice(probe, GAME_CALL_TICK, 0);
    if (verdict == PROBE_FINE && probe->game.check)
        verdict = twice(probe, GAME_CALL_CHECK, 0);
    if (verdict == PROBE_FINE && probe->game.check && probe->answers[0].value != 1)
        return PROBE_BROKEN;
    for (uint32_t slot = 0; slot <= probe->match.player_count && verdict == PROBE_FINE; slot++)
        verdict =
            twice(probe, GAME_CALL_VIEW, slot == probe->match.player_count ? GK_SPECTATOR : slot);
    if (verdict == PROBE_FINE)
        verdict = twice(probe, GAME_CALL_RESULT, 0);
    *over = probe->answers[0].value == 1;
    return verdict;
}

static enum probe_verdict gather_inputs(struct probe *probe)
{
    uint32_t input_bytes = probe->manifest.input_bytes;
    memset(probe->input_bytes, 0, sizeof probe->input_bytes);
    probe->inputs = (struct gk_inputs){.bytes = probe->input_bytes};
    for (uint32_t slot = 0; slot < probe->match.player_count; slot++) {
        if (!(probe->joined >> slot & 1) || next_random(probe) % 4 == 0)
            continue;
        probe->hostile_count = (uint32_t)(next_random(probe) % (HOSTILE_BYTES / 4));
        if (next_random(probe) % 8 == 0)
            probe->hostile_count = HOSTILE_BYTES;
        bool is_small = next_random(probe) % 2 == 0;
        for (int i = 0; i < HOSTILE_BYTES; i++)
            probe->hostile[i] = (uint8_t)(next_random(probe) % (is_small ? 4 : 256));
        enum probe_verdict verdict = twice(probe, GAME_CALL_INPUT, slot);
        if (verdict != PROBE_FINE)
            return verdict;
        if (probe->answers[0].value != 1)
            continue;
        memcpy(probe->input_bytes + slot * input_bytes, probe->answers[0].data, input_bytes);
        probe->inputs.present |= 1ull << slot;
    }
    return PROBE_FINE;
}

/* The heart of it: the same call on two copies, whose answers must be equal. */
static enum probe_verdict twice(struct probe *probe, enum game_callback callback, uint32_t slot)
{
    size_t state_bytes = probe->manifest.state_bytes;
    atomic_store(&probe->report->callback, callback);
    memcpy(probe->states[1], probe->states[0], state_bytes + GUARD_BYTES);
    memcpy(probe->before, probe->states[0], state_bytes);
    uint32_t answer_bytes =
        callback == GAME_CALL_VIEW ? probe->manifest.view_bytes_max : GK_VIEW_BYTES_MAX;
    for (int side = 0; side < 2; side++) {
        struct answer *answer = &probe->answers[side];
        answer->value = answer->bytes = 0;
        memset(answer->data, callback == GAME_CALL_VIEW ? 0x11 * (side + 1) : 0, GK_VIEW_BYTES_MAX);
        memset(answer->data + answer_bytes, GUARD, GUARD_BYTES);
        garbage(side ? 0xa5 : 0x5a);
        call(probe, side, callback, slot);
    }
    if (!guards_hold(probe, answer_bytes) ||
        (callback == GAME_CALL_VIEW && probe->answers[0].value > probe->manifest.view_bytes_max))
        return PROBE_OVERRUN;
    const struct answer *one = &probe->answers[0], *other = &probe->answers[1];
    if (one->value != other->value ||
        memcmp(probe->states[0], probe->states[1], state_bytes) != 0 ||
        memcmp(one->data, other->data, one->bytes) != 0 ||
        (is_const(callback) && memcmp(probe->before, probe->states[0], state_bytes) != 0))
        return PROBE_IMPURE;
    add(probe, callback, &one->value, sizeof one->value);
    add(probe, callback, one->data, one->bytes);
    if (!is_const(callback))
        add(probe, callback, probe->states[0], state_bytes);
    return PROBE_FINE;
}

static void call(struct probe *probe, int side, enum game_callback callback, uint32_t slot)
{
    const struct gk_game *game = &probe->game;
    struct answer *answer = &probe->answers[side];
    void *state = probe->states[side];
    switch (callback) {
    case GAME_CALL_INIT:
        game->init(&probe_host, state, &probe->match);
        break;
    case GAME_CALL_JOIN:
        game->join(&probe_host, state, slot);
        break;
    case GAME_CALL_LEAVE:
        game->leave(&probe_host, state, slot, GK_LEAVE_DISCONNECTED);
        break;
    case GAME_CALL_INPUT:
        answer->value = game->input(&probe_host, state, slot, probe->hostile, probe->hostile_count,
                                    answer->data);
        answer->bytes = answer->value == 1 ? probe->manifest.input_bytes : 0;
        break;
    case GAME_CALL_TICK:
        game->tick(&probe_host, state, &probe->inputs);
        break;
    case GAME_CALL_VIEW:
        answer->value =
            game->view(&probe_host, state, slot, answer->data, probe->manifest.view_bytes_max);
        answer->bytes = answer->value <= probe->manifest.view_bytes_max ? answer->value : 0;
        break;
    case GAME_CALL_RESULT:
        answer->value = game->result(&probe_host, state, (struct gk_result *)answer->data);
        answer->bytes = answer->value == 1 ? sizeof(struct gk_result) : 0;
        break;
    case GAME_CALL_CHECK:
        answer->value = game->check(&probe_host, state);
        break;
    default:
        break;
    }
}

static bool is_const(enum game_callback callback)
{
    return callback == GAME_CALL_INPUT || callback >= GAME_CALL_VIEW;
}

static bool guards_hold(const struct probe *probe, uint32_t answer_bytes)
{
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < GUARD_BYTES; i++)
            if (probe->states[side][probe->manifest.state_bytes + (uint32_t)i] != GUARD ||
                probe->answers[side].data[answer_bytes + (uint32_t)i] != GUARD)
                return false;
    return true;
}

/* What a local variable holds that nobody has set. */
__attribute__((noinline)) static void garbage(uint8_t value)
{
    uint8_t stack[GARBAGE_BYTES];
    memset(stack, value, sizeof stack);
    __asm__ volatile("" : : "r"(stack) : "memory"); /* or it would be left out */
}

static void add(struct probe *probe, enum game_callback callback, const void *bytes, size_t count)
{
    uint64_t *hash = &probe->report->hashes[probe->tick][callback];
    *hash = hash_add(*hash ^ HASH_START, bytes, count);
}

static uint64_t next_random(struct probe *probe)
{
    uint64_t z = probe->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void no_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes)
{
    (void)host;
    (void)level;
    (void)text;
    (void)bytes;
}

static const void *no_extension(const struct gk_host *host, const char *name)
{
    (void)host;
    (void)name;
    return NULL;
}
