/*
 * The public keys that tokens are verified with: got from auth (GET /api/auth/jwks.json) at start,
 * every SERVICE_KEYS_REFRESH_MS, and when a token names a key we do not know, but never more often
 * than every KEYRING_REFETCH_MS_MIN, whatever strangers send. Old keys stay while auth is away.
 */
#include "service/service_private.h"

#include "core/clock.h"
#include "core/log.h"

static enum error load_keys(struct service_context *context);
static enum error load_from_auth(struct service_context *context);

void service_keys_fetch(struct service_context *context, int64_t age_ms_min)
{
    struct service_private *private = context->private;
    pthread_mutex_lock(&private->keys_lock);
    int64_t now_ms = clock_monotonic_ms();
    if (private->keys_fetched_ms == 0 || now_ms - private->keys_fetched_ms >= age_ms_min) {
        enum error error = load_keys(context);
        private->keys_fetched_ms = clock_monotonic_ms();
        if (error && !private->keys_failure_logged)
            log_warn("the keys of auth cannot be had; trying again", "code", error_code(error),
                     NULL);
        if (!error && private->keys_failure_logged)
            log_info("the keys of auth are here", NULL);
        private->keys_failure_logged = error != OK;
    }
    pthread_mutex_unlock(&private->keys_lock);
}

void service_keys_refetch(void *context)
{
    service_keys_fetch(context, KEYRING_REFETCH_MS_MIN);
}

void service_keys_step(struct service_context *context, int64_t now_unix_ms)
{
    (void)now_unix_ms;
    bool has_none = keyring_is_empty(context->keyring);
    service_keys_fetch(context, has_none ? SERVICE_KEYS_STEP_MS : SERVICE_KEYS_REFRESH_MS);
}

static enum error load_keys(struct service_context *context)
{
    const struct service *service = context->private->service;
    return service->load_keys ? service->load_keys(context) : load_from_auth(context);
}

static enum error load_from_auth(struct service_context *context)
{
    struct arena *arena = arena_create();
    struct http_question question = {
        .method = "GET",
        .addresses = context->settings->auth_address,
        .path = "/api/auth/jwks.json",
        .timeout_ms = (int)context->settings->request_timeout_ms,
    };
    struct http_answer answer;
    enum error error = http_call(arena, &question, &answer);
    if (!error && answer.status != 200)
        error = ERROR_UNAVAILABLE;
    if (!error)
        error = keyring_load(context->keyring, answer.body, answer.bytes);
    arena_destroy(arena);
    return error;
}
