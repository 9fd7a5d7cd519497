/*
 * A gateway's stream: records in, one batch of records out per tick. A gateway that does not drain
 * gets no frames until it has (the newest replace the missed ones); what is no frame is kept, and
 * when even that does not fit, the stream is closed.
 */
#ifndef WORKER_STREAM_H
#define WORKER_STREAM_H

#include "worker/worker.h"

/* Maps the buffers of all streams. */
bool streams_init(struct worker *worker);

/* Takes over the socket `fd`. */
void stream_open(struct worker *worker, int fd, const char gateway[32]);

/* Reads once and obeys every whole record; true when there may be more. */
bool stream_receive(struct worker *worker, uint32_t index);

/* Reads all streams until they are empty: what a tick begins with. */
void streams_receive(struct worker *worker);

/* Puts a record without a body behind the batch. */
void stream_answer(struct worker *worker, struct stream *stream, const struct record_head *answer);

/* Puts a public FRAME_STATE behind the batch; false when it does not fit. */
bool stream_frame(struct worker *worker, struct stream *stream, const struct link *link,
                  uint32_t tick, uint32_t ack, const uint8_t *view, uint32_t bytes);

/* Sends all there is with one call, and sees to what the stream is watched for. */
void stream_flush(struct worker *worker, uint32_t index);

/* Closes it when it broke. */
void stream_close_broken(struct worker *worker, uint32_t index);

/* Epoll's data of stream `index`: behind those of the fixed descriptors. */
#define STREAM_EVENT_FIRST 16

#endif
