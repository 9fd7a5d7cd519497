/*
 * game.json, what a game tells people and the page about itself, and which options it has:
 *
 *   {"texts":{"en":{"title","summary","controls"},"fr":{...}},
 *    "icon":"client/icon.svg",
 *    "input":{"actions":[{"id":"up","keys":["ArrowUp"],"button":true,"label":{"en","fr"}}]},
 *    "options":[...]}                                      may be left out: see game_options.h
 *
 * Decoded strictly; `button` says whether the page shows a button for it on touch screens. What
 * passes is written again by us, so that nobody repeats a byte that was not understood. Pure, any
 * thread; used by the games service and by the author's tool.
 */
#ifndef HOST_GAME_JSON_H
#define HOST_GAME_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "host/game_options.h"

#define GAME_JSON_BYTES_MAX    (64u << 10)
#define GAME_ACTIONS_MAX       32
#define GAME_ACTION_KEYS_MAX   8
#define GAME_ICON_BYTES        128
#define GAME_JSON_REASON_BYTES 256

struct game_json {
    char *texts, *input, *options; /* owned: JSON as above, `options` always an array */
    char icon[GAME_ICON_BYTES];    /* path inside the bundle */
    struct game_options declared;  /* the same options, for the host */
};

/* False when it is refused: `ret_reason` says where, what is wrong and what to do, and nothing is
 * to be finished. */
bool game_json_decode(const char *text, size_t bytes, struct game_json *ret_json,
                      char ret_reason[GAME_JSON_REASON_BYTES]);
void game_json_finish(struct game_json *json);

/* Whether a manifest that announces `option_count` options and this file mean the same. */
bool game_json_has_options(const struct game_json *json, uint32_t option_count,
                           char ret_reason[GAME_JSON_REASON_BYTES]);

#endif
