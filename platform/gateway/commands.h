/*
 * Commands: one table says which service a command belongs to and how its data becomes a request,
 * or which function of the gateway does it. Every command is answered exactly once and in bounded
 * time.
 */
#ifndef GATEWAY_COMMANDS_H
#define GATEWAY_COMMANDS_H

#include "core/json.h"
#include "gateway/socket.h"

#define COMMAND_FIELDS_MAX     8
#define COMMAND_PATH_BYTES_MAX 2048
#define COMMAND_MARGIN_MS      500 /* over request_timeout_ms, for an answer of our own */

enum command_place { IN_PATH, IN_QUERY, IN_BODY, IN_HERE };

struct command_field {
    const char *name; /* NULL ends */
    enum json_kind kind;
    enum command_place place;
    bool is_optional;
};

/* What a command does to its connection's place in the queue of matchmaking. */
enum command_queue { QUEUE_UNTOUCHED, QUEUE_JOINED, QUEUE_LEFT };

struct command {
    const char *type;
    const char *method;
    size_t address_offset; /* of the owning service's address list in struct settings */
    const char *path;      /* {field} is replaced */
    struct command_field fields[COMMAND_FIELDS_MAX + 1];
    enum command_queue queue;
    /* Instead of a request. Answers, now or later. */
    void (*run)(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data);
};

const struct command *command_find(const char *type);
extern const struct command command_table[];
extern const size_t command_count;

/* Checks the shape of `data` (NULL: none) and makes the request out of it. `*ret_body` is NULL for
 * none and owned by the caller (free). ERROR_VALIDATION with the complaint. Pure. */
must_use enum error command_encode(const struct command *command, const json_t *data,
                                   char ret_path[COMMAND_PATH_BYTES_MAX], char **ret_body,
                                   struct json_complaint *ret_complaint);

/* A whole text message of a browser. */
void commands_receive(struct gateway *gateway, struct socket *socket, const char *message,
                      size_t count);
/* The connection has ended: takes it out of the queue when it was its user's last one there. */
void commands_forget_socket(struct gateway *gateway, struct socket *socket);

#endif
