/*
 * A thread of a service's own that takes one step every so often: sweeps, matchmaking, anything
 * that acts for no user. A step is straight-line code with blocking stores and may take its time;
 * the next one begins `interval_ms` after it has ended, or at once after background_wake().
 */
#ifndef SERVICE_BACKGROUND_H
#define SERVICE_BACKGROUND_H

#include <stdint.h>

#include "service/service.h"

struct background;

/* On the background's thread. `now_unix_ms` is the time to decide by. */
typedef void background_step(struct service_context *context, int64_t now_unix_ms);

/* From the service's start(). `context` is borrowed until background_stop(). */
must_use enum error background_start(struct service_context *context, background_step *step,
                                     int interval_ms, struct background **ret_background);
/* Any thread; many wakes while a step runs make one further step. */
void background_wake(struct background *background);
/* Waits for the running step to end, then frees. NULL is fine. */
void background_stop(struct background *background);

#endif
