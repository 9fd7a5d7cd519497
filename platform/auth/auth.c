/*
 * The auth service: who is who. Schema auth (users, sessions), Redis counters auth:throttle:*,
 * secrets in <data_dir>/secrets. The only part of the platform that sees a password or signs a
 * token.
 */
#include "auth/auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth/first_admin.h"
#include "auth/metrics.h"
#include "auth/operations.h"
#include "auth/queries.h"
#include "auth/state.h"
#include "auth/sweep.h"

static const struct route routes[] = {
    {"POST", "/api/auth/register", ACCESS_PUBLIC, NULL, auth_register},
    {"POST", "/api/auth/login", ACCESS_PUBLIC, NULL, auth_login},
    {"POST", "/api/auth/guest", ACCESS_PUBLIC, NULL, auth_guest},
    {"POST", "/api/auth/refresh", ACCESS_PUBLIC, NULL, auth_refresh},
    {"POST", "/api/auth/logout", ACCESS_USER, NULL, auth_logout},
    {"GET", "/api/auth/me", ACCESS_USER, NULL, auth_me_get},
    {"PATCH", "/api/auth/me", ACCESS_USER, NULL, auth_me_patch},
    {"DELETE", "/api/auth/me", ACCESS_USER, NULL, auth_me_delete},
    {"GET", "/api/auth/users/{user}", ACCESS_PUBLIC, NULL, auth_profile},
    {"GET", "/api/auth/jwks.json", ACCESS_PUBLIC, NULL, auth_jwks},
    {"POST", "/internal/auth/service-token", ACCESS_PUBLIC, NULL, auth_service_token},
};

static enum error start(struct service_context *context);
static enum error prepare(struct service_context *context, struct auth *auth);
static enum error make_nobodys_hash(struct auth *auth);
static void stop(struct service_context *context);
static void destroy(struct auth *auth);
static enum error load_keys(struct service_context *context);

const struct service auth_service = {
    .name = "auth",
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .schema = {.name = "auth", .migrations = &auth_migrations},
    .address_offset = offsetof(struct settings, auth_address),
    .start = start,
    .stop = stop,
    .load_keys = load_keys,
};

static enum error start(struct service_context *context)
{
    struct auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL)
        abort();
    enum error error = prepare(context, auth);
    if (error) {
        destroy(auth);
        return error;
    }
    context->state = auth;
    auth_metrics_add();
    return OK;
}

static enum error prepare(struct service_context *context, struct auth *auth)
{
    const struct settings *settings = context->settings;
    auth->password_cost = (struct password_cost){
        .memory_kib = (uint32_t)settings->password_memory_kib,
        .passes = (uint32_t)settings->password_passes,
    };
    enum error error = signer_create(settings->data_dir, &auth->signer);
    if (!error)
        error = refresh_key_load(settings->data_dir, &auth->refresh_key);
    if (!error)
        error = make_nobodys_hash(auth);
    if (!error)
        error = first_admin_make(context, auth);
    if (!error)
        error = background_start(context, auth_sweep, SWEEP_INTERVAL_MS, &auth->sweep);
    if (!error)
        background_wake(auth->sweep);
    return error;
}

static enum error make_nobodys_hash(struct auth *auth)
{
    char password[RANDOM_TOKEN_BYTES];
    random_token(password);
    return password_hash(password, auth->password_cost, auth->nobodys_hash);
}

static void stop(struct service_context *context)
{
    destroy(context->state);
    context->state = NULL;
}

static void destroy(struct auth *auth)
{
    if (auth == NULL)
        return;
    background_stop(auth->sweep);
    signer_destroy(auth->signer);
    explicit_bzero(auth, sizeof *auth);
    free(auth);
}

static enum error load_keys(struct service_context *context)
{
    const struct auth *auth = context->state;
    const char *jwks = signer_jwks(auth->signer);
    return keyring_load(context->keyring, jwks, strlen(jwks));
}
