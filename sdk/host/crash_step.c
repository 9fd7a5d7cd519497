/* One table of fields for both ways. Sets of slots and the seed are texts: a number of JSON holds
 * no 64 bits. */
#include "host/crash_step.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X(KEY, MEMBER) */
#define TEXTS(X)                                                                                   \
    X("what", what)                                                                                \
    X("game", game)                                                                                \
    X("version", version)                                                                          \
    X("sha", sha)                                                                                  \
    X("match", match_id)
#define NUMBERS(X)                                                                                 \
    X("slot", slot)                                                                                \
    X("tick", ticks)                                                                               \
    X("mode", match.mode)                                                                          \
    X("players", match.player_count)
#define SETS(X)                                                                                    \
    X("joined", joined)                                                                            \
    X("left", left)                                                                                \
    X("came", came)                                                                                \
    X("went", went)                                                                                \
    X("gave_up", gave_up)                                                                          \
    X("present", present)

#define KEY_SEED     "seed"
#define KEY_CALLBACK "callback"
#define KEY_TICKED   "ticked"
#define KEY_OPTIONS  "options"
#define KEY_COUNT    19 /* all of them */

static bool decode(const json_t *root, struct crash_step *step, char *reason);
static bool take_text(const json_t *root, const char *key, char *ret_text, size_t capacity,
                      char *reason);
static bool take_number(const json_t *root, const char *key, uint32_t *ret_number, char *reason);
static bool take_set(const json_t *root, const char *key, uint64_t *ret_set, char *reason);
static bool take_seed(const json_t *root, uint64_t *ret_seed, char *reason);
static bool take_callback(const json_t *root, enum game_callback *ret_callback, char *reason);
static bool take_options(const json_t *root, int32_t ret_options[GK_OPTIONS_MAX], char *reason);
static bool slots_fit(const struct crash_step *step, char *reason);
static bool refuse(char *reason, const char *key);

char *crash_step_encode(const struct crash_step *step)
{
    char text[32];
    json_t *root = json_object(), *options = json_array();
    int failures = 0;
#define X(key, member) failures += json_object_set_new(root, key, json_string(step->member)) != 0;
    TEXTS(X)
#undef X
#define X(key, member) failures += json_object_set_new(root, key, json_integer(step->member)) != 0;
    NUMBERS(X)
#undef X
#define X(key, member)                                                                             \
    snprintf(text, sizeof text, "%" PRIx64, step->member);                                         \
    failures += json_object_set_new(root, key, json_string(text)) != 0;
    SETS(X)
#undef X
    snprintf(text, sizeof text, "%" PRIu64, step->match.seed);
    failures += json_object_set_new(root, KEY_SEED, json_string(text)) != 0;
    failures += json_object_set_new(root, KEY_CALLBACK,
                                    json_string(game_callback_name(step->callback))) != 0;
    failures += json_object_set_new(root, KEY_TICKED, json_boolean(step->ticked)) != 0;
    for (int i = 0; i < GK_OPTIONS_MAX; i++)
        failures += json_array_append_new(options, json_integer(step->match.options[i])) != 0;
    failures += json_object_set_new(root, KEY_OPTIONS, options) != 0;
    char *dumped = failures == 0 ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    return dumped;
}

bool crash_step_decode(const char *text, size_t bytes, struct crash_step *ret_step,
                       char ret_reason[CRASH_REASON_BYTES])
{
    struct crash_step step = {.callback = GAME_CALL_NONE};
    json_error_t error;
    json_t *root = bytes <= CRASH_JSON_BYTES_MAX
                       ? json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    bool fine = root && json_object_size(root) == KEY_COUNT && decode(root, &step, ret_reason);
    if (!root)
        snprintf(ret_reason, CRASH_REASON_BYTES, "It is no JSON, or too long.");
    else if (json_object_size(root) != KEY_COUNT)
        snprintf(ret_reason, CRASH_REASON_BYTES, "It has other fields than a crash has.");
    json_decref(root);
    if (fine)
        *ret_step = step;
    return fine;
}

static bool decode(const json_t *root, struct crash_step *step, char *reason)
{
#define X(key, member)                                                                             \
    if (!take_text(root, key, step->member, sizeof step->member, reason))                          \
        return false;
    TEXTS(X)
#undef X
#define X(key, member)                                                                             \
    if (!take_number(root, key, &step->member, reason))                                            \
        return false;
    NUMBERS(X)
#undef X
#define X(key, member)                                                                             \
    if (!take_set(root, key, &step->member, reason))                                               \
        return false;
    SETS(X)
#undef X
    const json_t *ticked = json_object_get(root, KEY_TICKED);
    if (!json_is_boolean(ticked))
        return refuse(reason, KEY_TICKED);
    step->ticked = json_is_true(ticked);
    return take_seed(root, &step->match.seed, reason) &&
           take_callback(root, &step->callback, reason) &&
           take_options(root, step->match.options, reason) && slots_fit(step, reason);
}

static bool take_text(const json_t *root, const char *key, char *ret_text, size_t capacity,
                      char *reason)
{
    const char *text = json_string_value(json_object_get(root, key));
    if (!text || strlen(text) >= capacity)
        return refuse(reason, key);
    for (const char *at = text; *at; at++)
        if ((uint8_t)*at < ' ' || *at == 127) /* it goes to somebody's terminal */
            return refuse(reason, key);
    memcpy(ret_text, text, strlen(text) + 1);
    return true;
}

static bool take_number(const json_t *root, const char *key, uint32_t *ret_number, char *reason)
{
    const json_t *number = json_object_get(root, key);
    json_int_t value = json_integer_value(number);
    if (!json_is_integer(number) || value < 0 || value > UINT32_MAX)
        return refuse(reason, key);
    *ret_number = (uint32_t)value;
    return true;
}

static bool take_set(const json_t *root, const char *key, uint64_t *ret_set, char *reason)
{
    const char *text = json_string_value(json_object_get(root, key));
    size_t digits = text ? strspn(text, "0123456789abcdef") : 0;
    if (digits == 0 || digits > 16 || text[digits] != '\0')
        return refuse(reason, key);
    *ret_set = strtoull(text, NULL, 16);
    return true;
}

static bool take_seed(const json_t *root, uint64_t *ret_seed, char *reason)
{
    const char *text = json_string_value(json_object_get(root, KEY_SEED));
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (digits == 0 || digits > 20 || text[digits] != '\0')
        return refuse(reason, KEY_SEED);
    *ret_seed = strtoull(text, NULL, 10);
    return true;
}

/* One that a step, or what is shown after it, consists of. */
static bool take_callback(const json_t *root, enum game_callback *ret_callback, char *reason)
{
    const char *name = json_string_value(json_object_get(root, KEY_CALLBACK));
    for (uint32_t i = GAME_CALL_INIT; name && i < GAME_CALL_COUNT; i++)
        if (i != GAME_CALL_MIGRATE && i != GAME_CALL_EXTENSION &&
            strcmp(name, game_callback_name(i)) == 0) {
            *ret_callback = (enum game_callback)i;
            return true;
        }
    return refuse(reason, KEY_CALLBACK);
}

static bool take_options(const json_t *root, int32_t ret_options[GK_OPTIONS_MAX], char *reason)
{
    const json_t *options = json_object_get(root, KEY_OPTIONS);
    if (!json_is_array(options) || json_array_size(options) != GK_OPTIONS_MAX)
        return refuse(reason, KEY_OPTIONS);
    for (size_t i = 0; i < GK_OPTIONS_MAX; i++) {
        const json_t *option = json_array_get(options, i);
        json_int_t value = json_integer_value(option);
        if (!json_is_integer(option) || value < INT32_MIN || value > INT32_MAX)
            return refuse(reason, KEY_OPTIONS);
        ret_options[i] = (int32_t)value;
    }
    return true;
}

static bool slots_fit(const struct crash_step *step, char *reason)
{
    uint32_t players = step->match.player_count;
    bool may_be_spectator = step->callback == GAME_CALL_VIEW || step->callback == GAME_CALL_EXPLAIN;
    if (players < 1 || players > GK_PLAYERS_MAX)
        return refuse(reason, "players");
    if (step->slot >= players && !(may_be_spectator && step->slot == GK_SPECTATOR))
        return refuse(reason, "slot");
    uint64_t all = players == GK_PLAYERS_MAX ? ~0ull : (1ull << players) - 1;
#define X(key, member)                                                                             \
    if (step->member & ~all)                                                                       \
        return refuse(reason, key);
    SETS(X)
#undef X
    return true;
}

static bool refuse(char *reason, const char *key)
{
    snprintf(reason, CRASH_REASON_BYTES, "\"%s\" is not as it is in a crash.", key);
    return false;
}
