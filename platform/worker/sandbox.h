/*
 * The walls around the game, see docs/adr/0006-the-sandbox.md for what each one is for. The order
 * is fixed: sandbox_begin before anything is opened, sandbox_load before the game is loaded,
 * sandbox_play before its first callback. Each returns false, with a sentence on standard error,
 * when a layer is missing that is required.
 */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/sandbox.h"

struct sandbox {
    bool relaxed;
    uid_t user;
    gid_t group;
    uint32_t layers; /* bit of enum sandbox_layer: it is on */
};

/* What the worker's loop uses, and nothing else may be used by its calls; -1: there is none. */
struct sandbox_descriptors {
    int control, epoll, tick_timer, heartbeat_timer;
};

/* From the worker's own arguments. Builds with sanitizers are always relaxed. */
void sandbox_init(struct sandbox *sandbox, int argument_count, char **arguments);

/* User, environment, descriptors up to `descriptor_last`, parent, privileges. */
bool sandbox_begin(struct sandbox *sandbox, int descriptor_last);

/* Limits, files, and the calls of loading and playing. `image_bytes` is the address space that the
 * game will take. A forbidden call is noted in `call`, plus one, before the process ends. */
bool sandbox_load(struct sandbox *sandbox, const struct sandbox_descriptors *descriptors,
                  uint64_t image_bytes, _Atomic uint32_t *call);

/* The calls of playing only. From here on nothing is written to standard error. */
bool sandbox_play(struct sandbox *sandbox, const struct sandbox_descriptors *descriptors);

#endif
