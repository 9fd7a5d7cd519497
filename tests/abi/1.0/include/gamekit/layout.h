/*
 * gamekit/layout.h: where each field of the ABI lies; game.h includes it at its end. A field begins
 * where the one before it ends, so none is missing. The row of a field with a name never changes: a
 * later minor takes from `reserved`, or adds before an end.
 */
#ifndef GAMEKIT_LAYOUT_H
#define GAMEKIT_LAYOUT_H

#include <gamekit/game.h>

#define GK_AT(type, at, bytes, field)                                                              \
    GK_STATIC_ASSERT(offsetof(struct type, field) == (at) &&                                       \
                         sizeof(((struct type *)0)->field) == (bytes),                             \
                     #type "." #field " is fixed");
#define GK_ENDS(type, at) GK_STATIC_ASSERT(sizeof(struct type) == (at), #type " is fixed");
#define GK_P              sizeof(void *)

/* clang-format off */
GK_AT(gk_mode,  0, 16, id)
GK_AT(gk_mode, 16,  1, players_min)
GK_AT(gk_mode, 17,  1, players_max)
GK_AT(gk_mode, 18,  1, teams)
GK_AT(gk_mode, 19,  1, reserved)
GK_ENDS(gk_mode, 20)

GK_AT(gk_manifest,   0,   4, size)
GK_AT(gk_manifest,   4,   2, abi_major)
GK_AT(gk_manifest,   6,   2, abi_minor)
GK_AT(gk_manifest,   8,   2, abi_minor_required)
GK_AT(gk_manifest,  10,   2, tick_hz)
GK_AT(gk_manifest,  12,   4, flags)
GK_AT(gk_manifest,  16,   4, state_schema)
GK_AT(gk_manifest,  20,   4, state_schema_oldest)
GK_AT(gk_manifest,  24,   4, state_bytes)
GK_AT(gk_manifest,  28,   4, input_bytes)
GK_AT(gk_manifest,  32,   4, view_bytes_max)
GK_AT(gk_manifest,  36,   1, players_min)
GK_AT(gk_manifest,  37,   1, players_max)
GK_AT(gk_manifest,  38,   1, mode_count)
GK_AT(gk_manifest,  39,   1, option_count)
GK_AT(gk_manifest,  40,  32, id)
GK_AT(gk_manifest,  72,  64, title)
GK_AT(gk_manifest, 136,  24, version)
GK_AT(gk_manifest, 160, 160, modes)
GK_AT(gk_manifest, 320,   4, turn_seconds)
GK_AT(gk_manifest, 324,  28, reserved)
GK_ENDS(gk_manifest, 352)

GK_AT(gk_host,        0,    4, size)
GK_AT(gk_host,        4,    4, abi_minor)
GK_AT(gk_host,        8, GK_P, log)
GK_AT(gk_host, 8 + GK_P, GK_P, extension)
GK_ENDS(gk_host, 8 + 2 * GK_P)

GK_AT(gk_match,  0,  8, seed)
GK_AT(gk_match,  8,  4, mode)
GK_AT(gk_match, 12,  4, player_count)
GK_AT(gk_match, 16, 64, options)
GK_ENDS(gk_match, 80)

GK_AT(gk_inputs,  0,    8, present)
GK_AT(gk_inputs,  8, GK_P, bytes)
#if UINTPTR_MAX == 0xffffffffu
GK_AT(gk_inputs, 12,    4, reserved)
#endif
GK_ENDS(gk_inputs, 16)

GK_AT(gk_result,  0,   4, player_count)
GK_AT(gk_result,  4,   4, reason)
GK_AT(gk_result,  8, 512, players)
GK_AT(gk_result,  8,   4, players[0].score)
GK_AT(gk_result, 12,   2, players[0].place)
GK_AT(gk_result, 14,   1, players[0].outcome)
GK_AT(gk_result, 15,   1, players[0].forfeit)
GK_AT(gk_result, 16,   8, players[1])
GK_ENDS(gk_result, 520)

GK_AT(gk_game,             0,    4, size)
GK_AT(gk_game,             4,    4, reserved)
GK_AT(gk_game,             8, GK_P, init)
GK_AT(gk_game,      8 + GK_P, GK_P, join)
GK_AT(gk_game,  8 + 2 * GK_P, GK_P, leave)
GK_AT(gk_game,  8 + 3 * GK_P, GK_P, input)
GK_AT(gk_game,  8 + 4 * GK_P, GK_P, tick)
GK_AT(gk_game,  8 + 5 * GK_P, GK_P, view)
GK_AT(gk_game,  8 + 6 * GK_P, GK_P, result)
GK_AT(gk_game,  8 + 7 * GK_P, GK_P, migrate)
GK_AT(gk_game,  8 + 8 * GK_P, GK_P, check)
GK_AT(gk_game,  8 + 9 * GK_P, GK_P, explain)
GK_AT(gk_game, 8 + 10 * GK_P, GK_P, bot)
GK_AT(gk_game, 8 + 11 * GK_P, GK_P, extension)
GK_ENDS(gk_game, 8 + 12 * GK_P)

GK_AT(gk_note,  0,   4, name_bytes)
GK_AT(gk_note,  4,   4, manifest_bytes)
GK_AT(gk_note,  8,   4, type)
GK_AT(gk_note, 12,   8, name)
GK_AT(gk_note, 20, 352, manifest)
GK_ENDS(gk_note, 372)
/* clang-format on */

#undef GK_AT
#undef GK_ENDS
#undef GK_P

#endif
