/*
 * Takes the step once more in which a game killed its process (crash_step.h): by the calls of a run
 * (run.h), in the same order. In this process, for a debugger; or in one of its own inside the
 * sandbox, where it dies of what it died of before, and can do no harm meanwhile.
 */
#ifndef HOST_CRASH_RUN_H
#define HOST_CRASH_RUN_H

#include "host/crash_step.h"
#include "host/probe.h"
#include "host/run.h"

#define CRASH_CPU_S_MAX 5 /* a callback that takes longer does not return */

/* What the two processes share. Written by one that holds a stranger's code: who reads it checks
 * each number. */
struct crash_report {
    /* written by who starts it */
    struct crash_step step;
    uint32_t has_state; /* 0: it begins with init */
    uint32_t said_count;
    uint8_t said[REPLAY_ASK_BYTES_MAX];
    uint8_t inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
    uint8_t state[GK_STATE_BYTES_MAX];
    /* written by the process */
    struct run_note note;            /* the callback that runs, or ran last */
    _Atomic uint32_t forbidden_call; /* its number plus one, or 0 */
    _Atomic uint32_t layers;         /* of the sandbox: bit of enum sandbox_layer */
    _Atomic uint32_t is_done;        /* the step was taken */
    _Atomic uint32_t fault;          /* enum run_fault */
};

/* Whether the step can be one of such a game: players, mode, and a callback that the game has. */
bool crash_fits(const struct gk_manifest *manifest, const struct crash_step *step);

/* Takes the step. `run` is of a game that it fits. */
void crash_take(struct run *run, const struct crash_report *crash);

/* The whole of a process of its own; its descriptors are those of a probe, with a struct
 * crash_report as the report. Returns its exit status; 0: see is_done and fault. */
int crash_run(struct sandbox *sandbox, const struct probe_descriptors *descriptors);

#endif
