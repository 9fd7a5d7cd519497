/*
 * How this machine can hold a game: found out once, at the start of the service, by a worker that
 * puts on every layer of the sandbox and loads nothing. Logs one line with each layer, and one with
 * how games are kept apart.
 */
#ifndef GAMES_POSTURE_H
#define GAMES_POSTURE_H

#include "games/worker_process.h"
#include "settings/settings.h"

#define POSTURE_MS_MAX 10000

/* Fills in how workers are started. ERROR_UNAVAILABLE (logged in one sentence) when a layer is
 * missing that the settings require. Blocks; loop's thread. */
must_use enum error posture_find(const struct settings *settings,
                                 struct worker_program *ret_program);

/* "user=on environment=on ... landlock=off", for a log line. */
#define POSTURE_TEXT_BYTES 256
void posture_text(uint32_t layers, char ret_text[POSTURE_TEXT_BYTES]);

#endif
