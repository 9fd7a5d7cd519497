/*
 * gamekit/presence.h: who is here, who is waited for, and who has lost the seat.
 *
 * People lose their connection and come back. A game that ends at once is unkind, one that waits
 * for ever is unkind to the others. This keeps, inside the state, how long each seat has been
 * empty, and gives it up when a limit is passed: once for the first coming, once for each absence,
 * once for all absences together. Sets of seats are bits, as in gk_inputs: bit s is slot s.
 *
 *     struct state { struct gk_presence presence; ... };                  by value
 *     init:   gk_presence_begin(&state->presence, match->player_count, &limits);
 *     join:   if (gk_presence_join(&state->presence, slot)) ...           somebody is here now
 *     leave:  if (gk_presence_leave(&state->presence, slot, reason)) ...  and now no longer
 *     tick:   uint64_t lost = gk_presence_age(&state->presence);          gone since this tick
 *     rules:  gk_presence_away() != 0: pause; gk_presence_staying() too few: forfeit
 *
 * Turn-based games have no clock: they leave out gk_presence_age and may give limits of zero.
 */
#ifndef GAMEKIT_PRESENCE_H
#define GAMEKIT_PRESENCE_H

#include <gamekit/game.h>

/* How long a seat waits, in ticks. */
struct gk_presence_limits {
    uint16_t join_ticks;       /* from the start, for the first coming */
    uint16_t away_ticks;       /* of one absence */
    uint16_t away_ticks_total; /* of all absences of one player */
    uint16_t open_seats;       /* 1: who has not come in time may still come later, see `open` */
};

/* Read it freely, let the functions below change it. */
struct gk_presence {
    uint64_t here;   /* connected */
    uint64_t joined; /* were here at least once */
    uint64_t gone;   /* for good: left, or stayed away too long */
    uint64_t open;   /* nobody has come in time and nobody waits, but whoever comes is welcome */
    struct gk_presence_limits limits;
    uint32_t player_count;
    uint32_t reserved;
    uint16_t away_ticks[GK_PLAYERS_MAX]; /* of this absence */
    uint16_t away_ticks_total[GK_PLAYERS_MAX];
};
GK_STATIC_ASSERT(sizeof(struct gk_presence) == 304, "gk_presence has no padding");

/* The one seat as a set. */
static inline uint64_t gk_presence_seat(uint32_t slot)
{
    return slot < GK_PLAYERS_MAX ? (uint64_t)1 << slot : 0;
}

/* 1 when a set has the seat. */
static inline uint32_t gk_presence_has(uint64_t seats, uint32_t slot)
{
    return (seats & gk_presence_seat(slot)) != 0;
}

/* How many seats a set has. */
static inline uint32_t gk_presence_count(uint64_t seats)
{
    uint32_t count = 0;
    for (; seats != 0; seats &= seats - 1)
        count++;
    return count;
}

/* All seats of the match. */
static inline uint64_t gk_presence_all(const struct gk_presence *presence)
{
    return presence->player_count < GK_PLAYERS_MAX ? gk_presence_seat(presence->player_count) - 1
                                                   : ~(uint64_t)0;
}

/* The seats of those who play: they are here, or are waited for. */
static inline uint64_t gk_presence_staying(const struct gk_presence *presence)
{
    return gk_presence_all(presence) & ~presence->gone & ~presence->open;
}

/* The seats of those who are waited for. */
static inline uint64_t gk_presence_away(const struct gk_presence *presence)
{
    return gk_presence_staying(presence) & ~presence->here;
}

/* The beginning: everybody is away, and has until limits->join_ticks to come. At most
 * GK_PLAYERS_MAX seats are kept. */
static inline void gk_presence_begin(struct gk_presence *presence, uint32_t player_count,
                                     const struct gk_presence_limits *limits)
{
    presence->here = presence->joined = presence->gone = presence->open = 0;
    presence->limits = *limits;
    presence->player_count = player_count < GK_PLAYERS_MAX ? player_count : GK_PLAYERS_MAX;
    presence->reserved = 0;
    for (uint32_t slot = 0; slot < GK_PLAYERS_MAX; slot++)
        presence->away_ticks[slot] = presence->away_ticks_total[slot] = 0;
}

/* For `join`. Returns 1 when the seat is taken now and was not before; 0 when there is no such
 * seat, when its player is here already, or is gone for good. */
static inline uint32_t gk_presence_join(struct gk_presence *presence, uint32_t slot)
{
    uint64_t seat = gk_presence_seat(slot) & gk_presence_all(presence);
    if ((seat & ~presence->here & ~presence->gone) == 0)
        return 0;
    presence->here |= seat;
    presence->joined |= seat;
    presence->open &= ~seat;
    presence->away_ticks[slot] = 0;
    return 1;
}

/* For `leave`; `reason` is GK_LEAVE_DISCONNECTED or GK_LEAVE_LEFT. Returns 1 when that changed
 * anything. Who has never come can leave for good too. */
static inline uint32_t gk_presence_leave(struct gk_presence *presence, uint32_t slot,
                                         uint32_t reason)
{
    uint64_t seat = gk_presence_seat(slot) & gk_presence_all(presence);
    uint64_t lost = reason == GK_LEAVE_LEFT ? seat & ~presence->gone : 0;
    if ((presence->here & seat) == 0 && lost == 0)
        return 0;
    presence->here &= ~seat;
    presence->gone |= lost;
    presence->open &= ~lost;
    return 1;
}

/* The ticks that the absent player of a seat still has; 0 for a seat that nobody waits for. */
static inline uint32_t gk_presence_ticks_left(const struct gk_presence *presence, uint32_t slot)
{
    const struct gk_presence_limits *limits = &presence->limits;
    uint64_t seat = gk_presence_seat(slot);
    if ((gk_presence_away(presence) & seat) == 0)
        return 0;
    uint32_t grace = presence->joined & seat ? limits->away_ticks : limits->join_ticks;
    uint32_t away = presence->away_ticks[slot], total = presence->away_ticks_total[slot];
    uint32_t left = away < grace ? grace - away : 0;
    uint32_t left_of_all = total < limits->away_ticks_total ? limits->away_ticks_total - total : 0;
    return presence->joined & seat && left_of_all < left ? left_of_all : left;
}

/* The ticks until the next absent player loses the seat; 0 when nobody is waited for. */
static inline uint32_t gk_presence_ticks_to_loss(const struct gk_presence *presence)
{
    uint32_t least = 0;
    for (uint32_t slot = 0; slot < presence->player_count; slot++) {
        uint32_t left = gk_presence_ticks_left(presence, slot);
        if (left != 0 && (least == 0 || left < least))
            least = left;
    }
    return least;
}

/* One tick has passed for everybody who is away. Returns the seats that are given up by it: they
 * are `gone` now, or `open` where the limits say so and nobody has ever sat there. */
static inline uint64_t gk_presence_age(struct gk_presence *presence)
{
    uint64_t lost = 0;
    for (uint32_t slot = 0; slot < presence->player_count; slot++) {
        uint64_t seat = gk_presence_seat(slot);
        if ((gk_presence_away(presence) & seat) == 0)
            continue;
        presence->away_ticks[slot]++;
        presence->away_ticks_total[slot] += (presence->joined & seat) != 0;
        if (gk_presence_ticks_left(presence, slot) == 0)
            lost |= seat;
    }
    uint64_t open = presence->limits.open_seats ? lost & ~presence->joined : 0;
    presence->open |= open;
    presence->gone |= lost & ~open;
    return lost;
}

/* For `explain`: "here", "away", "gone" or "open". */
static inline const char *gk_presence_word(const struct gk_presence *presence, uint32_t slot)
{
    uint64_t seat = gk_presence_seat(slot);
    if (presence->gone & seat)
        return "gone";
    if (presence->open & seat)
        return "open";
    return presence->here & seat ? "here" : "away";
}

/* For `check`: 1 when the sets do not contradict each other and no limit is passed. */
static inline uint32_t gk_presence_is_sound(const struct gk_presence *presence)
{
    const struct gk_presence_limits *limits = &presence->limits;
    uint64_t all = gk_presence_all(presence);
    if (presence->player_count > GK_PLAYERS_MAX || limits->open_seats > 1 ||
        (presence->joined | presence->gone | presence->open) & ~all ||
        presence->here & ~presence->joined || presence->here & presence->gone ||
        presence->open & (presence->joined | presence->gone))
        return 0;
    for (uint32_t slot = 0; slot < presence->player_count; slot++) {
        uint32_t most =
            gk_presence_seat(slot) & presence->joined ? limits->away_ticks : limits->join_ticks;
        if (presence->away_ticks[slot] > most ||
            presence->away_ticks_total[slot] > limits->away_ticks_total)
            return 0;
    }
    return 1;
}

#endif
