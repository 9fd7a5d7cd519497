/*
 * The layers around a worker, in the order in which it puts them on; a bit each in what it reports
 * (struct control_ready). The supervisor logs them and, with the setting sandbox=require, takes no
 * worker that lacks one.
 */
#ifndef WIRE_SANDBOX_H
#define WIRE_SANDBOX_H

#include <stdint.h>

/* X(NAME, name in the log) */
#define SANDBOX_LAYERS(X)                                                                          \
    X(USER, "user")               /* not root */                                                   \
    X(ENVIRONMENT, "environment") /* empty */                                                      \
    X(DESCRIPTORS, "descriptors") /* only those it needs */                                        \
    X(PARENT, "parent_death")     /* it dies with its supervisor */                                \
    X(NO_NEW_PRIVILEGES, "no_new_privileges")                                                      \
    X(NOT_DUMPABLE, "not_dumpable")     /* nobody of the same user reads its memory */             \
    X(LIMITS, "limits")                 /* memory, stack, descriptors, processes, files */         \
    X(LANDLOCK, "landlock")             /* no file, no port */                                     \
    X(LOADING_FILTER, "loading_filter") /* system calls while the game is loaded */                \
    X(PLAYING_FILTER, "playing_filter") /* and from then on */

enum sandbox_layer {
#define X(name, text) SANDBOX_LAYER_##name,
    SANDBOX_LAYERS(X)
#undef X
        SANDBOX_LAYER_COUNT,
};

#define SANDBOX_ALL ((1u << SANDBOX_LAYER_COUNT) - 1)

/* Arguments of transcendence-worker behind its name: one of these, then the user and the group to
 * become when it is started as root, then WORKER_POSTURE or nothing. */
#define WORKER_REQUIRE "require" /* ends when a layer is missing */
#define WORKER_RELAXED "relaxed" /* for sanitizers and debuggers: lets most calls pass */
#define WORKER_POSTURE "posture" /* loads nothing: puts all layers on, reports them, ends */

#define WORKER_USER_DEFAULT    65534 /* nobody */
#define WORKER_EXIT_NO_SANDBOX 3
#define WORKER_EXIT_FORBIDDEN  31 /* the game made a forbidden system call; see arena_head */

#endif
