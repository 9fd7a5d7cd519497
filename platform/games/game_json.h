/*
 * game.json, what a game tells people and the page about itself:
 *
 *   {"texts":{"en":{"title","summary","controls"},"fr":{...}},
 *    "icon":"client/icon.svg",
 *    "input":{"actions":[{"id":"up","keys":["ArrowUp"],"button":true,"label":{"en","fr"}}]}}
 *
 * Decoded strictly; `button` says whether the page shows a button for it on touch screens.
 */
#ifndef GAMES_GAME_JSON_H
#define GAMES_GAME_JSON_H

#include <stddef.h>

#include "core/error.h"

#define GAME_JSON_BYTES_MAX    (64u << 10)
#define GAME_ACTIONS_MAX       32
#define GAME_ACTION_KEYS_MAX   8
#define GAME_JSON_REASON_BYTES 256

struct game_json {
    char *texts, *input; /* owned, canonical JSON */
    char *icon;          /* owned */
};

/* On failure `ret_reason` says what is wrong, for the log. */
must_use enum error game_json_decode(const char *text, size_t bytes, struct game_json *ret_json,
                                     char ret_reason[GAME_JSON_REASON_BYTES]);
void game_json_finish(struct game_json *json);

#endif
