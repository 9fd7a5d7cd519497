/* The worker's side of the control socket (wire/control.h). */
#ifndef WORKER_CONTROL_H
#define WORKER_CONTROL_H

#include "worker/worker.h"

/* Reads and obeys what the supervisor has sent. False when the supervisor is gone. */
bool control_receive(struct worker *worker);

/* False when the socket is full: nothing was sent, ask again later. */
bool control_send(struct worker *worker, enum control_type type, const void *body, uint32_t bytes);

/* `match` NULL: about the worker itself. Lost when the socket is full. */
void control_log(struct worker *worker, const uint8_t *match, uint32_t level, const char *text,
                 uint32_t bytes);

#endif
