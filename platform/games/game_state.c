/* GET /api/games/states and GET /api/games/{id}/state: how each game stands, as an admin wants to
 * know it while a version is put live: what is played, how many play which version, the change
 * under way or the last one, and what died. Table catalog, and the boards of the supervisor. */
#include <string.h>

#include "core/clock.h"
#include "games/game_board.h"
#include "games/operations.h"
#include "games/page.h"
#include "games/queries.h"
#include "games/worker_board.h"
#include "service/game_mode.h"

#define VERSIONS_PLAYED_MAX 8 /* two, and what an earlier run has left to drain */

/* What stands for all games, read once for a call. */
struct view {
    struct games *games;
    struct worker_line *workers;
    size_t worker_count;
};

/* Of one version that is played. */
struct played {
    const char *sha, *version; /* of the view */
    int64_t matches, players;
};

static enum error read_rows(struct call *call, const char *game, struct view *ret_view,
                            struct rows **ret_rows);
static json_t *state_json(const struct view *view, const struct rows *rows, int row);
static json_t *current_json(const struct image *image);
static json_t *playing_json(const struct view *view, const char *game);
static size_t played_of(const struct view *view, const char *game,
                        struct played ret_played[VERSIONS_PLAYED_MAX]);
static json_t *change_json(const struct swap_report *change);
static json_t *version_pair(const char *sha, const char *version);
static json_t *death_json(const struct game_death *death);
static json_t *time_json(int64_t unix_ms);

enum error game_states(struct call *call)
{
    AUTO_ROWS *rows = NULL;
    struct view view;
    enum error error = read_rows(call, NULL, &view, &rows);
    if (error != OK)
        return error;
    json_t *items = json_array();
    for (int i = 0; i < rows_count(rows); i++)
        json_array_append_new(items, state_json(&view, rows, i));
    call_reply(call, 200, json_pack("{s:o,s:n}", "items", items, "next"));
    return OK;
}

enum error game_state(struct call *call)
{
    AUTO_ROWS *rows = NULL;
    struct view view;
    enum error error = read_rows(call, call->params[0], &view, &rows);
    if (error == OK && rows_count(rows) == 0)
        error = ERROR_GAME_NOT_FOUND;
    if (error == OK)
        call_reply(call, 200, state_json(&view, rows, 0));
    return error;
}

static enum error read_rows(struct call *call, const char *game, struct view *ret_view,
                            struct rows **ret_rows)
{
    AUTO_DATABASE *database = NULL;
    struct service_context *context = call->context;
    struct view *view = ret_view;
    if (game && !game_id_is_plausible(game))
        return ERROR_GAME_NOT_FOUND;
    view->games = games_of(context);
    view->workers = arena_alloc(call->arena, WORKER_BOARD_MAX * sizeof *view->workers);
    view->worker_count = supervisor_workers(view->games->supervisor, view->workers);
    enum error error = database_open(context->database, &database);
    return error == OK ? database_run(database, &catalog_states, ret_rows, game, DATABASE_END)
                       : error;
}

/* What new matches get is known here, what the next start plays is in the table: they differ only
 * while a change waits for the database. */
static json_t *state_json(const struct view *view, const struct rows *rows, int row)
{
    const char *game = rows_text(rows, row, "game");
    struct game_line line;
    bool is_played = supervisor_game(view->games->supervisor, game, &line);
    if (!is_played)
        line = (struct game_line){.phase = GAME_SETTLED};
    struct image *image = catalog_find(view->games->catalog, game);
    bool is_recorded = !image || strcmp(image->sha_text, rows_text(rows, row, "current")) == 0;
    json_t *state = json_pack(
        "{s:s,s:s?,s:b,s:s,s:o,s:o,s:b,s:b,s:o,s:o,s:o,s:I,s:o,s:s?,s:I}", "game", game, "title",
        image ? image->manifest.title : NULL, "enabled", (int)rows_bool(rows, row, "enabled"),
        "phase", game_phase_text(line.phase), "until", time_json(line.until_unix_ms), "current",
        current_json(image), "recorded", (int)is_recorded, "closed", (int)line.is_closed, "change",
        change_json(&line.change), "waiting", version_pair(line.waiting_sha, line.waiting_version),
        "playing", playing_json(view, game), "deaths", (json_int_t)line.deaths, "lastDeath",
        death_json(&line.last_death), "lastBundle", line.last_bundle[0] ? line.last_bundle : NULL,
        "quarantined", (json_int_t)rows_int(rows, row, "quarantined"));
    image_release(image);
    return state;
}

static json_t *current_json(const struct image *image)
{
    return image ? version_pair(image->sha_text, image->manifest.version) : json_null();
}

static json_t *playing_json(const struct view *view, const char *game)
{
    struct played played[VERSIONS_PLAYED_MAX];
    size_t count = played_of(view, game, played);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items,
                              json_pack("{s:s,s:s,s:I,s:I}", "sha", played[i].sha, "version",
                                        played[i].version, "matches", (json_int_t)played[i].matches,
                                        "players", (json_int_t)played[i].players));
    return items;
}

/* Only what has matches. */
static size_t played_of(const struct view *view, const char *game,
                        struct played ret_played[VERSIONS_PLAYED_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < view->worker_count; i++) {
        const struct worker_line *line = &view->workers[i];
        size_t at = 0;
        if (line->matches == 0 || strcmp(line->game, game) != 0)
            continue;
        while (at < count && strcmp(ret_played[at].sha, line->sha_text) != 0)
            at++;
        if (at == VERSIONS_PLAYED_MAX)
            continue;
        if (at == count)
            ret_played[count++] = (struct played){
                .sha = line->sha_text,
                .version = line->version,
                .players = placements_playing(view->games->placements, game, line->sha_text)};
        ret_played[at].matches += line->matches;
    }
    return count;
}

static json_t *change_json(const struct swap_report *change)
{
    if (change->outcome == SWAP_NONE)
        return json_null();
    return json_pack(
        "{s:o,s:o,s:s,s:s,s:s?,s:I,s:I,s:I}", "from",
        version_pair(change->from_sha, change->from_version), "to",
        version_pair(change->to_sha, change->to_version), "mode",
        change->mode == SWAP_DRAIN ? "drain" : "swap", "outcome",
        swap_outcome_text(change->outcome), "reason", change->reason[0] ? change->reason : NULL,
        "matches", (json_int_t)change->matches, "rehearsalMicroseconds",
        (json_int_t)change->rehearsal_us, "handOverMicroseconds", (json_int_t)change->hand_over_us);
}

static json_t *version_pair(const char *sha, const char *version)
{
    return sha[0] ? json_pack("{s:s,s:s}", "sha", sha, "version", version) : json_null();
}

static json_t *death_json(const struct game_death *death)
{
    if (death->unix_ms == 0)
        return json_null();
    return json_pack("{s:o,s:s,s:s,s:s}", "at", time_json(death->unix_ms), "sha", death->sha_text,
                     "version", death->version, "what", death->sentence);
}

/* JSON's null for 0. */
static json_t *time_json(int64_t unix_ms)
{
    char text[CLOCK_RFC3339_BYTES];
    if (unix_ms == 0)
        return json_null();
    clock_rfc3339(unix_ms, text);
    return json_string(text);
}
