#include "gateway/channels.h"

#include <stdlib.h>
#include <string.h>

static struct channel **slot_of(struct channels *channels, const char *name);
static struct channel *channel_add(struct channels *channels, const char *name);
static void channel_drop(struct channels *channels, struct channel *channel);
static bool channel_grow(struct channel *channel);

struct channel *channels_find(struct channels *channels, const char *name)
{
    struct channel *channel = *slot_of(channels, name);
    while (channel && strcmp(channel->name, name) != 0)
        channel = channel->next;
    return channel;
}

enum error channels_join(struct channels *channels, const char *name, uint32_t socket,
                         struct membership **list, struct channel **ret_channel, bool *ret_first)
{
    for (struct membership *one = *list; one; one = one->next)
        if (!strcmp(one->channel->name, name))
            return ERROR_ROOM_ALREADY_MEMBER;
    if (strlen(name) >= WIRE_CHANNEL_BYTES_MAX)
        return ERROR_VALIDATION;

    struct channel *channel = channels_find(channels, name);
    bool is_first = !channel;
    if (is_first)
        channel = channel_add(channels, name);
    struct membership *membership = calloc(1, sizeof(*membership));
    if (!channel || !membership || !channel_grow(channel)) {
        free(membership);
        if (channel && channel->count == 0)
            channel_drop(channels, channel);
        return ERROR_OVERLOADED;
    }
    membership->channel = channel;
    membership->socket = socket;
    membership->position = channel->count;
    membership->next = *list;
    *list = membership;
    channel->members[channel->count++] = membership;
    *ret_channel = channel;
    *ret_first = is_first;
    return OK;
}

bool channels_leave(struct channels *channels, const char *name, struct membership **list,
                    bool *ret_last)
{
    while (*list && strcmp((*list)->channel->name, name) != 0)
        list = &(*list)->next;
    struct membership *membership = *list;
    if (!membership)
        return false;
    *list = membership->next;

    struct channel *channel = membership->channel;
    struct membership *moved = channel->members[--channel->count];
    channel->members[membership->position] = moved;
    moved->position = membership->position;
    free(membership);
    *ret_last = channel->count == 0;
    if (channel->count == 0)
        channel_drop(channels, channel);
    return true;
}

static struct channel **slot_of(struct channels *channels, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a; names are made of our own ids */
    for (const char *at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    return &channels->buckets[(hash ^ hash >> 32) % CHANNEL_BUCKETS];
}

static struct channel *channel_add(struct channels *channels, const char *name)
{
    struct channel *channel = calloc(1, sizeof(*channel));
    if (!channel)
        return NULL;
    memcpy(channel->name, name, strlen(name) + 1);
    struct channel **slot = slot_of(channels, name);
    channel->next = *slot;
    *slot = channel;
    channels->count++;
    return channel;
}

static void channel_drop(struct channels *channels, struct channel *channel)
{
    struct channel **at = slot_of(channels, channel->name);
    while (*at != channel)
        at = &(*at)->next;
    *at = channel->next;
    channels->count--;
    free(channel->members);
    free(channel);
}

static bool channel_grow(struct channel *channel)
{
    if (channel->count < channel->capacity)
        return true;
    uint32_t capacity = channel->capacity ? channel->capacity * 2 : 2;
    struct membership **grown = realloc(channel->members, capacity * sizeof(struct membership *));
    if (!grown)
        return false;
    channel->members = grown;
    channel->capacity = capacity;
    return true;
}
