/*
 * The program: what its first word asks for. The only file that knows all services; everything
 * behind it gets them as a list. A wrong word or setting is one sentence and exit 2.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "auth/auth.h"
#include "core/log.h"
#include "games/games.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "matchmaking/matchmaking.h"
#include "rooms/rooms.h"
#include "serve/serve.h"
#include "social/social.h"

#define VERSION       "0.1.0"
#define EXIT_SETTINGS 2
#define GATEWAY       "gateway"

/* In start order: the others fetch the keys of auth. The gateway follows behind the last. */
static const struct service *const services[] = {
    &auth_service, &social_service, &games_service, &rooms_service, &matchmaking_service,
};
#define SERVICE_COUNT (sizeof services / sizeof *services)

struct word {
    const char *name;
    const char *operand; /* what must follow; NULL: nothing */
    int operands_max;
    const char *help;
    int (*run)(const struct settings *settings, int operand_count, char **operands);
};

static int run_serve(const struct settings *settings, int operand_count, char **operands);
static int run_service(const struct settings *settings, int operand_count, char **operands);
static int run_game(const struct settings *settings, int operand_count, char **operands);
static int run_restart(const struct settings *settings, int operand_count, char **operands);
static int run_migrate(const struct settings *settings, int operand_count, char **operands);
static int run_routes(const struct settings *settings, int operand_count, char **operands);
static int run_help(const struct settings *settings, int operand_count, char **operands);
static int run_version(const struct settings *settings, int operand_count, char **operands);

static const struct word words[] = {
    {"serve", NULL, 0, "start and watch the whole platform on this machine", run_serve},
    {"service", "NAME", 1,
     "run one service alone: auth, social, games, rooms, matchmaking, gateway", run_service},
    {"game", "WORD", ADMIN_WORDS_MAX,
     "list, install, swap, drain, rollback, disable, enable, workers, audit: for admins", run_game},
    {"restart", "NAME", 1,
     "restart a service of the running platform, or all of it, one by one: all, web, nginx, ...",
     run_restart},
    {"migrate", NULL, 0, "bring every schema of database_url up to date", run_migrate},
    {"routes", NULL, 0, "print every route of every service as JSON", run_routes},
    {"help", NULL, 0, "print this help", run_help},
    {"version", NULL, 0, "print the version", run_version},
};

static int complain(const char *before, const char *word, const char *after)
{
    fprintf(stderr, "transcendence: %s%s%s Try `transcendence help`.\n", before, word, after);
    return EXIT_SETTINGS;
}

int main(int argument_count, char **arguments, char **environment)
{
    if (argument_count < 2)
        return complain("say what to do", "", ".");
    const char *name = arguments[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    const struct word *word = NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, name) == 0)
            word = &words[i];
    if (!word)
        return complain("there is no command \"", name, "\".");

    char **operands = arguments + 2;
    int count = 0;
    while (count < word->operands_max && count < argument_count - 2 && operands[count][0] != '-')
        count++;
    if (word->operand && count == 0)
        return complain("the command ", name, " needs a name behind it.");
    struct settings settings;
    char sentence[CONFIG_SENTENCE_BYTES];
    if (!settings_load(argument_count - 2 - count, operands + count, environment, &settings,
                       sentence)) {
        fprintf(stderr, "transcendence: %s\n", sentence);
        return EXIT_SETTINGS;
    }
    return word->run(&settings, count, operands);
}

static const char *upload_path_of(const struct service *service)
{
    for (size_t i = 0; service->body && i < service->route_count; i++)
        if (service->routes[i].handler == service->body->handler)
            return service->routes[i].path;
    return NULL;
}

/* The services as the master and the migrations see them; the gateway last. */
static size_t list_services(const struct settings *settings,
                            struct serve_service ret_list[SERVE_SERVICES_MAX])
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        ret_list[i] = (struct serve_service){
            .name = services[i]->name,
            .addresses = (const char *)settings + services[i]->address_offset,
            .schema = &services[i]->schema,
            .upload_path = upload_path_of(services[i]),
            .upload_bytes_max = services[i]->body ? services[i]->body->bytes_max : 0,
            .upload_guard = services[i]->body ? services[i]->body->guard : NULL,
        };
    ret_list[SERVICE_COUNT] =
        (struct serve_service){.name = GATEWAY, .addresses = settings->gateway_address};
    return SERVICE_COUNT + 1;
}

static int run_serve(const struct settings *settings, int operand_count, char **operands)
{
    (void)operand_count, (void)operands;
    log_init("serve", LOG_INFO);
    struct serve_service list[SERVE_SERVICES_MAX];
    return serve_run(settings, list, list_services(settings, list));
}

static int run_service(const struct settings *settings, int operand_count, char **operands)
{
    const char *name = operands[0];
    (void)operand_count;
    if (strcmp(name, GATEWAY) == 0)
        return gateway_run(settings);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (strcmp(services[i]->name, name) == 0)
            return service_run(services[i], settings);
    return complain("there is no service \"", name, "\".");
}

static int run_game(const struct settings *settings, int operand_count, char **operands)
{
    return admin_run(settings, operand_count, operands);
}

static int run_restart(const struct settings *settings, int operand_count, char **operands)
{
    (void)operand_count;
    return serve_restart(settings, operands[0]);
}

static int run_migrate(const struct settings *settings, int operand_count, char **operands)
{
    (void)operand_count, (void)operands;
    log_init("migrate", LOG_INFO);
    struct serve_service list[SERVE_SERVICES_MAX];
    return serve_migrate(settings, list, list_services(settings, list));
}

static json_t *describe_route(const struct service *service, const struct route *route)
{
    static const char *const access_names[] = {
        [ACCESS_PUBLIC] = "public",
        [ACCESS_USER] = "user",
        [ACCESS_ADMIN] = "admin",
        [ACCESS_SERVICE] = "service",
    };
    return json_pack("{ss ss ss ss ss?}", "service", service->name, "method", route->method, "path",
                     route->path, "access", access_names[route->access], "scope", route->scope);
}

/* `method` and `path` are null for a command that the gateway does itself. */
static json_t *describe_command(const struct command *command)
{
    json_t *fields = json_array();
    for (const struct command_field *field = command->fields; field->name; field++)
        json_array_append_new(
            fields, json_pack("{ss sb}", "name", field->name, "optional", (int)field->is_optional));
    return json_pack("{ss ss? ss? so}", "type", command->type, "method", command->method, "path",
                     command->path, "fields", fields);
}

/* For the test that compares the documentation with what there is. */
static int run_routes(const struct settings *settings, int operand_count, char **operands)
{
    (void)settings, (void)operand_count, (void)operands;
    json_t *routes = json_array();
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        for (size_t j = 0; j < services[i]->route_count; j++)
            json_array_append_new(routes, describe_route(services[i], &services[i]->routes[j]));
    json_t *commands = json_array();
    for (size_t i = 0; i < command_count; i++)
        json_array_append_new(commands, describe_command(&command_table[i]));
    json_t *all = json_pack("{so so}", "routes", routes, "commands", commands);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
    return 0;
}

static int run_help(const struct settings *settings, int operand_count, char **operands)
{
    (void)settings, (void)operand_count, (void)operands;
    printf("Transcendence, a platform for real-time browser mini-games\n\n");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        printf("  transcendence %-7s %-4s  %s\n", words[i].name,
               words[i].operand ? words[i].operand : "", words[i].help);
    putchar('\n');
    config_help(settings_rows, settings_row_count, stdout);
    return 0;
}

static int run_version(const struct settings *settings, int operand_count, char **operands)
{
    (void)settings, (void)operand_count, (void)operands;
    printf("transcendence %s\n", VERSION);
    return 0;
}
