#include "tool/play_link.h"

#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 16 /* of one frame; then it arrives */

static int64_t travel_us(struct play_link *link);

void play_link_init(struct play_link *link, uint64_t seed)
{
    *link = (struct play_link){0};
    gk_random_seed(&link->random, seed, 1);
}

void play_link_clear(struct play_link *link)
{
    while (link->first) {
        struct play_frame *frame = link->first;
        link->first = frame->next;
        free(frame);
    }
    link->last = NULL;
    link->waiting = 0;
    link->due_us_last = 0;
}

bool play_link_send(struct play_link *link, const uint8_t *bytes, uint32_t count, int64_t now_us)
{
    if (link->waiting >= PLAY_LINK_FRAMES_MAX)
        return false;
    struct play_frame *frame = malloc(sizeof *frame + count);
    if (!frame)
        return false;
    int64_t due_us = now_us + travel_us(link);
    if (due_us < link->due_us_last)
        due_us = link->due_us_last;
    *frame = (struct play_frame){.due_us = due_us, .count = count};
    memcpy(frame->bytes, bytes, count);
    if (link->last)
        link->last->next = frame;
    else
        link->first = frame;
    link->last = frame;
    link->waiting++;
    link->due_us_last = due_us;
    return true;
}

struct play_frame *play_link_receive(struct play_link *link, int64_t now_us)
{
    struct play_frame *frame = link->first;
    if (!frame || frame->due_us > now_us)
        return NULL;
    link->first = frame->next;
    if (!link->first)
        link->last = NULL;
    link->waiting--;
    return frame;
}

int64_t play_link_due_us(const struct play_link *link)
{
    return link->first ? link->first->due_us : PLAY_LINK_NOTHING_DUE;
}

static int64_t travel_us(struct play_link *link)
{
    int64_t round_trip_us = (int64_t)link->quality.latency_ms * 1000;
    int64_t us = round_trip_us / 2;
    us += gk_random_between(&link->random, 0, (int32_t)link->quality.jitter_ms * 1000);
    for (int tries = 1; tries < TRIES_MAX; tries++) {
        if (gk_random_below(&link->random, 100) >= link->quality.loss_percent)
            break;
        us += round_trip_us + PLAY_LINK_RESEND_US;
    }
    return us;
}
