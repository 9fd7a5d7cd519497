/* A turn-based game in which nobody moves any more has its match ended by STEPS_PER_TICK_MAX. */
#include "tool/recording.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_PER_TICK_MAX 64

static bool append(void *context, const uint8_t *bytes, size_t count);
static void look_around(struct run *run, struct view_sizes *sizes);

struct recording *recording_create(void)
{
    return calloc(1, sizeof(struct recording));
}

void recording_destroy(struct recording *recording)
{
    if (!recording)
        return;
    free(recording->bytes);
    free(recording);
}

bool recording_make(struct recording *recording, struct run *run, const struct game *game,
                    struct crowd *crowd, uint32_t index, uint32_t ticks_max, uint32_t hash_ticks,
                    struct view_sizes *sizes)
{
    struct replay_head head;
    struct gk_match match;
    uint64_t steps = 0;
    recording->count = 0;
    crowd_choose_match(crowd, &game->manifest, &game->options, index, &match);
    run_head(&game->manifest, game->sha, &match, hash_ticks, &head);
    replay_write_begin(&recording->writer, recording->buffer, sizeof recording->buffer, append,
                       recording, &head);
    run->recorder = &recording->writer;
    run_begin(run, &match);
    crowd_sit_down(crowd, run);
    while (!run->is_over && run->ticks < ticks_max &&
           steps++ < (uint64_t)ticks_max * STEPS_PER_TICK_MAX) {
        crowd_play(crowd, run);
        (void)run_step(run);
        look_around(run, sizes);
    }
    bool is_whole = run_end_recording(run);
    run->recorder = NULL;
    return is_whole && run->fault == RUN_FINE;
}

static bool append(void *context, const uint8_t *bytes, size_t count)
{
    struct recording *recording = context;
    while (recording->capacity - recording->count < count) {
        size_t capacity = recording->capacity ? recording->capacity * 2 : RECORDING_BUFFER_BYTES;
        uint8_t *larger = realloc(recording->bytes, capacity);
        if (!larger)
            return false;
        recording->bytes = larger;
        recording->capacity = capacity;
    }
    memcpy(recording->bytes + recording->count, bytes, count);
    recording->count += count;
    return true;
}

static void look_around(struct run *run, struct view_sizes *sizes)
{
    for (uint32_t slot = 0; slot <= run->match.player_count && run->fault == RUN_FINE; slot++) {
        uint32_t bytes = run_view(run, slot == run->match.player_count ? GK_SPECTATOR : slot);
        sizes->views++;
        sizes->bytes += bytes;
        if (bytes > sizes->bytes_max)
            sizes->bytes_max = bytes;
    }
}
