#include "serve/postgres.h"

#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "serve/environment.h"
#include "serve/program.h"
#include "serve/secrets.h"

#define PROGRAMS_FOLDER "/usr/lib/postgresql"
#define OWNER           "transcendence"
#define STOP_MS         20000 /* the last checkpoint takes its time */
#define PID_FILE_BYTES  512

static int cluster_version(const struct postgres *postgres);
static int newest_version(void);
static enum error choose_user(struct postgres *postgres);
static enum error make_cluster(struct postgres *postgres);
static void command(const struct postgres *postgres, char *ret_command[CHILD_ARGUMENTS_MAX + 1],
                    char *const *program);

enum error postgres_prepare(struct postgres *postgres, const struct master *master)
{
    memset(postgres, 0, sizeof *postgres);
    postgres->master = master;
    postgres->port = master->settings->internal_port + PORT_POSTGRES;
    files_join(postgres->cluster, master->settings->data_dir, "postgres");

    bool is_new = !files_exists(postgres->cluster);
    int version = is_new ? newest_version() : cluster_version(postgres);
    snprintf(postgres->programs, sizeof postgres->programs, PROGRAMS_FOLDER "/%d/bin", version);
    if (version == 0 || !files_exists(postgres->programs)) {
        fprintf(stderr,
                "transcendence: there is no PostgreSQL %s under " PROGRAMS_FOLDER
                "; install the package postgresql or set DATABASE_URL.\n",
                is_new ? "server" : "of the data folder's version");
        return ERROR_UNAVAILABLE;
    }
    enum error error = choose_user(postgres);
    if (!error && is_new)
        error = make_cluster(postgres);
    return error;
}

void postgres_start(struct postgres *postgres, struct master *master)
{
    /* Left behind by a master that was killed; a postgres that still runs is found by its lock. */
    char program[FILES_PATH_BYTES], port[32], connections[48];
    files_join(program, postgres->programs, "postgres");
    snprintf(port, sizeof port, "port=%" PRId64, postgres->port);
    snprintf(connections, sizeof connections, "max_connections=%d", POSTGRES_CONNECTIONS_MAX);
    char *arguments[] = {program,
                         "-D",
                         postgres->cluster,
                         "-c",
                         port,
                         "-c",
                         connections,
                         "-c",
                         "listen_addresses=127.0.0.1",
                         "-c",
                         "unix_socket_directories=",
                         NULL};
    char *whole[CHILD_ARGUMENTS_MAX + 1];
    command(postgres, whole, arguments);

    struct environment environment;
    environment_init(&environment);
    master_start(
        master, STAGE_STORES,
        &(struct child_options){.name = "postgresql",
                                .command = whole,
                                .environment = environment.entries,
                                .stop_signal = SIGINT, /* fast: without waiting for clients */
                                .stop_timeout_ms = STOP_MS});
    environment_finish(&environment);
}

/* The eighth line of its pid file, which pg_ctl goes by too. */
bool postgres_is_ready(void *context)
{
    const struct postgres *postgres = context;
    char path[FILES_PATH_BYTES];
    files_join(path, postgres->cluster, "postmaster.pid");
    char *text;
    if (files_read(path, PID_FILE_BYTES, &text))
        return false;
    const char *line = text;
    for (int i = 1; line && i < 8; i++) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    bool ready = line && strncmp(line, "ready", 5) == 0;
    free(text);
    return ready;
}

enum error postgres_url(const struct postgres *postgres, char ret_url[CONFIG_TEXT_BYTES])
{
    char password[RANDOM_TOKEN_BYTES];
    enum error error =
        secrets_get(postgres->master->settings->data_dir, SECRET_DATABASE_OWNER, password);
    if (!error)
        snprintf(ret_url, CONFIG_TEXT_BYTES,
                 "postgresql://" OWNER ":%s@127.0.0.1:%" PRId64 "/postgres", password,
                 postgres->port);
    return error;
}

static int cluster_version(const struct postgres *postgres)
{
    char path[FILES_PATH_BYTES];
    files_join(path, postgres->cluster, "PG_VERSION");
    char *text;
    if (files_read(path, 16, &text))
        return 0;
    int version = atoi(text);
    free(text);
    return version;
}

static int newest_version(void)
{
    int newest = 0;
    DIR *listing = opendir(PROGRAMS_FOLDER);
    if (!listing)
        return 0;
    const struct dirent *entry;
    while ((entry = readdir(listing))) {
        char program[FILES_PATH_BYTES];
        snprintf(program, sizeof program, PROGRAMS_FOLDER "/%s/bin/initdb", entry->d_name);
        int version = atoi(entry->d_name);
        if (version > newest && files_exists(program))
            newest = version;
    }
    closedir(listing);
    return newest;
}

/* Fills as_user; empty when we are no root. */
static enum error choose_user(struct postgres *postgres)
{
    if (geteuid() != 0)
        return OK;
    const struct passwd *user = getpwnam("postgres");
    if (!user) {
        fprintf(stderr, "transcendence: there is no system user postgres; install the package "
                        "postgresql or start as another user than root.\n");
        return ERROR_UNAVAILABLE;
    }
    snprintf(postgres->user_texts[0], 32, "--map-user=%d", (int)user->pw_uid);
    snprintf(postgres->user_texts[1], 32, "--map-group=%d", (int)user->pw_gid);
    char *in_namespace[] = {"/usr/bin/unshare",      "--user", postgres->user_texts[0],
                            postgres->user_texts[1], "--",     NULL};
    char *trial[] = {in_namespace[0],
                     in_namespace[1],
                     in_namespace[2],
                     in_namespace[3],
                     in_namespace[4],
                     "/usr/bin/true",
                     NULL};
    if (program_run(postgres->master->log_folder, "postgresql", trial)) {
        memcpy(postgres->as_user, in_namespace, sizeof in_namespace);
        return OK;
    }
    char *as_other[] = {
        "/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", NULL};
    memcpy(postgres->as_user, as_other, sizeof as_other);
    return OK;
}

static bool is_other_user(const struct postgres *postgres)
{
    return postgres->as_user[0] && strstr(postgres->as_user[0], "setpriv");
}

/* Made beside its place and moved there when whole, so that a half-made one is never used. */
static enum error make_cluster(struct postgres *postgres)
{
    int64_t from_ms = clock_monotonic_ms();
    const char *data_dir = postgres->master->settings->data_dir;
    char work[FILES_PATH_BYTES], fresh[FILES_PATH_BYTES], password_file[FILES_PATH_BYTES];
    files_join(work, data_dir, "postgres.new");
    files_join(fresh, work, "cluster");
    files_join(password_file, work, "password");

    char password[RANDOM_TOKEN_BYTES];
    enum error error = secrets_get(data_dir, SECRET_DATABASE_OWNER, password);
    char *remove[] = {"/usr/bin/rm", "-rf", "--", work, NULL};
    if (!error && !program_run(postgres->master->log_folder, "postgresql", remove))
        error = ERROR_INTERNAL;
    if (!error)
        error = files_folder(work, 0700);
    if (!error)
        error = files_write(password_file, 0600, password, strlen(password));
    if (error)
        return error;
    if (is_other_user(postgres)) {
        const struct passwd *user = getpwnam("postgres");
        assert(user);
        if (chmod(data_dir, 0711) < 0 || chown(work, user->pw_uid, user->pw_gid) < 0 ||
            chown(password_file, user->pw_uid, user->pw_gid) < 0)
            return ERROR_INTERNAL;
    }

    char program[FILES_PATH_BYTES], password_argument[FILES_PATH_BYTES + 16];
    files_join(program, postgres->programs, "initdb");
    snprintf(password_argument, sizeof password_argument, "--pwfile=%s", password_file);
    char *arguments[] = {program,
                         "-D",
                         fresh,
                         "--username=" OWNER,
                         "--auth=scram-sha-256",
                         password_argument,
                         "--encoding=UTF8",
                         "--locale=C.UTF-8",
                         "--no-instructions",
                         NULL};
    char *whole[CHILD_ARGUMENTS_MAX + 1];
    command(postgres, whole, arguments);
    if (!program_run(postgres->master->log_folder, "postgresql", whole)) {
        fprintf(stderr, "transcendence: initdb failed; see postgresql.log in %s.\n",
                postgres->master->log_folder);
        return ERROR_UNAVAILABLE;
    }
    /* A log line must not repeat what a failing statement carried. */
    static const char own_settings[] = "log_min_error_statement = panic\n"
                                       "log_error_verbosity = terse\n"
                                       "log_parameter_max_length_on_error = 0\n"
                                       "log_line_prefix = '%m [%p] %u '\n"
                                       "password_encryption = scram-sha-256\n";
    char settings_file[FILES_PATH_BYTES];
    files_join(settings_file, fresh, "postgresql.auto.conf");
    error = files_write(settings_file, 0644, own_settings, sizeof own_settings - 1);
    if (error)
        return error;
    if (rename(fresh, postgres->cluster) < 0)
        return ERROR_INTERNAL;
    (void)program_run(postgres->master->log_folder, "postgresql", remove);
    master_say("postgresql", "created", clock_monotonic_ms() - from_ms);
    return OK;
}

/* The program's arguments behind what changes the user and sets the signal of our death. */
static void command(const struct postgres *postgres, char *ret_command[CHILD_ARGUMENTS_MAX + 1],
                    char *const *program)
{
    char *const dies_by[] = {CHILD_DIES_BY("INT"), NULL};
    int count = 0;
    for (char *const *item = postgres->as_user; *item; item++)
        ret_command[count++] = *item;
    for (char *const *item = dies_by; *item; item++)
        ret_command[count++] = *item;
    for (; *program; program++)
        ret_command[count++] = *program;
    assert(count <= CHILD_ARGUMENTS_MAX);
    ret_command[count] = NULL;
}
