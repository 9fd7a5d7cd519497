/*
 * Every setting of the platform, filled from the one table in settings.c. Read-only after start.
 * An address is HOST:PORT; a list is separated by commas, one entry an instance. Empty lists are
 * filled in from `internal_port`, see settings.c.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"

#define MATCHES_PER_WORKER_MAX 1024 /* what the arena of a worker can hold */

struct settings {
    /* where things are */
    char data_dir[CONFIG_TEXT_BYTES];    /* PostgreSQL, Redis, secrets, game store, logs */
    char plugins_dir[CONFIG_TEXT_BYTES]; /* of bundles, see host/bundle.h */
    char web_dir[CONFIG_TEXT_BYTES];     /* the built Next.js standalone server */
    char share_dir[CONFIG_TEXT_BYTES];   /* deploy/nginx templates and sdk/client files */
    char worker_path[CONFIG_TEXT_BYTES]; /* the transcendence-worker program */
    char node_path[CONFIG_TEXT_BYTES];

    /* where the public arrives */
    char public_host[CONFIG_TEXT_BYTES]; /* the address nginx binds, default 127.0.0.1 */
    int64_t http_port, https_port;
    char public_origins[CONFIG_TEXT_BYTES]; /* list; empty: both localhost and 127.0.0.1 forms */
    int64_t address_requests_per_second;    /* of one address, at nginx */

    /* where the services are */
    int64_t internal_port; /* first of a block of INTERNAL_PORTS on loopback */
    char database_url[CONFIG_TEXT_BYTES];
    char redis_url[CONFIG_TEXT_BYTES];
    char auth_address[CONFIG_TEXT_BYTES];
    char social_address[CONFIG_TEXT_BYTES];
    char rooms_address[CONFIG_TEXT_BYTES];
    char matchmaking_address[CONFIG_TEXT_BYTES];
    char games_address[CONFIG_TEXT_BYTES];
    char frames_address[CONFIG_TEXT_BYTES]; /* games' listener for gateway streams; IP:PORT */
    char web_address[CONFIG_TEXT_BYTES];
    char gateway_address[CONFIG_TEXT_BYTES]; /* list of two by default */

    /* of one service process */
    char listen[CONFIG_TEXT_BYTES];         /* what this process binds; empty: its own address */
    char instance[CONFIG_TEXT_BYTES];       /* its name in logs and in session:ready */
    char service_secret[CONFIG_TEXT_BYTES]; /* proves to auth which service asks for a token */
    char log_level[CONFIG_TEXT_BYTES];
    int64_t threads;            /* of a business service's pool */
    int64_t request_queue_max;  /* waiting for a thread; more is answered `overloaded` */
    int64_t request_timeout_ms; /* of one call between services */
    int64_t drain_ms;           /* to finish what was begun, when told to stop */

    /* auth */
    int64_t access_token_seconds, refresh_token_seconds;
    int64_t password_memory_kib, password_passes;              /* Argon2id cost */
    int64_t login_failures_max, login_window_seconds;          /* per account */
    int64_t login_address_failures_max;                        /* per address */
    int64_t accounts_per_address_max, accounts_window_seconds; /* register and guest */

    /* gateway */
    int64_t connections_max;
    int64_t message_bytes_max;
    int64_t commands_per_second, commands_burst;
    int64_t inputs_per_second;
    int64_t outgoing_bytes_max; /* events waiting for a slow client */
    int64_t heartbeat_ms;

    /* rooms, matchmaking, games */
    int64_t room_idle_seconds;       /* an open room with nobody online is closed after this */
    int64_t room_check_ms;           /* how often a room's match and members are looked up */
    int64_t queue_wait_ms;           /* then a free-for-all match starts with those who are there */
    char sandbox[CONFIG_TEXT_BYTES]; /* of the workers: require or relaxed */
    char drop_action[CONFIG_TEXT_BYTES]; /* of what is dropped into plugins.d: swap, drain, wait */
    char worker_user[CONFIG_TEXT_BYTES]; /* what workers become when games runs as root */
    char cgroup_root[CONFIG_TEXT_BYTES]; /* below which each game has a cgroup; or auto, none */
    int64_t game_memory_mib;             /* of all workers of one game, where there are cgroups */
    int64_t worker_silence_ms;           /* a worker without a heartbeat for so long is replaced */
    int64_t game_deaths_max;             /* of a version's workers in ten minutes */
    int64_t trial_seconds;               /* of a version that took over live matches */
    int64_t drain_seconds;               /* that an old version is played on */
    int64_t matches_per_worker_max;
    int64_t match_abandoned_seconds; /* without any player attached; then the match is aborted */
    int64_t match_seconds_max;       /* of one match, however it goes; then it is aborted */
    int64_t room_history_keep_days;  /* then an ended match leaves its players' history */
    int64_t replay_bytes_max;        /* of one match; a longer one has no replay */
    int64_t replays_bytes_max;       /* of all together; then the oldest go */
    int64_t replays_keep_days;       /* then a replay is removed */
    int64_t chat_keep_days;          /* then a message is forgotten */

    /* `transcendence game`, from elsewhere than the platform's machine */
    char address[CONFIG_TEXT_BYTES]; /* https://HOST or HOST:PORT of nginx; empty: this machine */
    char ca_file[CONFIG_TEXT_BYTES]; /* PEM; empty: the system's authorities */
    char token[CONFIG_TEXT_BYTES];   /* access token of an admin; empty: by the password file */
};

#define INTERNAL_PORTS 32
enum internal_port_offset {
    PORT_AUTH,
    PORT_SOCIAL,
    PORT_ROOMS,
    PORT_MATCHMAKING,
    PORT_GAMES,
    PORT_FRAMES,
    PORT_WEB,
    PORT_POSTGRES,
    PORT_REDIS,
    PORT_GATEWAY = 16, /* and the following */
};

extern const struct config_row settings_rows[];
extern const size_t settings_row_count;

/* config_load() over the table, then the derived values. */
bool settings_load(int argument_count, char **arguments, char **environment,
                   struct settings *ret_settings, char ret_sentence[CONFIG_SENTENCE_BYTES]);

/* Entry `index` of a comma-separated list, or false when there are fewer. */
bool settings_list_item(const char *list, int index, char ret_item[CONFIG_TEXT_BYTES]);
int settings_list_count(const char *list);

#endif
