#include "serve/postgres.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
#define USER            "postgres"
#define GIVEN_FOLDER    "/proc/self/fd/3" /* the first descriptor that the programs are given */
#define GIVEN_FILE      "/proc/self/fd/4"
#define STOP_MS         20000 /* the last checkpoint takes its time */
#define PID_FILE_BYTES  512

static int cluster_version(const struct postgres *postgres);
static int newest_version(void);
static enum error choose_user(struct postgres *postgres);
static enum error give_away(const struct postgres *postgres, const char *path);
static enum error make_cluster(const struct postgres *postgres);
static enum error write_password(const struct postgres *postgres, const char *path);
static enum error run_initdb(const struct postgres *postgres, const char *fresh,
                             const char *password_file);
static enum error write_settings(const struct postgres *postgres, const char *folder);
static enum error open_cluster(struct postgres *postgres);
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
    return error ? error : open_cluster(postgres);
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
                         GIVEN_FOLDER,
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
                                .directory = "/",
                                .descriptor = postgres->descriptor,
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

/* Debian's user postgres when we are root. */
static enum error choose_user(struct postgres *postgres)
{
    if (geteuid() != 0)
        return OK;
    postgres->user = getpwnam(USER);
    if (postgres->user)
        return OK;
    fprintf(stderr, "transcendence: there is no system user " USER "; install the package "
                    "postgresql or start as another user than root.\n");
    return ERROR_UNAVAILABLE;
}

static enum error give_away(const struct postgres *postgres, const char *path)
{
    if (!postgres->user || chown(path, postgres->user->pw_uid, postgres->user->pw_gid) == 0)
        return OK;
    fprintf(stderr, "transcendence: cannot give %s to the user " USER ": %s.\n", path,
            strerror(errno));
    return ERROR_UNAVAILABLE;
}

/* Made beside its place and moved there when whole, so that a half-made one is never used. */
static enum error make_cluster(const struct postgres *postgres)
{
    int64_t from_ms = clock_monotonic_ms();
    const char *log_folder = postgres->master->log_folder;
    char work[FILES_PATH_BYTES], fresh[FILES_PATH_BYTES], password_file[FILES_PATH_BYTES];
    files_join(work, postgres->master->settings->data_dir, "postgres.new");
    files_join(fresh, work, "cluster");
    files_join(password_file, work, "password");

    char *remove[] = {"/usr/bin/rm", "-rf", "--", work, NULL};
    if (!program_run(log_folder, "postgresql", remove, NULL, 0))
        return ERROR_INTERNAL;
    enum error error = files_folder(work, 0700);
    if (!error)
        error = files_folder(fresh, 0700);
    if (!error)
        error = give_away(postgres, fresh);
    if (!error)
        error = write_password(postgres, password_file);
    if (!error)
        error = run_initdb(postgres, fresh, password_file);
    if (!error)
        error = write_settings(postgres, fresh);
    if (error)
        return error;
    if (rename(fresh, postgres->cluster) < 0)
        return ERROR_INTERNAL;
    (void)program_run(log_folder, "postgresql", remove, NULL, 0);
    master_say("postgresql", "created", clock_monotonic_ms() - from_ms);
    return OK;
}

static enum error write_password(const struct postgres *postgres, const char *path)
{
    char password[RANDOM_TOKEN_BYTES];
    enum error error =
        secrets_get(postgres->master->settings->data_dir, SECRET_DATABASE_OWNER, password);
    if (!error)
        error = files_write(path, 0600, password, strlen(password));
    return error ? error : give_away(postgres, path);
}

static enum error run_initdb(const struct postgres *postgres, const char *fresh,
                             const char *password_file)
{
    char program[FILES_PATH_BYTES];
    files_join(program, postgres->programs, "initdb");
    char *arguments[] = {program,
                         "-D",
                         GIVEN_FOLDER,
                         "--username=" OWNER,
                         "--auth=scram-sha-256",
                         "--pwfile=" GIVEN_FILE,
                         "--encoding=UTF8",
                         "--locale=C.UTF-8",
                         "--no-instructions",
                         NULL};
    char *whole[CHILD_ARGUMENTS_MAX + 1];
    command(postgres, whole, arguments);
    int descriptors[] = {open(fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                         open(password_file, O_RDONLY | O_CLOEXEC)};
    bool is_made = descriptors[0] >= 0 && descriptors[1] >= 0 &&
                   program_run(postgres->master->log_folder, "postgresql", whole, descriptors, 2);
    for (int i = 0; i < 2; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    if (is_made)
        return OK;
    fprintf(stderr, "transcendence: initdb failed; see postgresql.log in %s.\n",
            postgres->master->log_folder);
    return ERROR_UNAVAILABLE;
}

/* A log line must not repeat what a failing statement carried. */
static enum error write_settings(const struct postgres *postgres, const char *folder)
{
    static const char own_settings[] = "log_min_error_statement = panic\n"
                                       "log_error_verbosity = terse\n"
                                       "log_parameter_max_length_on_error = 0\n"
                                       "log_line_prefix = '%m [%p] %u '\n"
                                       "password_encryption = scram-sha-256\n";
    char path[FILES_PATH_BYTES];
    files_join(path, folder, "postgresql.auto.conf");
    enum error error = files_write(path, 0600, own_settings, sizeof own_settings - 1);
    return error ? error : give_away(postgres, path);
}

/* One that was started by another user before changes hands: it is still ours. */
static enum error open_cluster(struct postgres *postgres)
{
    struct stat status;
    postgres->descriptor = open(postgres->cluster, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (postgres->descriptor < 0 || fstat(postgres->descriptor, &status) < 0) {
        fprintf(stderr, "transcendence: cannot open %s: %s.\n", postgres->cluster, strerror(errno));
        return ERROR_UNAVAILABLE;
    }
    if (!postgres->user || status.st_uid == postgres->user->pw_uid)
        return OK;
    char *command[] = {"/usr/bin/chown", "-R", USER ":" USER, "--", postgres->cluster, NULL};
    return program_run(postgres->master->log_folder, "postgresql", command, NULL, 0)
               ? OK
               : ERROR_UNAVAILABLE;
}

/* The program's arguments behind what changes the user and sets the signal of our death. */
static void command(const struct postgres *postgres, char *ret_command[CHILD_ARGUMENTS_MAX + 1],
                    char *const *program)
{
    static char *const as_user[] = {
        "/usr/bin/setpriv", "--reuid=" USER, "--regid=" USER, "--init-groups", "--", NULL};
    static char *const dies_by[] = {CHILD_DIES_BY("INT"), NULL};
    int count = 0;
    for (char *const *item = as_user; postgres->user && *item; item++)
        ret_command[count++] = *item;
    for (char *const *item = dies_by; *item; item++)
        ret_command[count++] = *item;
    for (; *program; program++)
        ret_command[count++] = *program;
    assert(count <= CHILD_ARGUMENTS_MAX);
    ret_command[count] = NULL;
}
