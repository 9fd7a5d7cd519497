/* What a message looks like to whoever sees it. Pure. */
#ifndef SOCIAL_MESSAGE_H
#define SOCIAL_MESSAGE_H

#include <jansson.h>

#define MESSAGE_TEXT_CHARS_MAX 500
#define MESSAGE_TEXT_BYTES     (4 * MESSAGE_TEXT_CHARS_MAX + 1)

struct message {
    const char *id, *from_user, *from_name, *text, *created_at; /* borrowed */
};

/* `channel`: its name as the reader knows it. The caller owns the result. */
json_t *message_json(const struct message *message, const char *channel);

#endif
