/* What a worker, which holds a stranger's code, writes on its stream to a gateway. */
#include "gateway/record.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct record_head head;
    enum record_step step;
    size_t at = 0;
    while ((step = record_take(bytes + at, count - at, &head)) == RECORD_WHOLE) {
        PROMISE(head.bytes <= RECORD_BODY_BYTES_MAX);
        PROMISE(sizeof head + head.bytes <= count - at);
        if (head.type == RECORD_FRAME)
            PROMISE(head.bytes >= FRAME_STATE_HEAD_BYTES && bytes[at + sizeof head] == FRAME_STATE);
        else
            PROMISE(head.type == RECORD_ATTACHED || head.type == RECORD_DETACHED ||
                    head.type == RECORD_MOVED);
        at += sizeof head + head.bytes;
    }
    if (step == RECORD_PARTIAL) /* what is waited for fits the buffer of a stream */
        PROMISE(count - at < sizeof head + RECORD_BODY_BYTES_MAX);
    return 0;
}
