/* Links: who looks at which match, on which gateway's stream. Fixed pool, found by hash. */
#ifndef WORKER_LINK_H
#define WORKER_LINK_H

#include "worker/worker.h"

void links_init(struct worker *worker);

/* The link with the gateway's `number`, or NONE. */
uint32_t link_find(const struct worker *worker, uint32_t stream, uint32_t number);

/* Answers RECORD_ATTACHED or RECORD_DETACHED. A seat's owner gets the seat. */
void link_attach(struct worker *worker, uint32_t stream, const struct record_head *head,
                 const struct record_attach *attach);

/* Whoever watches as `user` has slot `slot` from now on, and is told. */
void links_seat(struct worker *worker, struct match *match, uint32_t slot, const uint8_t user[16]);

/* The browser went; `reason` DETACH_LEFT gives the seat up for good. Nothing is answered. */
void link_detach(struct worker *worker, uint32_t index, uint32_t reason);

/* Everybody of a match is told that it is over. */
void links_end(struct worker *worker, struct match *match, enum detach_reason reason);

/* Everybody of a stream that is gone. */
void links_drop_stream(struct worker *worker, uint32_t stream);

#endif
