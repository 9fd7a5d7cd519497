/* What the hostile game can be told to do: the byte behind "mischief". X(NAME, value) */
#ifndef HOSTILE_DEEDS_H
#define HOSTILE_DEEDS_H

#define DEEDS(X)                                                                                   \
    X(FORK, 1)                                                                                     \
    X(OPEN, 2)                                                                                     \
    X(CONNECT, 3)                                                                                  \
    X(KILL_PARENT, 4)                                                                              \
    X(PTRACE, 5)                                                                                   \
    X(EXECUTABLE, 6) /* mprotect of the stack */                                                   \
    X(CLOCK, 7)                                                                                    \
    X(MEMORY, 8)                                                                                   \
    X(STACK, 9)                                                                                    \
    X(ENDLESS, 10)                                                                                 \
    X(SLOW, 11)                                                                                    \
    X(WILD, 12)       /* writes to nowhere */                                                      \
    X(OWN_CODE, 13)   /* writes to its own code */                                                 \
    X(OWN_TABLE, 14)  /* and to what was const */                                                  \
    X(WRITE_ALL, 15)  /* writes to every descriptor */                                             \
    X(LOG_FLOOD, 16)  /* by the host's function */                                                 \
    X(SEND_FLOOD, 17) /* past it, on the control socket */                                         \
    X(VIEW, 18)       /* over its size */                                                          \
    X(TRUNCATE, 19)   /* every descriptor */                                                       \
    X(EXECUTE, 20)                                                                                 \
    X(SIGNALS, 21)  /* takes over the handler of forbidden calls */                                \
    X(FILTER, 22)   /* asks for another filter */                                                  \
    X(GREED, 23)    /* takes more than half of each period, for ever */                            \
    X(IMPOSTOR, 24) /* never returns, and says what a worker says meanwhile */                     \
    X(STORM, 25)    /* breaks every stream to a gateway, again and again */                        \
    X(FRAMES, 26)   /* as the impostor, and sends frames without end to every link it can guess */ \
    X(TRAP, 27)     /* an instruction that there is not: what abort() comes to without a libc */

enum deed {
#define X(name, value) DEED_##name = value,
    DEEDS(X)
#undef X
};

#endif
