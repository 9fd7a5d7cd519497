/*
 * The start of the whole platform in the order in which its parts need each other, and its stop.
 * Nothing else lives here: each part has a file of its own.
 */
#include "serve/serve.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/cgroup.h"
#include "core/clock.h"
#include "core/log.h"
#include "serve/certificate.h"
#include "serve/control.h"
#include "serve/database_url.h"
#include "serve/files.h"
#include "serve/master.h"
#include "serve/nginx.h"
#include "serve/ports.h"
#include "serve/postgres.h"
#include "serve/redis.h"
#include "serve/secrets.h"
#include "serve/services.h"
#include "serve/web.h"

#define DESCRIPTORS_MIN 4096
#define EXIT_STARTED    0
#define EXIT_FAILED     1
#define EXIT_SETTINGS   2

static enum error raise_descriptors(void);
static enum error prepare_settings(const struct settings *settings, struct settings *ret_settings);
static enum error make_absolute(const char *name, char path[CONFIG_TEXT_BYTES]);
static void divide_cgroup(struct settings *settings);
static enum error take_data_folder(const struct settings *settings);
static enum error check_ports(const struct settings *settings, const struct serve_service *services,
                              size_t count);
static enum error check_port(const char *host, int64_t port);
static enum error start_stores(struct master *master, struct stores *ret_stores);
static enum error migrate_all(const char *data_dir, const char *owner_url,
                              const struct serve_service *services, size_t count);
static enum error start_services(struct master *master, const struct stores *stores,
                                 const struct serve_service *services, size_t count);
static enum error start_front(struct master *master, const struct serve_service *services,
                              size_t count);
static enum error start_all(struct master *master, const struct serve_service *services,
                            size_t count);
static void print_addresses(const struct settings *settings, int64_t from_ms);

int serve_run(const struct settings *given, const struct serve_service *services, size_t count)
{
    int64_t from_ms = clock_monotonic_ms();
    struct settings settings;
    if (raise_descriptors() || prepare_settings(given, &settings) || take_data_folder(&settings) ||
        check_ports(&settings, services, count))
        return EXIT_FAILED;
    divide_cgroup(&settings);
    printf("Starting Transcendence, data in %s\n", settings.data_dir);

    struct master master;
    enum error error = master_init(&master, &settings);
    if (!error)
        error = start_all(&master, services, count);
    struct control *control = NULL;
    if (!error)
        error = control_create(&master, &control);
    if (!error) {
        print_addresses(&settings, from_ms);
        master_run(&master);
    }
    control_destroy(control);
    bool was_asked = master.stop_requested;
    printf("Stopping\n");
    fflush(stdout);
    from_ms = clock_monotonic_ms();
    master_finish(&master);
    master_say("everything", "stopped", clock_monotonic_ms() - from_ms);
    return error && !was_asked ? EXIT_FAILED : EXIT_STARTED;
}

int serve_restart(const struct settings *settings, const char *name)
{
    enum error error = control_ask(settings->data_dir, name, stdout);
    return error == ERROR_NOT_FOUND ? EXIT_SETTINGS : error ? EXIT_FAILED : EXIT_STARTED;
}

int serve_migrate(const struct settings *settings, const struct serve_service *services,
                  size_t count)
{
    if (!settings->database_url[0]) {
        fprintf(stderr, "transcendence: migrate needs database_url (or DATABASE_URL); the private "
                        "database is migrated by serve itself.\n");
        return EXIT_SETTINGS;
    }
    if (files_folder(settings->data_dir, 0700) ||
        migrate_all(settings->data_dir, settings->database_url, services, count))
        return EXIT_FAILED;
    return EXIT_STARTED;
}

static enum error start_all(struct master *master, const struct serve_service *services,
                            size_t count)
{
    struct stores stores;
    char admin_password[RANDOM_TOKEN_BYTES];
    const char *data_dir = master->settings->data_dir;
    enum error error = secrets_get(data_dir, SECRET_ADMIN_PASSWORD, admin_password);
    if (!error)
        error = certificate_prepare(master);
    if (!error)
        error = web_start(master); /* takes the longest and needs nobody to start */
    if (!error)
        error = start_stores(master, &stores);
    int64_t from_ms = clock_monotonic_ms();
    if (!error)
        error = migrate_all(data_dir, stores.database_url, services, count);
    if (!error)
        master_say("migrations", "done", clock_monotonic_ms() - from_ms);
    if (!error)
        error = start_services(master, &stores, services, count);
    if (!error)
        error = start_front(master, services, count);
    return error;
}

/* Each player is a descriptor in nginx and in a gateway. */
static enum error raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return ERROR_INTERNAL;
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < DESCRIPTORS_MIN || setrlimit(RLIMIT_NOFILE, &limit) < 0) {
        fprintf(stderr,
                "transcendence: this shell allows %llu open files, at least %d are needed; "
                "raise it with ulimit -Hn.\n",
                (unsigned long long)limit.rlim_max, DESCRIPTORS_MIN);
        return ERROR_UNAVAILABLE;
    }
    return OK;
}

/* Children have other working folders: from here on every path is absolute. */
static enum error prepare_settings(const struct settings *settings, struct settings *ret_settings)
{
    *ret_settings = *settings;
    if (!ret_settings->share_dir[0]) {
        char program[FILES_PATH_BYTES] = "";
        if (readlink("/proc/self/exe", program, sizeof program - 1) <= 0)
            return ERROR_INTERNAL;
        /* PREFIX/bin/transcendence with PREFIX/share/transcendence, or a build tree's
           FOLDER/build/PRESET/bin/transcendence */
        *strrchr(program, '/') = 0;
        snprintf(ret_settings->share_dir, CONFIG_TEXT_BYTES, "%.400s/../share/transcendence",
                 program);
        if (!files_exists(ret_settings->share_dir))
            snprintf(ret_settings->share_dir, CONFIG_TEXT_BYTES, "%.400s/../../..", program);
    }
    enum error error = files_folder(settings->data_dir, 0700);
    if (!error)
        error = make_absolute("data_dir", ret_settings->data_dir);
    if (!error)
        error = make_absolute("plugins_dir", ret_settings->plugins_dir);
    if (!error)
        error = make_absolute("web_dir", ret_settings->web_dir);
    if (!error)
        error = make_absolute("share_dir", ret_settings->share_dir);
    if (!error && ret_settings->worker_path[0])
        error = make_absolute("worker_path", ret_settings->worker_path);
    return error;
}

static enum error make_absolute(const char *name, char path[CONFIG_TEXT_BYTES])
{
    char *absolute = realpath(path, NULL);
    if (!absolute || strlen(absolute) >= CONFIG_TEXT_BYTES) {
        fprintf(stderr, "transcendence: there is no %s, which %s names.\n", path, name);
        free(absolute);
        return ERROR_NOT_FOUND;
    }
    snprintf(path, CONFIG_TEXT_BYTES, "%s", absolute);
    free(absolute);
    return OK;
}

/* As long as we are alone in our cgroup: games, which needs it, starts among others. When it cannot
 * be done games finds the same reason and logs it. */
static void divide_cgroup(struct settings *settings)
{
    char root[CGROUP_PATH_BYTES], reason[CGROUP_REASON_BYTES];
    if (strcmp(settings->cgroup_root, "auto") == 0 && cgroup_own(root, reason) == OK &&
        cgroup_divide(root, reason) == OK)
        snprintf(settings->cgroup_root, CONFIG_TEXT_BYTES, "%.500s", root);
}

static enum error take_data_folder(const struct settings *settings)
{
    char path[FILES_PATH_BYTES];
    files_join(path, settings->data_dir, "lock");
    enum error error = files_lock(path);
    if (error == ERROR_UNAVAILABLE)
        fprintf(stderr, "transcendence: another `transcendence serve` is running on %s.\n",
                settings->data_dir);
    return error;
}

static enum error check_ports(const struct settings *settings, const struct serve_service *services,
                              size_t count)
{
    enum error error = check_port(settings->public_host, settings->http_port);
    if (!error)
        error = check_port(settings->public_host, settings->https_port);
    if (!error && !settings->database_url[0])
        error = check_port("127.0.0.1", settings->internal_port + PORT_POSTGRES);
    if (!error && !settings->redis_url[0])
        error = check_port("127.0.0.1", settings->internal_port + PORT_REDIS);
    for (size_t i = 0; i <= count + 1; i++) {
        const char *list = i < count    ? services[i].addresses
                           : i == count ? settings->web_address
                                        : settings->frames_address;
        char address[CONFIG_TEXT_BYTES];
        for (int j = 0; !error && settings_list_item(list, j, address); j++) {
            char *colon = strrchr(address, ':');
            *colon = 0;
            error = check_port(address, atoi(colon + 1));
        }
    }
    return error;
}

static enum error check_port(const char *host, int64_t port)
{
    char reason[64];
    if (port_is_free(host, port, reason))
        return OK;
    fprintf(stderr, "transcendence: cannot listen on %s port %" PRId64 ": %s.\n", host, port,
            reason);
    return ERROR_UNAVAILABLE;
}

static enum error start_stores(struct master *master, struct stores *ret_stores)
{
    const struct settings *settings = master->settings;
    struct postgres postgres;
    bool own_database = !settings->database_url[0], own_redis = !settings->redis_url[0];
    snprintf(ret_stores->database_url, CONFIG_TEXT_BYTES, "%s", settings->database_url);
    snprintf(ret_stores->redis_url, CONFIG_TEXT_BYTES, "%s", settings->redis_url);
    enum error error = OK;
    if (own_redis)
        error = redis_server_start(master);
    if (!error && own_redis)
        error = redis_server_url(settings, ret_stores->redis_url);
    if (!error && own_database)
        error = postgres_prepare(&postgres, master);
    if (!error && own_database)
        error = postgres_url(&postgres, ret_stores->database_url);
    if (!error && own_database) {
        postgres_start(&postgres, master);
        error = master_wait(master, "postgresql", postgres_is_ready, &postgres);
    }
    if (!error && own_redis)
        error = master_wait(master, "redis", redis_server_is_ready, (void *)settings);
    return error;
}

static enum error migrate_all(const char *data_dir, const char *owner_url,
                              const struct serve_service *services, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!services[i].schema)
            continue;
        char password[RANDOM_TOKEN_BYTES], url[CONFIG_TEXT_BYTES];
        enum error error = database_url_for_role(owner_url, "role", "password", url);
        if (error) {
            fprintf(stderr,
                    "transcendence: database_url must be a URI, postgresql://user:password@...\n");
            return error;
        }
        error = secrets_get_of(data_dir, "database", services[i].name, password);
        if (!error)
            error = migrate_schema(owner_url, services[i].schema, password);
        if (error) {
            fprintf(stderr, "transcendence: the schema %s could not be migrated; see above.\n",
                    services[i].schema->name);
            return error;
        }
    }
    return OK;
}

static enum error start_services(struct master *master, const struct stores *stores,
                                 const struct serve_service *services, size_t count)
{
    enum error error = service_start(master, &services[0], stores, STAGE_AUTH);
    if (!error)
        error = master_wait_child(master, services[0].name);
    for (size_t i = 1; i < count && !error; i++)
        error = service_start(master, &services[i], stores,
                              services[i].schema ? STAGE_SERVICES : STAGE_GATEWAYS);
    return error;
}

static enum error start_front(struct master *master, const struct serve_service *services,
                              size_t count)
{
    enum error error = nginx_start(master, services, count);
    for (size_t i = 1; i < count && !error; i++)
        error = master_wait_child(master, services[i].name);
    if (!error)
        error = master_wait_child(master, "web");
    if (!error)
        error = master_wait_child(master, "nginx");
    return error;
}

static void print_addresses(const struct settings *settings, int64_t from_ms)
{
    printf("Ready after %.1f s\n\n", (double)(clock_monotonic_ms() - from_ms) / 1000);
    char origin[CONFIG_TEXT_BYTES];
    for (int i = 0; settings_list_item(settings->public_origins, i, origin); i++)
        printf("  %s/\n", origin);
    printf("\n  admin, first password in %s/secrets/" SECRET_ADMIN_PASSWORD "\n"
           "  logs in %s/logs\n\nCtrl-C stops everything.\n",
           settings->data_dir, settings->data_dir);
    fflush(stdout);
}
