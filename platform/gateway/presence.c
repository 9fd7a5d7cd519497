#include "gateway/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define REFRESH_S  (WIRE_ONLINE_TTL_S / 3)
#define USERS_BULK 100 /* in one command */

/* KEYS the users; ARGV[1] instance, ARGV[2] expiry in unix ms, ARGV[3] seconds. */
static const char refresh_script[] =
    "for _, key in ipairs(KEYS) do redis.call('hset', key, ARGV[1], ARGV[2]) "
    "redis.call('expire', key, ARGV[3]) end";

struct presence {
    struct event *timer; /* owned */
};

static void on_timer(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    presence_refresh(context);
}

static void send_bulk(struct gateway *gateway, const char *keys, int users)
{
    /* `keys` is made of our own ids and has nothing that the format would take for its own. */
    char format[64 + USERS_BULK * (sizeof(WIRE_ONLINE_PREFIX) + ID_TEXT_BYTES)];
    snprintf(format, sizeof(format), "EVAL %%s %d%s %%s %%lld %%d", users, keys);
    long long expiry = (long long)clock_unix_ms() + WIRE_ONLINE_TTL_S * 1000LL;
    redis_events_command(gateway->redis, format, refresh_script, gateway->instance, expiry,
                         WIRE_ONLINE_TTL_S);
}

enum error presence_create(struct gateway *gateway)
{
    struct presence *presence = calloc(1, sizeof(*presence));
    if (!presence)
        return ERROR_OVERLOADED;
    presence->timer = event_new(gateway->base, -1, EV_PERSIST, on_timer, gateway);
    struct timeval every = {REFRESH_S, 0};
    event_add(presence->timer, &every);
    gateway->presence = presence;
    return OK;
}

void presence_destroy(struct gateway *gateway)
{
    if (!gateway->presence)
        return;
    event_free(gateway->presence->timer);
    free(gateway->presence);
    gateway->presence = NULL;
}

void presence_online(struct gateway *gateway, const char *user_id)
{
    char key[2 + sizeof(WIRE_ONLINE_PREFIX) + ID_TEXT_BYTES];
    snprintf(key, sizeof(key), " " WIRE_ONLINE_PREFIX "%s", user_id);
    send_bulk(gateway, key, 1);
}

void presence_offline(struct gateway *gateway, const char *user_id)
{
    char channel[WIRE_CHANNEL_BYTES_MAX];
    snprintf(channel, sizeof(channel), WIRE_CHANNEL_USER "%s", user_id);
    if (!channels_find(&gateway->channels, channel))
        redis_events_command(gateway->redis, "HDEL " WIRE_ONLINE_PREFIX "%s %s", user_id,
                             gateway->instance);
}

void presence_refresh(struct gateway *gateway)
{
    char keys[USERS_BULK * (1 + sizeof(WIRE_ONLINE_PREFIX) + ID_TEXT_BYTES)] = "";
    size_t used = 0;
    int users = 0;
    for (size_t i = 0; i < CHANNEL_BUCKETS; i++) {
        for (struct channel *one = gateway->channels.buckets[i]; one; one = one->next) {
            if (strncmp(one->name, WIRE_CHANNEL_USER, strlen(WIRE_CHANNEL_USER)) != 0)
                continue;
            used += (size_t)snprintf(keys + used, sizeof(keys) - used, " " WIRE_ONLINE_PREFIX "%s",
                                     one->name + strlen(WIRE_CHANNEL_USER));
            if (++users == USERS_BULK) {
                send_bulk(gateway, keys, users);
                used = 0;
                users = 0;
            }
        }
    }
    if (users)
        send_bulk(gateway, keys, users);
}
