/* The binary frames of a browser, as the gateway takes them: two bytes of length before each. The
 * socket is not open, so nothing is sent to it. */
#include <string.h>

#include "gateway/matches.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static struct settings settings = {.connections_max = 4};
    static struct gateway *gateway;
    static struct socket *socket;
    if (!gateway) {
        gateway = calloc(1, sizeof *gateway);
        socket = calloc(1, sizeof *socket);
        PROMISE(gateway && socket);
        gateway->settings = &settings;
        PROMISE(matches_create(gateway) == OK);
    }
    /* Any number may stand where a link was: what it names ended long ago. */
    if (count >= sizeof socket->links)
        memcpy(socket->links, bytes, sizeof socket->links);
    for (size_t at = 0; at + 2 <= count;) {
        size_t length = bytes[at] | (size_t)bytes[at + 1] << 8;
        at += 2;
        length = length < count - at ? length : count - at;
        uint8_t *frame = malloc(length ? length : 1);
        PROMISE(frame);
        memcpy(frame, bytes + at, length);
        if (matches_receive(gateway, socket, frame, length))
            PROMISE(length >= 2 && frame[0] >= FRAME_INPUT && frame[0] < FRAME_PONG);
        free(frame);
        at += length;
    }
    return 0;
}
