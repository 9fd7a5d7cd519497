/*
 * The channels people talk on: `global`, `room:ID` for its members, `dm:USER` for two. A private
 * channel has another name for each of the two and one name in the store.
 */
#ifndef SOCIAL_CHANNEL_H
#define SOCIAL_CHANNEL_H

#include <stdbool.h>

#include "service/service.h"

#define CHANNEL_BYTES_MAX    64
#define CHANNEL_STORED_BYTES 96

enum channel_kind { CHANNEL_GLOBAL, CHANNEL_ROOM, CHANNEL_DIRECT };

struct channel {
    enum channel_kind kind;
    char id[ID_TEXT_BYTES];            /* the room or the other user; "" of global */
    char stored[CHANNEL_STORED_BYTES]; /* its name in the store */
};

/* Pure. False for what is no channel, and for talking to oneself. `user` is who asks. */
bool channel_parse(const char *text, const char *user, struct channel *ret_channel);
/* How the one who talks with `id`, or sits in room `id`, names the channel. Pure. */
void channel_print(enum channel_kind kind, const char *id, char ret_text[CHANNEL_BYTES_MAX]);

/* channel_parse, then: may the caller read and write there? ERROR_CHANNEL_NOT_FOUND,
 * ERROR_ROOM_NOT_MEMBER, ERROR_USER_NOT_FOUND, or why rooms or auth could not be asked. */
must_use enum error channel_open(struct call *call, const char *text, struct channel *ret_channel);

#endif
