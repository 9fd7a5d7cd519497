/*
 * One direction of the line between a seat and the match, as bad as the author wants it. Frames
 * travel over TCP, as on the site: none is lost and none overtakes another, but a frame that is
 * lost on the way is sent again a round trip later, and what is behind it waits. Chance comes from
 * a seed, so a bad line is the same bad line again. Pure; the time is handed in.
 */
#ifndef TOOL_PLAY_LINK_H
#define TOOL_PLAY_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "gamekit/random.h"

#define PLAY_LINK_FRAMES_MAX  4096 /* under way in one direction */
#define PLAY_LINK_RESEND_US   50000
#define PLAY_LINK_LATENCY_MAX 2000 /* ms */
#define PLAY_LINK_JITTER_MAX  1000 /* ms */
#define PLAY_LINK_LOSS_MAX    90   /* % */
#define PLAY_LINK_NOTHING_DUE INT64_MAX

struct play_quality {
    uint32_t latency_ms;   /* there and back; a frame takes half of it */
    uint32_t jitter_ms;    /* a frame takes 0 to so much longer */
    uint32_t loss_percent; /* of the frames, and of those that are sent again */
};

struct play_frame {
    struct play_frame *next; /* owned by the line */
    int64_t due_us;
    uint32_t count;
    uint8_t bytes[];
};

struct play_link {
    struct play_quality quality;
    struct gk_random random;
    struct play_frame *first, *last; /* owned; in order of due_us */
    uint32_t waiting;
    int64_t due_us_last;
};

void play_link_init(struct play_link *link, uint64_t seed);
/* Loses all that is under way, and keeps the quality. */
void play_link_clear(struct play_link *link);

/* Sends a frame. False when PLAY_LINK_FRAMES_MAX are under way, or without memory. */
bool play_link_send(struct play_link *link, const uint8_t *bytes, uint32_t count, int64_t now_us);

/* The next frame that has arrived, owned by the caller (free), or NULL. */
struct play_frame *play_link_receive(struct play_link *link, int64_t now_us);

/* When the next one arrives, or PLAY_LINK_NOTHING_DUE. */
int64_t play_link_due_us(const struct play_link *link);

#endif
