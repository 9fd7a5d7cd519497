/* The tables matches, match_players, playing: begin, end, read. Pool threads and the results'. */
#ifndef GAMES_MATCH_STORE_H
#define GAMES_MATCH_STORE_H

#include "games/image.h"
#include "games/spool.h"
#include "service/service.h"

#define MATCH_EPOCH_FIRST        1
#define MATCH_BOT_DIFFICULTY_MAX 3

struct match_player {
    struct id user; /* zero: a bot, or nobody yet */
    char name[USERNAME_BYTES];
    int slot, team;
    int bot; /* difficulty 1-3; 0: a person, or nobody yet */
};

/* A match that is to begin. */
struct match_begin {
    struct id id, room;
    const struct image *image; /* borrowed */
    uint32_t mode;             /* index */
    int32_t options[GK_OPTIONS_MAX];
    uint32_t matches_per_worker; /* no more than these in its worker, with itself; 0: any number */
    int slot_count;
    struct match_player players[GK_PLAYERS_MAX]; /* by slot */
};

bool match_player_is_person(const struct match_player *player);
bool match_has_bots(const struct match_begin *begin);

/* Writes a live match. ERROR_ALREADY_IN_MATCH when one of the players is in another one. */
must_use enum error match_store_begin(struct service_context *context,
                                      const struct match_begin *begin, const char *run,
                                      int64_t now_unix_ms);
/* Writes who has come to `slot` of a match that goes on: first the right to it, then, in the same
 * transaction, the seat. ERROR_MATCH_OVER, ERROR_ALREADY_IN_MATCH. */
must_use enum error match_store_admit(struct database *database, const char *match,
                                      const char *user);
must_use enum error match_store_seat(struct database *database, const char *match,
                                     const struct match_player *player);
/* Takes it back: it never began. */
void match_store_forget(struct service_context *context, const struct id *match);
/* Writes what it came to, and the outbox row, in one transaction. `ret_accepted` false: the match
 * is not live (any more), nothing was written. */
must_use enum error match_store_end(struct service_context *context,
                                    const struct match_result *result, bool *ret_accepted);

/* The match as docs/protocol.md has it; `*ret_match` is the caller's. ERROR_MATCH_NOT_FOUND. */
must_use enum error match_store_get(struct database *database, const char *match,
                                    json_t **ret_match);

const char *match_reason_text(uint32_t reason); /* SPOOL_REASON_ */

#endif
