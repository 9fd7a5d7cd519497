#include "gateway/record.h"

#include <stdbool.h>
#include <string.h>

static bool is_allowed(const struct record_head *head)
{
    switch (head->type) {
    case RECORD_ATTACHED:
    case RECORD_DETACHED:
    case RECORD_MOVED:
        return head->bytes == 0;
    case RECORD_FRAME:
        return head->bytes >= FRAME_STATE_HEAD_BYTES && head->bytes <= RECORD_BODY_BYTES_MAX;
    default:
        return false;
    }
}

enum record_step record_take(const uint8_t *bytes, size_t count, struct record_head *ret_head)
{
    struct record_head head;
    if (count < sizeof(head))
        return RECORD_PARTIAL;
    memcpy(&head, bytes, sizeof(head));
    if (!is_allowed(&head))
        return RECORD_BROKEN;
    if (count - sizeof(head) < head.bytes)
        return RECORD_PARTIAL;
    const uint8_t *body = bytes + sizeof(head);
    if (head.type == RECORD_FRAME && (body[0] != FRAME_STATE || body[1] != head.channel))
        return RECORD_BROKEN;
    *ret_head = head;
    return RECORD_WHOLE;
}
