/* `game show ID`: GET /api/games/ID/state, line by line. */
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"
#include "admin/table.h"

static void add(struct table *table, const char *name, const char *text);
static void add_version(struct table *table, const char *name, const json_t *version);
static void add_played(struct table *table, const json_t *state);
static void add_change(struct table *table, const json_t *change);
static void add_death(struct table *table, const json_t *state);
static const char *phase_words(const json_t *state);

enum admin_exit command_show(struct connection *connection, char **words)
{
    const char *const headings[] = {"GAME", words[0]};
    json_t *state = NULL;
    struct table table;
    const char *path =
        arena_printf(connection->arena, "/api/games/%s/state", path_part(connection, words[0]));
    enum admin_exit status = connection_ask(connection, "GET", path, NULL, &state);
    if (status != ADMIN_DONE)
        return status;
    table_init(&table, 2, headings);
    add_version(&table, "current", json_object_get(state, "current"));
    add(&table, "state", phase_words(state));
    add(&table, "until", answer_text(state, "until"));
    add_played(&table, state);
    add_change(&table, json_object_get(state, "change"));
    add_version(&table, "waiting", json_object_get(state, "waiting"));
    add_death(&table, state);
    add(&table, "bundle", answer_text(state, "lastBundle"));
    table_print(&table);
    json_decref(state);
    return ADMIN_DONE;
}

/* Nothing, when there is nothing to say. */
static void add(struct table *table, const char *name, const char *text)
{
    if (!text[0])
        return;
    table_cell(table, name);
    table_cell(table, text);
}

static void add_version(struct table *table, const char *name, const json_t *version)
{
    char text[64];
    if (!json_is_object(version))
        return;
    snprintf(text, sizeof text, "%s (%.*s)", answer_text(version, "version"), SHA_SHOWN,
             answer_text(version, "sha"));
    add(table, name, text);
}

static void add_played(struct table *table, const json_t *state)
{
    size_t index;
    json_t *played;
    char text[160];
    json_array_foreach(json_object_get(state, "playing"), index, played)
    {
        snprintf(text, sizeof text, "%s (%.*s): %d matches, %d players",
                 answer_text(played, "version"), SHA_SHOWN, answer_text(played, "sha"),
                 (int)json_integer_value(json_object_get(played, "matches")),
                 (int)json_integer_value(json_object_get(played, "players")));
        add(table, "playing", text);
    }
}

static void add_change(struct table *table, const json_t *change)
{
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");
    char text[160];
    if (!json_is_object(change))
        return;
    snprintf(text, sizeof text, "%s from %s (%.*s) to %s (%.*s): %s, %d matches went over",
             answer_text(change, "mode"), answer_text(from, "version"), SHA_SHOWN,
             answer_text(from, "sha"), answer_text(to, "version"), SHA_SHOWN,
             answer_text(to, "sha"), answer_text(change, "outcome"),
             (int)json_integer_value(json_object_get(change, "matches")));
    add(table, "change", text);
    add(table, "reason", answer_text(change, "reason"));
}

static void add_death(struct table *table, const json_t *state)
{
    const json_t *death = json_object_get(state, "lastDeath");
    char text[320];
    if (!json_is_object(death))
        return;
    snprintf(text, sizeof text, "%d since the start, the last %s of %s (%.*s): %s",
             (int)json_integer_value(json_object_get(state, "deaths")), answer_text(death, "at"),
             answer_text(death, "version"), SHA_SHOWN, answer_text(death, "sha"),
             answer_text(death, "what"));
    add(table, "deaths", text);
}

static const char *phase_words(const json_t *state)
{
    static const struct {
        const char *phase, *words;
    } phases[] = {
        {"settled", "live"},
        {"rehearsing", "another version rehearses"},
        {"parking", "matches are going over"},
        {"on_trial", "on trial"},
        {"draining", "draining: live matches end on the version before"},
    };
    const char *phase = answer_text(state, "phase");
    if (json_is_false(json_object_get(state, "enabled")))
        return "disabled";
    if (json_is_true(json_object_get(state, "closed")))
        return "closed: its version died too often, and begins no more matches";
    if (json_is_null(json_object_get(state, "current")))
        return "no version is live";
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
        if (strcmp(phases[i].phase, phase) == 0)
            return phases[i].words;
    return phase;
}
