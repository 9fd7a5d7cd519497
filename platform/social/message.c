/* Messages as JSON, see message.h. The text goes out as it came in: HTML in it is data, and the
 * reader's page must treat it so. */
#include "social/message.h"

json_t *message_json(const struct message *message, const char *channel)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s}", "id", message->id, "channel", channel,
                     "from", "id", message->from_user, "username", message->from_name, "text",
                     message->text, "createdAt", message->created_at);
}
