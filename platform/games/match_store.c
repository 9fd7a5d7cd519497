/* Straight-line SQL. The one place where a match's end is decided is the `where` of match_end. */
#include "games/match_store.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "games/page.h"
#include "games/queries.h"

static enum error insert_players(struct database *database, const char *match,
                                 const struct match_begin *begin);
static enum error write_players(struct database *database, const char *match,
                                const struct gk_result *result);
static json_t *match_json(const struct rows *match, const struct rows *players);
static json_t *player_json(const struct rows *players, int row);
static json_t *number_or_null(const struct rows *rows, int row, const char *column);

enum error match_store_begin(struct service_context *context, const struct match_begin *begin,
                             const char *run, int64_t now_unix_ms)
{
    AUTO_DATABASE *database = NULL;
    char match[ID_TEXT_BYTES], room[ID_TEXT_BYTES];
    const struct gk_manifest *manifest = &begin->image->manifest;
    id_text(&begin->id, match);
    id_text(&begin->room, room);
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_begin(database);
    if (error == OK)
        error = database_run(
            database, &match_insert, NULL, match, database_number(MATCH_EPOCH_FIRST), room,
            manifest->id, manifest->version, begin->image->sha_text,
            manifest->modes[begin->mode].id, database_number(now_unix_ms),
            context->settings->instance, run, database_bool(match_has_bots(begin)), DATABASE_END);
    if (error == OK)
        error = database_run(database, &match_version_add, NULL, match, begin->image->sha_text,
                             manifest->version, begin->image->game_sha_text, DATABASE_END);
    if (error == OK)
        error = insert_players(database, match, begin);
    return error == OK ? database_commit(database) : error;
}

enum error match_store_admit(struct database *database, const char *match, const char *user)
{
    AUTO_ROWS *live = NULL;
    AUTO_ROWS *admitted = NULL;
    enum error error = database_run(database, &match_lock_live, &live, match, DATABASE_END);
    if (error == OK && rows_count(live) == 0)
        return ERROR_MATCH_OVER;
    if (error == OK)
        error = database_run(database, &playing_admit, &admitted, user, match, DATABASE_END);
    return error == OK && rows_count(admitted) == 0 ? ERROR_ALREADY_IN_MATCH : error;
}

enum error match_store_seat(struct database *database, const char *match,
                            const struct match_player *player)
{
    char user[ID_TEXT_BYTES];
    id_text(&player->user, user);
    return database_run(database, &match_player_seat, NULL, match, database_number(player->slot),
                        user, player->name, database_number(player->team), DATABASE_END);
}

bool match_player_is_person(const struct match_player *player)
{
    static const struct id nobody;
    return !id_equal(&player->user, &nobody);
}

bool match_has_bots(const struct match_begin *begin)
{
    for (int slot = 0; slot < begin->slot_count; slot++)
        if (begin->players[slot].bot != 0)
            return true;
    return false;
}

void match_store_forget(struct service_context *context, const struct id *match)
{
    AUTO_DATABASE *database = NULL;
    char text[ID_TEXT_BYTES];
    id_text(match, text);
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &match_delete, NULL, text, DATABASE_END);
    if (error != OK)
        log_error("a match that never began stays live until the next start", "match", text,
                  "error", error_code(error), NULL);
}

enum error match_store_end(struct service_context *context, const struct match_result *result,
                           bool *ret_accepted)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    char match[ID_TEXT_BYTES], hash[24];
    bool aborted = result->result.reason == SPOOL_REASON_ABORTED;
    bool has_state = result->ticks != 0 || result->state_hash != 0; /* its arena was there */
    id_text(&result->match, match);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)result->state_hash);

    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_begin(database);
    if (error == OK)
        error =
            database_run(database, &match_end, &rows, match, database_number(result->epoch),
                         aborted ? "aborted" : "ended", match_reason_text(result->result.reason),
                         database_number(result->ended_unix_ms),
                         has_state ? database_number((int64_t)result->ticks) : NULL,
                         has_state ? hash : NULL, DATABASE_END);
    if (error != OK)
        return error;
    if (rows_count(rows) == 0) {
        *ret_accepted = false;
        return OK;
    }
    if (!aborted)
        error = write_players(database, match, &result->result);
    if (error == OK)
        error = database_run(database, &playing_delete, NULL, match, DATABASE_END);
    if (error == OK)
        error = database_run(database, &outbox_insert, NULL, match, rows_text(rows, 0, "room"),
                             DATABASE_END);
    if (error == OK)
        error = database_commit(database);
    if (error == OK)
        *ret_accepted = true;
    return error;
}

enum error match_store_get(struct database *database, const char *match, json_t **ret_match)
{
    AUTO_ROWS *rows = NULL;
    AUTO_ROWS *players = NULL;
    struct id id;
    if (!id_parse(match, &id))
        return ERROR_MATCH_NOT_FOUND;
    enum error error = database_run(database, &match_get, &rows, match, DATABASE_END);
    if (error == OK && rows_count(rows) == 0)
        error = ERROR_MATCH_NOT_FOUND;
    if (error == OK)
        error = database_run(database, &match_players_get, &players, match, DATABASE_END);
    if (error == OK)
        *ret_match = match_json(rows, players);
    return error;
}

const char *match_reason_text(uint32_t reason)
{
    return reason == SPOOL_REASON_FINISHED  ? "finished"
           : reason == SPOOL_REASON_FORFEIT ? "forfeit"
                                            : "aborted";
}

/* Seats that nobody has are not written down. */
static enum error insert_players(struct database *database, const char *match,
                                 const struct match_begin *begin)
{
    enum error error = OK;
    for (int slot = 0; error == OK && slot < begin->slot_count; slot++) {
        const struct match_player *player = &begin->players[slot];
        bool is_person = match_player_is_person(player);
        char user[ID_TEXT_BYTES];
        if (!is_person && player->bot == 0)
            continue;
        id_text(&player->user, user);
        error =
            database_run(database, &match_player_insert, NULL, match, database_number(player->slot),
                         is_person ? user : NULL, player->name, database_number(player->team),
                         database_number(player->bot), DATABASE_END);
        if (error == OK && is_person)
            error = database_run(database, &playing_insert, NULL, user, match, DATABASE_END);
        if (error == ERROR_BAD_REQUEST && database_constraint_is(database, "playing_one_match"))
            error = ERROR_ALREADY_IN_MATCH;
    }
    return error;
}

static enum error write_players(struct database *database, const char *match,
                                const struct gk_result *result)
{
    static const char *const outcomes[] = {NULL, "win", "loss", "draw"};
    enum error error = OK;
    for (uint32_t slot = 0; error == OK && slot < result->player_count; slot++)
        error = database_run(database, &match_player_result, NULL, match, database_number(slot),
                             database_number(result->players[slot].score),
                             database_number(result->players[slot].place),
                             outcomes[result->players[slot].outcome > GK_OUTCOME_DRAW
                                          ? 0
                                          : result->players[slot].outcome],
                             database_bool(result->players[slot].forfeit == 1), DATABASE_END);
    return error;
}

static json_t *match_json(const struct rows *match, const struct rows *players)
{
    json_t *list = json_array();
    for (int i = 0; i < rows_count(players); i++)
        json_array_append_new(list, player_json(players, i));
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:n,s:n}", "id",
                     rows_text(match, 0, "id"), "game", rows_text(match, 0, "game"), "version",
                     rows_text(match, 0, "version"), "sha", rows_text(match, 0, "sha"), "mode",
                     rows_text(match, 0, "mode"), "room", rows_text(match, 0, "room"), "state",
                     rows_text(match, 0, "state"), "startedAt", rows_text(match, 0, "started_at"),
                     "endedAt", text_or_null(match, 0, "ended_at"), "reason",
                     text_or_null(match, 0, "reason"), "players", list, "ticks",
                     number_or_null(match, 0, "ticks"), "stateHash",
                     text_or_null(match, 0, "state_hash"), "replay", "versions");
}

static json_t *player_json(const struct rows *players, int row)
{
    return json_pack(
        "{s:o,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:b}", "user", text_or_null(players, row, "user_id"),
        "name", rows_text(players, row, "name"), "slot", (json_int_t)rows_int(players, row, "slot"),
        "team", (json_int_t)rows_int(players, row, "team"), "bot",
        (json_int_t)rows_int(players, row, "bot"), "score", number_or_null(players, row, "score"),
        "place", number_or_null(players, row, "place"), "outcome",
        text_or_null(players, row, "outcome"), "forfeit", (int)rows_bool(players, row, "forfeit"));
}

static json_t *number_or_null(const struct rows *rows, int row, const char *column)
{
    return rows_is_null(rows, row, column) ? json_null()
                                           : json_integer(rows_int(rows, row, column));
}
