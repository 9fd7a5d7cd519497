/*
 * gamekit_presence_test.c: what gamekit/presence.h promises a game about who is here, who is waited
 * for and who has lost the seat.
 */
#include <gamekit/presence.h>

#include <stdlib.h>
#include <string.h>

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>

#include "gamekit/random.h"
#include "promises.h"

static const struct gk_presence_limits limits = {
    .join_ticks = 20, .away_ticks = 10, .away_ticks_total = 25};
static const struct gk_presence_limits limits_open = {
    .join_ticks = 20, .away_ticks = 10, .away_ticks_total = 25, .open_seats = 1};

static struct gk_presence begun(uint32_t players, const struct gk_presence_limits *with)
{
    struct gk_presence presence;
    memset(&presence, 0xff, sizeof presence);
    gk_presence_begin(&presence, players, with);
    return presence;
}

/* Returns the seats that were lost on the way. */
static uint64_t age(struct gk_presence *presence, uint32_t ticks)
{
    uint64_t lost = 0;
    for (uint32_t i = 0; i < ticks; i++)
        lost |= gk_presence_age(presence);
    return lost;
}

static void test_presence_begins_with_everybody_awaited(void)
{
    struct gk_presence presence = begun(3, &limits);
    CU_ASSERT_EQUAL(gk_presence_away(&presence), 7);
    CU_ASSERT_EQUAL(gk_presence_staying(&presence), 7);
    CU_ASSERT_EQUAL(presence.here, 0);
    CU_ASSERT_EQUAL(gk_presence_ticks_to_loss(&presence), 20);
    CU_ASSERT_EQUAL(gk_presence_is_sound(&presence), 1);
}

static void test_presence_has_all_seats_of_any_count(void)
{
    for (uint32_t players = 0; players <= GK_PLAYERS_MAX; players++) {
        struct gk_presence presence = begun(players, &limits);
        CU_ASSERT_EQUAL(gk_presence_count(gk_presence_all(&presence)), players);
    }
    struct gk_presence presence = begun(1000, &limits);
    CU_ASSERT_EQUAL(gk_presence_count(gk_presence_all(&presence)), GK_PLAYERS_MAX);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 63), 1);
    CU_ASSERT_EQUAL(gk_presence_is_sound(&presence), 1);
}

static void test_presence_join_tells_whether_anything_changed(void)
{
    struct gk_presence presence = begun(2, &limits);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 1), 1);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 1), 0);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 2), 0);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 64), 0);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, UINT32_MAX), 0);
    CU_ASSERT_EQUAL(presence.here, 2);
    CU_ASSERT_EQUAL(gk_presence_away(&presence), 1);
}

static void test_presence_leave_for_good_is_final(void)
{
    struct gk_presence presence = begun(2, &limits);
    gk_presence_join(&presence, 0);
    CU_ASSERT_EQUAL(gk_presence_leave(&presence, 0, GK_LEAVE_LEFT), 1);
    CU_ASSERT_EQUAL(gk_presence_leave(&presence, 0, GK_LEAVE_LEFT), 0);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 0), 0);
    CU_ASSERT_EQUAL(gk_presence_staying(&presence), 2);
    CU_ASSERT_EQUAL(gk_presence_leave(&presence, 1, GK_LEAVE_DISCONNECTED), 0); /* is not here */
    CU_ASSERT_EQUAL(gk_presence_leave(&presence, 1, GK_LEAVE_LEFT), 1);
    CU_ASSERT_EQUAL(gk_presence_leave(&presence, 9, GK_LEAVE_LEFT), 0);
    CU_ASSERT_EQUAL(gk_presence_staying(&presence), 0);
    CU_ASSERT_EQUAL(gk_presence_is_sound(&presence), 1);
}

static void test_presence_gives_up_who_never_comes(void)
{
    struct gk_presence presence = begun(2, &limits);
    gk_presence_join(&presence, 0);
    CU_ASSERT_EQUAL(age(&presence, 19), 0);
    CU_ASSERT_EQUAL(gk_presence_ticks_to_loss(&presence), 1);
    CU_ASSERT_EQUAL(gk_presence_age(&presence), 2);
    CU_ASSERT_EQUAL(presence.gone, 2);
    CU_ASSERT_EQUAL(gk_presence_ticks_to_loss(&presence), 0);
    CU_ASSERT_EQUAL(age(&presence, 100), 0); /* lost once only */
    CU_ASSERT_EQUAL(gk_presence_is_sound(&presence), 1);
}

static void test_presence_gives_up_who_stays_away(void)
{
    struct gk_presence presence = begun(2, &limits);
    age(&presence, 15); /* a late first coming is no absence */
    gk_presence_join(&presence, 0);
    gk_presence_join(&presence, 1);
    CU_ASSERT_EQUAL(presence.away_ticks_total[0], 0);
    gk_presence_leave(&presence, 1, GK_LEAVE_DISCONNECTED);
    CU_ASSERT_EQUAL(age(&presence, 9), 0);
    CU_ASSERT_EQUAL(gk_presence_ticks_left(&presence, 1), 1);
    CU_ASSERT_EQUAL(gk_presence_ticks_left(&presence, 0), 0);
    CU_ASSERT_EQUAL(gk_presence_age(&presence), 2);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 1), 0);
}

static void test_presence_limits_all_absences_together(void)
{
    struct gk_presence presence = begun(1, &limits);
    gk_presence_join(&presence, 0);
    for (uint32_t absence = 0; absence < 3; absence++) {
        gk_presence_leave(&presence, 0, GK_LEAVE_DISCONNECTED);
        CU_ASSERT_EQUAL(gk_presence_ticks_to_loss(&presence), absence < 2 ? 10 : 7);
        CU_ASSERT_EQUAL(age(&presence, absence < 2 ? 9 : 6), 0);
        if (absence < 2)
            CU_ASSERT_EQUAL(gk_presence_join(&presence, 0), 1);
    }
    CU_ASSERT_EQUAL(gk_presence_age(&presence), 1);
    CU_ASSERT_EQUAL(presence.away_ticks_total[0], 25);
}

static void test_presence_says_the_next_loss_of_several(void)
{
    struct gk_presence presence = begun(3, &limits);
    for (uint32_t slot = 0; slot < 3; slot++)
        gk_presence_join(&presence, slot);
    CU_ASSERT_EQUAL(gk_presence_ticks_to_loss(&presence), 0);
    gk_presence_leave(&presence, 2, GK_LEAVE_DISCONNECTED);
    age(&presence, 4);
    gk_presence_leave(&presence, 0, GK_LEAVE_DISCONNECTED);
    CU_ASSERT_EQUAL(gk_presence_ticks_to_loss(&presence), 6);
    CU_ASSERT_EQUAL(age(&presence, 6), 4);
    CU_ASSERT_EQUAL(gk_presence_ticks_to_loss(&presence), 4);
}

static void test_presence_keeps_a_seat_open_for_whoever_comes(void)
{
    struct gk_presence presence = begun(3, &limits_open);
    gk_presence_join(&presence, 0);
    CU_ASSERT_EQUAL(age(&presence, 20), 6);
    CU_ASSERT_EQUAL(presence.open, 6);
    CU_ASSERT_EQUAL(presence.gone, 0);
    CU_ASSERT_EQUAL(gk_presence_staying(&presence), 1);
    CU_ASSERT_EQUAL(gk_presence_away(&presence), 0);
    age(&presence, 1000);
    CU_ASSERT_EQUAL(gk_presence_join(&presence, 2), 1);
    CU_ASSERT_EQUAL(presence.open, 2);
    CU_ASSERT_EQUAL(gk_presence_staying(&presence), 5);
    gk_presence_leave(&presence, 2, GK_LEAVE_DISCONNECTED); /* from now on as any other */
    CU_ASSERT_EQUAL(age(&presence, 10), 4);
    CU_ASSERT_EQUAL(presence.gone, 4);
    CU_ASSERT_EQUAL(gk_presence_leave(&presence, 1, GK_LEAVE_LEFT), 1);
    CU_ASSERT_EQUAL(presence.open, 0);
    CU_ASSERT_EQUAL(gk_presence_is_sound(&presence), 1);
}

static void test_presence_has_a_word_for_each_seat(void)
{
    struct gk_presence presence = begun(4, &limits_open);
    gk_presence_join(&presence, 0);
    gk_presence_join(&presence, 1);
    age(&presence, 20);
    gk_presence_leave(&presence, 1, GK_LEAVE_DISCONNECTED);
    gk_presence_leave(&presence, 2, GK_LEAVE_LEFT);
    CU_ASSERT_STRING_EQUAL(gk_presence_word(&presence, 0), "here");
    CU_ASSERT_STRING_EQUAL(gk_presence_word(&presence, 1), "away");
    CU_ASSERT_STRING_EQUAL(gk_presence_word(&presence, 2), "gone");
    CU_ASSERT_STRING_EQUAL(gk_presence_word(&presence, 3), "open");
}

static void test_presence_check_finds_contradictions(void)
{
    struct gk_presence sound = begun(2, &limits), wrong;
    gk_presence_join(&sound, 0);
    CU_ASSERT_EQUAL(gk_presence_is_sound(&sound), 1);
#define WRONG(field, value)                                                                        \
    do {                                                                                           \
        wrong = sound;                                                                             \
        wrong.field = (value);                                                                     \
        CU_ASSERT_EQUAL(gk_presence_is_sound(&wrong), 0);                                          \
    } while (0)
    WRONG(gone, 1);
    WRONG(gone, 4);
    WRONG(joined, 0);
    WRONG(joined, 5);
    WRONG(open, 1);
    WRONG(player_count, 65);
    WRONG(away_ticks[0], 11);
    WRONG(away_ticks[1], 21);
    WRONG(away_ticks_total[0], 26);
    WRONG(limits.open_seats, 2);
#undef WRONG
}

static void test_presence_stays_sound_whatever_happens(void)
{
    struct gk_random chance;
    uint32_t lost = 0;
    gk_random_seed(&chance, 1, 1);
    for (uint32_t match = 0; match < 300; match++) {
        struct gk_presence presence = begun(1 + match % 64, match % 2 ? &limits : &limits_open);
        for (uint32_t i = 0; i < 200; i++) {
            uint32_t slot = gk_random_below(&chance, 66), what = gk_random_below(&chance, 20);
            if (what < 12)
                gk_presence_join(&presence, slot);
            else if (what < 19)
                gk_presence_leave(&presence, slot, GK_LEAVE_DISCONNECTED);
            else
                gk_presence_leave(&presence, slot, GK_LEAVE_LEFT);
            lost += gk_presence_count(gk_presence_age(&presence));
            CU_ASSERT_EQUAL_FATAL(gk_presence_is_sound(&presence), 1);
            CU_ASSERT_EQUAL_FATAL(gk_presence_away(&presence) & ~gk_presence_staying(&presence), 0);
        }
    }
    CU_ASSERT(lost > 100);
}

static CU_TestInfo promises[] = {
    PROMISE(test_presence_begins_with_everybody_awaited),
    PROMISE(test_presence_has_all_seats_of_any_count),
    PROMISE(test_presence_join_tells_whether_anything_changed),
    PROMISE(test_presence_leave_for_good_is_final),
    PROMISE(test_presence_gives_up_who_never_comes),
    PROMISE(test_presence_gives_up_who_stays_away),
    PROMISE(test_presence_limits_all_absences_together),
    PROMISE(test_presence_says_the_next_loss_of_several),
    PROMISE(test_presence_keeps_a_seat_open_for_whoever_comes),
    PROMISE(test_presence_has_a_word_for_each_seat),
    PROMISE(test_presence_check_finds_contradictions),
    PROMISE(test_presence_stays_sound_whatever_happens),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("gamekit_presence", promises);
}
