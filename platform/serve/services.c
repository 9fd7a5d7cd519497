#include "serve/services.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "serve/database_url.h"
#include "serve/environment.h"
#include "serve/secrets.h"

static enum error add_secrets(struct environment *environment, const struct master *master,
                              const struct serve_service *service, const struct stores *stores);
static void start_instance(struct master *master, const struct serve_service *service,
                           struct environment *environment, enum stage stage, int index);

enum error service_start(struct master *master, const struct serve_service *service,
                         const struct stores *stores, enum stage stage)
{
    struct environment environment;
    environment_init(&environment);
    environment_add_settings(&environment, master->settings);
    enum error error = add_secrets(&environment, master, service, stores);
    for (int i = 0; i < settings_list_count(service->addresses) && !error; i++)
        start_instance(master, service, &environment, stage, i);
    environment_finish(&environment);
    return error;
}

static enum error add_secrets(struct environment *environment, const struct master *master,
                              const struct serve_service *service, const struct stores *stores)
{
    const char *data_dir = master->settings->data_dir;
    char secret[RANDOM_TOKEN_BYTES], role[64], url[CONFIG_TEXT_BYTES];
    enum error error = secrets_get_of(data_dir, "service", service->name, secret);
    if (error)
        return error;
    environment_add(environment, "TRANSCENDENCE_SERVICE_SECRET", "%s", secret);
    environment_add(environment, "REDIS_URL", "%s", stores->redis_url);
    if (!service->schema)
        return OK;
    error = secrets_get_of(data_dir, "database", service->name, secret);
    if (error)
        return error;
    snprintf(role, sizeof role, "transcendence_%s", service->schema->name);
    error = database_url_for_role(stores->database_url, role, secret, url);
    if (!error)
        environment_add(environment, "DATABASE_URL", "%s", url);
    return error;
}

/* A service with one process is called by its name, several are NAME-g1, NAME-g2; gateways g1 ...
 */
static void start_instance(struct master *master, const struct serve_service *service,
                           struct environment *environment, enum stage stage, int index)
{
    char address[CONFIG_TEXT_BYTES], name[CHILD_NAME_BYTES], instance[16];
    char listen_flag[CONFIG_TEXT_BYTES + 16], instance_flag[CHILD_NAME_BYTES + 16];
    settings_list_item(service->addresses, index, address);
    bool is_only = settings_list_count(service->addresses) == 1 && service->schema;
    snprintf(instance, sizeof instance, "g%d", index + 1);
    snprintf(name, sizeof name, is_only ? "%s" : "%s-%s", service->name, instance);
    snprintf(listen_flag, sizeof listen_flag, "--listen=%s", address);
    snprintf(instance_flag, sizeof instance_flag, "--instance=%s",
             !service->schema ? instance : name);
    char *command[] = {master->program, "service",     (char *)service->name,
                       listen_flag,     instance_flag, NULL};
    master_start(master, stage,
                 &(struct child_options){.name = name,
                                         .command = command,
                                         .environment = environment->entries,
                                         .stop_signal = SIGINT,
                                         .stop_timeout_ms =
                                             (int)master->settings->drain_ms + CHILD_STOP_TRUST_MS,
                                         .renewal = CHILD_RESTARTS,
                                         .address = address,
                                         .ready_path = "/readyz"});
}
