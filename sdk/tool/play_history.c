/*
 * A row of stretches. Each begins with a kept state and holds the steps that follow it, up to the
 * beginning of the next. Of two that begin at the same step the later one is of another image.
 */
#include "tool/play_history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_HEAD_BYTES (3 * sizeof(uint64_t) + 1)
#define RECORDS_BYTES_MIN 1024

struct stretch {
    struct play_moment begin;
    struct play_sizes sizes;
    uint8_t *state;   /* owned */
    uint32_t count;   /* of steps */
    uint8_t *records; /* owned; a head, then the inputs of those who have one */
    size_t used, capacity;
};

struct play_history {
    uint32_t player_count;
    size_t bytes, bytes_max;
    struct stretch *stretches; /* owned; by step */
    uint32_t count, capacity;
};

static bool stretch_add(struct play_history *history, const struct play_moment *moment,
                        const uint8_t *state, struct play_sizes sizes);
static void stretch_forget(struct play_history *history, uint32_t index);
static bool records_reserve(struct play_history *history, struct stretch *stretch, size_t bytes);
static size_t record_bytes(const struct stretch *stretch, const uint8_t *record);
static void make_room(struct play_history *history);
static bool join_one(struct play_history *history);
static uint32_t stretch_at(const struct play_history *history, uint32_t step);
static struct stretch *newest(const struct play_history *history);

struct play_history *play_history_create(uint32_t player_count, size_t bytes_max)
{
    struct play_history *history = calloc(1, sizeof *history);
    if (!history)
        return NULL;
    history->player_count = player_count;
    history->bytes_max = bytes_max;
    return history;
}

void play_history_destroy(struct play_history *history)
{
    if (!history)
        return;
    while (history->count > 0)
        stretch_forget(history, history->count - 1);
    free(history->stretches);
    free(history);
}

bool play_history_begin(struct play_history *history, const struct play_moment *moment,
                        const uint8_t *state, struct play_sizes sizes)
{
    while (history->count > 0)
        stretch_forget(history, history->count - 1);
    return stretch_add(history, moment, state, sizes);
}

bool play_history_add(struct play_history *history, const struct play_step *step,
                      const struct play_moment *moment, const uint8_t *state)
{
    struct stretch *stretch = newest(history);
    size_t inputs = (size_t)__builtin_popcountll(step->present) * stretch->sizes.input_bytes;
    if (!records_reserve(history, stretch, RECORD_HEAD_BYTES + inputs))
        return false;
    uint8_t *to = stretch->records + stretch->used;
    const uint64_t masks[] = {step->joined, step->left, step->present};
    memcpy(to, masks, sizeof masks);
    to[sizeof masks] = step->ticks;
    to += RECORD_HEAD_BYTES;
    for (uint64_t rest = step->present; rest; rest &= rest - 1) {
        size_t slot = (size_t)__builtin_ctzll(rest);
        memcpy(to, step->inputs + slot * stretch->sizes.input_bytes, stretch->sizes.input_bytes);
        to += stretch->sizes.input_bytes;
    }
    stretch->used += RECORD_HEAD_BYTES + inputs;
    stretch->count++;
    assert(moment->step == stretch->begin.step + stretch->count);
    if (stretch->count >= PLAY_HISTORY_KEEP && !stretch_add(history, moment, state, stretch->sizes))
        return false;
    make_room(history);
    return true;
}

bool play_history_turn(struct play_history *history, const struct play_moment *moment,
                       const uint8_t *state, struct play_sizes sizes)
{
    assert(moment->step == play_history_newest(history));
    return stretch_add(history, moment, state, sizes);
}

void play_history_cut(struct play_history *history, uint32_t step)
{
    while (history->count > 1 && newest(history)->begin.step > step)
        stretch_forget(history, history->count - 1);
    struct stretch *stretch = newest(history);
    size_t used = 0;
    uint32_t count = 0;
    for (; count < stretch->count && stretch->begin.step + count < step; count++)
        used += record_bytes(stretch, stretch->records + used);
    stretch->used = used;
    stretch->count = count;
}

uint32_t play_history_first(const struct play_history *history)
{
    return history->stretches[0].begin.step;
}

uint32_t play_history_newest(const struct play_history *history)
{
    const struct stretch *stretch = newest(history);
    return stretch->begin.step + stretch->count;
}

size_t play_history_bytes(const struct play_history *history)
{
    return history->bytes;
}

const uint8_t *play_history_find(const struct play_history *history, uint32_t step,
                                 struct play_moment *ret_moment, struct play_sizes *ret_sizes)
{
    const struct stretch *stretch = &history->stretches[stretch_at(history, step)];
    *ret_moment = stretch->begin;
    *ret_sizes = stretch->sizes;
    return stretch->state;
}

void play_history_read(const struct play_history *history, uint32_t step, uint8_t *inputs,
                       struct play_step *ret_step)
{
    const struct stretch *stretch = &history->stretches[stretch_at(history, step)];
    assert(step - stretch->begin.step < stretch->count);
    const uint8_t *record = stretch->records;
    for (uint32_t at = stretch->begin.step; at < step; at++)
        record += record_bytes(stretch, record);
    uint64_t masks[3];
    memcpy(masks, record, sizeof masks);
    *ret_step = (struct play_step){.joined = masks[0],
                                   .left = masks[1],
                                   .present = masks[2],
                                   .ticks = record[sizeof masks],
                                   .inputs = inputs};
    record += RECORD_HEAD_BYTES;
    uint32_t input_bytes = stretch->sizes.input_bytes;
    memset(inputs, 0, (size_t)history->player_count * input_bytes);
    for (uint64_t rest = masks[2]; rest; rest &= rest - 1) {
        memcpy(inputs + (size_t)__builtin_ctzll(rest) * input_bytes, record, input_bytes);
        record += input_bytes;
    }
}

static bool stretch_add(struct play_history *history, const struct play_moment *moment,
                        const uint8_t *state, struct play_sizes sizes)
{
    if (history->count == history->capacity) {
        uint32_t capacity = history->capacity ? 2 * history->capacity : 64;
        struct stretch *grown = realloc(history->stretches, capacity * sizeof *grown);
        if (!grown)
            return false;
        history->stretches = grown;
        history->capacity = capacity;
    }
    uint8_t *copy = malloc(sizes.state_bytes);
    if (!copy)
        return false;
    memcpy(copy, state, sizes.state_bytes);
    history->stretches[history->count++] =
        (struct stretch){.begin = *moment, .sizes = sizes, .state = copy};
    history->bytes += sizeof(struct stretch) + sizes.state_bytes;
    return true;
}

static void stretch_forget(struct play_history *history, uint32_t index)
{
    struct stretch *stretch = &history->stretches[index];
    history->bytes -= sizeof *stretch + stretch->sizes.state_bytes + stretch->capacity;
    free(stretch->state);
    free(stretch->records);
    history->count--;
    memmove(stretch, stretch + 1, (history->count - index) * sizeof *stretch);
}

static bool records_reserve(struct play_history *history, struct stretch *stretch, size_t bytes)
{
    if (stretch->used + bytes <= stretch->capacity)
        return true;
    size_t capacity = stretch->capacity ? 2 * stretch->capacity : RECORDS_BYTES_MIN;
    while (capacity < stretch->used + bytes)
        capacity *= 2;
    uint8_t *grown = realloc(stretch->records, capacity);
    if (!grown)
        return false;
    history->bytes += capacity - stretch->capacity;
    stretch->records = grown;
    stretch->capacity = capacity;
    return true;
}

static size_t record_bytes(const struct stretch *stretch, const uint8_t *record)
{
    uint64_t present;
    memcpy(&present, record + 2 * sizeof present, sizeof present);
    return RECORD_HEAD_BYTES + (size_t)__builtin_popcountll(present) * stretch->sizes.input_bytes;
}

/* The newest stretch stays whatever it weighs. */
static void make_room(struct play_history *history)
{
    while (history->bytes > history->bytes_max && history->count > 1)
        if (!join_one(history))
            stretch_forget(history, 0);
}

/* Gives up the kept state between two stretches that are the shortest pair, the oldest of those. */
static bool join_one(struct play_history *history)
{
    uint32_t shortest = PLAY_HISTORY_KEEP_MAX + 1, index = 0;
    for (uint32_t i = 0; i + 2 < history->count; i++) {
        const struct stretch *one = &history->stretches[i], *next = one + 1;
        if (one->begin.image == next->begin.image && one->count + next->count < shortest) {
            shortest = one->count + next->count;
            index = i;
        }
    }
    if (shortest > PLAY_HISTORY_KEEP_MAX)
        return false;
    struct stretch *one = &history->stretches[index], *next = one + 1;
    if (!records_reserve(history, one, next->used))
        return false;
    if (next->used > 0)
        memcpy(one->records + one->used, next->records, next->used);
    one->used += next->used;
    one->count += next->count;
    stretch_forget(history, index + 1);
    return true;
}

/* The last one that begins at or before `step`. */
static uint32_t stretch_at(const struct play_history *history, uint32_t step)
{
    uint32_t low = 0, high = history->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (history->stretches[middle].begin.step <= step)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static struct stretch *newest(const struct play_history *history)
{
    assert(history->count > 0);
    return &history->stretches[history->count - 1];
}
