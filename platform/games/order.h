/* One wish for a match, for a seat in a live one or for a version of a game, between the pool's
 * thread that waits for it and the loop that fulfils it. Lives until both have let go. */
#ifndef GAMES_ORDER_H
#define GAMES_ORDER_H

#include "games/match_store.h"
#include "games/swap.h"

struct order;

/* A seat of a live match: `player` has a user and a name; the loop fills in where he sits. */
struct seat_wish {
    struct id match;
    struct match_player player;
};

/* Held by the asker and by the loop: two references. NULL without memory. */
struct order *order_create(const struct match_begin *begin);
struct order *order_create_seat(const struct seat_wish *wish);
struct order *order_create_swap(const struct swap_wish *wish);
void order_release(struct order *order);

/* The wish for a seat, or for a change; the asker may read it after the answer. */
struct seat_wish *order_seat(struct order *order);
struct swap_wish *order_swap(struct order *order);

/* The asker: waits until the loop has answered or gives up after `timeout_ms`. */
must_use enum error order_wait(struct order *order, int timeout_ms);

/* The loop. */
const struct match_begin *order_begin(const struct order *order);
int64_t order_since_ms(const struct order *order); /* monotonic */
/* Answers and lets go. False when the asker has given up: the match must not run. */
bool order_answer(struct order *order, enum error error);

#endif
