/*
 * The one table of settings, and the values that are derived from others when they are left empty.
 * A new setting is one field in settings.h and one row here. Must never print a value.
 */
#include "settings/settings.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LOOPBACK         "127.0.0.1"
#define GATEWAYS_DEFAULT 2

#define PORT_LAST 65535
#define DAY_S     86400

#define ROW(its_name, its_type, value, least, most, from, text)                                    \
    {                                                                                              \
        .name = #its_name, .type = its_type, .offset = offsetof(struct settings, its_name),        \
        .default_text = value, .min = least, .max = most, .environment = from, .help = text,       \
    }
#define TEXT(name, value, help)             ROW(name, CONFIG_TEXT, value, 0, 0, NULL, help)
#define SECRET(name, environment, help)     ROW(name, CONFIG_SECRET, "", 0, 0, environment, help)
#define INT(name, value, least, most, help) ROW(name, CONFIG_INT, value, least, most, NULL, help)
#define PORT(name, value, last, help)       ROW(name, CONFIG_PORT, value, 1, last, NULL, help)

const struct config_row settings_rows[] = {
    /* where things are */
    TEXT(data_dir, "var", "folder of the databases, secrets, the game store and logs"),
    TEXT(plugins_dir, "plugins.d", "folder of the games, one sub-folder each"),
    TEXT(web_dir, "web/.next/standalone", "folder of the built web server"),
    TEXT(share_dir, "", "folder of deploy/ and sdk/; empty: found from the program's own place"),
    TEXT(worker_path, "", "the program transcendence-worker; empty: beside this program"),
    TEXT(node_path, "node", "the program node; a plain name is looked up in PATH"),

    /* where the public arrives */
    TEXT(public_host, LOOPBACK, "the address that nginx binds"),
    PORT(http_port, "8080", PORT_LAST, "public port of http"),
    PORT(https_port, "8443", PORT_LAST, "public port of https"),
    TEXT(public_origins, "",
         "origins that are our own, separated by commas; empty: localhost on both public ports"),
    INT(address_requests_per_second, "100", 1, 1000000, "requests of one address, at nginx"),

    /* where the services are */
    PORT(internal_port, "7100", PORT_LAST - INTERNAL_PORTS + 1,
         "first of a block of ports on loopback, from which empty addresses are filled in"),
    SECRET(database_url, "DATABASE_URL",
           "PostgreSQL to use, as postgresql://user:password@host:port/name; empty: a private one"),
    SECRET(redis_url, "REDIS_URL",
           "Redis to use, as redis://[:password@]host:port[/db]; empty: a private one"),
    TEXT(auth_address, "", "HOST:PORT of auth; a list, separated by commas, for several"),
    TEXT(social_address, "", "the same of social"),
    TEXT(rooms_address, "", "the same of rooms"),
    TEXT(matchmaking_address, "", "the same of matchmaking"),
    TEXT(games_address, "", "the same of games"),
    TEXT(frames_address, "",
         "IP:PORT where games takes the frame streams of the gateways; no name"),
    TEXT(web_address, "", "HOST:PORT of the web server"),
    TEXT(gateway_address, "", "HOST:PORT of each gateway; empty: two of them"),

    /* of one service process */
    TEXT(listen, "", "HOST:PORT that this process binds; empty: the first of its own address"),
    TEXT(instance, "", "name of this process in logs and in session:ready; empty: the service's"),
    SECRET(service_secret, NULL, "proves to auth which service asks for a token"),
    TEXT(log_level, "info", "debug, info, warn or error"),
    INT(threads, "8", 1, 256, "threads of a business service, each with one request"),
    INT(request_queue_max, "256", 1, 100000,
        "requests waiting for a thread; more are answered `overloaded`"),
    INT(request_timeout_ms, "3000", 10, 60000, "of one call between services"),
    INT(drain_ms, "5000", 100, 60000,
        "a service or gateway told to stop may take so long to finish what was begun"),

    /* auth */
    INT(access_token_seconds, "900", 1, DAY_S, "life of an access token"),
    INT(refresh_token_seconds, "2592000", 60, 365 * DAY_S, "life of a refresh token"),
    INT(password_memory_kib, "19456", 8, 4194304, "memory of one Argon2id hash"),
    INT(password_passes, "2", 1, 100, "passes of one Argon2id hash"),
    INT(login_failures_max, "10", 1, 100000, "wrong logins of one account per window"),
    INT(login_window_seconds, "900", 1, DAY_S, "the window of wrong logins"),
    INT(login_address_failures_max, "100", 1, 1000000, "wrong logins of one address per window"),
    INT(accounts_per_address_max, "100", 1, 1000000,
        "accounts and guests of one address per window"),
    INT(accounts_window_seconds, "3600", 1, DAY_S, "the window of new accounts"),

    /* gateway */
    INT(connections_max, "10000", 1, 1000000, "WebSocket connections of one gateway"),
    INT(message_bytes_max, "16384", 256, 1048576, "largest message of a client"),
    INT(commands_per_second, "20", 1, 10000, "commands of one connection"),
    INT(commands_burst, "40", 1, 10000, "commands at once of one connection"),
    INT(inputs_per_second, "120", 1, 10000, "input frames of one connection"),
    INT(outgoing_bytes_max, "262144", 16384, 16777216, "events waiting for a slow client"),
    INT(heartbeat_ms, "25000", 100, 600000, "time between two pings of a connection"),

    /* rooms, matchmaking, games */
    INT(room_idle_seconds, "900", 1, 86400, "an open room with nobody online is closed after this"),
    INT(room_check_ms, "15000", 100, 600000, "how often a room's match and members are looked up"),
    INT(queue_wait_ms, "10000", 100, 600000,
        "then a free-for-all match starts with those who are there"),
    TEXT(sandbox, "require",
         "require: no game without every wall around it; relaxed: for debuggers only"),
    TEXT(drop_action, "swap",
         "what a new version in plugins_dir does: swap, drain, or wait for an admin"),
    TEXT(worker_user, "nobody", "who workers are when the platform is started as root"),
    TEXT(cgroup_root, "auto",
         "cgroup v2 folder below which each game gets a group of its own; auto: the one we are in, "
         "when it is ours to divide; none"),
    INT(game_memory_mib, "512", 64, 1048576, "memory of one game, where there are cgroups"),
    INT(worker_silence_ms, "2000", 500, 60000,
        "a worker without a heartbeat for so long is replaced"),
    INT(matches_per_worker_max, "1024", 1, MATCHES_PER_WORKER_MAX, "live matches of one worker"),
    INT(game_deaths_max, "20", 1, 1000000,
        "a version whose workers die more often in ten minutes by its own fault is taken off"),
    INT(trial_seconds, "30", 1, DAY_S,
        "a version that took over live matches and does wrong so soon is taken back"),
    INT(drain_seconds, "900", 1, DAY_S,
        "matches that stay on an old version are aborted when they last longer"),
    INT(match_abandoned_seconds, "120", 1, DAY_S,
        "a match without any player connected to it for so long is aborted"),
    INT(match_seconds_max, "21600", 1, 7 * DAY_S, "a match that is still going on is aborted then"),
    INT(room_history_keep_days, "365", 1, 36500, "how long an ended match stays in the history"),
    INT(replay_bytes_max, "16777216", 4096, 268435456, "a match with more has no replay"),
    INT(replays_bytes_max, "4294967296", 4096, INT64_MAX, "of all replays; the oldest go"),
    INT(replays_keep_days, "30", 1, 36500, "how long a replay is kept"),

    /* social */
    INT(chat_keep_days, "90", 1, 36500, "how long a message is kept"),

    /* `transcendence game` */
    TEXT(
        address, "",
        "the platform that `transcendence game` asks, as https://HOST or HOST:PORT; empty: the one "
        "of this machine"),
    TEXT(ca_file, "",
         "certificates by which its https is believed, as PEM; empty: the system's authorities"),
    SECRET(token, NULL, "an admin's access token for it; empty: his password file is read"),
};
const size_t settings_row_count = sizeof(settings_rows) / sizeof(settings_rows[0]);

static bool check(const struct settings *settings, char *ret_sentence);
static bool check_is_one_of(const char *name, const char *value, const char *const words[],
                            char *ret_sentence);
static bool check_addresses(const char *name, const char *list, char *ret_sentence);
static bool check_is_no_name(const char *name, const char *address, char *ret_sentence);
static void derive_address(char address[CONFIG_TEXT_BYTES], int64_t port);
static void derive_gateways(struct settings *settings);
static void derive_origins(struct settings *settings);
static void add_origins(struct settings *settings, const char *scheme, int64_t port,
                        int64_t usual_port);

bool settings_load(int argument_count, char **arguments, char **environment,
                   struct settings *ret_settings, char ret_sentence[CONFIG_SENTENCE_BYTES])
{
    memset(ret_settings, 0, sizeof(*ret_settings));
    if (!config_load(settings_rows, settings_row_count, argument_count, arguments, environment,
                     ret_settings, ret_sentence))
        return false;
    int64_t first = ret_settings->internal_port;
    derive_address(ret_settings->auth_address, first + PORT_AUTH);
    derive_address(ret_settings->social_address, first + PORT_SOCIAL);
    derive_address(ret_settings->rooms_address, first + PORT_ROOMS);
    derive_address(ret_settings->matchmaking_address, first + PORT_MATCHMAKING);
    derive_address(ret_settings->games_address, first + PORT_GAMES);
    derive_address(ret_settings->frames_address, first + PORT_FRAMES);
    derive_address(ret_settings->web_address, first + PORT_WEB);
    derive_gateways(ret_settings);
    derive_origins(ret_settings);
    return check(ret_settings, ret_sentence);
}

bool settings_list_item(const char *list, int index, char ret_item[CONFIG_TEXT_BYTES])
{
    for (; index > 0; index--) {
        list = strchr(list, ',');
        if (!list)
            return false;
        list++;
    }
    size_t length = strcspn(list, ",");
    while (length > 0 && *list == ' ') {
        list++;
        length--;
    }
    while (length > 0 && list[length - 1] == ' ')
        length--;
    if (length == 0 || length >= CONFIG_TEXT_BYTES)
        return false;
    memcpy(ret_item, list, length);
    ret_item[length] = '\0';
    return true;
}

int settings_list_count(const char *list)
{
    char item[CONFIG_TEXT_BYTES];
    int count = 0;
    while (settings_list_item(list, count, item))
        count++;
    return count;
}

static bool check(const struct settings *settings, char *ret_sentence)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
    static const char *const sandboxes[] = {"require", "relaxed", NULL};
    static const char *const actions[] = {"swap", "drain", "wait", NULL};
    return check_is_one_of("log_level", settings->log_level, levels, ret_sentence) &&
           check_is_one_of("sandbox", settings->sandbox, sandboxes, ret_sentence) &&
           check_is_one_of("drop_action", settings->drop_action, actions, ret_sentence) &&
           check_addresses("auth_address", settings->auth_address, ret_sentence) &&
           check_addresses("social_address", settings->social_address, ret_sentence) &&
           check_addresses("rooms_address", settings->rooms_address, ret_sentence) &&
           check_addresses("matchmaking_address", settings->matchmaking_address, ret_sentence) &&
           check_addresses("games_address", settings->games_address, ret_sentence) &&
           check_addresses("frames_address", settings->frames_address, ret_sentence) &&
           check_is_no_name("frames_address", settings->frames_address, ret_sentence) &&
           check_addresses("web_address", settings->web_address, ret_sentence) &&
           check_addresses("gateway_address", settings->gateway_address, ret_sentence) &&
           (!settings->listen[0] || check_addresses("listen", settings->listen, ret_sentence));
}

static bool check_is_one_of(const char *name, const char *value, const char *const words[],
                            char *ret_sentence)
{
    char all[CONFIG_SENTENCE_BYTES / 2] = "";
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0)
            return true;
        size_t used = strlen(all);
        snprintf(all + used, sizeof(all) - used, "%s%s",
                 i == 0         ? ""
                 : words[i + 1] ? ", "
                                : " or ",
                 words[i]);
    }
    snprintf(ret_sentence, CONFIG_SENTENCE_BYTES, "%s must be %s, not \"%.64s\".", name, all,
             value);
    return false;
}

/* Each HOST:PORT, without blanks or empty entries. */
static bool check_addresses(const char *name, const char *list, char *ret_sentence)
{
    const char *entry = list;
    for (;;) {
        size_t length = strcspn(entry, ",");
        const char *colon = memrchr(entry, ':', length);
        long port = 0;
        size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
        if (digits > 0 && digits <= 5 && colon + 1 + digits == entry + length)
            sscanf(colon + 1, "%5ld", &port);
        if (!colon || colon == entry || port < 1 || port > PORT_LAST ||
            memchr(entry, ' ', length)) {
            snprintf(ret_sentence, CONFIG_SENTENCE_BYTES,
                     "%s must be HOST:PORT, or several separated by commas, not \"%.200s\".", name,
                     list);
            return false;
        }
        if (!entry[length])
            return true;
        entry += length + 1;
    }
}

/* The gateways connect to it from their loops, where nobody may wait for a look-up. */
static bool check_is_no_name(const char *name, const char *address, char *ret_sentence)
{
    char host[CONFIG_TEXT_BYTES];
    uint8_t bytes[sizeof(struct in6_addr)];
    size_t length = (size_t)(strrchr(address, ':') - address);
    bool has_brackets = address[0] == '[' && address[length - 1] == ']';
    snprintf(host, sizeof(host), "%.*s", (int)(has_brackets ? length - 2 : length),
             has_brackets ? address + 1 : address);
    if (inet_pton(has_brackets ? AF_INET6 : AF_INET, host, bytes) == 1)
        return true;
    snprintf(ret_sentence, CONFIG_SENTENCE_BYTES,
             "%s must be IP:PORT, for a name would have to be looked up, not \"%.200s\".", name,
             address);
    return false;
}

static void derive_address(char address[CONFIG_TEXT_BYTES], int64_t port)
{
    if (!address[0])
        snprintf(address, CONFIG_TEXT_BYTES, LOOPBACK ":%d", (int)port);
}

static void derive_gateways(struct settings *settings)
{
    if (settings->gateway_address[0])
        return;
    size_t used = 0;
    for (int i = 0; i < GATEWAYS_DEFAULT; i++)
        used += (size_t)snprintf(settings->gateway_address + used, CONFIG_TEXT_BYTES - used,
                                 "%s" LOOPBACK ":%d", i ? "," : "",
                                 (int)settings->internal_port + PORT_GATEWAY + i);
}

static void derive_origins(struct settings *settings)
{
    if (settings->public_origins[0])
        return;
    add_origins(settings, "http", settings->http_port, 80);
    add_origins(settings, "https", settings->https_port, 443);
}

/* As browsers write them: the scheme's usual port is left out. */
static void add_origins(struct settings *settings, const char *scheme, int64_t port,
                        int64_t usual_port)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1"};
    char suffix[8] = "";
    if (port != usual_port)
        snprintf(suffix, sizeof(suffix), ":%u", (unsigned)(uint16_t)port);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        size_t used = strlen(settings->public_origins);
        snprintf(settings->public_origins + used, CONFIG_TEXT_BYTES - used, "%s%s://%s%s",
                 used ? "," : "", scheme, hosts[i], suffix);
    }
}
