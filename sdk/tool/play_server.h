/*
 * The playground's door: HTTP for its files, one WebSocket for the page that drives it, and the one
 * loop of the program. Listens on 127.0.0.1 only. Every request must name that address as its Host,
 * and what has an Origin must be ours; the WebSocket needs the token besides. A second page takes
 * the place of the first.
 */
#ifndef TOOL_PLAY_SERVER_H
#define TOOL_PLAY_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tool/play_files.h"

#define PLAY_MESSAGE_BYTES_MAX (64u << 10) /* of the page */
#define PLAY_WAITING_BYTES_MAX                                                                     \
    (32u << 20) /* for the page; one that reads nothing is hung up on                              \
                 */

#define PLAY_CLOSE_BAD      4400
#define PLAY_CLOSE_REPLACED 4409

struct play_handlers {
    void *context;
    void (*opened)(void *context); /* a page is there */
    void (*closed)(void *context); /* and there is none any more */
    void (*text)(void *context, const char *message, size_t bytes);
    void (*frame)(void *context, const uint8_t *frame, size_t bytes);
    void (*woken)(void *context); /* the time of play_server_wake has come */
};

struct play_server;

/* Listens on `port`, 0: any that is free, and writes the origin into `places`, which is borrowed.
 * NULL after a sentence on standard error. */
struct play_server *play_server_create(struct play_places *places, int port,
                                       const char token[PLAY_SECRET_BYTES],
                                       const struct play_handlers *handlers);
void play_server_destroy(struct play_server *server);

/* Calls `ready` whenever `fd`, which becomes the server's, can be read, until play_server_forget.
 */
bool play_server_watch(struct play_server *server, int fd, void (*ready)(void *context));
/* After this turn of the loop `fd` is closed. */
void play_server_forget(struct play_server *server, int fd);

/* To the page, if there is one. */
void play_server_send_text(struct play_server *server, const char *text, size_t bytes);
void play_server_send_frame(struct play_server *server, const uint8_t *frame, size_t bytes);

/* When `woken` is to be called next, on play_server_now_us's clock. */
void play_server_wake(struct play_server *server, int64_t at_us);
int64_t play_server_now_us(void);

/* Until play_server_stop. */
void play_server_run(struct play_server *server);
void play_server_stop(struct play_server *server);

#endif
