/* What may happen in a room, and what a cursor may be. */
#include "rooms/cursor.h"
#include "rooms/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "promises.h"

static struct room_member members[ROOM_MEMBERS_MAX];

/* A room of 2 to 2 players without members; `add` fills it. */
static struct room empty_room(void)
{
    memset(members, 0, sizeof members);
    return (struct room){.players_min = 2,
                         .players_max = 2,
                         .teams = 2,
                         .settings = {.options = "{}", .seats = 2},
                         .members = members};
}

static void add(struct room *room, const char *user, enum room_role role, bool ready)
{
    int seat = role == ROOM_PLAYER ? room_free_seat(room) : ROOM_SEAT_NONE;
    struct room_member *member = &members[room->member_count++];
    snprintf(member->user, sizeof member->user, "%s", user);
    member->role = role;
    member->ready = ready;
    member->seat = seat;
    member->team = ROOM_TEAM_NONE;
    if (room->member_count == 1)
        snprintf(room->host, sizeof room->host, "%s", user);
}

/* A room of up to four seats. */
static struct room large_room(int teams)
{
    struct room room = empty_room();
    room.players_max = room.settings.seats = 4;
    room.teams = teams;
    return room;
}

static struct room room_of_two(bool guest_ready)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_PLAYER, false);
    add(&room, "bob", ROOM_PLAYER, guest_ready);
    return room;
}

static void test_room_join_takes_a_free_seat(void)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_PLAYER, false);
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, false, false), OK);
    CU_ASSERT_EQUAL(room_free_seat(&room), 1);
}

static void test_room_join_refuses_a_full_room(void)
{
    struct room room = room_of_two(false);
    CU_ASSERT_EQUAL(room_may_join(&room, "cid", ROOM_PLAYER, true, false), ERROR_ROOM_FULL);
    CU_ASSERT_EQUAL(room_may_join(&room, "cid", ROOM_SPECTATOR, true, false), OK);
}

static void test_room_join_refuses_more_spectators_than_the_limit(void)
{
    struct room room = room_of_two(false);
    for (int i = 0; i < ROOM_SPECTATORS_MAX; i++) {
        char user[8];
        snprintf(user, sizeof user, "s%d", i);
        CU_ASSERT_EQUAL(room_may_join(&room, user, ROOM_SPECTATOR, true, false), OK);
        add(&room, user, ROOM_SPECTATOR, false);
    }
    CU_ASSERT_EQUAL(room_may_join(&room, "one more", ROOM_SPECTATOR, true, false), ERROR_ROOM_FULL);
}

static void test_room_join_refuses_a_member_unless_the_other_role_is_asked_for(void)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_PLAYER, false);
    add(&room, "bob", ROOM_SPECTATOR, false);
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, false, false),
                    ERROR_ROOM_ALREADY_MEMBER);
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_SPECTATOR, true, false),
                    ERROR_ROOM_ALREADY_MEMBER);
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, true, false), OK);
    CU_ASSERT_EQUAL(room_may_join(&room, "ann", ROOM_SPECTATOR, true, false), OK);
}

static void test_room_join_refuses_who_was_kicked(void)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_PLAYER, false);
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_SPECTATOR, true, true), ERROR_ROOM_KICKED);
}

static void test_room_join_lets_only_watchers_in_while_a_match_is_played(void)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_PLAYER, false);
    for (int state = ROOM_STARTING; state <= ROOM_PLAYING; state++) {
        room.state = state;
        CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, true, false), ERROR_ROOM_IN_MATCH);
        CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_SPECTATOR, true, false), OK);
        CU_ASSERT_EQUAL(room_may_join(&room, "ann", ROOM_SPECTATOR, true, false),
                        ERROR_ROOM_IN_MATCH);
    }
}

static void test_room_seat_that_was_left_is_given_again(void)
{
    struct room room = room_of_two(false);
    members[0] = members[1];
    room.member_count = 1;
    CU_ASSERT_EQUAL(room_free_seat(&room), 0);
    room.settings.seats = 64;
    CU_ASSERT_EQUAL(room_free_seat(&room), 0);
}

static void test_room_has_as_many_seats_as_its_host_says(void)
{
    struct room room = large_room(4);
    add(&room, "ann", ROOM_PLAYER, false);
    add(&room, "bob", ROOM_PLAYER, false);
    add(&room, "cid", ROOM_PLAYER, false);
    members[1] = members[2];
    room.member_count = 2; /* in the seats 0 and 2 */
    room.settings.seats = 2;
    CU_ASSERT_EQUAL(room_free_seat(&room), ROOM_SEAT_NONE);
    CU_ASSERT_EQUAL(room_may_join(&room, "dan", ROOM_PLAYER, true, false), ERROR_ROOM_FULL);
    room.settings.seats = 3;
    CU_ASSERT_EQUAL(room_free_seat(&room), 1);
}

static void test_room_lets_late_players_in_only_where_its_host_wants_them(void)
{
    struct room room = large_room(4);
    add(&room, "ann", ROOM_PLAYER, false);
    add(&room, "eve", ROOM_SPECTATOR, false);
    room.settings.late_join = true;
    room.state = ROOM_PLAYING;
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, false, false), OK);
    CU_ASSERT_EQUAL(room_may_join(&room, "eve", ROOM_PLAYER, true, false), OK);
    CU_ASSERT_EQUAL(room_may_join(&room, "ann", ROOM_SPECTATOR, true, false), ERROR_ROOM_IN_MATCH);
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, false, true), ERROR_ROOM_KICKED);
    room.settings.seats = 1;
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, false, false), ERROR_ROOM_FULL);
    room.settings.seats = 4;
    room.state = ROOM_STARTING; /* there is no match yet to have a seat in */
    CU_ASSERT_EQUAL(room_may_join(&room, "bob", ROOM_PLAYER, false, false), ERROR_ROOM_IN_MATCH);
}

static void test_room_update_is_the_hosts_and_waits_for_the_end(void)
{
    struct room room = room_of_two(false);
    CU_ASSERT_EQUAL(room_may_update(&room, "ann"), OK);
    CU_ASSERT_EQUAL(room_may_update(&room, "bob"), ERROR_ROOM_NOT_HOST);
    CU_ASSERT_EQUAL(room_may_update(&room, "zoe"), ERROR_ROOM_NOT_MEMBER);
    room.state = ROOM_PLAYING;
    CU_ASSERT_EQUAL(room_may_update(&room, "ann"), ERROR_ROOM_IN_MATCH);
}

static void test_room_settings_that_do_not_fit_are_named(void)
{
    static const struct game_mode plain = {2, 4, 2, false, false, false},
                                  botted = {2, 4, 2, true, false, false},
                                  open = {2, 4, 2, false, true, false};
    static const struct {
        struct room_settings settings;
        const struct game_mode *mode;
        const char *field; /* NULL: they fit */
    } cases[] = {
        {{"{}", 0, 4, false}, &plain, NULL},      {{"{}", 0, 2, false}, &plain, NULL},
        {{"{}", 0, 1, false}, &plain, "seats"},   {{"{}", 0, 5, false}, &plain, "seats"},
        {{"{}", 1, 4, false}, &plain, "bots"},    {{"{}", 3, 4, true}, &botted, NULL},
        {{"{}", 0, 4, true}, &open, NULL},        {{"{}", 0, 4, true}, &botted, "lateJoin"},
        {{"{}", 0, 4, true}, &plain, "lateJoin"},
    };
    struct room room = large_room(2);
    add(&room, "ann", ROOM_PLAYER, false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *field = "", *sentence = "";
        enum error error =
            room_may_have(&room, &cases[i].settings, cases[i].mode, &field, &sentence);
        CU_ASSERT_EQUAL(error, cases[i].field ? ERROR_VALIDATION : OK);
        CU_ASSERT_STRING_EQUAL(field, cases[i].field ? cases[i].field : "");
    }
    add(&room, "bob", ROOM_PLAYER, false);
    add(&room, "cid", ROOM_PLAYER, false);
    const char *field, *sentence;
    CU_ASSERT_EQUAL(room_may_have(&room, &cases[1].settings, &plain, &field, &sentence),
                    ERROR_VALIDATION);
    CU_ASSERT_STRING_EQUAL(field, "seats");
}

static void test_room_start_with_bots_needs_one_player_and_an_open_game_its_least(void)
{
    struct room room = large_room(4);
    add(&room, "ann", ROOM_SPECTATOR, false);
    room.settings.bots = 1;
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), ERROR_ROOM_TOO_FEW_PLAYERS);
    add(&room, "bob", ROOM_PLAYER, true);
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), OK);
    CU_ASSERT_EQUAL(room_slot_count(&room), 4);
    room.settings.bots = 0;
    room.open_seats = room.settings.late_join = true;
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), ERROR_ROOM_TOO_FEW_PLAYERS);
    add(&room, "cid", ROOM_PLAYER, true);
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), OK);
    CU_ASSERT_EQUAL(room_slot_count(&room), 4);
    room.settings.late_join = false; /* nobody will ever come */
    CU_ASSERT_EQUAL(room_slot_count(&room), 2);
}

static void test_room_deals_slots_by_seat_when_nobody_cares(void)
{
    int slots[ROOM_MEMBERS_MAX];
    struct room room = large_room(2);
    add(&room, "ann", ROOM_PLAYER, false);
    add(&room, "eve", ROOM_SPECTATOR, false);
    add(&room, "bob", ROOM_PLAYER, false);
    add(&room, "cid", ROOM_PLAYER, false);
    members[3].seat = 3; /* there was somebody between */
    room_deal_slots(&room, slots);
    CU_ASSERT_EQUAL(slots[0], 0);
    CU_ASSERT_EQUAL(slots[1], -1);
    CU_ASSERT_EQUAL(slots[2], 1);
    CU_ASSERT_EQUAL(slots[3], 2);
}

static void test_room_deals_slots_by_team_as_long_as_it_has_room(void)
{
    static const char *const names[] = {"ann", "bob", "cid", "dan"};
    int slots[ROOM_MEMBERS_MAX];
    struct room room = large_room(2);
    for (int i = 0; i < 4; i++)
        add(&room, names[i], ROOM_PLAYER, false);
    members[1].team = members[2].team = members[3].team = 0; /* one too many: seats 0 and 2 */
    room_deal_slots(&room, slots);
    CU_ASSERT_EQUAL(slots[1], 0);
    CU_ASSERT_EQUAL(slots[2], 2);
    CU_ASSERT_EQUAL(slots[0], 1);
    CU_ASSERT_EQUAL(slots[3], 3);
    room.member_count = 2; /* with seats for bots the teams may be of unlike strength */
    members[0].team = members[1].team = 1;
    room_deal_slots(&room, slots);
    CU_ASSERT_EQUAL(slots[0], 1);
    CU_ASSERT_EQUAL(slots[1], 0);
    room.settings.bots = 2;
    room_deal_slots(&room, slots);
    CU_ASSERT_EQUAL(slots[0], 1);
    CU_ASSERT_EQUAL(slots[1], 3);
}

static void test_room_team_is_one_of_the_modes(void)
{
    struct room room = room_of_two(false);
    CU_ASSERT_EQUAL(room_may_choose_team(&room, "ann", 1), OK);
    CU_ASSERT_EQUAL(room_may_choose_team(&room, "ann", ROOM_TEAM_NONE), OK);
    CU_ASSERT_EQUAL(room_may_choose_team(&room, "ann", 2), ERROR_VALIDATION);
    CU_ASSERT_EQUAL(room_may_choose_team(&room, "zoe", 1), ERROR_ROOM_NOT_MEMBER);
    room.state = ROOM_PLAYING;
    CU_ASSERT_EQUAL(room_may_choose_team(&room, "ann", 1), ERROR_ROOM_IN_MATCH);
}

static void test_room_host_becomes_who_has_been_there_longest(void)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_PLAYER, false);
    add(&room, "bob", ROOM_SPECTATOR, false);
    add(&room, "cid", ROOM_PLAYER, false);
    CU_ASSERT_STRING_EQUAL(room_next_host(&room, "ann")->user, "bob");
    CU_ASSERT_STRING_EQUAL(room_next_host(&room, "bob")->user, "ann");
    room.member_count = 1;
    CU_ASSERT_PTR_NULL(room_next_host(&room, "ann"));
}

static void test_room_ready_is_for_players_of_an_open_room(void)
{
    struct room room = room_of_two(false);
    add(&room, "eve", ROOM_SPECTATOR, false);
    CU_ASSERT_EQUAL(room_may_ready(&room, "bob"), OK);
    CU_ASSERT_EQUAL(room_may_ready(&room, "ann"), OK);
    CU_ASSERT_EQUAL(room_may_ready(&room, "eve"), ERROR_ROOM_NOT_PLAYER);
    CU_ASSERT_EQUAL(room_may_ready(&room, "zoe"), ERROR_ROOM_NOT_MEMBER);
    room.state = ROOM_PLAYING;
    CU_ASSERT_EQUAL(room_may_ready(&room, "bob"), ERROR_ROOM_IN_MATCH);
}

static void test_room_start_waits_for_everybody_but_the_host(void)
{
    struct room room = room_of_two(false);
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), ERROR_ROOM_NOT_READY);
    room = room_of_two(true);
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), OK);
    add(&room, "eve", ROOM_SPECTATOR, false);
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), OK);
}

static void test_room_start_is_the_hosts(void)
{
    struct room room = room_of_two(true);
    CU_ASSERT_EQUAL(room_may_start(&room, "bob"), ERROR_ROOM_NOT_HOST);
    CU_ASSERT_EQUAL(room_may_start(&room, "zoe"), ERROR_ROOM_NOT_MEMBER);
}

static void test_room_start_by_a_watching_host_wants_all_players_ready(void)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_SPECTATOR, false);
    add(&room, "bob", ROOM_PLAYER, true);
    add(&room, "cid", ROOM_PLAYER, false);
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), ERROR_ROOM_NOT_READY);
    members[2].ready = true;
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), OK);
}

static void test_room_start_refuses_too_few_players(void)
{
    struct room room = empty_room();
    add(&room, "ann", ROOM_PLAYER, false);
    add(&room, "eve", ROOM_SPECTATOR, true);
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), ERROR_ROOM_TOO_FEW_PLAYERS);
}

static void test_room_start_refuses_a_second_start(void)
{
    struct room room = room_of_two(true);
    room.state = ROOM_STARTING;
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), ERROR_ROOM_IN_MATCH);
    room.state = ROOM_PLAYING;
    CU_ASSERT_EQUAL(room_may_start(&room, "ann"), ERROR_ROOM_IN_MATCH);
}

static void test_room_kick_is_the_hosts_and_never_of_himself(void)
{
    struct room room = room_of_two(false);
    CU_ASSERT_EQUAL(room_may_kick(&room, "ann", "bob"), OK);
    CU_ASSERT_EQUAL(room_may_kick(&room, "ann", "ann"), ERROR_VALIDATION);
    CU_ASSERT_EQUAL(room_may_kick(&room, "ann", "zoe"), ERROR_USER_NOT_FOUND);
    CU_ASSERT_EQUAL(room_may_kick(&room, "bob", "ann"), ERROR_ROOM_NOT_HOST);
    CU_ASSERT_EQUAL(room_may_kick(&room, "zoe", "ann"), ERROR_ROOM_NOT_MEMBER);
}

static void test_room_delete_refuses_a_room_with_a_match(void)
{
    struct room room = room_of_two(false);
    CU_ASSERT_EQUAL(room_may_delete(&room, "ann"), OK);
    CU_ASSERT_EQUAL(room_may_delete(&room, "bob"), ERROR_ROOM_NOT_HOST);
    room.state = ROOM_PLAYING;
    CU_ASSERT_EQUAL(room_may_delete(&room, "ann"), ERROR_ROOM_IN_MATCH);
}

static void test_room_name_is_the_makers_unless_he_says_another(void)
{
    char name[ROOM_NAME_BYTES];
    CU_ASSERT_TRUE(room_choose_name(NULL, "ann", name));
    CU_ASSERT_STRING_EQUAL(name, "ann's room");
    CU_ASSERT_TRUE(room_choose_name("  <b>Zoë & co</b> ", "ann", name));
    CU_ASSERT_STRING_EQUAL(name, "<b>Zoë & co</b>");
    CU_ASSERT_FALSE(room_choose_name("   ", "ann", name));
}

static void test_cursor_comes_back_as_it_went(void)
{
    char text[CURSOR_BYTES];
    struct cursor cursor;
    cursor_print(1767225600123, "019b76da-a800-7000-8000-000000000001", text);
    CU_ASSERT_TRUE(cursor_parse(text, &cursor));
    CU_ASSERT_STRING_EQUAL(cursor.moment, "2026-01-01T00:00:00.123Z");
    CU_ASSERT_STRING_EQUAL(cursor.id, "019b76da-a800-7000-8000-000000000001");
}

static void test_cursor_that_is_none_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "1",
        ".",
        "-1.019b76da-a800-7000-8000-000000000001",
        " 1.019b76da-a800-7000-8000-000000000001",
        "1.019b76da-a800-7000-8000-00000000000",
        "1.019b76da-a800-7000-8000-000000000001 ",
        "99999999999999999999999.019b76da-a800-7000-8000-000000000001",
        "253402300800000.019b76da-a800-7000-8000-000000000001",
        "1;drop table rooms",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cursor cursor;
        CU_ASSERT_FALSE(cursor_parse(bad[i], &cursor));
    }
}

static CU_TestInfo promises[] = {
    PROMISE(test_room_join_takes_a_free_seat),
    PROMISE(test_room_join_refuses_a_full_room),
    PROMISE(test_room_join_refuses_more_spectators_than_the_limit),
    PROMISE(test_room_join_refuses_a_member_unless_the_other_role_is_asked_for),
    PROMISE(test_room_join_refuses_who_was_kicked),
    PROMISE(test_room_join_lets_only_watchers_in_while_a_match_is_played),
    PROMISE(test_room_seat_that_was_left_is_given_again),
    PROMISE(test_room_has_as_many_seats_as_its_host_says),
    PROMISE(test_room_lets_late_players_in_only_where_its_host_wants_them),
    PROMISE(test_room_update_is_the_hosts_and_waits_for_the_end),
    PROMISE(test_room_settings_that_do_not_fit_are_named),
    PROMISE(test_room_start_with_bots_needs_one_player_and_an_open_game_its_least),
    PROMISE(test_room_deals_slots_by_seat_when_nobody_cares),
    PROMISE(test_room_deals_slots_by_team_as_long_as_it_has_room),
    PROMISE(test_room_team_is_one_of_the_modes),
    PROMISE(test_room_host_becomes_who_has_been_there_longest),
    PROMISE(test_room_ready_is_for_players_of_an_open_room),
    PROMISE(test_room_start_waits_for_everybody_but_the_host),
    PROMISE(test_room_start_is_the_hosts),
    PROMISE(test_room_start_by_a_watching_host_wants_all_players_ready),
    PROMISE(test_room_start_refuses_too_few_players),
    PROMISE(test_room_start_refuses_a_second_start),
    PROMISE(test_room_kick_is_the_hosts_and_never_of_himself),
    PROMISE(test_room_delete_refuses_a_room_with_a_match),
    PROMISE(test_room_name_is_the_makers_unless_he_says_another),
    PROMISE(test_cursor_comes_back_as_it_went),
    PROMISE(test_cursor_that_is_none_is_refused),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("rooms/rules", promises);
}
