/*
 * The shared memory of one worker's matches: a file that the games supervisor makes and sizes, that
 * the worker maps and plays in, and that outlives the worker, so that a successor can go on from
 * the last committed tick. Everything needed to start a match again stands in it, and no pointer.
 *
 *   struct arena_head | match 0 | match 1 | ...          each match `match_bytes` long:
 *   struct arena_match | inputs of the step under way | journal | block 0 | block 1 | import
 *   a block: struct arena_block | state
 *   the journal: a ring of what each step was played with, struct arena_entry after arena_entry;
 *   of a version on trial longer than of others, for the way back
 *   an import: struct arena_import | a state of another schema, to be migrated; in few arenas
 *
 * Commit n of a match stands in block n & 1. A step copies the newest block to the other one, works
 * there, and publishes it by `commits`. So a worker that dies in the middle of a step leaves the
 * last commit whole, and a reader that finds `commits` unchanged after copying has a whole state.
 * How far the journal goes is part of the commit, so that it is cut where the match is.
 * Only the worker writes, except: the supervisor sets `status` where no worker plays yet or any
 * more, and `journal_kept`. Whoever reads what a worker wrote checks it: a game may have written
 * anywhere.
 */
#ifndef WIRE_ARENA_H
#define WIRE_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "gamekit/game.h"
#include "host/callback.h"
#include "wire/control.h"

#define ARENA_MAGIC       0x4152474bu /* "KGRA" */
#define ARENA_VERSION     9
#define ARENA_MATCHES_MAX 1024
#define ARENA_ALIGNMENT   64
#define ARENA_GUARD       0x5bd1e995c0ffee11u /* behind each state: a game that runs over is seen */

/* A power of two. The least is more than eight seconds of a ticking game in which nobody moves; of
 * the most that a game may ask for, 64 players with inputs of 64 bytes at 60 ticks a second, it is
 * 130 ms. */
#define ARENA_JOURNAL_BYTES     (32u << 10)
#define ARENA_JOURNAL_BYTES_MAX (512u << 10)
#define ARENA_ENTRY_BYTES_MAX   (sizeof(struct arena_entry) + GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX)
#define ARENA_JOURNAL_TICKS     256u /* between two hashes of the state */
#define ARENA_JOURNAL_LOST      (-1)
#define ARENA_SAID_BYTES_MAX    1024u /* of an input, as a browser sent it */

enum arena_status {
    ARENA_FREE,
    ARENA_LIVE,
    ARENA_OVER,   /* `result` holds; the supervisor frees it once it has the result */
    ARENA_PARKED, /* it goes on in another arena and may come back to this one */
    ARENA_TRIAL,  /* a copy to rehearse on */
};

struct arena_head {
    uint32_t magic;
    uint32_t version;
    uint32_t match_count;
    uint32_t state_bytes, input_bytes, players_max; /* of the game's manifest */
    uint64_t match_bytes;
    _Atomic uint32_t match_now;    /* whose callback runs */
    _Atomic uint32_t callback_now; /* enum game_callback */
    char game[32];
    uint8_t image[32];               /* SHA-256 of the bundle */
    _Atomic uint32_t forbidden_call; /* that ended the worker: its number plus one, or 0 */
    uint32_t import_bytes;           /* of the largest state of another schema; 0: none */
    _Atomic int64_t next_tick_ns;    /* when it is due, by CLOCK_MONOTONIC; 0: the clock stands */
    _Atomic int64_t parked_ns;       /* when the process before played no more; 0: there was none */
    _Atomic uint32_t on_trial;       /* 1: who does wrong is not ended, the supervisor is told */
    uint32_t journal_bytes;          /* of each match */
    _Atomic uint32_t slot_now;       /* or viewer, of callback_now */
    uint32_t said_count;             /* of `said`, which callback_now is given */
    uint8_t said[ARENA_SAID_BYTES_MAX]; /* input: the start of the bytes; bot: the difficulty */
    uint8_t reserved[48];
};
_Static_assert(sizeof(struct arena_head) == 192 + ARENA_SAID_BYTES_MAX, "fixed in the file");

struct arena_match {
    _Atomic uint32_t status;             /* enum arena_status */
    uint32_t imported;                   /* 1: it has no commit yet, it begins with its import */
    _Atomic uint64_t commits;            /* 0: init is not done yet */
    struct control_match_start start;    /* id, seed, mode, players: how it began */
    uint64_t inputs_commit;              /* the inputs are those of the step to this commit */
    uint64_t inputs_present;             /* bit s: slot s has one, see arena_inputs */
    uint32_t inputs_seq[GK_PLAYERS_MAX]; /* by slot, as the browser numbers them */
    uint64_t leaving;                    /* bit s: slot s has given up, from the next step on */
    uint64_t deaf_commit;                /* the step to this commit is played without inputs */
    uint64_t dropped;       /* bit s: what slot s sent under inputs_seq is not taken again */
    uint64_t refuses_again; /* bit s: nothing that slot s has sent before is taken again */
    int64_t turn_since_ms; /* turn-based: monotonic, when the last tick was; a hint, not part of the
                              state */
    uint64_t ticks;        /* of ARENA_OVER */
    uint64_t state_hash;   /* of ARENA_OVER */
    uint64_t journal_kept; /* bytes that the supervisor has on disk */
    uint64_t journal_begin; /* bytes that were journaled elsewhere and are not in this journal */
    uint64_t rerun_to; /* up to there the journal is ahead of the last commit: steps that another
                          version has played, to be run again first; 0: none */
    struct gk_result result; /* of ARENA_OVER */
};

struct arena_block {
    uint64_t commit;              /* which one this is */
    uint64_t tick;                /* steps since init */
    uint64_t joined;              /* bit s: the game has seen slot s join */
    uint64_t left;                /* bit s: slot s gave up for good */
    uint64_t journaled;           /* bytes of the journal, since init, with this commit's entry */
    uint32_t ack[GK_PLAYERS_MAX]; /* the last input seq used, by slot */
};

/* Of which state there is a hash. */
enum arena_hash {
    ARENA_HASH_NONE,
    ARENA_HASH_AFTER,  /* the step */
    ARENA_HASH_BEFORE, /* it: as a process took the match over */
};

/* One step. Behind it are the canonical inputs of `present`, by slot, input_bytes each. */
struct arena_entry {
    uint64_t commit;     /* to which it led */
    uint8_t image[8];    /* that played: the first bytes of arena_head.image */
    uint64_t came;       /* bit s: slot s joined */
    uint64_t went;       /* bit s: slot s left, disconnected */
    uint64_t gave_up;    /* bit s: slot s left for good */
    uint64_t present;    /* bit s: slot s had an input */
    uint64_t state_hash; /* as `hash_of` says */
    uint8_t ticked;      /* 1, or 0: a step without a tick, of a turn-based game */
    uint8_t hash_of;     /* enum arena_hash */
    uint8_t reserved[6];
};
_Static_assert(sizeof(struct arena_entry) == 64, "as in the journal");

/* The last commit of a match under another version of its game. */
struct arena_import {
    uint32_t schema, state_bytes;
    struct arena_block block;
};

static inline uint64_t arena_round(uint64_t bytes)
{
    return (bytes + ARENA_ALIGNMENT - 1) & ~(uint64_t)(ARENA_ALIGNMENT - 1);
}

static inline uint64_t arena_inputs_offset(void)
{
    return arena_round(sizeof(struct arena_match));
}

static inline uint64_t arena_block_bytes(const struct arena_head *head)
{
    return arena_round(sizeof(struct arena_block)) +
           arena_round((uint64_t)head->state_bytes + sizeof(uint64_t));
}

static inline uint64_t arena_journal_offset(const struct arena_head *head)
{
    return arena_inputs_offset() + arena_round((uint64_t)head->players_max * head->input_bytes);
}

static inline uint64_t arena_blocks_offset(const struct arena_head *head)
{
    return arena_journal_offset(head) + head->journal_bytes;
}

/* The whole file, for a head whose sizes are set. */
static inline uint64_t arena_file_bytes(const struct arena_head *head)
{
    return sizeof(struct arena_head) + head->match_bytes * head->match_count;
}

static inline uint64_t arena_match_bytes(const struct arena_head *head)
{
    return arena_blocks_offset(head) + 2 * arena_block_bytes(head) +
           (head->import_bytes == 0
                ? 0
                : arena_round(sizeof(struct arena_import)) + arena_round(head->import_bytes));
}

/* Makes the head of an arena for `match_count` matches of a game, each with a journal of
 * `journal_bytes` and room for a state of `import_bytes`. */
static inline void arena_head_init(struct arena_head *head, const struct gk_manifest *manifest,
                                   const uint8_t image[32], uint32_t match_count,
                                   uint32_t import_bytes, uint32_t journal_bytes)
{
    memset(head, 0, sizeof *head);
    head->magic = ARENA_MAGIC;
    head->version = ARENA_VERSION;
    head->match_count = match_count;
    head->state_bytes = manifest->state_bytes;
    head->input_bytes = manifest->input_bytes;
    head->players_max = manifest->players_max;
    memcpy(head->game, manifest->id, sizeof head->game);
    memcpy(head->image, image, sizeof head->image);
    head->import_bytes = import_bytes;
    head->journal_bytes = journal_bytes;
    head->match_bytes = arena_match_bytes(head);
}

/* True when `head`, of a file of `file_bytes`, is an arena for this game. */
static inline bool arena_head_fits(const struct arena_head *head,
                                   const struct gk_manifest *manifest, uint64_t file_bytes)
{
    return head->magic == ARENA_MAGIC && head->version == ARENA_VERSION && head->match_count >= 1 &&
           head->match_count <= ARENA_MATCHES_MAX && head->state_bytes == manifest->state_bytes &&
           head->input_bytes == manifest->input_bytes &&
           head->players_max == manifest->players_max && head->import_bytes <= GK_STATE_BYTES_MAX &&
           head->journal_bytes >= ARENA_JOURNAL_BYTES &&
           head->journal_bytes <= ARENA_JOURNAL_BYTES_MAX &&
           (head->journal_bytes & (head->journal_bytes - 1)) == 0 &&
           head->match_bytes == arena_match_bytes(head) && arena_file_bytes(head) <= file_bytes;
}

/* For the worker, which has nothing to lose: takes the arena's own word for its sizes. */
static inline struct arena_match *arena_match_at(struct arena_head *head, uint32_t index)
{
    return (struct arena_match *)((uint8_t *)head + sizeof *head + head->match_bytes * index);
}

/* For whoever must not believe it: `sizes` is a head of his own. */
static inline struct arena_match *arena_match_in(struct arena_head *arena,
                                                 const struct arena_head *sizes, uint32_t index)
{
    return (struct arena_match *)((uint8_t *)arena + sizeof *arena + sizes->match_bytes * index);
}

/* The canonical inputs of the step under way: players_max times input_bytes. */
static inline uint8_t *arena_inputs(struct arena_match *match)
{
    return (uint8_t *)match + arena_inputs_offset();
}

static inline uint8_t *arena_journal(const struct arena_head *head, struct arena_match *match)
{
    return (uint8_t *)match + arena_journal_offset(head);
}

static inline struct arena_block *arena_block_at(const struct arena_head *head,
                                                 struct arena_match *match, uint64_t commit)
{
    return (struct arena_block *)((uint8_t *)match + arena_blocks_offset(head) +
                                  (commit & 1) * arena_block_bytes(head));
}

static inline void *arena_state(struct arena_block *block)
{
    return (uint8_t *)block + arena_round(sizeof(struct arena_block));
}

/* The last committed block. */
static inline struct arena_block *arena_newest(const struct arena_head *head,
                                               struct arena_match *match)
{
    return arena_block_at(head, match, atomic_load_explicit(&match->commits, memory_order_acquire));
}

/* Of an arena with import_bytes; its state follows arena_round(sizeof(struct arena_import)) behind
 * it. */
static inline struct arena_import *arena_import(const struct arena_head *head,
                                                struct arena_match *match)
{
    return (struct arena_import *)((uint8_t *)match + arena_blocks_offset(head) +
                                   2 * arena_block_bytes(head));
}

static inline void *arena_import_state(struct arena_import *import)
{
    return (uint8_t *)import + arena_round(sizeof *import);
}

static inline void arena_guard_set(const struct arena_head *head, struct arena_block *block)
{
    const uint64_t guard = ARENA_GUARD;
    memcpy((uint8_t *)arena_state(block) + head->state_bytes, &guard, sizeof guard);
}

static inline bool arena_guard_holds(const struct arena_head *head, struct arena_block *block)
{
    uint64_t guard;
    memcpy(&guard, (uint8_t *)arena_state(block) + head->state_bytes, sizeof guard);
    return guard == ARENA_GUARD;
}

/* Begins a step: the other block, holding a copy of the newest commit. Nobody sees it until
 * arena_commit; a step that is not committed never was. Before the first commit: zeroes. */
static inline struct arena_block *arena_step(const struct arena_head *head,
                                             struct arena_match *match)
{
    uint64_t commits = atomic_load_explicit(&match->commits, memory_order_relaxed);
    struct arena_block *to = arena_block_at(head, match, commits + 1);
    size_t bytes = arena_round(sizeof *to) + head->state_bytes + sizeof(uint64_t);
    if (commits == 0) {
        memset(to, 0, bytes);
        arena_guard_set(head, to);
    } else {
        memcpy(to, arena_block_at(head, match, commits), bytes);
    }
    to->commit = commits + 1;
    return to;
}

static inline void arena_commit(struct arena_match *match, const struct arena_block *block)
{
    atomic_store_explicit(&match->commits, block->commit, memory_order_release);
}

/* Copies the newest commit out while the worker may go on: false when it was overtaken (try again)
 * or nothing is committed. `ret_state` holds state_bytes. */
static inline bool arena_read(const struct arena_head *head, struct arena_match *match,
                              struct arena_block *ret_block, void *ret_state)
{
    uint64_t commits = atomic_load_explicit(&match->commits, memory_order_acquire);
    if (commits == 0)
        return false;
    struct arena_block *block = arena_block_at(head, match, commits);
    memcpy(ret_block, block, sizeof *block);
    memcpy(ret_state, arena_state(block), head->state_bytes);
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&match->commits, memory_order_relaxed) == commits &&
           ret_block->commit == commits;
}

/* Writes into the journal behind `at` bytes, which may be any number. */
static inline void arena_journal_put(const struct arena_head *head, struct arena_match *match,
                                     uint64_t at, const void *bytes, size_t count)
{
    uint8_t *journal = arena_journal(head, match);
    size_t from = at & (head->journal_bytes - 1);
    size_t first = count < head->journal_bytes - from ? count : head->journal_bytes - from;
    memcpy(journal + from, bytes, first);
    memcpy(journal, (const uint8_t *)bytes + first, count - first);
}

/* Reads from there; `count` is at most journal_bytes. */
static inline void arena_journal_get(const struct arena_head *head, struct arena_match *match,
                                     uint64_t at, void *ret_bytes, size_t count)
{
    const uint8_t *journal = arena_journal(head, match);
    size_t from = at & (head->journal_bytes - 1);
    size_t first = count < head->journal_bytes - from ? count : head->journal_bytes - from;
    memcpy(ret_bytes, journal + from, first);
    memcpy((uint8_t *)ret_bytes + first, journal, count - first);
}

/* True when what was journaled between the two is there yet, though the next entry may be on its
 * way in. */
static inline bool arena_journal_has(const struct arena_head *head, uint64_t from, uint64_t to)
{
    uint64_t next = sizeof(struct arena_entry) + (uint64_t)head->players_max * head->input_bytes;
    return from <= to && to - from <= head->journal_bytes &&
           to - from + next <= head->journal_bytes;
}

/* Copies what was journaled and committed behind `from` while the worker may go on. Returns how
 * many bytes; 0 also when it was overtaken (try again); ARENA_JOURNAL_LOST when they have been
 * written over, or the match has gone back to before. `ret_bytes` holds journal_bytes. */
static inline int64_t arena_journal_read(const struct arena_head *head, struct arena_match *match,
                                         uint64_t from, uint8_t *ret_bytes)
{
    uint64_t commits = atomic_load_explicit(&match->commits, memory_order_acquire);
    if (commits == 0)
        return 0;
    uint64_t to = arena_block_at(head, match, commits)->journaled;
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&match->commits, memory_order_relaxed) != commits)
        return 0;
    if (to < from || to - from > head->journal_bytes)
        return ARENA_JOURNAL_LOST;
    size_t count = (size_t)(to - from);
    arena_journal_get(head, match, from, ret_bytes, count);
    atomic_thread_fence(memory_order_acquire);
    uint64_t now = arena_newest(head, match)->journaled;
    return arena_journal_has(head, from, now) ? (int64_t)count : ARENA_JOURNAL_LOST;
}

/* What a worker can have done in a step behind a commit with `joined` and `left`, and no more. */
static inline bool arena_entry_is_sane(const struct arena_entry *entry, uint32_t slot_count,
                                       uint64_t joined, uint64_t left, bool is_ticking)
{
    uint64_t slots = slot_count == 0 ? 0 : UINT64_MAX >> (64 - slot_count);
    bool is_ours = ((entry->came | entry->went | entry->gave_up | entry->present) & ~slots) == 0;
    bool can_come = (entry->came & (joined | left | entry->gave_up)) == 0;
    bool can_go = (entry->went & ~joined) == 0 && (entry->gave_up & left) == 0 &&
                  (entry->went & entry->gave_up) == 0;
    bool can_play = (entry->present & (left | entry->gave_up)) == 0;
    bool can_meet = !is_ticking && entry->present == 0;
    return is_ours && can_come && can_go && can_play && (entry->ticked || can_meet);
}

#endif
