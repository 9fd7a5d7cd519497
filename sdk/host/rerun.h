/*
 * Runs a recorded match again with a loaded game, and compares every hash on the way: the proof
 * that two builds of a game are the same function. The file is a stranger's, and is read strictly.
 * Pure but for the game; the thread of its run.
 */
#ifndef HOST_RERUN_H
#define HOST_RERUN_H

#include "host/replay.h"
#include "host/run.h"

#define RERUN_SENTENCE_BYTES 320

enum rerun_verdict {
    RERUN_SAME,
    RERUN_DIFFERENT, /* a hash, or the end, is another one */
    RERUN_FAULT,     /* the game did something wrong: see run->fault and run->note */
    RERUN_REFUSED,   /* the file is broken */
    RERUN_STRANGER,  /* the file is fine, but of another game, or goes on with one not at hand */
};

struct rerun_wishes {
    bool without_hashes; /* do not compare, but at the end */
    /* NULL, or gives a run for the image with which the match goes on, NULL when it is not at hand.
     * Whether it fits is judged here; it stays the caller's. */
    struct run *(*find_image)(const struct replay_image *image, void *context);
    /* NULL, or called before each tick; run->ticks are done. */
    void (*before_tick)(struct run *run, void *context);
    void *context; /* borrowed */
};

struct rerun_report {
    struct run *run;                     /* that plays at the end: the caller's, or of find_image */
    uint32_t ticks, hashes;              /* done; compared */
    uint32_t same_until;                 /* the last tick after which the hash was the same */
    uint32_t swaps;                      /* to another image */
    bool is_finished;                    /* the file has an end */
    bool has_result;                     /* and says how the match came out */
    uint64_t hash_file, hash_us;         /* of a difference, else of the last state */
    char sentence[RERUN_SENTENCE_BYTES]; /* of anything but RERUN_SAME */
};

/* `run` is of the game's manifest; what report.run plays is the caller's to look at afterwards. */
enum rerun_verdict rerun(struct run *run, const uint8_t *file, size_t count,
                         const struct rerun_wishes *wishes, struct rerun_report *ret_report);

#endif
