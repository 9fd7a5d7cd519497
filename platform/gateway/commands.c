#include "gateway/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"
#include "gateway/keys.h"
#include "gateway/matches.h"
#include "gateway/resume.h"

#define REQUEST_ID_BYTES (GATEWAY_INSTANCE_BYTES + 40)
#define TICKET_PATH      "/api/matchmaking/ticket"

#define SOCIAL      offsetof(struct settings, social_address)
#define ROOMS       offsetof(struct settings, rooms_address)
#define MATCHMAKING offsetof(struct settings, matchmaking_address)

#define TEXT(name, place)                                                                          \
    {                                                                                              \
        name, JSON_KIND_TEXT, place, false                                                         \
    }
#define TEXT_MAY(name, place)                                                                      \
    {                                                                                              \
        name, JSON_KIND_TEXT, place, true                                                          \
    }
#define INT(name, place)                                                                           \
    {                                                                                              \
        name, JSON_KIND_INT, place, false                                                          \
    }
#define INT_MAY(name, place)                                                                       \
    {                                                                                              \
        name, JSON_KIND_INT, place, true                                                           \
    }
#define OBJECT(name, place)                                                                        \
    {                                                                                              \
        name, JSON_KIND_OBJECT, place, false                                                       \
    }
#define OBJECT_MAY(name, place)                                                                    \
    {                                                                                              \
        name, JSON_KIND_OBJECT, place, true                                                        \
    }
#define BOOL_MAY(name, place)                                                                      \
    {                                                                                              \
        name, JSON_KIND_BOOL, place, true                                                          \
    }
#define BOOL(name, place)                                                                          \
    {                                                                                              \
        name, JSON_KIND_BOOL, place, false                                                         \
    }

static void run_refresh(struct gateway *gateway, struct socket *socket, int64_t id,
                        const json_t *data);

/* THE table. A new command is one row here, and one in docs/protocol.md and docs/openapi.yaml. */
const struct command command_table[] = {
    {.type = "session:refresh", .fields = {TEXT("token", IN_HERE)}, .run = run_refresh},
    {.type = "session:resume", .fields = {OBJECT("seen", IN_HERE)}, .run = resume_run},
    {"chat:sendMessage", "POST", SOCIAL, "/api/social/messages",
     .fields = {TEXT("channel", IN_BODY), TEXT("text", IN_BODY)}},
    {"chat:history", "GET", SOCIAL, "/api/social/messages",
     .fields = {TEXT("channel", IN_QUERY), INT_MAY("limit", IN_QUERY),
                TEXT_MAY("cursor", IN_QUERY)}},
    {"room:create", "POST", ROOMS, "/api/rooms",
     .fields = {TEXT("game", IN_BODY), TEXT("mode", IN_BODY), TEXT_MAY("name", IN_BODY),
                TEXT_MAY("visibility", IN_BODY), OBJECT_MAY("options", IN_BODY),
                INT_MAY("bots", IN_BODY), INT_MAY("seats", IN_BODY),
                BOOL_MAY("lateJoin", IN_BODY)}},
    {"room:update", "PATCH", ROOMS, "/api/rooms/{room}",
     .fields = {TEXT("room", IN_PATH), OBJECT_MAY("options", IN_BODY), INT_MAY("bots", IN_BODY),
                INT_MAY("seats", IN_BODY), BOOL_MAY("lateJoin", IN_BODY)}},
    {"room:join", "POST", ROOMS, "/api/rooms/{room}/join",
     .fields = {TEXT("room", IN_PATH), TEXT_MAY("role", IN_BODY)}},
    {"room:leave", "POST", ROOMS, "/api/rooms/{room}/leave", .fields = {TEXT("room", IN_PATH)}},
    {"room:ready", "POST", ROOMS, "/api/rooms/{room}/ready",
     .fields = {TEXT("room", IN_PATH), BOOL("ready", IN_BODY)}},
    {"room:team", "POST", ROOMS, "/api/rooms/{room}/team",
     .fields = {TEXT("room", IN_PATH), INT_MAY("team", IN_BODY)}},
    {"room:start", "POST", ROOMS, "/api/rooms/{room}/start", .fields = {TEXT("room", IN_PATH)}},
    {"room:kick", "POST", ROOMS, "/api/rooms/{room}/kick",
     .fields = {TEXT("room", IN_PATH), TEXT("user", IN_BODY)}},
    {"matchmaking:joinQueue", "POST", MATCHMAKING, TICKET_PATH,
     .fields = {TEXT("game", IN_BODY), TEXT("mode", IN_BODY)}, .queue = QUEUE_JOINED},
    {"matchmaking:leaveQueue", "DELETE", MATCHMAKING, TICKET_PATH, .queue = QUEUE_LEFT},
    {.type = "game:watch", .fields = {TEXT("match", IN_HERE)}, .run = matches_watch},
    {.type = "game:leave", .fields = {TEXT("match", IN_HERE)}, .run = matches_leave},
    {.type = "game:playerAction",
     .fields = {INT("channel", IN_HERE), TEXT("input", IN_HERE)},
     .run = matches_action},
};
const size_t command_count = sizeof(command_table) / sizeof(*command_table);

/* A command that waits for its service. */
struct waiting_command {
    struct gateway *gateway;       /* borrowed */
    const struct command *command; /* borrowed */
    uint32_t socket;
    uint64_t number;
    int64_t id;
    int64_t begun_ms;
    char request_id[REQUEST_ID_BYTES];
    char user_id[ID_TEXT_BYTES];
    char *token; /* owned; only of a command that may have to be undone */
};

static bool take_apart(const json_t *object, int64_t *ret_id, const char **ret_type,
                       const json_t **ret_data, const char **ret_wrong_field);
static void ask_service(struct gateway *gateway, struct socket *socket, int64_t id,
                        const struct command *command, const char *path, const char *body);
static void on_answer(void *context, enum error error, const struct http_answer *answer);
static const char *pass_answer(struct gateway *gateway, struct socket *socket, int64_t id,
                               const struct http_answer *answer, char ret_code[64]);
static void pass_problem(struct gateway *gateway, struct socket *socket, int64_t id,
                         const struct http_answer *answer, char ret_code[64]);
static void note_queue(const struct waiting_command *waiting, struct socket *socket,
                       enum error error, const struct http_answer *answer);
static void leave_queue(struct gateway *gateway, const char *token, const char *request_id);
static void on_queue_left(void *context, enum error error, const struct http_answer *answer);
static enum error check_field(const struct command_field *field, const json_t *value,
                              struct json_complaint *ret_complaint);
static enum error complain(struct json_complaint *ret_complaint, const char *field,
                           const char *sentence);
static const struct command_field *field_find(const struct command *command, const char *name);
static bool add_escaped(char *text, size_t capacity, const json_t *value);
static bool add_plain(char *text, size_t capacity, const char *bytes, size_t count);
static bool encode_path(const struct command *command, const json_t *data, char *path);

const struct command *command_find(const char *type)
{
    for (size_t i = 0; i < command_count; i++)
        if (!strcmp(command_table[i].type, type))
            return &command_table[i];
    return NULL;
}

enum error command_encode(const struct command *command, const json_t *data,
                          char ret_path[COMMAND_PATH_BYTES_MAX], char **ret_body,
                          struct json_complaint *ret_complaint)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)data, name, value)
    {
        if (!field_find(command, name))
            return complain(ret_complaint, name, "This field is not known here.");
    }
    json_t *body = NULL;
    for (const struct command_field *field = command->fields; field->name; field++) {
        value = json_object_get(data, field->name);
        if (field->is_optional && (!value || json_is_null(value)))
            continue;
        enum error error = check_field(field, value, ret_complaint);
        if (error) {
            json_decref(body);
            return error;
        }
        if (field->place != IN_BODY)
            continue;
        if (!body)
            body = json_object();
        json_object_set(body, field->name, value);
    }
    char path[COMMAND_PATH_BYTES_MAX] = "";
    if (!command->run && !encode_path(command, data, path)) {
        json_decref(body);
        return complain(ret_complaint, "data", "This is longer than any of our ids.");
    }
    bool has_body = command->method &&
                    (strcmp(command->method, "POST") == 0 || strcmp(command->method, "PATCH") == 0);
    *ret_body = body ? json_dumps(body, JSON_COMPACT) : has_body ? strdup("{}") : NULL;
    json_decref(body);
    memcpy(ret_path, path, sizeof(path));
    return OK;
}

void commands_receive(struct gateway *gateway, struct socket *socket, const char *message,
                      size_t bytes)
{
    const struct settings *settings = gateway->settings;
    if (!bucket_take(&socket->commands, settings->commands_per_second, settings->commands_burst,
                     clock_monotonic_ms())) {
        socket_close(gateway, socket, CLOSE_TOO_FAST, "too many commands");
        return;
    }
    json_t *object = NULL;
    int64_t id;
    const char *type, *wrong_field = NULL;
    const json_t *data;
    if (json_parse_object(message, bytes, &object) ||
        !take_apart(object, &id, &type, &data, &wrong_field)) {
        socket_close(gateway, socket, CLOSE_BAD_MESSAGE, "not a command");
        json_decref(object);
        return;
    }
    const struct command *command = command_find(type);
    struct json_complaint complaint = {0};
    char path[COMMAND_PATH_BYTES_MAX];
    char *body = NULL;
    if (!command)
        socket_answer_failure(gateway, socket, id, ERROR_UNKNOWN_COMMAND);
    else if (wrong_field)
        socket_answer_error(gateway, socket, id, error_code(ERROR_VALIDATION),
                            "This part of the command is not acceptable.", wrong_field);
    else if (command_encode(command, data, path, &body, &complaint))
        socket_answer_error(gateway, socket, id, error_code(ERROR_VALIDATION), complaint.sentence,
                            complaint.field);
    else if (command->run)
        command->run(gateway, socket, id, data);
    else
        ask_service(gateway, socket, id, command, path, body);
    free(body);
    json_decref(object);
}

void commands_forget_socket(struct gateway *gateway, struct socket *socket)
{
    if (!socket->is_queued || gateway->draining || gateway->stopping)
        return;
    char own[WIRE_CHANNEL_BYTES_MAX];
    snprintf(own, sizeof(own), WIRE_CHANNEL_USER "%s", socket->caller.user_id);
    const struct channel *channel = channels_find(&gateway->channels, own);
    for (uint32_t i = 0; channel && i < channel->count; i++) {
        const struct socket *other = socket_at(gateway, channel->members[i]->socket);
        if (other != socket && other->state != SOCKET_CLOSING && other->is_queued)
            return;
    }
    char request_id[REQUEST_ID_BYTES];
    snprintf(request_id, sizeof(request_id), "%s-%llu-closed", gateway->instance,
             (unsigned long long)socket->number);
    leave_queue(gateway, socket->token, request_id);
}

/* Below: a message becomes a command. */

/* False when it is no command at all. */
static bool take_apart(const json_t *object, int64_t *ret_id, const char **ret_type,
                       const json_t **ret_data, const char **ret_wrong_field)
{
    const json_t *id = json_object_get(object, "id");
    const json_t *type = json_object_get(object, "type");
    if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) > INT32_MAX ||
        !json_is_string(type))
        return false;
    *ret_id = json_integer_value(id);
    *ret_type = json_string_value(type);
    *ret_data = json_object_get(object, "data");
    if (json_is_null(*ret_data))
        *ret_data = NULL;
    if (*ret_data && !json_is_object(*ret_data))
        *ret_wrong_field = "data";
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (strcmp(name, "id") != 0 && strcmp(name, "type") != 0 && strcmp(name, "data") != 0)
            *ret_wrong_field = name;
    }
    return true;
}

static void run_refresh(struct gateway *gateway, struct socket *socket, int64_t id,
                        const json_t *data)
{
    const char *token = json_string_value(json_object_get(data, "token"));
    struct caller caller;
    enum error error = keys_verify(gateway, token, &caller);
    if (!error && (strcmp(caller.user_id, socket->caller.user_id) != 0 ||
                   strcmp(caller.session_id, socket->caller.session_id) != 0))
        error = ERROR_TOKEN_INVALID;
    char *copy = error ? NULL : strdup(token);
    if (!copy) {
        socket_answer_failure(gateway, socket, id, error ? error : ERROR_OVERLOADED);
        return;
    }
    free(socket->token);
    socket->token = copy;
    socket->caller = caller;
    socket->is_expiry_told = false;
    char expires[CLOCK_RFC3339_BYTES], answer[64];
    clock_rfc3339(caller.expires_unix_ms, expires);
    int length = snprintf(answer, sizeof(answer), "{\"expiresAt\":\"%s\"}", expires);
    socket_answer(gateway, socket, id, answer, (size_t)length);
}

static void ask_service(struct gateway *gateway, struct socket *socket, int64_t id,
                        const struct command *command, const char *path, const char *body)
{
    struct waiting_command *waiting = NULL;
    if (socket->commands_waiting < SOCKET_COMMANDS_MAX)
        waiting = calloc(1, sizeof(*waiting));
    if (!waiting) {
        socket_answer_failure(gateway, socket, id, ERROR_TOO_MANY_REQUESTS);
        return;
    }
    waiting->gateway = gateway;
    waiting->command = command;
    waiting->socket = socket->index;
    waiting->number = socket->number;
    waiting->id = id;
    waiting->begun_ms = clock_monotonic_ms();
    snprintf(waiting->request_id, sizeof(waiting->request_id), "%s-%llu-%u", gateway->instance,
             (unsigned long long)socket->number, ++socket->commands_made);
    memcpy(waiting->user_id, socket->caller.user_id, sizeof(waiting->user_id));
    if (command->queue == QUEUE_JOINED)
        waiting->token = strdup(socket->token);
    socket->commands_waiting++;
    const struct http_question question = {
        .method = command->method,
        .addresses = (const char *)gateway->settings + command->address_offset,
        .path = path,
        .token = socket->token,
        .request_id = waiting->request_id,
        .client_address = socket->client_address,
        .body = body,
        .timeout_ms = (int)gateway->settings->request_timeout_ms,
    };
    http_ask(gateway->http, &question, on_answer, waiting);
}

static void on_answer(void *context, enum error error, const struct http_answer *answer)
{
    struct waiting_command *waiting = context;
    struct gateway *gateway = waiting->gateway;
    struct socket *socket =
        gateway->stopping ? NULL : socket_by_number(gateway, waiting->socket, waiting->number);
    char code[64] = "";
    const char *result = "connection gone";
    if (socket) {
        socket->commands_waiting--;
        if (error) {
            socket_answer_failure(gateway, socket, waiting->id, error);
            result = error_code(error);
        } else {
            result = pass_answer(gateway, socket, waiting->id, answer, code);
        }
    }
    if (!gateway->stopping) {
        note_queue(waiting, socket, error, answer);
        log_request(waiting->request_id);
        log_info("command answered", "type", waiting->command->type, "user", waiting->user_id,
                 "result", result, "ms", log_number(clock_monotonic_ms() - waiting->begun_ms),
                 NULL);
        log_request(NULL);
    }
    free(waiting->token);
    free(waiting);
}

/* Splices the service's JSON into the answer without decoding it. The result's code. */
static const char *pass_answer(struct gateway *gateway, struct socket *socket, int64_t id,
                               const struct http_answer *answer, char ret_code[64])
{
    if (answer->status < 200 || answer->status > 299) {
        pass_problem(gateway, socket, id, answer, ret_code);
        return ret_code;
    }
    if (answer->bytes == 0)
        socket_answer(gateway, socket, id, "null", 4);
    else
        socket_answer(gateway, socket, id, answer->body, answer->bytes);
    return "ok";
}

static void pass_problem(struct gateway *gateway, struct socket *socket, int64_t id,
                         const struct http_answer *answer, char ret_code[64])
{
    json_t *problem = NULL;
    const char *code = NULL, *message = NULL, *field = NULL;
    if (json_parse_object(answer->body, answer->bytes, &problem) == OK) {
        code = json_string_value(json_object_get(problem, "code"));
        message = json_string_value(json_object_get(problem, "detail"));
        field = json_string_value(json_object_get(problem, "field"));
        if (!message)
            message = json_string_value(json_object_get(problem, "title"));
    }
    if (!code) {
        enum error error =
            answer->status == 502 || answer->status == 503 ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
        code = error_code(error);
        message = error_sentence(error);
    }
    snprintf(ret_code, 64, "%s", code);
    socket_answer_error(gateway, socket, id, code, message ? message : code, field);
    json_decref(problem);
}

/* Below: the place in the queue, which closing the page gives up. */

static void note_queue(const struct waiting_command *waiting, struct socket *socket,
                       enum error error, const struct http_answer *answer)
{
    bool is_done = !error && answer->status >= 200 && answer->status <= 299;
    bool may_be_done = is_done || error == ERROR_TIMED_OUT;
    if (waiting->command->queue == QUEUE_LEFT && socket && is_done) {
        socket->is_queued = false;
    } else if (waiting->command->queue == QUEUE_JOINED && may_be_done) {
        if (socket)
            socket->is_queued = true;
        else if (waiting->token)
            leave_queue(waiting->gateway, waiting->token, waiting->request_id);
    }
}

static void leave_queue(struct gateway *gateway, const char *token, const char *request_id)
{
    const struct http_question question = {
        .method = "DELETE",
        .addresses = gateway->settings->matchmaking_address,
        .path = TICKET_PATH,
        .token = token,
        .request_id = request_id,
        .timeout_ms = (int)gateway->settings->request_timeout_ms,
    };
    http_ask(gateway->http, &question, on_queue_left, gateway);
}

static void on_queue_left(void *context, enum error error, const struct http_answer *answer)
{
    (void)context;
    if (error || (answer->status > 299 && answer->status != 404))
        log_warn("a closed page's place in the queue was not given up, it ends by itself", "error",
                 error ? error_code(error) : "refused", NULL);
}

/* Below: encoding. */

static enum error check_field(const struct command_field *field, const json_t *value,
                              struct json_complaint *ret_complaint)
{
    if (!value)
        return complain(ret_complaint, field->name, "This field is missing.");
    switch (field->kind) {
    case JSON_KIND_TEXT:
        if (!json_is_string(value))
            return complain(ret_complaint, field->name, "This must be a text.");
        if (field->place != IN_BODY && json_string_length(value) == 0)
            return complain(ret_complaint, field->name, "This must not be empty.");
        if (strlen(json_string_value(value)) != json_string_length(value))
            return complain(ret_complaint, field->name, "This has a character it must not have.");
        return OK;
    case JSON_KIND_INT:
        if (!json_is_integer(value))
            return complain(ret_complaint, field->name, "This must be a whole number.");
        return OK;
    case JSON_KIND_BOOL:
        if (!json_is_boolean(value))
            return complain(ret_complaint, field->name, "This must be true or false.");
        return OK;
    case JSON_KIND_OBJECT:
        if (!json_is_object(value))
            return complain(ret_complaint, field->name, "This must be an object.");
        return OK;
    default:
        return complain(ret_complaint, field->name, "This is not acceptable.");
    }
}

/* A browser's own name for a field goes back cut: half a character would end its connection. */
static enum error complain(struct json_complaint *ret_complaint, const char *field,
                           const char *sentence)
{
    size_t used = 0;
    for (; field[used] && used < sizeof(ret_complaint->field) - 1; used++)
        ret_complaint->field[used] = field[used] > ' ' && field[used] < 0x7f ? field[used] : '?';
    ret_complaint->field[used] = 0;
    snprintf(ret_complaint->sentence, sizeof(ret_complaint->sentence), "%s", sentence);
    return ERROR_VALIDATION;
}

static const struct command_field *field_find(const struct command *command, const char *name)
{
    for (const struct command_field *field = command->fields; field->name; field++)
        if (!strcmp(field->name, name))
            return field;
    return NULL;
}

static bool encode_path(const struct command *command, const json_t *data, char *path)
{
    const char *at = command->path;
    const size_t capacity = COMMAND_PATH_BYTES_MAX;
    bool fits = true;
    while (*at && fits) {
        size_t plain = strcspn(at, "{");
        fits = add_plain(path, capacity, at, plain);
        at += plain;
        if (*at != '{')
            continue;
        char name[32];
        size_t bytes = strcspn(at, "}") - 1;
        snprintf(name, sizeof(name), "%.*s", (int)bytes, at + 1);
        fits = fits && add_escaped(path, capacity, json_object_get(data, name));
        at += bytes + 2;
    }
    const char *separator = "?";
    for (const struct command_field *field = command->fields; field->name && fits; field++) {
        const json_t *value = json_object_get(data, field->name);
        if (field->place != IN_QUERY || !value || json_is_null(value))
            continue;
        fits = add_plain(path, capacity, separator, 1) &&
               add_plain(path, capacity, field->name, strlen(field->name)) &&
               add_plain(path, capacity, "=", 1) && add_escaped(path, capacity, value);
        separator = "&";
    }
    return fits;
}

static bool add_plain(char *text, size_t capacity, const char *bytes, size_t added)
{
    size_t used = strlen(text);
    if (used + added >= capacity)
        return false;
    memcpy(text + used, bytes, added);
    text[used + added] = 0;
    return true;
}

/* Everything but letters, digits, '-' and '_', so that no value can be another path. */
static bool add_escaped(char *text, size_t capacity, const json_t *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char number[32];
    const char *from = json_string_value(value);
    if (!from) {
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
        from = number;
    }
    bool fits = true;
    for (; *from && fits; from++) {
        char escaped[4];
        if (strchr(plain, *from))
            snprintf(escaped, sizeof(escaped), "%c", *from);
        else
            snprintf(escaped, sizeof(escaped), "%%%02X", (unsigned char)*from);
        fits = add_plain(text, capacity, escaped, strlen(escaped));
    }
    return fits;
}
