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
 * All callbacks of one match run one after the other, on one thread, never re-entered. Pointers
 * that a callback receives are valid until it returns. All integers are little endian and of fixed
 * width. The ABI only ever grows at the end; `reserved` is zero and checked.
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

/* Flags of a manifest. */
#define GK_FLAG_OPEN_SEATS                                                                         \
    1u /* a match may begin with seats that nobody has: they may join later */

/* One way to play: `players` seats in `teams` teams of equal size (teams == players: everyone for
 * oneself). Seat s belongs to team s % teams. */
struct gk_mode {
    char id[16]; /* "1v1", zero-terminated */
    uint8_t players_min;
    uint8_t players_max;
    uint8_t teams;
    uint8_t reserved;
};
GK_STATIC_ASSERT(sizeof(struct gk_mode) == 20, "gk_mode is fixed");

/* Plain data in the ELF note "gamekit", type 1: read without running anything. */
struct gk_manifest {
    uint32_t size; /* sizeof(struct gk_manifest) that the game was built with */
    uint16_t abi_major;
    uint16_t abi_minor;           /* built against */
    uint16_t abi_minor_required;  /* the oldest host minor it can run on */
    uint16_t tick_hz;             /* 1-120; 0: turn-based, steps on input only */
    uint32_t flags;               /* GK_FLAG_ */
    uint32_t state_schema;        /* changes when the layout of the state does */
    uint32_t state_schema_oldest; /* the oldest that `migrate` accepts; == state_schema: none */
    uint32_t state_bytes;         /* 1..GK_STATE_BYTES_MAX */
    uint32_t input_bytes;         /* size of a canonical input, 1..GK_INPUT_BYTES_MAX */
    uint32_t view_bytes_max;      /* 1..GK_VIEW_BYTES_MAX */
    uint8_t players_min;
    uint8_t players_max; /* 1..GK_PLAYERS_MAX */
    uint8_t mode_count;  /* 1..GK_MODES_MAX */
    uint8_t option_count;
    char id[32];      /* [a-z][a-z0-9-]*, zero-terminated */
    char title[64];   /* UTF-8, zero-terminated */
    char version[24]; /* semantic version, zero-terminated */
    struct gk_mode modes[GK_MODES_MAX];
    /* Turn-based only: after so long without a step the host makes one in which nobody is present,
     * and the game decides what becomes of whoever is to move. 0: a turn takes as long as it takes.
     */
    uint32_t turn_seconds; /* 0..GK_TURN_SECONDS_MAX */
    uint32_t reserved[7];
};
GK_STATIC_ASSERT(sizeof(struct gk_manifest) == 352, "gk_manifest is fixed");
GK_STATIC_ASSERT(offsetof(struct gk_manifest, id) == 40, "gk_manifest is fixed");
GK_STATIC_ASSERT(offsetof(struct gk_manifest, modes) == 160, "gk_manifest is fixed");
GK_STATIC_ASSERT(offsetof(struct gk_manifest, turn_seconds) == 320, "gk_manifest is fixed");

/* What the host offers. Nothing here changes a match. */
struct gk_host {
    uint32_t size;
    uint32_t abi_minor; /* the host's */
    /* Writes at most 500 bytes of UTF-8 to the match's log; rate-limited. level 0-3. */
    void (*log)(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes);
    /* An optional table by name ("gamekit.NAME/REV"), or NULL. */
    const void *(*extension)(const struct gk_host *host, const char *name);
};

/* How a match begins. */
struct gk_match {
    uint64_t seed; /* the only source of chance */
    uint32_t mode; /* index into the manifest's modes */
    uint32_t player_count;
    int32_t options[GK_OPTIONS_MAX]; /* in range, in the order of game.json */
};
GK_STATIC_ASSERT(sizeof(struct gk_match) == 80, "gk_match is fixed");

/* The canonical inputs of one step. Slot s has an input when bit s of `present` is set; the bytes
 * of the others are zero. */
struct gk_inputs {
    uint64_t present;
    const uint8_t *bytes; /* player_count times input_bytes */
#if UINTPTR_MAX == 0xffffffffu
    uint32_t reserved;
#endif
};
GK_STATIC_ASSERT(sizeof(struct gk_inputs) == 16, "gk_inputs is fixed");

#define GK_SPECTATOR 0xffffffffu

#define GK_LEAVE_DISCONNECTED 1u /* may come back: join follows */
#define GK_LEAVE_LEFT         2u /* for good */

#define GK_OUTCOME_NONE 0u
#define GK_OUTCOME_WIN  1u
#define GK_OUTCOME_LOSS 2u
#define GK_OUTCOME_DRAW 3u

struct gk_result {
    uint32_t player_count;
    uint32_t reason; /* 0: played to the end, 1: forfeit, 2: aborted by the host */
    struct {
        int32_t score;
        uint16_t place;  /* 1 is best; equal places are draws */
        uint8_t outcome; /* GK_OUTCOME_ */
        uint8_t forfeit; /* 1: this player gave up or stayed away */
    } players[GK_PLAYERS_MAX];
};
GK_STATIC_ASSERT(sizeof(struct gk_result) == 520, "gk_result is fixed");

/* The exported table. A missing tail is taken as NULL, an unknown tail is ignored. Callbacks marked
 * (optional) may be NULL. */
struct gk_game {
    uint32_t size; /* sizeof(struct gk_game) that the game was built with */
    uint32_t reserved;

    /* `state` is state_bytes of zero. Everybody is still away: join follows for each. */
    void (*init)(const struct gk_host *host, void *state, const struct gk_match *match);
    /* Slot `slot` is connected: at the start, or back after GK_LEAVE_DISCONNECTED. */
    void (*join)(const struct gk_host *host, void *state, uint32_t slot);
    void (*leave)(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason);
    /* Turns the hostile bytes of a browser into a canonical input of input_bytes. Returns 1, or 0
     * to refuse them. Must not trust anything; must not change the state. */
    uint32_t (*input)(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input);
    /* One step. */
    void (*tick)(const struct gk_host *host, void *state, const struct gk_inputs *inputs);
    /* Writes what `viewer` (a slot or GK_SPECTATOR) may see, at most `capacity` (>= view_bytes_max)
     * bytes; returns how many. Pure. */
    uint32_t (*view)(const struct gk_host *host, const void *state, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity);
    /* Returns 1 and fills `ret_result` (zeroed by the host) when the match is over, else 0. */
    uint32_t (*result)(const struct gk_host *host, const void *state, struct gk_result *ret_result);

    /* (optional) Fills `state` (zero) from `old` of schema `old_schema`; 1, or 0 to refuse. */
    uint32_t (*migrate)(const struct gk_host *host, void *state, const void *old,
                        uint32_t old_bytes, uint32_t old_schema);
    /* (optional) 1 when the invariants hold. */
    uint32_t (*check)(const struct gk_host *host, const void *state);
    /* (optional) The state as text for a person; returns the bytes written. */
    uint32_t (*explain)(const struct gk_host *host, const void *state, char *ret_text,
                        uint32_t capacity);
    /* (optional) What a player of the computer does at `slot` now; difficulty 1-3. Returns 1 and
     * fills `ret_input` (zeroed by the host) with a canonical input, or 0: nothing. Pure. */
    uint32_t (*bot)(const struct gk_host *host, const void *state, uint32_t slot,
                    uint32_t difficulty, uint8_t *ret_input);
    /* (optional) A table by name, or NULL. */
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

/* GK_MANIFEST(.id = "pong", .title = "Pong", ...): the fields that are yours. */
#define GK_MANIFEST(...)                                                                           \
    __attribute__((section(GK_NOTE_SECTION), used,                                                 \
                   aligned(4))) static const struct gk_note gk_manifest_note = {                   \
        8,                                                                                         \
        sizeof(struct gk_manifest),                                                                \
        GK_NOTE_TYPE,                                                                              \
        GK_NOTE_NAME,                                                                              \
        {.size = sizeof(struct gk_manifest),                                                       \
         .abi_major = GK_ABI_MAJOR,                                                                \
         .abi_minor = GK_ABI_MINOR,                                                                \
         __VA_ARGS__}}

/* GK_EXPORT(.init = ..., .tick = ...): the one exported table. */
#define GK_EXPORT(...)                                                                             \
    const struct gk_game gk_game_v1 = {.size = sizeof(struct gk_game), __VA_ARGS__}

#ifdef __cplusplus
}
#endif

#endif
