/*
 * Game frames: the public binary frames of the WebSocket, and the stream between a gateway and a
 * worker that carries them. Little endian. No allocation, no JSON on this way.
 *
 * Stream: a sequence of records, each a 16-byte head and `bytes` of body, nothing between. A
 * gateway opens a TCP connection to the games service's frames address and sends RECORD_HELLO; the
 * supervisor checks the token, then hands the connected socket itself to the worker. From there on
 * the stream runs between gateway and worker alone. Whoever sees a record that breaks a rule
 * closes the stream.
 *
 * The body of RECORD_FRAME is a finished public frame. Its 16-byte head stands before it in the
 * read buffer, which is the head room that the WebSocket library needs: a gateway sends it from
 * where it was read.
 */
#ifndef WIRE_FRAMES_H
#define WIRE_FRAMES_H

#include <stdint.h>

/* Public frames */
enum frame_op {
    FRAME_INPUT = 1, /* up:   u8 op | u8 channel | u32 seq | input */
    FRAME_STATE = 2, /* down: u8 op | u8 channel | u32 tick | u32 ack | view */
    FRAME_FULL = 3,  /* up:   u8 op | u8 channel: send me a whole view with the next tick */
    FRAME_PING = 4,  /* up:   u8 op | u8 channel | u64, comes back as FRAME_PONG by the gateway */
    FRAME_PONG = 5,
};
#define FRAME_INPUT_HEAD_BYTES 6
#define FRAME_STATE_HEAD_BYTES 10
#define FRAME_STATE_ACK_AT     6
#define FRAME_PING_BYTES       10

/* Stream records */
struct record_head {
    uint32_t bytes;  /* of the body, at most RECORD_BODY_BYTES_MAX */
    uint16_t type;   /* enum record_type */
    uint8_t channel; /* the public channel number, chosen by the gateway, per connection */
    uint8_t slot;    /* of RECORD_ATTACHED: the player's slot, or RECORD_SPECTATOR; of RECORD_INPUT:
                        RECORD_AGAIN, or 0 */
    uint32_t link;   /* the gateway's number for one browser connection in one match; unique on
                        its stream while attached, chosen by the gateway */
    uint32_t value;  /* RECORD_INPUT: seq; RECORD_DETACHED, RECORD_DETACH: enum detach_reason */
};
_Static_assert(sizeof(struct record_head) == 16, "the head is the head room of a frame");

#define RECORD_BODY_BYTES_MAX  (32u << 10)
#define RECORD_HELLO_BYTES_MAX 4096
#define RECORD_SPECTATOR       0xff
#define RECORD_VERSION         1
#define RECORD_AGAIN           1 /* sent before, and no frame has acknowledged it */

enum record_type {
    /* gateway -> supervisor, once: value = RECORD_VERSION; body: "WORKER\0INSTANCE\0TOKEN\0".
     * A refused hello closes the connection. */
    RECORD_HELLO = 1,
    /* gateway -> worker */
    RECORD_ATTACH,    /* body: struct record_attach; asks for a link */
    RECORD_DETACH,    /* the browser went */
    RECORD_INPUT,     /* body: the input as the browser sent it; value = seq */
    RECORD_WANT_FULL, /* body: none */
    /* worker -> gateway */
    RECORD_ATTACHED, /* slot says which seat; frames follow */
    RECORD_DETACHED, /* refused (no such match), match over, or worker closing: value says which */
    RECORD_FRAME,    /* body: a public FRAME_STATE with this link's channel */
    RECORD_MOVED,    /* the last one of a stream: another process plays now, under the same name */
};

struct record_attach {
    uint8_t match[16];      /* UUID */
    uint8_t user[16];       /* UUID, from the verified token */
    uint8_t spectator_only; /* 1: even when this user has a seat */
    uint8_t reserved[7];    /* zero */
};
_Static_assert(sizeof(struct record_attach) == 40, "fixed on the wire");

enum detach_reason {
    DETACH_CLOSED = 1, /* the browser's connection ended */
    DETACH_LEFT,       /* the player left on purpose */
    DETACH_NO_MATCH,   /* the worker has no such match */
    DETACH_MATCH_OVER,
    DETACH_WORKER_STOPS,
    DETACH_FULL, /* too many links */
};

#endif
