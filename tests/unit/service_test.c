/*
 * A business service as a process, against a real PostgreSQL and Redis: starting, waiting,
 * refusing, keys from auth, tokens of its own, events, stopping. Two small services stand for all:
 * `keys` does what auth does for the others, `things` is one of the others.
 */
#include "service/service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "promises.h"
#include "tokens.h"
#include "wire/events.h"

#define SECRET       "the secret of things"
#define PATIENCE_MS  20000
#define TRY_AGAIN_MS 20

/* ------------------------------------------------------------------------------- two services */

static _Atomic int tokens_given;
static char user_token[TOKEN_BYTES_MAX];

static enum error give_keys(struct call *call)
{
    call_reply_text(call, 200, "application/json", jwks);
    return OK;
}

struct wish {
    char service[32], secret[64], scope[64];
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, service, 1, 31),
    JSON_TEXT(struct wish, secret, 1, 63),
    JSON_TEXT(struct wish, scope, 1, 63),
};

static enum error give_token(struct call *call)
{
    struct wish wish = {0};
    enum error error = call_decode(call, wish_fields, 3, &wish);
    if (error)
        return error;
    if (strcmp(wish.secret, SECRET))
        return ERROR_WRONG_CREDENTIALS;
    char token[TOKEN_BYTES_MAX], expires[CLOCK_RFC3339_BYTES];
    make_service_token(wish.service, wish.scope, 60, token);
    clock_rfc3339(clock_unix_ms() + 60000, expires);
    tokens_given++;
    call_reply(call, 200, json_pack("{s:s, s:s}", "token", token, "expiresAt", expires));
    return OK;
}

static enum error say_caller(struct call *call)
{
    call_reply(call, 200,
               json_pack("{s:s, s:i, s:s}", "name", call->caller.name, "tokens", tokens_given,
                         "request", call->request_id));
    return OK;
}

static enum error load_own_keys(struct service_context *context)
{
    return keyring_load(context->keyring, jwks, strlen(jwks));
}

static const struct route keys_routes[] = {
    {"GET", "/api/auth/jwks.json", ACCESS_PUBLIC, NULL, give_keys},
    {"POST", "/internal/auth/service-token", ACCESS_PUBLIC, NULL, give_token},
    {"GET", "/for-user", ACCESS_USER, NULL, say_caller},
    {"GET", "/for-service", ACCESS_SERVICE, "things:look", say_caller},
};
static const struct migration_list no_migrations = {NULL, 0};
static const struct service keys_service = {
    .name = "keys",
    .routes = keys_routes,
    .route_count = sizeof(keys_routes) / sizeof(keys_routes[0]),
    .schema = {"keys", &no_migrations},
    .address_offset = offsetof(struct settings, auth_address),
    .load_keys = load_own_keys,
};

static enum error relay(struct call *call)
{
    struct service_context *context = call->context;
    json_t *object;
    enum error error = service_ask_as_caller(call, context->settings->auth_address, "GET",
                                             "/for-user", NULL, &object);
    if (!error)
        call_reply(call, 200, object);
    return error;
}

static enum error look(struct call *call)
{
    struct service_context *context = call->context;
    json_t *object;
    enum error error = service_ask_as_service(context, call, context->settings->auth_address, "GET",
                                              "/for-service", "things:look", NULL, &object);
    if (!error)
        call_reply(call, 200, object);
    return error;
}

static enum error tell(struct call *call)
{
    struct service_context *context = call->context;
    service_publish(context, "room:r1", "room:state", json_pack("{s:s}", "name", "a\"b"));
    service_order(context, "u1", json_pack("{s:s}", "do", "subscribe"));
    call_reply_empty(call, 204);
    return OK;
}

static const struct route things_routes[] = {
    {"GET", "/relay", ACCESS_USER, NULL, relay},
    {"GET", "/look", ACCESS_PUBLIC, NULL, look},
    {"POST", "/tell", ACCESS_PUBLIC, NULL, tell},
};
static const struct migration things_migration = {1, "init", "create table things (id int);"};
static const struct migration_list things_migrations = {&things_migration, 1};
static const struct service things_service = {
    .name = "things",
    .routes = things_routes,
    .route_count = sizeof(things_routes) / sizeof(things_routes[0]),
    .schema = {"things", &things_migrations},
    .address_offset = offsetof(struct settings, rooms_address),
};

/* ---------------------------------------------------------------------------------- processes */

static struct settings settings;

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert(fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
           !getsockname(fd, (struct sockaddr *)&address, &bytes));
    close(fd);
    return ntohs(address.sin_port);
}

static void make_settings(void)
{
    char sentence[CONFIG_SENTENCE_BYTES];
    char *none[] = {NULL};
    assert(settings_load(0, none, none, &settings, sentence));
    snprintf(settings.auth_address, CONFIG_TEXT_BYTES, "127.0.0.1:%d", free_port());
    snprintf(settings.rooms_address, CONFIG_TEXT_BYTES, "127.0.0.1:%d", free_port());
    snprintf(settings.redis_url, CONFIG_TEXT_BYTES, "%s", getenv("REDIS_URL"));
    snprintf(settings.service_secret, CONFIG_TEXT_BYTES, SECRET);
    snprintf(settings.log_level, CONFIG_TEXT_BYTES, "error");
    settings.threads = 2;
}

static pid_t start(const struct service *service)
{
    const char *host = strchr(getenv("DATABASE_URL"), '@') + 1;
    if (settings.database_url[0] == '\0')
        snprintf(settings.database_url, CONFIG_TEXT_BYTES, "postgresql://transcendence_%s:pw@%s",
                 service->schema.name, host);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        exit(service_run(service, &settings));
    settings.database_url[0] = '\0';
    return child;
}

static int status_of(pid_t child)
{
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int stop(pid_t child)
{
    kill(child, SIGTERM);
    return status_of(child);
}

/* The answer's status, 0 when nobody answers; the body is left in `body`. */
static char body[4096];
static int ask(const char *address, const char *method, const char *path, const char *token)
{
    struct arena *arena = arena_create();
    struct http_question question = {.method = method,
                                     .addresses = address,
                                     .path = path,
                                     .token = token,
                                     .request_id = "r-test",
                                     .timeout_ms = 5000};
    struct http_answer answer = {0};
    enum error error = http_call(arena, &question, &answer);
    snprintf(body, sizeof(body), "%s", error ? "" : answer.body);
    arena_destroy(arena);
    return error ? 0 : answer.status;
}

static bool becomes(const char *address, const char *path, int status)
{
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    while (ask(address, "GET", path, NULL) != status) {
        if (clock_monotonic_ms() > deadline)
            return false;
        poll(NULL, 0, TRY_AGAIN_MS);
    }
    return true;
}

/* -------------------------------------------------------------------------------- the promises */

static void test_service_gets_ready_serves_and_stops(void)
{
    pid_t keys = start(&keys_service), things = start(&things_service);
    CU_ASSERT(becomes(settings.auth_address, "/readyz", 200));
    CU_ASSERT(becomes(settings.rooms_address, "/readyz", 200));
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/relay", NULL), 401);
    CU_ASSERT_EQUAL(stop(things), 0);
    CU_ASSERT_EQUAL(stop(keys), 0);
}

static void test_service_asks_with_the_callers_token_and_request_id(void)
{
    pid_t keys = start(&keys_service), things = start(&things_service);
    CU_ASSERT(becomes(settings.rooms_address, "/readyz", 200));
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/relay", user_token), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"name\":\"ann\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"request\":\"r-test\""));
    CU_ASSERT_EQUAL(stop(things), 0);
    CU_ASSERT_EQUAL(stop(keys), 0);
}

static void test_service_keeps_its_own_token(void)
{
    pid_t keys = start(&keys_service), things = start(&things_service);
    CU_ASSERT(becomes(settings.rooms_address, "/readyz", 200));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/look", NULL), 200);
        CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"name\":\"things\",\"tokens\":1"));
    }
    CU_ASSERT_EQUAL(stop(things), 0);
    CU_ASSERT_EQUAL(stop(keys), 0);
}

static void test_service_without_auth_is_up_but_not_ready_until_it_has_keys(void)
{
    pid_t things = start(&things_service);
    CU_ASSERT(becomes(settings.rooms_address, "/readyz", 503));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "the keys of auth are not known yet"));
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/healthz", NULL), 200);
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/relay", user_token), 503);
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/look", NULL), 503);
    pid_t keys = start(&keys_service);
    CU_ASSERT(becomes(settings.rooms_address, "/readyz", 200));
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/look", NULL), 200);
    CU_ASSERT_EQUAL(stop(keys), 0);
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/relay", user_token), 503);
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"code\":\"unavailable\""));
    CU_ASSERT_EQUAL(stop(things), 0);
}

static redisContext *subscribe(void)
{
    char password[64];
    int port;
    assert(sscanf(getenv("REDIS_URL"), "redis://:%63[^@]@127.0.0.1:%d", password, &port) == 2);
    redisContext *redis = redisConnect("127.0.0.1", port);
    redisReply *reply = redisCommand(redis, "AUTH %s", password);
    assert(reply && reply->type == REDIS_REPLY_STATUS);
    freeReplyObject(reply);
    for (int i = 0; i < 2; i++) {
        reply = redisCommand(redis, "SUBSCRIBE %s",
                             i ? WIRE_EVENT_PREFIX "user:u1" : WIRE_EVENT_PREFIX "room:r1");
        assert(reply);
        freeReplyObject(reply);
    }
    return redis;
}

static void assert_heard(redisContext *redis, const char *expected)
{
    redisReply *reply = NULL;
    CU_ASSERT_EQUAL_FATAL(redisGetReply(redis, (void **)&reply), REDIS_OK);
    CU_ASSERT_STRING_EQUAL(reply->element[2]->str, expected);
    freeReplyObject(reply);
}

static void test_service_publishes_numbered_events_and_orders(void)
{
    redisContext *redis = subscribe();
    pid_t keys = start(&keys_service), things = start(&things_service);
    CU_ASSERT(becomes(settings.rooms_address, "/readyz", 200));
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "POST", "/tell", NULL), 204);
    assert_heard(redis, "{\"type\":\"room:state\",\"ch\":\"room:r1\",\"seq\":1,"
                        "\"data\":{\"name\":\"a\\\"b\"}}");
    assert_heard(redis, "@{\"do\":\"subscribe\"}");
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "POST", "/tell", NULL), 204);
    assert_heard(redis, "{\"type\":\"room:state\",\"ch\":\"room:r1\",\"seq\":2,"
                        "\"data\":{\"name\":\"a\\\"b\"}}");
    redisFree(redis);
    CU_ASSERT_EQUAL(stop(things), 0);
    CU_ASSERT_EQUAL(stop(keys), 0);
}

static void test_service_refuses_a_database_of_another_version(void)
{
    struct service newer = things_service;
    struct migration second[2] = {things_migration, {2, "more", "select 1;"}};
    struct migration_list list = {second, 2};
    newer.schema.migrations = &list;
    CU_ASSERT_EQUAL(status_of(start(&newer)), 1);
    struct service older = things_service;
    older.schema.migrations = &no_migrations;
    CU_ASSERT_EQUAL(status_of(start(&older)), 1);
}

static void test_service_refuses_an_address_in_use(void)
{
    pid_t keys = start(&keys_service);
    CU_ASSERT(becomes(settings.auth_address, "/readyz", 200));
    CU_ASSERT_EQUAL(status_of(start(&keys_service)), 1);
    CU_ASSERT_EQUAL(stop(keys), 0);
}

static void test_service_waits_for_postgresql_and_can_be_stopped_meanwhile(void)
{
    snprintf(settings.database_url, CONFIG_TEXT_BYTES,
             "postgresql://transcendence_things:pw@127.0.0.1:%d/postgres", free_port());
    pid_t things = start(&things_service);
    CU_ASSERT_EQUAL(ask(settings.rooms_address, "GET", "/healthz", NULL), 0);
    CU_ASSERT_EQUAL(waitpid(things, NULL, WNOHANG), 0);
    kill(things, SIGTERM);
    int status;
    waitpid(things, &status, 0);
    CU_ASSERT(status == 0 || WTERMSIG(status) == SIGTERM); /* it may not have come to its signals */
}

static void test_service_without_its_stores_named_is_a_wrong_setting(void)
{
    char kept[CONFIG_TEXT_BYTES];
    snprintf(kept, sizeof(kept), "%s", settings.redis_url);
    settings.redis_url[0] = '\0';
    CU_ASSERT_EQUAL(status_of(start(&things_service)), 2);
    snprintf(settings.redis_url, CONFIG_TEXT_BYTES, "%s", kept);
}

static CU_TestInfo promises[] = {
    PROMISE(test_service_gets_ready_serves_and_stops),
    PROMISE(test_service_asks_with_the_callers_token_and_request_id),
    PROMISE(test_service_keeps_its_own_token),
    PROMISE(test_service_without_auth_is_up_but_not_ready_until_it_has_keys),
    PROMISE(test_service_publishes_numbered_events_and_orders),
    PROMISE(test_service_refuses_a_database_of_another_version),
    PROMISE(test_service_refuses_an_address_in_use),
    PROMISE(test_service_waits_for_postgresql_and_can_be_stopped_meanwhile),
    PROMISE(test_service_without_its_stores_named_is_a_wrong_setting),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    log_init("test", LOG_ERROR);
    make_key();
    make_user_token(false, 900, user_token);
    make_settings();
    assert(!migrate_schema(getenv("DATABASE_URL"), &keys_service.schema, "pw"));
    assert(!migrate_schema(getenv("DATABASE_URL"), &things_service.schema, "pw"));
    return keep_promises("service", promises);
}
