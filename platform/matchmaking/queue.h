/*
 * Who waits, and which groups are being made into matches: in Redis, each step one script, so that
 * any number of instances may work on the same queues.
 *
 *   matchmaking:ticket:USER      hash game mode since_ms name guest arrival state [group] [absent]
 *   matchmaking:queue:GAME:MODE  sorted set of users by arrival
 *   matchmaking:queues           set of GAME:MODE where somebody waits
 *   matchmaking:arrivals         counter
 *   matchmaking:groups           sorted set of groups by the end of their lease, unix ms
 *   matchmaking:group:ID         hash game mode players attempts
 *   matchmaking:pause:GAME:MODE  there while a queue rests after a failure
 *   matchmaking:told:GAME:MODE   how many waited when those who wait were last told
 *
 * A ticket is in a queue (state `waiting`) or in one group (state `found`), never in both. A group
 * belongs to whoever holds its lease; when the lease ends, anybody may take it over. Reads
 * online:USER and playing:USER. Any thread.
 */
#ifndef MATCHMAKING_QUEUE_H
#define MATCHMAKING_QUEUE_H

#include "matchmaking/grouping.h"
#include "service/service.h"

#define QUEUE_CANDIDATES_MAX 128 /* looked at in one step, from the front */
#define QUEUE_PAUSE_MS       "2000"
#define QUEUE_NAME_BYTES     (GAME_ID_BYTES + GAME_MODE_BYTES)

struct ticket {
    char game[GAME_ID_BYTES], mode[GAME_MODE_BYTES];
    bool is_found; /* its match is being made */
    int64_t since_unix_ms;
    int64_t waiting; /* how many wait in its queue */
};

struct group {
    char id[ID_TEXT_BYTES];
    char game[GAME_ID_BYTES], mode[GAME_MODE_BYTES];
    json_t *players; /* owned: [{user,name,guest}] */
    int64_t attempts;
};
void group_finish(struct group *group);

/* ERROR_ALREADY_QUEUED, ERROR_ALREADY_IN_MATCH. */
must_use enum error queue_join(struct service_context *context, const struct caller *caller,
                               const char *game, const char *mode, int64_t now_unix_ms,
                               struct ticket *ret_ticket);
/* ERROR_NOT_QUEUED. */
must_use enum error queue_find(struct service_context *context, const char *user,
                               struct ticket *ret_ticket);
/* ERROR_NOT_QUEUED, also when the match is already being made. */
must_use enum error queue_leave(struct service_context *context, const char *user);

/* The queues where somebody waits; the caller redis_frees. */
must_use enum error queue_list(struct service_context *context, redisReply **ret_names);
/* The front of a queue, in order; notes who is away since when. A queue at rest is empty.
 * `*ret_news`: the number of those who wait has changed since they were last told. */
must_use enum error queue_look(struct service_context *context, const char *game, const char *mode,
                               int64_t now_unix_ms,
                               struct candidate ret_candidates[QUEUE_CANDIDATES_MAX],
                               int *ret_count, int64_t *ret_waiting, bool *ret_news);
/* Takes those with FATE_DROPPED out, if they still wait. */
must_use enum error queue_drop(struct service_context *context, const char *game, const char *mode,
                               const struct candidate *candidates, int count);
must_use enum error queue_pause(struct service_context *context, const char *game,
                                const char *mode);

/* Makes a group of those with FATE_CHOSEN under a lease. `*ret_taken` is false, and nothing has
 * happened, when one of them no longer waits. */
must_use enum error group_take(struct service_context *context, const char *game, const char *mode,
                               const struct candidate *candidates, int count,
                               int64_t lease_until_unix_ms, struct group *ret_group,
                               bool *ret_taken);
/* A group whose lease has ended; ERROR_NOT_FOUND when there is none. */
must_use enum error group_take_over(struct service_context *context, int64_t now_unix_ms,
                                    int64_t lease_until_unix_ms, struct group *ret_group);
/* The match is there: tickets and group go. `*ret_first` is false when another instance has
 * already done it. */
must_use enum error group_settle(struct service_context *context, const struct group *group,
                                 bool *ret_first);
/* There is no match: the players are back at the front of their queue. */
must_use enum error group_give_back(struct service_context *context, const struct group *group);

#endif
