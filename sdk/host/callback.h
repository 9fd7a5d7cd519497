/* Which callback of a game runs: a crash report names it. Pure, any thread. */
#ifndef HOST_CALLBACK_H
#define HOST_CALLBACK_H

#include <stdint.h>

/* X(NAME, name in a report), the number is kept in files. */
#define GAME_CALLBACKS(X)                                                                          \
    X(NONE, "nothing")                                                                             \
    X(INIT, "init")                                                                                \
    X(JOIN, "join")                                                                                \
    X(LEAVE, "leave")                                                                              \
    X(INPUT, "input")                                                                              \
    X(TICK, "tick")                                                                                \
    X(VIEW, "view")                                                                                \
    X(RESULT, "result")                                                                            \
    X(CHECK, "check")                                                                              \
    X(MIGRATE, "migrate")                                                                          \
    X(EXPLAIN, "explain")                                                                          \
    X(BOT, "bot")                                                                                  \
    X(EXTENSION, "extension")

enum game_callback {
#define X(name, text) GAME_CALL_##name,
    GAME_CALLBACKS(X)
#undef X
        GAME_CALL_COUNT,
};

/* What is no callback is "nothing". */
static inline const char *game_callback_name(uint32_t callback)
{
    static const char *const names[] = {
#define X(name, text) text,
        GAME_CALLBACKS(X)
#undef X
    };
    return names[callback < GAME_CALL_COUNT ? callback : 0];
}

#endif
