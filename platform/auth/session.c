#include "auth/session.h"

#include <assert.h>

#include "auth/cookies.h"
#include "auth/queries.h"
#include "core/clock.h"
#include "core/log.h"

struct access_token {
    char text[TOKEN_BYTES_MAX];
    int64_t expires_unix_ms;
};

static enum error prune(struct call *call, struct database *database, const char *user_id);
static enum error find_rotated_just_now(struct database *database, const char *session_id,
                                        const struct session *presented, struct rows **ret_rows);
static enum error end_reused(struct call *call, struct database *database, const char *session_id);
static enum error sign_access(struct call *call, const struct account *account,
                              const char *session_id, struct access_token *ret_token);
static void order_away(struct call *call, const char *user_id, const char *session_id);
static int64_t refresh_seconds(const struct call *call);

enum error session_create(struct call *call, struct database *database,
                          const struct account *account, struct session *ret_session)
{
    AUTO_ROWS *rows = NULL;
    struct session session = {.id = id_new(), .generation = 1};
    char text[ID_TEXT_BYTES];
    id_text(&session.id, text);
    const char *hash = account->password_hash[0] == '\0' ? NULL : account->password_hash;
    enum error error = database_run(database, &session_insert, &rows, text, account->id, hash,
                                    database_number(refresh_seconds(call)), DATABASE_END);
    if (error)
        return error;
    if (rows_affected(rows) == 0)
        return ERROR_WRONG_CREDENTIALS;
    error = prune(call, database, account->id);
    if (!error)
        *ret_session = session;
    return error;
}

enum error session_refresh(struct call *call, struct database *database,
                           const struct session *presented, struct account *ret_account,
                           struct session *ret_session)
{
    AUTO_ROWS *rotated = NULL;
    AUTO_ROWS *rotated_before = NULL;
    char text[ID_TEXT_BYTES];
    id_text(&presented->id, text);
    enum error error = database_run(database, &session_rotate, &rotated, text,
                                    database_number(presented->generation),
                                    database_number(refresh_seconds(call)), DATABASE_END);
    if (error)
        return error;
    const struct rows *found = rotated;
    if (rows_count(found) == 0) {
        error = find_rotated_just_now(database, text, presented, &rotated_before);
        if (error)
            return error;
        found = rotated_before;
    }
    if (rows_count(found) == 0)
        return end_reused(call, database, text);

    account_read(found, 0, ret_account);
    ret_session->id = presented->id;
    ret_session->generation = (uint32_t)rows_int(found, 0, "generation");
    return OK;
}

enum error session_renew_own(struct call *call, struct database *database,
                             struct session *ret_session)
{
    AUTO_ROWS *rows = NULL;
    struct session session;
    if (!id_parse(call->caller.session_id, &session.id))
        return ERROR_SESSION_ENDED;
    enum error error =
        database_run(database, &session_renew, &rows, call->caller.session_id, call->caller.user_id,
                     database_number(refresh_seconds(call)), DATABASE_END);
    if (error)
        return error;
    if (rows_count(rows) == 0)
        return ERROR_SESSION_ENDED;
    session.generation = (uint32_t)rows_int(rows, 0, "generation");
    *ret_session = session;
    return OK;
}

enum error session_end_own(struct call *call, struct database *database)
{
    enum error error =
        database_run(database, &session_end, NULL, call->caller.session_id, DATABASE_END);
    if (!error)
        order_away(call, call->caller.user_id, call->caller.session_id);
    return error;
}

enum error session_end_others(struct call *call, struct database *database, struct rows **ret_ended)
{
    return database_run(database, &sessions_end_others, ret_ended, call->caller.user_id,
                        call->caller.session_id, DATABASE_END);
}

void session_order_away(struct call *call, const char *user_id, const struct rows *ended)
{
    for (int row = 0; row < rows_count(ended); row++)
        order_away(call, user_id, rows_text(ended, row, "id"));
}

void session_order_away_all(struct call *call, const char *user_id)
{
    service_order(context_of(call), user_id, json_pack("{ss}", "do", "revoke"));
}

enum error session_reply(struct call *call, int status, const struct account *account,
                         const struct session *session)
{
    char id[ID_TEXT_BYTES];
    struct access_token access;
    id_text(&session->id, id);
    enum error error = sign_access(call, account, id, &access);
    if (error)
        return error;
    char refresh[REFRESH_TOKEN_BYTES];
    refresh_token_make(&auth_of(call)->refresh_key, &session->id, session->generation, refresh);

    char expires[CLOCK_RFC3339_BYTES];
    clock_rfc3339(access.expires_unix_ms, expires);
    cookies_set_access(call, access.text, context_of(call)->settings->access_token_seconds);
    cookies_set_refresh(call, refresh, refresh_seconds(call));
    call_reply(call, status,
               json_pack("{ss ss ss so}", "accessToken", access.text, "accessExpiresAt", expires,
                         "refreshToken", refresh, "user", account_json(account)));
    return OK;
}

enum error session_renew_cookie(struct call *call, const struct account *account)
{
    if (call_cookie(call, COOKIE_ACCESS) == NULL)
        return OK;
    struct access_token access;
    enum error error = sign_access(call, account, call->caller.session_id, &access);
    if (!error)
        cookies_set_access(call, access.text, context_of(call)->settings->access_token_seconds);
    return error;
}

static enum error prune(struct call *call, struct database *database, const char *user_id)
{
    AUTO_ROWS *ended = NULL;
    enum error error = database_run(database, &session_prune, &ended, user_id,
                                    database_number(SESSIONS_PER_USER_MAX), DATABASE_END);
    if (!error)
        session_order_away(call, user_id, ended);
    return error;
}

static enum error find_rotated_just_now(struct database *database, const char *session_id,
                                        const struct session *presented, struct rows **ret_rows)
{
    return database_run(database, &session_rotated_just_now, ret_rows, session_id,
                        database_number(presented->generation),
                        database_number(SESSION_REFRESH_GRACE_MS), DATABASE_END);
}

/* An old token that comes back may have been stolen, and so may the one that replaced it: nobody
 * keeps the session. */
static enum error end_reused(struct call *call, struct database *database, const char *session_id)
{
    AUTO_ROWS *rows = NULL;
    enum error error = database_run(database, &session_end, &rows, session_id, DATABASE_END);
    if (error)
        return error;
    if (rows_count(rows) > 0 && rows_bool(rows, 0, "was_live")) {
        const char *user_id = rows_text(rows, 0, "user_id");
        log_warn("an old refresh token came back; its session is ended", "user", user_id, "session",
                 session_id, "address", call->client_address, NULL);
        order_away(call, user_id, session_id);
    }
    return ERROR_SESSION_ENDED;
}

static enum error sign_access(struct call *call, const struct account *account,
                              const char *session_id, struct access_token *ret_token)
{
    int64_t now = clock_unix_ms();
    struct user_claims claims = {
        .user_id = account->id,
        .session_id = session_id,
        .name = account->username,
        .guest = account->guest,
        .admin = account->admin,
    };
    int64_t seconds = context_of(call)->settings->access_token_seconds;
    ret_token->expires_unix_ms = (now / 1000 + seconds) * 1000;
    return sign_user_token(auth_of(call)->signer, &claims, now, ret_token->expires_unix_ms,
                           ret_token->text);
}

static void order_away(struct call *call, const char *user_id, const char *session_id)
{
    service_order(context_of(call), user_id,
                  json_pack("{ss ss}", "do", "revoke", "session", session_id));
}

static int64_t refresh_seconds(const struct call *call)
{
    return context_of(call)->settings->refresh_token_seconds;
}
