/*
 * The walls around the game, see docs/adr/0006-the-sandbox.md for what each one is for. The order
 * is fixed: sandbox_begin before anything is opened, sandbox_load before the game is loaded,
 * sandbox_play before its first callback. Each returns false, with a sentence on standard error,
 * when a layer is missing that is required. The program around it is one that plays a single game;
 * its layers are a bit each in what it reports of itself.
 */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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

const char *sandbox_layer_name(enum sandbox_layer layer);

/* How a program with a sandbox is started, behind its name: one of these words, then the user and
 * the group to become when it is root, then its task. */
#define SANDBOX_REQUIRE "require" /* ends when a layer is missing */
#define SANDBOX_RELAXED "relaxed" /* for sanitizers and debuggers: lets most calls pass */
#define SANDBOX_POSSIBLE                                                                           \
    "possible" /* every layer that this machine has: for an author's own game, at home */

#define SANDBOX_USER_DEFAULT    65534 /* nobody */
#define SANDBOX_EXIT_INCOMPLETE 3
#define SANDBOX_EXIT_FORBIDDEN  31 /* the game made a forbidden system call */

struct sandbox {
    bool relaxed;
    bool possible; /* goes on without a layer that is missing */
    uid_t user;
    gid_t group;
    uint32_t layers; /* bit of enum sandbox_layer: it is on */
};

/* What the program's loop uses, and nothing else may be used by its calls; -1: there is none. */
struct sandbox_descriptors {
    int control, epoll, tick_timer, heartbeat_timer;
};

/* From the program's own arguments. Builds with sanitizers are always relaxed. */
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
