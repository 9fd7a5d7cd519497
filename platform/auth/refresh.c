/*
 * The next pair of tokens for the holder of a refresh token, given in the body or by cookie. Table
 * sessions. The server in front of it lets a cookie count only from one of our own origins. A token
 * that is no good empties the cookies, so that a browser stops asking.
 */
#include <string.h>

#include "auth/cookies.h"
#include "auth/operations.h"
#include "auth/session.h"

struct input {
    char token[REFRESH_TOKEN_BYTES];
    bool has_token;
};

static const struct json_field input_fields[] = {
    {"refreshToken", JSON_KIND_TEXT, offsetof(struct input, token),
     offsetof(struct input, has_token), REFRESH_TOKEN_BYTES, 1, REFRESH_TOKEN_BYTES - 1, false},
};

static enum error find_token(struct call *call, struct input *input, const char **ret_token);
static enum error refresh(struct call *call, const char *token);

enum error auth_refresh(struct call *call)
{
    struct input input = {0};
    const char *token;
    enum error error = find_token(call, &input, &token);
    if (!error)
        error = refresh(call, token);
    if (error == ERROR_SESSION_ENDED)
        cookies_clear(call);
    explicit_bzero(&input, sizeof input);
    return error;
}

static enum error find_token(struct call *call, struct input *input, const char **ret_token)
{
    enum error error = call_decode(call, input_fields, 1, input);
    if (error)
        return error;
    if (input->has_token) {
        *ret_token = input->token;
        return OK;
    }
    const char *cookie = call_cookie(call, COOKIE_REFRESH);
    if (cookie == NULL || cookie[0] == '\0')
        return ERROR_UNAUTHENTICATED;
    *ret_token = cookie;
    return OK;
}

static enum error refresh(struct call *call, const char *token)
{
    struct session presented, session;
    if (!refresh_token_read(&auth_of(call)->refresh_key, token, &presented.id,
                            &presented.generation))
        return ERROR_SESSION_ENDED;

    AUTO_DATABASE *database = NULL;
    struct account account;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = session_refresh(call, database, &presented, &account, &session);
    return error ? error : session_reply(call, 200, &account, &session);
}
