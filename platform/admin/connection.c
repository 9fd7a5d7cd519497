/* One question at a time; the answer is an object, or a problem document that is said as it is. */
#include "admin/connection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http_client.h"
#include "core/json.h"

#define PASSWORD_BYTES 256
#define ADMIN_NAME     "admin"
#define PAGE_ITEMS     100

static enum admin_exit log_in(struct connection *connection);
static enum admin_exit read_password(const struct settings *settings, char *ret_password);
static const char *address_of(const struct connection *connection, const char *path);
static enum admin_exit ask(struct connection *connection, struct http_question *question,
                           enum error tolerated, json_t **ret_answer);
static enum admin_exit complain_of(const struct http_question *question,
                                   const struct http_answer *answer, enum error tolerated);

enum admin_exit connection_open(const struct settings *settings, struct connection *ret_connection)
{
    *ret_connection = (struct connection){.settings = settings, .arena = arena_create()};
    ret_connection->token = settings->token;
    if (settings->token[0])
        return ADMIN_DONE;
    if (settings->address[0])
        return admin_complain(ADMIN_WRONG_WORDS,
                              "another machine's platform needs an admin's access token: set "
                              "TRANSCENDENCE_TOKEN.");
    return log_in(ret_connection);
}

void connection_close(struct connection *connection)
{
    struct http_question question = {.method = "POST",
                                     .addresses = connection->settings->auth_address,
                                     .path = "/api/auth/logout",
                                     .token = connection->token,
                                     .timeout_ms = ADMIN_ASK_MS_MAX};
    struct http_answer answer;
    enum error error = OK;
    if (connection->is_own_session)
        error = http_call(connection->arena, &question, &answer);
    (void)error; /* the session runs off by itself */
    arena_destroy(connection->arena);
}

enum admin_exit connection_ask(struct connection *connection, const char *method, const char *path,
                               json_t *body, json_t **ret_answer)
{
    return connection_ask_tolerant(connection, method, path, body, OK, ret_answer);
}

enum admin_exit connection_ask_tolerant(struct connection *connection, const char *method,
                                        const char *path, json_t *body, enum error tolerated,
                                        json_t **ret_answer)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct http_question question = {.method = method, .path = path, .body = text};
    json_decref(body);
    enum admin_exit status = ask(connection, &question, tolerated, ret_answer);
    free(text);
    return status;
}

enum admin_exit connection_send(struct connection *connection, const char *path,
                                const char *content_type, const void *bytes, size_t count,
                                json_t **ret_answer)
{
    struct http_question question = {.method = "POST",
                                     .path = path,
                                     .body = bytes,
                                     .content_type = content_type,
                                     .body_bytes = count};
    return ask(connection, &question, OK, ret_answer);
}

enum admin_exit connection_list(struct connection *connection, const char *path, size_t items_max,
                                json_t **ret_items)
{
    json_t *items = json_array();
    const char *next = NULL;
    do {
        size_t limit = items_max - json_array_size(items);
        json_t *page = NULL;
        const char *url = arena_printf(
            connection->arena, "%s%climit=%zu%s%s", path, strchr(path, '?') ? '&' : '?',
            limit < PAGE_ITEMS ? limit : PAGE_ITEMS, next ? "&cursor=" : "", next ? next : "");
        enum admin_exit status = connection_ask(connection, "GET", url, NULL, &page);
        if (status != ADMIN_DONE) {
            json_decref(items);
            return status;
        }
        json_array_extend(items, json_object_get(page, "items"));
        next = json_string_value(json_object_get(page, "next"));
        next = next ? arena_strdup(connection->arena, next) : NULL;
        json_decref(page);
    } while (next && json_array_size(items) < items_max);
    *ret_items = items;
    return ADMIN_DONE;
}

enum admin_exit admin_complain(enum admin_exit status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("transcendence: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

static enum admin_exit log_in(struct connection *connection)
{
    char password[PASSWORD_BYTES];
    json_t *answer = NULL;
    enum admin_exit status = read_password(connection->settings, password);
    if (status != ADMIN_DONE)
        return status;
    json_t *login = json_pack("{s:s,s:s}", "login", ADMIN_NAME, "password", password);
    char *body = json_dumps(login, JSON_COMPACT);
    json_decref(login);
    struct http_question question = {.method = "POST", .path = "/api/auth/login", .body = body};
    status = ask(connection, &question, ERROR_WRONG_CREDENTIALS, &answer);
    explicit_bzero(password, sizeof password);
    if (body)
        explicit_bzero(body, strlen(body));
    free(body);
    const char *token = json_string_value(json_object_get(answer, "accessToken"));
    connection->token = token ? arena_strdup(connection->arena, token) : "";
    connection->is_own_session = token != NULL;
    json_decref(answer);
    if (status == ADMIN_DONE && !token)
        return admin_complain(
            ADMIN_REFUSED,
            "the password in %s/secrets/admin-password is not that of the account "
            "`" ADMIN_NAME "`: set TRANSCENDENCE_TOKEN to an admin's access token.",
            connection->settings->data_dir);
    return status;
}

static enum admin_exit read_password(const struct settings *settings, char *ret_password)
{
    char path[CONFIG_TEXT_BYTES + 32];
    snprintf(path, sizeof path, "%s/secrets/admin-password", settings->data_dir);
    FILE *file = fopen(path, "re");
    if (!file)
        return admin_complain(
            ADMIN_WRONG_WORDS,
            "cannot read %s (%s): give the data_dir of the platform and its "
            "user's rights, or set TRANSCENDENCE_TOKEN to an admin's access token.",
            path, strerror(errno));
    bool fine = fgets(ret_password, PASSWORD_BYTES, file) != NULL;
    fclose(file);
    if (!fine)
        return admin_complain(ADMIN_WRONG_WORDS, "%s is empty.", path);
    ret_password[strcspn(ret_password, "\r\n")] = '\0';
    return ADMIN_DONE;
}

/* On this machine the services themselves, past nginx. */
static const char *address_of(const struct connection *connection, const char *path)
{
    const struct settings *settings = connection->settings;
    if (settings->address[0])
        return settings->address;
    return strncmp(path, "/api/auth/", 10) == 0 ? settings->auth_address : settings->games_address;
}

static enum admin_exit ask(struct connection *connection, struct http_question *question,
                           enum error tolerated, json_t **ret_answer)
{
    struct http_answer answer = {.status = 0};
    question->addresses = address_of(connection, question->path);
    question->token = connection->token[0] ? connection->token : NULL;
    question->ca_file = connection->settings->ca_file[0] ? connection->settings->ca_file : NULL;
    question->timeout_ms = ADMIN_ASK_MS_MAX;
    enum error error = http_call(connection->arena, question, &answer);
    if (error == ERROR_TIMED_OUT)
        return admin_complain(ADMIN_NOBODY,
                              "the answer of %s did not come; what was asked may have been done: "
                              "look at `transcendence game audit`.",
                              question->addresses);
    if (error != OK)
        return admin_complain(
            ADMIN_NOBODY,
            "no platform answers at %s: is it running, with these settings, and with a "
            "certificate that is believed here?",
            question->addresses);
    if (answer.status < 200 || answer.status > 299)
        return complain_of(question, &answer, tolerated);
    if (answer.bytes > 0 && json_parse_object(answer.body, answer.bytes, ret_answer) != OK)
        return admin_complain(ADMIN_NOBODY, "what answers at %s is no platform of ours.",
                              question->addresses);
    return ADMIN_DONE;
}

/* The problem document, for a person. */
static enum admin_exit complain_of(const struct http_question *question,
                                   const struct http_answer *answer, enum error tolerated)
{
    json_t *problem = NULL;
    const char *code = NULL, *title = "", *detail = NULL;
    if (json_parse_object(answer->body, answer->bytes, &problem) == OK) {
        code = json_string_value(json_object_get(problem, "code"));
        title = json_string_value(json_object_get(problem, "title"));
        detail = json_string_value(json_object_get(problem, "detail"));
    }
    enum admin_exit status = ADMIN_DONE;
    if (!code)
        status = admin_complain(ADMIN_NOBODY, "what answers at %s is no platform of ours (%d).",
                                question->addresses, answer->status);
    else if (tolerated == OK || strcmp(code, error_code(tolerated)) != 0)
        status = admin_complain(answer->status == 503 ? ADMIN_NOBODY : ADMIN_REFUSED, "%s: %s%s%s",
                                code, title ? title : "", detail ? " " : "", detail ? detail : "");
    json_decref(problem);
    return status;
}
