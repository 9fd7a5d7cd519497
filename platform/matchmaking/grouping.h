/* Who plays with whom: by arrival, for now. Pure: the time is handed in. */
#ifndef MATCHMAKING_GROUPING_H
#define MATCHMAKING_GROUPING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/id.h"
#include "core/token.h"
#include "service/game_mode.h"

#define ABSENCE_MS_MAX 5000 /* a reload of the page may take so long; then the place is lost */

enum fate { FATE_WAITS, FATE_CHOSEN, FATE_DROPPED };

struct candidate {
    char user[ID_TEXT_BYTES];
    char name[USERNAME_BYTES];
    bool guest;
    bool is_playing;              /* in a live match by another way */
    int64_t since_unix_ms;        /* when he came */
    int64_t absent_since_unix_ms; /* 0: here */
    enum fate fate;               /* the answer */
};

/*
 * Decides the fate of everybody who waits for one mode; `candidates` in the order of arrival.
 * Dropped: who plays already, and who has been away longer than ABSENCE_MS_MAX. A full group is
 * chosen at once. A mode that also takes fewer starts with whoever is there, when they are enough
 * and the first of them has waited `wait_ms`. Returns how many are chosen, 0 for no group.
 */
int grouping_choose(struct candidate *candidates, int count, const struct game_mode *mode,
                    int64_t wait_ms, int64_t now_unix_ms);

#endif
