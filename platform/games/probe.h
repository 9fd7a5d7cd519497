/*
 * Runs a game in two sandboxed processes before it is admitted and compares what they saw.
 * Blocking, some tens of milliseconds for a fair game, at most twice PROBE_MS_MAX; not for the
 * loop's thread while it serves.
 */
#ifndef GAMES_PROBE_H
#define GAMES_PROBE_H

#include "games/worker_process.h"
#include "host/probe.h"

/* `memory` is the sealed image. Returns NULL when the game is fine, else the stable code with which
 * it is refused; `ret_reason` then says why and what to do. */
const char *probe_game(const struct worker_program *program, int memory,
                       char ret_reason[PROBE_REASON_BYTES]);

#endif
