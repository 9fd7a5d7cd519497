#include "serve/web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/environment.h"

static bool find_node(const char *setting, char ret_path[FILES_PATH_BYTES]);
static bool copy_absolute(const char *path, char ret_path[FILES_PATH_BYTES]);
static void add_backend(struct environment *environment, const char *name, const char *addresses);

enum error web_start(struct master *master)
{
    const struct settings *settings = master->settings;
    char node[FILES_PATH_BYTES], server[FILES_PATH_BYTES];
    files_join(server, settings->web_dir, "server.js");
    if (!files_exists(server)) {
        fprintf(stderr, "transcendence: there is no %s; build web/ or set web_dir.\n", server);
        return ERROR_UNAVAILABLE;
    }
    if (!find_node(settings->node_path, node)) {
        fprintf(stderr, "transcendence: there is no program %s; set node_path.\n",
                settings->node_path);
        return ERROR_UNAVAILABLE;
    }

    char address[CONFIG_TEXT_BYTES], whole[CONFIG_TEXT_BYTES];
    settings_list_item(settings->web_address, 0, whole);
    memcpy(address, whole, sizeof address);
    char *port = strrchr(address, ':');
    *port++ = 0;
    struct environment environment;
    environment_init(&environment);
    environment_add(&environment, "NODE_ENV", "production");
    environment_add(&environment, "NEXT_TELEMETRY_DISABLED", "1");
    environment_add(&environment, "HOSTNAME", "%s", address);
    environment_add(&environment, "PORT", "%s", port);
    environment_add(&environment, "PUBLIC_ORIGINS", "%s", settings->public_origins);
    add_backend(&environment, "BACKEND_AUTH", settings->auth_address);
    add_backend(&environment, "BACKEND_SOCIAL", settings->social_address);
    add_backend(&environment, "BACKEND_ROOMS", settings->rooms_address);
    add_backend(&environment, "BACKEND_MATCHMAKING", settings->matchmaking_address);
    add_backend(&environment, "BACKEND_GAMES", settings->games_address);

    char *command[] = {node, "--max-old-space-size=" WEB_HEAP_MIB_MAX, server, NULL};
    master_start(master, STAGE_WEB,
                 &(struct child_options){.name = "web",
                                         .command = command,
                                         .environment = environment.entries,
                                         .directory = settings->web_dir,
                                         .stop_signal = SIGTERM,
                                         .stop_timeout_ms = CHILD_STOP_TRUST_MS,
                                         .renewal = CHILD_RESTARTS,
                                         .address = whole});
    environment_finish(&environment);
    return OK;
}

static bool find_node(const char *setting, char ret_path[FILES_PATH_BYTES])
{
    if (strchr(setting, '/'))
        return copy_absolute(setting, ret_path) && access(ret_path, X_OK) == 0;
    const char *folders = getenv("PATH");
    while (folders && *folders) {
        int bytes = (int)strcspn(folders, ":");
        int written = snprintf(ret_path, FILES_PATH_BYTES, "%.*s/%s", bytes, folders, setting);
        if (written < FILES_PATH_BYTES && access(ret_path, X_OK) == 0)
            return true;
        folders += bytes + (folders[bytes] == ':');
    }
    return false;
}

/* realpath wants PATH_MAX bytes when it is given the buffer: let it bring its own. */
static bool copy_absolute(const char *path, char ret_path[FILES_PATH_BYTES])
{
    char *absolute = realpath(path, NULL);
    if (!absolute)
        return false;
    int written = snprintf(ret_path, FILES_PATH_BYTES, "%s", absolute);
    free(absolute);
    return written < FILES_PATH_BYTES;
}

/* One address is enough: each service is reached through its first instance. */
static void add_backend(struct environment *environment, const char *name, const char *addresses)
{
    char first[CONFIG_TEXT_BYTES];
    settings_list_item(addresses, 0, first);
    environment_add(environment, name, "%s", first);
}
