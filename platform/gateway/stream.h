/*
 * A stream to one worker, over TCP through the games service's frames address: the hello, records
 * out (gathered over a turn of the loop into one write) and records in (each handed on from where
 * it was read). A stream that breaks is not mended: its matches are told and get another. One on
 * which the worker had spoken is followed by one to the same worker at once: its matches go on
 * there in another process, or the games service closes that one too. A worker that breaks them
 * again and again gets few in this way, so many a second of their life; then its matches are looked
 * for.
 */
#ifndef GATEWAY_STREAM_H
#define GATEWAY_STREAM_H

#include "gateway/state.h"
#include "wire/frames.h"

#define STREAMS_MAX                  256
#define STREAM_IN_BYTES              (256u << 10)
#define STREAM_OUT_BYTES             (256u << 10)
#define STREAM_CONNECT_MS_MAX        2000
#define STREAM_SUCCESSORS_PER_SECOND 20 /* of those that moved */
#define STREAM_SUCCESSORS_BURST      20 /* of one that has stood for so long */
#define STREAM_SUCCESSORS_FIRST      1  /* of one that has just begun */
#define STREAM_BREAK_COST            4  /* one that breaks counts for so many */
#define STREAM_FRAMES_MAX            8 /* of a link, of one read; of what is more the newest counts */
#define STREAM_NAME_BYTES            128

struct stream;

must_use enum error streams_create(struct gateway *gateway);
void streams_destroy(struct gateway *gateway);

/* The stream to `worker` at `frames` (HOST:PORT), opened if need be. Records may be sent at once.
 * NULL when it cannot be opened. `token` is our own for games:frames. */
struct stream *stream_get(struct gateway *gateway, const char *frames, const char *worker,
                          const char *token);

/* Appends a record to this turn's write. False when the stream is too full. */
bool stream_send(struct stream *stream, const struct record_head *head, const void *body);

#endif
