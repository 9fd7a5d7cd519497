/*
 * A short-lived token for a service that works for no user, against the service's own secret from
 * <data_dir>/secrets/service-NAME. `grants` is all that any service may ever have: being inside
 * opens no route.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "auth/operations.h"
#include "auth/secret_file.h"
#include "auth/state.h"
#include "core/clock.h"
#include "core/log.h"

#define SERVICE_TOKEN_SECONDS 60
#define SERVICE_BYTES         32
#define SECRET_BYTES          256

struct grant {
    const char *service, *scope;
};

static const struct grant grants[] = {
    {"matchmaking", "rooms:match"}, {"rooms", "games:start"},    {"games", "rooms:result"},
    {"social", "rooms:read"},       {"gateway", "games:frames"},
};

struct input {
    char service[SERVICE_BYTES];
    char secret[SECRET_BYTES];
    char scope[TOKEN_SCOPE_BYTES];
};

static const struct json_field input_fields[] = {
    JSON_TEXT(struct input, service, 1, SERVICE_BYTES - 1),
    JSON_TEXT(struct input, secret, 1, SECRET_BYTES - 1),
    JSON_TEXT(struct input, scope, 1, TOKEN_SCOPE_BYTES - 1),
};

static enum error give_token(struct call *call, const struct input *input);
static bool is_known(const char *service);
static bool may_have(const char *service, const char *scope);
static bool proves(struct call *call, const struct input *input);

enum error auth_service_token(struct call *call)
{
    struct input input = {0};
    enum error error =
        call_decode(call, input_fields, sizeof input_fields / sizeof *input_fields, &input);
    if (!error)
        error = give_token(call, &input);
    explicit_bzero(&input, sizeof input);
    return error;
}

static enum error give_token(struct call *call, const struct input *input)
{
    if (!is_known(input->service) || !proves(call, input)) {
        log_warn("a service token was refused: wrong secret", "service", input->service, "address",
                 call->client_address, NULL);
        return ERROR_WRONG_CREDENTIALS;
    }
    if (!may_have(input->service, input->scope))
        return call_complain(call, ERROR_FORBIDDEN, "scope", "%s may not have it", input->service);

    char token[TOKEN_BYTES_MAX], expires[CLOCK_RFC3339_BYTES];
    int64_t now = clock_unix_ms();
    int64_t expires_unix_ms = (now / 1000 + SERVICE_TOKEN_SECONDS) * 1000;
    enum error error = sign_service_token(auth_of(call)->signer, input->service, input->scope, now,
                                          expires_unix_ms, token);
    if (error)
        return error;
    clock_rfc3339(expires_unix_ms, expires);
    call_reply(call, 201, json_pack("{ss ss}", "token", token, "expiresAt", expires));
    return OK;
}

static bool is_known(const char *service)
{
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
        if (strcmp(grants[i].service, service) == 0)
            return true;
    return false;
}

static bool may_have(const char *service, const char *scope)
{
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
        if (strcmp(grants[i].service, service) == 0 && strcmp(grants[i].scope, scope) == 0)
            return true;
    return false;
}

/* The hashes are compared, so that neither content nor length shows by time. */
static bool proves(struct call *call, const struct input *input)
{
    char name[sizeof "service-" + SERVICE_BYTES];
    char path[SECRET_FILE_PATH_BYTES];
    char secret[SECRET_BYTES];
    snprintf(name, sizeof name, "service-%s", input->service);
    secret_file_path(context_of(call)->settings->data_dir, name, path);
    enum error error = secret_file_read(path, secret, sizeof secret);
    if (error) {
        if (error == ERROR_NOT_FOUND)
            log_error("the secret of a service is missing; it gets no token", "path", path, NULL);
        return false;
    }
    uint8_t wanted[SHA256_DIGEST_LENGTH], given[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)secret, strlen(secret), wanted);
    SHA256((const unsigned char *)input->secret, strlen(input->secret), given);
    explicit_bzero(secret, sizeof secret);
    return equal_constant_time(wanted, given, sizeof wanted);
}
