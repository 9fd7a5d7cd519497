/*
 * Who hears what: channels (`global`, `user:ID`, `room:ID`) and the sockets in them, by index. A
 * map of its own that knows neither Redis nor sockets. Joining and leaving take constant time.
 */
#ifndef GATEWAY_CHANNELS_H
#define GATEWAY_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "wire/events.h"

#define CHANNEL_BUCKETS 8192

/* One socket in one channel. */
struct membership {
    struct channel *channel; /* borrowed */
    uint32_t socket;
    uint32_t position;       /* in channel->members */
    bool resync_due;         /* it came before Redis had confirmed: it may have missed something */
    uint64_t first_seq;      /* of the first event that it was sent here; 0: none yet */
    struct membership *next; /* of the same socket; owned */
};

struct channel {
    char name[WIRE_CHANNEL_BYTES_MAX];
    bool confirmed; /* by Redis: nothing is missed from here on */
    uint32_t count, capacity;
    struct membership **members; /* owned array; the memberships belong to their sockets' lists */
    struct channel *next;        /* of the same bucket; owned */
};

struct channels {
    struct channel *buckets[CHANNEL_BUCKETS];
    size_t count;
};

struct channel *channels_find(struct channels *channels, const char *name);

/* Adds `socket` and puts the membership on its `list`. `*ret_first` says that the channel is new
 * here. ERROR_ROOM_ALREADY_MEMBER when it is in, ERROR_VALIDATION for a name too long. */
must_use enum error channels_join(struct channels *channels, const char *name, uint32_t socket,
                                  struct membership **list, struct channel **ret_channel,
                                  bool *ret_first);

/* Takes the membership named `name` off the list. False when there is none. `*ret_last` says that
 * the channel has no members left and was forgotten. */
bool channels_leave(struct channels *channels, const char *name, struct membership **list,
                    bool *ret_last);

#endif
