/*
 * What a service that seats players must know about a game and its mode: asked from games
 * (GET /api/games/{id}) and kept for GAME_MODE_CACHE_MS, so that a crowd in front of one game is
 * one question. Any thread.
 */
#ifndef SERVICE_GAME_MODE_H
#define SERVICE_GAME_MODE_H

#include "service/service.h"

#define GAME_ID_BYTES        32 /* [a-z][a-z0-9-]* and the zero */
#define GAME_MODE_BYTES      16 /* [A-Za-z0-9_-]+ and the zero */
#define GAME_PLAYERS_MAX     64
#define GAME_MODES_MAX       8
#define GAME_OPTIONS_MAX     16
#define GAME_MODE_CACHE_MS   5000
#define GAME_MODE_CACHE_SIZE 64

struct game_mode {
    int players_min, players_max; /* 1 <= min <= max <= GAME_PLAYERS_MAX */
    int teams;                    /* seat s belongs to team s % teams */
    bool has_bots, has_open_seats, has_options;
};

/* ERROR_GAME_NOT_FOUND, ERROR_GAME_DISABLED, ERROR_MODE_NOT_FOUND, or why games could not be asked.
 * `request_id` may be NULL. */
must_use enum error game_mode_get(struct service_context *context, const char *request_id,
                                  const char *game, const char *mode, struct game_mode *ret_mode);

/* Whether a text can be the id of a game or of a mode at all. Pure. */
bool game_id_is_plausible(const char *game);
bool game_mode_is_plausible(const char *mode);

#endif
