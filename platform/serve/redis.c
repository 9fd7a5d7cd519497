#include "serve/redis.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "serve/environment.h"
#include "serve/ports.h"
#include "serve/secrets.h"
#include "store/redis.h"

#define PROGRAM "/usr/bin/redis-server"
#define STOP_MS 10000

static enum error write_configuration(const struct settings *settings, const char *folder,
                                      const char *path);

enum error redis_server_start(struct master *master)
{
    char folder[FILES_PATH_BYTES], configuration[FILES_PATH_BYTES];
    files_join(folder, master->settings->data_dir, "redis");
    files_join(configuration, folder, "redis.conf");
    if (!files_exists(PROGRAM)) {
        fprintf(stderr, "transcendence: there is no " PROGRAM
                        "; install the package redis-server or set REDIS_URL.\n");
        return ERROR_UNAVAILABLE;
    }
    enum error error = files_folder(folder, 0700);
    if (!error)
        error = write_configuration(master->settings, folder, configuration);
    if (error)
        return error;

    struct environment environment;
    environment_init(&environment);
    char *command[] = {CHILD_DIES_BY("TERM"), PROGRAM, configuration, NULL};
    master_start(master, STAGE_STORES,
                 &(struct child_options){.name = "redis",
                                         .command = command,
                                         .environment = environment.entries,
                                         .directory = folder,
                                         .stop_signal = SIGTERM,
                                         .stop_timeout_ms = STOP_MS});
    environment_finish(&environment);
    return OK;
}

enum error redis_server_url(const struct settings *settings, char ret_url[CONFIG_TEXT_BYTES])
{
    char password[RANDOM_TOKEN_BYTES];
    enum error error = secrets_get(settings->data_dir, SECRET_REDIS, password);
    if (!error)
        snprintf(ret_url, CONFIG_TEXT_BYTES, "redis://:%s@127.0.0.1:%" PRId64, password,
                 settings->internal_port + PORT_REDIS);
    return error;
}

bool redis_server_is_ready(void *context)
{
    const struct settings *settings = context;
    char url[CONFIG_TEXT_BYTES];
    if (!port_answers("127.0.0.1", settings->internal_port + PORT_REDIS) ||
        redis_server_url(settings, url))
        return false;
    struct redis_pool *pool = redis_pool_create(url, 1);
    bool answers = redis_pool_answers(pool);
    redis_pool_destroy(pool);
    return answers;
}

/* The password stands in the file and nowhere else. */
static enum error write_configuration(const struct settings *settings, const char *folder,
                                      const char *path)
{
    char password[RANDOM_TOKEN_BYTES];
    enum error error = secrets_get(settings->data_dir, SECRET_REDIS, password);
    if (error)
        return error;
    char text[FILES_PATH_BYTES * 2];
    int bytes = snprintf(text, sizeof text,
                         "bind 127.0.0.1\n"
                         "port %" PRId64 "\n"
                         "protected-mode yes\n"
                         "requirepass %s\n"
                         "dir \"%s\"\n"
                         "daemonize no\n"
                         "appendonly yes\n"
                         "appendfsync everysec\n"
                         "save \"\"\n"
                         "maxmemory-policy noeviction\n"
                         "client-output-buffer-limit pubsub 32mb 8mb 60\n"
                         "loglevel notice\n",
                         settings->internal_port + PORT_REDIS, password, folder);
    return files_write(path, 0600, text, (size_t)bytes);
}
