/*
 * Which connection is attached to which match, and where each match is played: links and matches.
 * A link is one connection in one match; only its number (index and generation) crosses to the
 * worker. When a stream breaks, the games service is asked where the match is now and its links
 * are attached anew; a match that exists nowhere ends them.
 */
#ifndef GATEWAY_MATCHES_H
#define GATEWAY_MATCHES_H

#include "gateway/socket.h"
#include "wire/frames.h"

#define MATCH_TRIES_MAX      12   /* to find a lost match again, see MATCH_BACKOFF_MS_MAX */
#define MATCH_LASTING_MS     1000 /* so long where it is, it is looked for eagerly again */
#define MATCH_BACKOFF_MS_MIN 50
#define MATCH_BACKOFF_MS_MAX 2000
#define MATCH_TEXT_BYTES     128

struct stream;

/* Where a match is played, as games says it. */
struct placement {
    const char *match, *game, *sha, *room; /* room: "" when not known */
    const char *worker, *frames;           /* the stream's hello and HOST:PORT */
};

must_use enum error matches_create(struct gateway *gateway);
void matches_destroy(struct gateway *gateway);

/* Attaches a connection because its room plays. Its channel number, or -1 without a free one. */
int matches_join(struct gateway *gateway, struct socket *socket, const struct placement *placement);
/* From now on the end of this match will be heard. */
void matches_heard(struct gateway *gateway, const char *match);
/* The match goes on under another version of its game: who asks from now on is told this one. */
void matches_swapped(struct gateway *gateway, const char *match, const char *sha);
/* The match is over: every link of it ends. */
void matches_over(struct gateway *gateway, const char *match);
/* The connection no longer hears this room: it is detached unless it also watches. */
void matches_leave_room(struct gateway *gateway, struct socket *socket, const char *room);
void matches_forget_socket(struct gateway *gateway, struct socket *socket);
/* Gives up what waited too long. */
void matches_sweep(struct gateway *gateway, struct socket *socket, int64_t now_ms);

/* Commands, see commands.c. */
void matches_watch(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data);
void matches_leave(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data);
void matches_action(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data);

/* The frame path: no allocation. */
/* A whole binary message of a browser; false when it is malformed. */
bool matches_receive(struct gateway *gateway, struct socket *socket, const uint8_t *frame,
                     size_t count);
/* A record of a worker; the head stands in the 16 bytes before `body`, which may be written to. */
void matches_record(struct gateway *gateway, struct stream *stream, const struct record_head *head,
                    uint8_t *body);
struct newest_frame *matches_newest_frame(struct gateway *gateway, uint32_t link);

/* The stream has ended; its matches go over to `successor`, or without one look for another. */
void matches_stream_ended(struct gateway *gateway, struct stream *stream, struct stream *successor);

#endif
