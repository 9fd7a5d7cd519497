/*
 * What every business service (auth, social, rooms, matchmaking, games) is made of: a table of
 * routes over a database schema, with Redis, the keys of auth, health and metrics. A service's own
 * file says what is special about it and nothing else.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <event2/event.h>

#include "core/http_client.h"
#include "core/http_server.h"
#include "settings/settings.h"
#include "store/database.h"
#include "store/migrate.h"
#include "store/redis.h"

/* `context` of every call that a handler gets. */
struct service_context {
    const struct settings *settings; /* borrowed */
    struct event_base *base;         /* the loop's thread only */
    struct database_pool *database;  /* any thread */
    struct redis_pool *redis;        /* any thread */
    struct keyring *keyring;         /* any thread */
    void *state;                     /* the service's own, made by its start() */
    bool another_follows;            /* for stop(): it was SIGTERM, see service_run() */
    struct service_private *private;
};

struct service {
    const char *name;
    const struct route *routes;
    size_t route_count;
    const struct route_body *body; /* of the one route that takes no JSON; NULL: none */
    struct schema schema;
    size_t address_offset; /* of its address list in struct settings */
    /* May be NULL. On the loop's thread, after the stores are made, before the first request. */
    must_use enum error (*start)(struct service_context *context);
    /* May be NULL. After the last request. */
    void (*stop)(struct service_context *context);
    /* May be NULL. Auth loads its own keys; everybody else fetches them from auth. First right
     * after start(), then again from time to time, on any thread but one at a time. */
    must_use enum error (*load_keys)(struct service_context *context);
};

/* Runs until SIGTERM, when another process of the service follows at once and what can wait for it
 * shall wait, or SIGINT, when none does. Either way it accepts nothing more and finishes the
 * requests in flight, in at most drain_ms. The exit status of the process. */
int service_run(const struct service *service, const struct settings *settings);

/* Asks another service in the name of the user of this call: with the user's token and the
 * request id. `body` is stolen, NULL for none. A problem document comes back as its error. The
 * caller json_decrefs the answer, which is NULL when it was empty; `ret_object` may be NULL.
 * Blocks: pool and background threads only. */
must_use enum error service_ask_as_caller(struct call *call, const char *addresses,
                                          const char *method, const char *path, json_t *body,
                                          json_t **ret_object);
/* The same in our own name, with a short-lived service token for `scope`, cached until shortly
 * before it expires. `call` may be NULL outside a request. */
must_use enum error service_ask_as_service(struct service_context *context, struct call *call,
                                           const char *addresses, const char *method,
                                           const char *path, const char *scope, json_t *body,
                                           json_t **ret_object);

/* Publishes an event or an order (see wire/events.h). `data` and `order` are stolen. A lost event
 * is logged; nobody waits for it. Blocks for at most REDIS_TIMEOUT_MS. */
void service_publish(struct service_context *context, const char *channel, const char *type,
                     json_t *data);
void service_order(struct service_context *context, const char *user_id, json_t *order);

#endif
