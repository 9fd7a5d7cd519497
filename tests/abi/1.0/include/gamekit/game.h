/*
 * gamekit: the contract between a game and its host.
 *
 * A game is a set of pure functions over one fixed-size block, the state, which the host owns. The
 * host saves, restores, replays and moves a match by copying that block. A game therefore keeps
 * nothing anywhere else: no static that changes, no pointer in the state, no clock, no allocation,
 * no input or output. It is compiled freestanding and exports exactly one symbol.
 *
 *     #include <gamekit/game.h>
 *     static void tick(const struct gk_host *host, void *state, const struct gk_inputs *inputs) ...
 *     GK_MANIFEST(.id = "pong", ...);   GK_EXPORT(.tick = tick, ...);   see the end of this file
 *
 * What holds everywhere here:
 *  - Threads. All callbacks of one match run one after the other, on one thread, never re-entered.
 *    Other matches of the game may run between two of them: nothing but the state tells them apart.
 *  - Memory. Pointers that a callback receives are valid until it returns. A state starts at a
 *    multiple of 16; other blocks of bytes start anywhere.
 *  - Order of a step. `join` and `leave`, by slot; `tick`, with the newest accepted input of each
 *    slot; `check`; then the state is committed; `result`; and only now `view`, for each who looks.
 *    `init` is a step of its own, with `check` behind it. `input` and `bot` run between steps, on
 *    the last committed state.
 *  - Purity. The same arguments give the same answer and the same state, on every machine and in
 *    every build: a game that is found to differ is refused. See docs/games/determinism.md.
 *  - Errors. A callback that crashes, makes a system call or does not return for two seconds ends
 *    its process; the match goes on from its last commit in a new one, and ends without a result
 *    when it keeps dying. Every other broken rule (said where it stands: "ends the match") ends the
 *    match without a result, and the log says why. See docs/games/refused.md.
 *  - Numbers are little endian and of fixed width. The ABI only ever grows at the end; `reserved`
 *    is zero and checked. See docs/adr/0007-the-abi-is-frozen.md.
 */
#ifndef GAMEKIT_GAME_H
#define GAMEKIT_GAME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define GK_STATIC_ASSERT static_assert
extern "C" {
#else
#define GK_STATIC_ASSERT _Static_assert
#endif

#define GK_ABI_MAJOR 1
#define GK_ABI_MINOR 0

#define GK_PLAYERS_MAX      64
#define GK_MODES_MAX        8
#define GK_OPTIONS_MAX      16
#define GK_STATE_BYTES_MAX  (1u << 20)
#define GK_INPUT_BYTES_MAX  256
#define GK_VIEW_BYTES_MAX   (16u << 10)
#define GK_TICK_HZ_MAX      120
#define GK_TURN_SECONDS_MAX 86400

/* Flags of a manifest; one that the host does not know is refused.
 * OPEN_SEATS: a match may begin with seats that nobody has; somebody may take one later. */
#define GK_FLAG_OPEN_SEATS 1u

/* One way to play, for a number of seats that lies within players_min..players_max when the match
 * begins and stays. `teams` teams of equal size (teams == players_max: everyone for oneself): seat
 * s belongs to team s % teams. */
struct gk_mode {
    char id[16];         /* "1v1": [a-z0-9][a-z0-9-]*, zero-terminated, no other mode's */
    uint8_t players_min; /* 1..players_max, not below the manifest's */
    uint8_t players_max; /* not above the manifest's */
    uint8_t teams;       /* 1..players_max */
    uint8_t reserved;
};

/* Plain data in the ELF note "gamekit", type 1: read without running anything. A field out of its
 * range refuses the game. */
struct gk_manifest {
    uint32_t size; /* sizeof(struct gk_manifest) that the game was built with */
    uint16_t abi_major;
    uint16_t abi_minor;           /* built against */
    uint16_t abi_minor_required;  /* the oldest host minor it can run on; at most abi_minor */
    uint16_t tick_hz;             /* 1-120 ticks a second; 0: turn-based, steps on input only */
    uint32_t flags;               /* GK_FLAG_ */
    uint32_t state_schema;        /* changes when the layout or the meaning of the state does */
    uint32_t state_schema_oldest; /* the oldest that `migrate` accepts; == state_schema: none */
    uint32_t state_bytes;         /* 1..GK_STATE_BYTES_MAX */
    uint32_t input_bytes;         /* size of a canonical input, 1..GK_INPUT_BYTES_MAX */
    uint32_t view_bytes_max;      /* 1..GK_VIEW_BYTES_MAX */
    uint8_t players_min;
    uint8_t players_max;  /* 1..GK_PLAYERS_MAX */
    uint8_t mode_count;   /* 1..GK_MODES_MAX */
    uint8_t option_count; /* 0..GK_OPTIONS_MAX, as many as game.json declares */
    char id[32];          /* [a-z][a-z0-9-]*, zero-terminated; the name of its folder */
    char title[64];       /* 1-63 bytes of UTF-8 without control characters, zero-terminated */
    char version[24];     /* semantic version, zero-terminated */
    struct gk_mode modes[GK_MODES_MAX]; /* the first mode_count */
    /* Turn-based only: after so long without a tick the host makes one in which nobody is present,
     * and the game decides what becomes of whoever is to move. Every accepted input makes a tick,
     * so refuse those of who is not to move. 0: a turn takes as long as it takes. */
    uint32_t turn_seconds; /* 0..GK_TURN_SECONDS_MAX */
    uint32_t reserved[7];
};

/* What the host offers. Nothing here changes a match, and the state must not depend on it. */
struct gk_host {
    uint32_t size;      /* of the host's table: what lies behind it is not there */
    uint32_t abi_minor; /* the host's, not below abi_minor_required */
    /* Writes `bytes` bytes of UTF-8, the first 499 of them, to the log of the match. They need no
     * zero at the end and are copied. level 0-3: debug, info, warning, error. What is over twenty
     * lines a second, of all matches of a process together, is dropped. */
    void (*log)(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes);
    /* An optional table by name ("gamekit.NAME/REV", zero-terminated), valid as long as the
     * process, or NULL: there is none of that name. gamekit 1.0 defines no name. */
    const void *(*extension)(const struct gk_host *host, const char *name);
};

/* How a match begins. */
struct gk_match {
    uint64_t seed;         /* the only source of chance */
    uint32_t mode;         /* index into the manifest's modes */
    uint32_t player_count; /* the seats, taken or not: within the mode's players_min..players_max */
    /* The manifest's option_count values in the order of game.json, in the range that it declares
     * (a switch is 0 or 1, an enum the place of its value, from 0); the others are zero. */
    int32_t options[GK_OPTIONS_MAX];
};

/* The canonical inputs of one step. Slot s has an input when bit s of `present` is set; the bytes
 * of the others are zero. A slot has one input a step at most: of several the newest counts. Who
 * sends nothing has none: what is held down, the state remembers. Who has been disconnected in the
 * same step may still have one. */
struct gk_inputs {
    uint64_t present;
    const uint8_t *bytes; /* player_count times input_bytes; slot s from s * input_bytes */
#if UINTPTR_MAX == 0xffffffffu
    uint32_t reserved;
#endif
};

#define GK_SPECTATOR 0xffffffffu

#define GK_LEAVE_DISCONNECTED 1u /* may come back: join follows */
#define GK_LEAVE_LEFT         2u /* for good: gave up, or was removed */

#define GK_OUTCOME_NONE 0u
#define GK_OUTCOME_WIN  1u
#define GK_OUTCOME_LOSS 2u
#define GK_OUTCOME_DRAW 3u

/* How a match ended. The host checks player_count, reason, outcome and forfeit; a result that is
 * out of its range ends the match without one. score and place are stored and shown as they are. */
struct gk_result {
    uint32_t player_count; /* as it began */
    uint32_t reason; /* 0: played to the end, 1: forfeit, 2: aborted, which only the host may say */
    struct {
        int32_t score;         /* the game's own points */
        uint16_t place;        /* 1 is best; equal places are draws */
        uint8_t outcome;       /* GK_OUTCOME_ */
        uint8_t forfeit;       /* 1: this player gave up or stayed away */
    } players[GK_PLAYERS_MAX]; /* the first player_count; those of one team get the same place */
};

/* The exported table. A missing tail is taken as NULL, an unknown tail is ignored. Callbacks marked
 * (optional) may be NULL; a table without one of the others is refused. */
struct gk_game {
    uint32_t size; /* sizeof(struct gk_game) that the game was built with */
    uint32_t reserved;

    /* `state` is state_bytes of zero. Everybody is still away: join follows for each. */
    void (*init)(const struct gk_host *host, void *state, const struct gk_match *match);

    /* Slot `slot` is connected: for the first time (soon after the start, or much later when
     * GK_FLAG_OPEN_SEATS is set and somebody takes a seat that was open), or back after
     * GK_LEAVE_DISCONNECTED. Never twice without a leave in between. A seat that the computer plays
     * is connected like any other; when a person takes it over, or it takes over a person's, the
     * game sees nothing of it. */
    void (*join)(const struct gk_host *host, void *state, uint32_t slot);
    /* Slot `slot` is gone, for `reason` GK_LEAVE_. After GK_LEAVE_LEFT nothing ever comes of the
     * slot again: no join, no leave, no input; it may come for a slot that has never joined. A game
     * decides itself how long it waits for one who may come back, by counting ticks. */
    void (*leave)(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason);

    /* Turns `count` hostile bytes of a browser (0 or more, of any content, from a slot that may be
     * out of turn) into a canonical input: fills `ret_input`, input_bytes of zero. Returns 1, or 0
     * to refuse them, which counts as nothing sent. Must not trust anything; must not change the
     * state. The state may be another one when the input is used: tick judges what it allows. */
    uint32_t (*input)(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input);

    /* One step: 1/tick_hz of a second of the game, whether it came in time or not, inputs or none.
     * Turn-based: a step when an input has come; one in which nobody is present says that
     * turn_seconds have passed; a join or leave is a step without a tick. Ticks that take longer
     * than 1/tick_hz, by two seconds in sum, end the match. So does writing behind state_bytes,
     * here and in every callback that is given a state to change. */
    void (*tick)(const struct gk_host *host, void *state, const struct gk_inputs *inputs);

    /* Writes what `viewer` (a slot, here or not, or GK_SPECTATOR) may see, at most `capacity`
     * (>= view_bytes_max) bytes; returns how many: more than view_bytes_max ends the match. It is
     * the only thing that leaves the server: what is not in it stays a secret. Pure, and not called
     * for each step or each viewer: a view says how things are, never what has changed. */
    uint32_t (*view)(const struct gk_host *host, const void *state, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity);

    /* Returns 1 and fills `ret_result` (zeroed by the host) when the match is over, else 0. Asked
     * after each step; after a 1 there is no other, but the last views. */
    uint32_t (*result)(const struct gk_host *host, const void *state, struct gk_result *ret_result);

    /* (optional) Takes a running match over from an older version of the game: fills `state` (zero)
     * from `old`, old_bytes of schema `old_schema`, which lies within
     * state_schema_oldest..state_schema - 1. 1, or 0 to refuse: the match then ends on the old
     * version. Trust neither the count nor the bytes. Between two steps; no join follows. */
    uint32_t (*migrate)(const struct gk_host *host, void *state, const void *old,
                        uint32_t old_bytes, uint32_t old_schema);

    /* (optional) 1 when the invariants hold; all else ends the match, before anybody sees it. */
    uint32_t (*check)(const struct gk_host *host, const void *state);

    /* (optional) The state as UTF-8 text for a person, at most `capacity` bytes without a zero;
     * returns the bytes written. For crash reports and the author's tool, on any state, also a
     * broken one. */
    uint32_t (*explain)(const struct gk_host *host, const void *state, char *ret_text,
                        uint32_t capacity);

    /* (optional) What a player of the computer does at `slot` now; difficulty 1-3. Returns 1 and
     * fills `ret_input` (zeroed by the host) with a canonical input, or 0: nothing. Pure. The
     * answer is the slot's input, like one of a person. Asked for each tick once the slot has
     * joined; turn-based, one slot at a time, and after a 0 not again before the next step. */
    uint32_t (*bot)(const struct gk_host *host, const void *state, uint32_t slot,
                    uint32_t difficulty, uint8_t *ret_input);

    /* (optional) A constant table of the game by name, or NULL. gamekit 1.0 asks for none. */
    const void *(*extension)(const struct gk_host *host, const char *name);
};

#define GK_EXPORTED __attribute__((visibility("default")))
#define GK_SYMBOL   "gk_game_v1"
extern GK_EXPORTED const struct gk_game gk_game_v1;

/* The ELF note that holds the manifest. */
#define GK_NOTE_NAME    "gamekit"
#define GK_NOTE_TYPE    1
#define GK_NOTE_SECTION ".note.gamekit"
struct gk_note {
    uint32_t name_bytes, manifest_bytes, type;
    char name[8];
    struct gk_manifest manifest;
};

/* C++17 knows designated initializers only as an extension, and g++ misses the fields left out. */
#ifdef __cplusplus
#define GK_DATA                                                                                    \
    _Pragma("GCC diagnostic push")                                                                 \
        _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") __extension__
#define GK_DATA_END                                                                                \
    ;                                                                                              \
    _Pragma("GCC diagnostic pop") struct gk_note
#else
#define GK_DATA
#define GK_DATA_END
#endif

/* GK_MANIFEST(.id = "pong", .title = "Pong", ...): the fields that are yours, once in a game. All
 * but size, abi_major and abi_minor; in C++ in the order of struct gk_manifest. */
#define GK_MANIFEST(...)                                                                           \
    GK_DATA __attribute__((section(GK_NOTE_SECTION), used,                                         \
                           aligned(4))) static const struct gk_note gk_manifest_note = {           \
        8,                                                                                         \
        sizeof(struct gk_manifest),                                                                \
        GK_NOTE_TYPE,                                                                              \
        GK_NOTE_NAME,                                                                              \
        {.size = sizeof(struct gk_manifest),                                                       \
         .abi_major = GK_ABI_MAJOR,                                                                \
         .abi_minor = GK_ABI_MINOR,                                                                \
         __VA_ARGS__}} GK_DATA_END

/* GK_EXPORT(.init = ..., .tick = ...): the one exported table, once in a game. */
#define GK_EXPORT(...)                                                                             \
    GK_DATA const struct gk_game gk_game_v1 = {.size = sizeof(struct gk_game),                     \
                                               __VA_ARGS__} GK_DATA_END

#ifdef __cplusplus
}
#endif

#include <gamekit/layout.h>

#endif
