/*
 * One browser connection: its states, limits, sending and closing. The pool has a fixed place for
 * each of `connections_max`; what is asked elsewhere in a socket's name remembers its number, which
 * is never given twice, not the pointer.
 *
 *     FREE -> SHAKING (accepted, being upgraded) -> OPENING (not heard before session:ready)
 *          -> OPEN -> CLOSING (nothing more is sent or taken) -> FREE
 */
#ifndef GATEWAY_SOCKET_H
#define GATEWAY_SOCKET_H

#include "core/bucket.h"
#include "gateway/state.h"

#define SOCKETS_PER_USER_MAX  8
#define SOCKET_LINKS_MAX      16         /* matches at once; also the channel numbers 0..15 */
#define SOCKET_COMMANDS_MAX   32         /* waiting for their service */
#define SOCKET_SEND_BYTES     (64 << 10) /* of the kernel's: old frames must not pile up there */
#define SOCKET_CLOSE_SECONDS  3          /* for the farewell; then it is cut */
#define SOCKET_OPENING_MS_MAX 5000       /* then it is ready without Redis and hears of it */
#define CLIENT_ADDRESS_BYTES  46

enum close_code {
    CLOSE_SILENT = 0, /* no farewell: nobody is there */
    CLOSE_RESTART = 1012,
    CLOSE_BAD_MESSAGE = 4400,
    CLOSE_TOKEN = 4401,
    CLOSE_SLOW = 4408,
    CLOSE_REPLACED = 4409,
    CLOSE_TOO_FAST = 4429,
};

enum socket_state {
    SOCKET_FREE,
    SOCKET_SHAKING,
    SOCKET_OPENING,
    SOCKET_OPEN,
    SOCKET_CLOSING,
};

/* The newest state frame of one link that found its socket full. */
struct newest_frame {
    uint8_t *room; /* owned: head room, then the frame; kept and used again */
    size_t count, capacity;
    bool waiting;
};

struct socket {
    /* what every frame looks at, together */
    enum socket_state state;
    uint32_t index;
    uint64_t number;                   /* unique in this process; 0: free */
    struct lws *wsi;                   /* borrowed */
    struct waiting_text *first, *last; /* owned; texts that found the socket full */
    bool frames_waiting;               /* some link has a newest frame to send */

    struct caller caller;
    char *token; /* owned: the access token, for the services */
    char client_address[CLIENT_ADDRESS_BYTES];
    struct membership *channels;      /* owned */
    uint32_t links[SOCKET_LINKS_MAX]; /* by channel number: a link of matches.h, 0: none */
    size_t waiting_bytes;
    struct bucket commands, inputs;
    uint32_t commands_waiting, commands_made;
    int64_t opened_ms, heard_ms, pinged_ms; /* monotonic */
    bool is_opened;                         /* it has joined things that it must leave */
    bool rooms_known;                       /* asked once; its rooms' channels are joined */
    bool resync_due;                        /* Redis was away */
    bool is_expiry_told, is_farewell_said;
    bool is_queued; /* this connection waits in a queue of matchmaking */
    uint32_t rooms_tries;
    enum close_code close_code;
    const char *close_reason; /* static */
    struct text partial;      /* a message of several pieces */
    bool is_partial_binary;
    uint32_t next_free;
};

struct sockets;

must_use enum error sockets_create(struct gateway *gateway);
/* After the library's context is gone. */
void sockets_destroy(struct gateway *gateway);
/* Closes all with 1012. */
void sockets_close_all(struct gateway *gateway);
/* The same with at most `count_max` of those that wait for no answer, or `also_busy` ones. */
void sockets_send_away(struct gateway *gateway, uint32_t count_max, bool also_busy);
uint32_t sockets_count(const struct gateway *gateway);

/* The socket at `index`, whatever its state. */
struct socket *socket_at(struct gateway *gateway, uint32_t index);
/* The socket with this number, or NULL when it is gone or closing. */
struct socket *socket_by_number(struct gateway *gateway, uint32_t index, uint64_t number);

/* A place for an accepted handshake; `token` is copied. ERROR_OVERLOADED at connections_max. */
must_use enum error socket_take(struct gateway *gateway, struct lws *wsi,
                                const struct caller *caller, const char *token,
                                const char *client_address, struct socket **ret_socket);
/* The upgrade is done: joins its channels and starts waiting for session:ready. */
void socket_opened(struct gateway *gateway, struct socket *socket, struct lws *wsi);
/* The library's connection has ended: gives the place back. */
void socket_gone(struct gateway *gateway, struct socket *socket);

/* Ends it with a code. Takes effect after the caller; from here on it is not OPEN. */
void socket_close(struct gateway *gateway, struct socket *socket, enum close_code code,
                  const char *reason);
/* It has room again: the farewell, or what waits. */
void socket_writable(struct gateway *gateway, struct socket *socket);

/* Sends a text message, at once or when there is room. The LWS_PRE bytes before `text` are
 * overwritten. Over outgoing_bytes_max it is closed with 4408. Nothing is sent before
 * session:ready. */
void socket_send_text(struct gateway *gateway, struct socket *socket, char *text, size_t count);
/* Sends a state frame, or keeps it as the newest: when the socket is full, or it is not `at_once`.
 * The LWS_PRE bytes before it are overwritten. */
void socket_send_state(struct gateway *gateway, struct socket *socket, struct newest_frame *newest,
                       uint8_t *frame, size_t count, bool at_once);
/* Sends a frame or forgets it when the socket is full. */
void socket_send_or_drop(struct gateway *gateway, struct socket *socket, uint8_t *frame,
                         size_t count);

/* Answers a command. `data` is JSON text. */
void socket_answer(struct gateway *gateway, struct socket *socket, int64_t id, const char *data,
                   size_t count);
void socket_answer_error(struct gateway *gateway, struct socket *socket, int64_t id,
                         const char *code, const char *message, const char *field);
void socket_answer_failure(struct gateway *gateway, struct socket *socket, int64_t id,
                           enum error error);

/* Joins a channel and subscribes to it at Redis; nothing happens when it is in. A socket that is
 * OPEN gets a session:resync of a room as soon as Redis has confirmed a new subscription. */
void socket_join(struct gateway *gateway, struct socket *socket, const char *channel);
void socket_leave(struct gateway *gateway, struct socket *socket, const char *channel);
bool socket_hears(const struct socket *socket, const char *channel);
/* Tells it to fetch again what it shows of `channel`; NULL: of everything. */
void socket_resync(struct gateway *gateway, struct socket *socket, const char *channel);
/* Something that session:ready or session:resync waits for has come. */
void socket_settle(struct gateway *gateway, struct socket *socket);

/* Redis went away (false) or is back (true). */
void sockets_redis(struct gateway *gateway, bool connected);

#endif
