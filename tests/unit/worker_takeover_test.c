/*
 * Where one process of a worker ends and the next one begins: parking, rehearsing, taking over from
 * another schema, and running again what another version has played. The test is the supervisor.
 * The games are versions of the counter, see counter.c; TEST_TURNS is the counter in turns.
 */
#include "games/carry.h"
#include "host/hash.h"
#include "promises.h"
#include "worker_driver.h"

/* The state of the counter, schema 1. */
struct counted {
    uint64_t ticks;
    uint32_t counts[2];
    uint8_t joins[2], leaves[2], left[2], mischief, players;
};

/* Schema 2. */
struct migrated {
    uint64_t migrated_at;
    struct counted counted;
};

static const struct control_match_start beginning = {
    .match = {9}, .seed = 1, .slot_count = 2, .slots = {{.user = {1}}, {.user = {2}}}};

static void begin(const char *game, uint32_t import_bytes)
{
    struct control_ready ready;
    start_worker_with_import(game, import_bytes);
    expect(CONTROL_READY, &ready, sizeof ready);
}

static struct arena_match *match_0(void)
{
    return arena_match_at(worker.arena, 0);
}

/* A match of this version with a commit of ours, for the worker to try or to go on with. */
static void lay_in(struct arena_match *match, const struct counted *counted, enum arena_status as)
{
    struct arena_block *block = arena_step(worker.arena, match);
    match->start = beginning;
    memcpy(arena_state(block), counted, sizeof *counted);
    block->tick = counted->ticks;
    arena_commit(match, block);
    atomic_store(&match->status, as);
}

/* The same as what it has to migrate from. */
static struct arena_import *lay_in_import(const struct counted *counted, enum arena_status as)
{
    struct arena_match *match = match_0();
    struct arena_import *import = arena_import(worker.arena, match);
    match->start = beginning;
    match->imported = 1;
    atomic_store(&match->commits, 0);
    *import = (struct arena_import){.schema = 1, .state_bytes = sizeof *counted};
    import->block = (struct arena_block){.commit = 8, .tick = counted->ticks};
    memcpy(arena_import_state(import), counted, sizeof *counted);
    atomic_store(&match->status, as);
    return import;
}

static struct control_rehearsed rehearse(void)
{
    struct control_rehearsed rehearsed;
    tell(CONTROL_REHEARSE, NULL, 0, -1);
    expect(CONTROL_REHEARSED, &rehearsed, sizeof rehearsed);
    return rehearsed;
}

static void park(void)
{
    tell(CONTROL_PARK, NULL, 0, -1);
    expect(CONTROL_PARKED, NULL, 0);
}

/* The process has died in this callback of the first match. */
static void expect_death_in(enum game_callback callback)
{
    struct pollfd wait = {worker.control, POLLIN, 0};
    uint8_t packet[CONTROL_BYTES_MAX];
    do {
        CU_ASSERT_EQUAL_FATAL(poll(&wait, 1, WAIT_MS), 1);
    } while (recv(worker.control, packet, sizeof packet, 0) > 0);
    CU_ASSERT_EQUAL(atomic_load(&worker.arena->callback_now), callback);
    CU_ASSERT_EQUAL(atomic_load(&worker.arena->match_now), 0);
}

static void test_worker_parks_behind_a_tick_and_sends_its_streams_to_the_next_process(void)
{
    uint8_t body[RECORD_BODY_BYTES_MAX];
    struct record_head head, last = {0};
    struct view view, shown = {0};
    uint32_t ack;
    begin("TEST_COUNTER", 0);
    start_match(9, 0);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    get_view(stream, &view, &ack);
    park();
    while (get(stream, &head, body) && head.type != RECORD_MOVED) {
        last = head;
        memcpy(&shown, body + FRAME_STATE_HEAD_BYTES, sizeof shown);
    }
    CU_ASSERT_EQUAL(head.type, RECORD_MOVED);
    CU_ASSERT_EQUAL(last.type, RECORD_FRAME);
    struct arena_block *block = arena_newest(worker.arena, match_0());
    uint64_t commits = atomic_load(&match_0()->commits);
    CU_ASSERT_EQUAL(block->tick, shown.ticks); /* whatever is committed was shown */
    CU_ASSERT_EQUAL(atomic_load(&match_0()->status), ARENA_LIVE);
    struct control_heartbeat beat;
    expect(CONTROL_HEARTBEAT, &beat, sizeof beat);
    expect(CONTROL_HEARTBEAT, &beat, sizeof beat);
    CU_ASSERT_EQUAL(beat.matches, 0);
    CU_ASSERT_EQUAL(atomic_load(&match_0()->commits), commits); /* and nothing is played */
    resume();
    attach(stream, 2, 9, users[0]);
    get_view(stream, &view, &ack);
    CU_ASSERT(view.ticks > shown.ticks);
    CU_ASSERT_EQUAL(view.joins[0], 1);
    close(stream);
    stop_worker();
}

static void test_worker_parks_at_once_when_it_plays_nothing(void)
{
    begin("TEST_COUNTER", 0);
    park();
    park(); /* twice is once */
    start_match(9, 0);
    stop_worker();
}

static void test_worker_rehearses_on_copies_and_commits_nothing(void)
{
    const struct counted fine = {.ticks = 70, .counts = {3, 4}, .joins = {1, 1}, .players = 2};
    begin("TEST_COUNTER", 0);
    lay_in(match_0(), &fine, ARENA_TRIAL);
    for (int i = 0; i < 2; i++) {
        struct control_rehearsed rehearsed = rehearse();
        CU_ASSERT_EQUAL(rehearsed.matches, 1);
        CU_ASSERT_EQUAL(rehearsed.refused, CONTROL_NONE);
        CU_ASSERT_EQUAL(atomic_load(&match_0()->commits), 1);
        struct arena_block *block = arena_newest(worker.arena, match_0());
        CU_ASSERT_EQUAL(memcmp(arena_state(block), &fine, sizeof fine), 0);
    }
    stop_worker();
}

static void test_worker_names_the_copy_that_cannot_go_on_and_why(void)
{
    const struct counted fine = {.players = 2};
    const struct counted too_long = {.players = 2, .mischief = 201};
    const struct counted broken = {.players = 2, .mischief = 202};
    begin("TEST_COUNTER", 0);
    lay_in(match_0(), &fine, ARENA_TRIAL);
    lay_in(arena_match_at(worker.arena, 1), &broken, ARENA_PARKED); /* not asked for */
    lay_in(arena_match_at(worker.arena, 2), &broken, ARENA_TRIAL);
    struct control_rehearsed rehearsed = rehearse();
    CU_ASSERT_EQUAL(rehearsed.refused, 2);
    CU_ASSERT_STRING_EQUAL(rehearsed.why, "an invariant of the game is broken");
    lay_in(arena_match_at(worker.arena, 2), &too_long, ARENA_TRIAL);
    rehearsed = rehearse();
    CU_ASSERT_EQUAL(rehearsed.refused, 2);
    CU_ASSERT_STRING_EQUAL(rehearsed.why, "a view is over its size");
    start_match(9, 3); /* and plays all the same */
    stop_worker();
}

static void test_worker_rehearses_a_migration(void)
{
    const struct counted old = {.ticks = 70, .counts = {3, 4}, .players = 2};
    begin("TEST_COUNTER_MIGRATED", sizeof old);
    (void)lay_in_import(&old, ARENA_TRIAL);
    CU_ASSERT_EQUAL(rehearse().refused, CONTROL_NONE);
    CU_ASSERT_EQUAL(match_0()->imported, 1); /* it may be taken over later */
    CU_ASSERT_EQUAL(atomic_load(&match_0()->commits), 0);
    stop_worker();
}

static void test_worker_refuses_what_it_cannot_migrate(void)
{
    const struct counted old = {.ticks = 70, .players = 2};
    begin("TEST_COUNTER_MIGRATED", sizeof old);
    lay_in_import(&old, ARENA_TRIAL)->schema = 7;
    CU_ASSERT_STRING_EQUAL(rehearse().why, "migrate refuses the state");
    lay_in_import(&old, ARENA_TRIAL)->state_bytes = sizeof old - 1;
    CU_ASSERT_STRING_EQUAL(rehearse().why, "migrate refuses the state");
    lay_in_import(&old, ARENA_TRIAL)->state_bytes = UINT32_MAX; /* would read far behind it */
    CU_ASSERT_STRING_EQUAL(rehearse().why, "migrate refuses the state");
    stop_worker();

    begin("TEST_COUNTER_MIGRATED", 0); /* no room for any */
    match_0()->start = beginning;
    match_0()->imported = 1;
    atomic_store(&match_0()->status, ARENA_TRIAL);
    CU_ASSERT_STRING_EQUAL(rehearse().why, "migrate refuses the state");
    stop_worker();

    begin("TEST_COUNTER", sizeof old); /* its version migrates from nothing */
    (void)lay_in_import(&old, ARENA_TRIAL);
    CU_ASSERT_STRING_EQUAL(rehearse().why, "migrate refuses the state");
    stop_worker();
}

static void test_worker_that_dies_in_migrate_leaves_its_name(void)
{
    const struct counted old = {.players = 2};
    begin("TEST_COUNTER_CRASHING", sizeof old);
    (void)lay_in_import(&old, ARENA_TRIAL);
    tell(CONTROL_REHEARSE, NULL, 0, -1);
    expect_death_in(GAME_CALL_MIGRATE);
    stop_worker();
}

static void test_worker_takes_a_match_over_from_another_schema_once(void)
{
    const struct counted old = {.ticks = 70, .counts = {3, 4}, .joins = {1, 1}, .players = 2};
    begin("TEST_COUNTER_MIGRATED", sizeof old);
    (void)lay_in_import(&old, ARENA_LIVE);
    resume();
    struct migrated *state = arena_state(arena_newest(worker.arena, match_0()));
    CU_ASSERT_EQUAL(match_0()->imported, 0);
    CU_ASSERT_EQUAL(state->migrated_at, 70);
    CU_ASSERT_EQUAL(state->counted.counts[1], 4);
    park();
    uint64_t commits = atomic_load(&match_0()->commits);
    CU_ASSERT(commits > 8); /* at which it stood there */
    CU_ASSERT_EQUAL(arena_newest(worker.arena, match_0())->tick, 70 + commits - 8);
    resume(); /* the import is there yet, and is not taken again */
    park();
    CU_ASSERT(atomic_load(&match_0()->commits) > commits);
    stop_worker();
}

/* Nobody plays on a match that is decided, whatever died before it could be told. */
static void test_worker_ends_a_match_whose_last_commit_decides_it(void)
{
    const struct counted decided = {.ticks = 70, .counts = {100, 4}, .players = 2};
    struct control_match_over over;
    for (int imported = 0; imported < 2; imported++) {
        begin(imported ? "TEST_COUNTER_MIGRATED" : "TEST_COUNTER", sizeof decided);
        if (imported)
            (void)lay_in_import(&decided, ARENA_LIVE);
        else
            lay_in(match_0(), &decided, ARENA_LIVE);
        tell(CONTROL_RESUME, NULL, 0, -1);
        expect(CONTROL_MATCH_OVER, &over, sizeof over);
        CU_ASSERT_EQUAL(over.ticks, 70);
        CU_ASSERT_EQUAL(over.result.players[0].outcome, GK_OUTCOME_WIN);
        CU_ASSERT_EQUAL(atomic_load(&match_0()->commits), imported ? 8 : 1);
        stop_worker();
    }
}

/* So that a replay shows what it was. */
static void test_worker_notes_the_hash_of_what_it_took_over(void)
{
    const struct counted old = {.ticks = 70, .counts = {3, 4}, .players = 2};
    const struct migrated taken = {.migrated_at = 70, .counted = old};
    struct arena_entry entries[2];
    begin("TEST_COUNTER_MIGRATED", sizeof old);
    (void)lay_in_import(&old, ARENA_LIVE);
    resume();
    while (atomic_load(&match_0()->commits) < 8 + 2)
        usleep(1000);
    arena_journal_get(worker.arena, match_0(), 0, entries, sizeof entries);
    CU_ASSERT_EQUAL(entries[0].commit, 9);
    CU_ASSERT_EQUAL(entries[0].hash_of, ARENA_HASH_BEFORE);
    CU_ASSERT_EQUAL(entries[0].state_hash, state_hash(&taken, sizeof taken));
    CU_ASSERT_EQUAL(entries[1].hash_of, ARENA_HASH_NONE);
    stop_worker();
}

static void test_worker_that_cannot_take_a_match_over_says_so_on_trial_and_else_ends_it(void)
{
    const struct counted old = {.ticks = 70, .players = 2};
    struct control_fault fault;
    struct control_match_over over;
    begin("TEST_COUNTER_MIGRATED", sizeof old);
    lay_in_import(&old, ARENA_LIVE)->schema = 7;
    atomic_store(&worker.arena->on_trial, 1);
    tell(CONTROL_RESUME, NULL, 0, -1);
    expect(CONTROL_FAULT, &fault, sizeof fault);
    CU_ASSERT_EQUAL(fault.match[0], 9);
    CU_ASSERT_STRING_EQUAL(fault.why, "migrate refuses the state");
    CU_ASSERT_EQUAL(atomic_load(&match_0()->status), ARENA_LIVE); /* it may go back */
    CU_ASSERT_EQUAL(atomic_load(&match_0()->commits), 0);

    atomic_store(&worker.arena->on_trial, 0);
    tell(CONTROL_RESUME, NULL, 0, -1);
    expect(CONTROL_MATCH_OVER, &over, sizeof over);
    CU_ASSERT_EQUAL(over.match[0], 9);
    CU_ASSERT_EQUAL(over.result.reason, 2);
    stop_worker();
}

/* The arena of a process that is no more. */
typedef __typeof__(worker) side;

static side leave(void)
{
    end_worker(SIGKILL);
    return worker;
}

static void forget(side *left)
{
    munmap(left->arena, arena_file_bytes(left->arena));
    close(left->arena_file);
    close(left->image);
}

static struct carry carry_of(const side *which)
{
    return (struct carry){which->arena, arena_match_at(which->arena, 0)};
}

/* The first player counts `times` times `count`, acknowledged as `seq` and so on. Returns the
 * stream on which both players stay. */
static int play(uint32_t seq, int times, uint8_t count)
{
    struct view view;
    uint32_t ack;
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    attach(stream, 2, 9, users[1]);
    for (int i = 0; i < times; i++, seq++) {
        put(stream, RECORD_INPUT, 1, seq, &count, 1);
        do
            while (get_view(stream, &view, &ack).link != 1)
                ;
        while (ack != seq);
    }
    return stream;
}

/* A match of `game` in which three was counted, parked. */
static side play_and_park(const char *game)
{
    begin(game, 0);
    start_match(9, 0);
    int stream = play(11, 1, 3);
    park();
    close(stream);
    return leave();
}

/* The match goes on in a worker of `game`, where three times five is counted. */
static side play_away(const side *from, const char *game)
{
    begin(game, 0);
    const struct carry left = carry_of(from), to = carry_of(&worker);
    CU_ASSERT(carry_match(&left, &to, &beginning));
    atomic_store(&match_0()->status, ARENA_LIVE);
    resume();
    int stream = play(21, 3, 5);
    side away = leave();
    close(stream);
    return away;
}

/* To a worker of `game`, from where it was left, with what was played away. */
static void come_back(const char *game, const side *from, const side *away)
{
    begin(game, 0);
    const struct carry to = carry_of(&worker), gone = carry_of(away);
    const struct carry left = from ? carry_of(from) : to;
    CU_ASSERT(carry_back(&left, &gone, &to, &beginning));
    atomic_store(&match_0()->status, ARENA_LIVE);
    resume();
}

static const struct counted *counted_in(const side *which)
{
    return arena_state(arena_newest(which->arena, arena_match_at(which->arena, 0)));
}

static void test_worker_runs_again_what_was_played_elsewhere_to_the_same_bytes(void)
{
    for (int began_there = 0; began_there < 2; began_there++) {
        side left = play_and_park("TEST_TURNS"), away = play_away(&left, "TEST_TURNS");
        come_back("TEST_TURNS", began_there ? NULL : &left, &away);
        park(); /* not before it has caught up */
        struct arena_block *last = arena_newest(away.arena, arena_match_at(away.arena, 0));
        struct arena_block *block = arena_newest(worker.arena, match_0());
        CU_ASSERT_EQUAL(block->commit, last->commit);
        CU_ASSERT_EQUAL(block->tick, last->tick);
        CU_ASSERT_EQUAL(block->joined, last->joined);
        CU_ASSERT_EQUAL(block->journaled, last->journaled);
        CU_ASSERT_EQUAL(block->ack[0], 23);
        CU_ASSERT_EQUAL(counted_in(&worker)->counts[0], 3 + 3 * 5);
        CU_ASSERT_EQUAL(memcmp(counted_in(&worker), counted_in(&away), sizeof(struct counted)), 0);
        CU_ASSERT_EQUAL(match_0()->rerun_to, 0);
        stop_worker();
        forget(&away);
        forget(&left);
    }
}

static void test_worker_runs_again_by_its_own_rules_and_shows_no_tick_again(void)
{
    struct view view;
    uint32_t ack;
    side left = play_and_park("TEST_COUNTER"), away = play_away(&left, "TEST_COUNTER_DOUBLED");
    CU_ASSERT_EQUAL(counted_in(&away)->counts[0], 3 + 3 * 10);
    come_back("TEST_COUNTER", &left, &away);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    get_view(stream, &view, &ack);
    CU_ASSERT(view.ticks > counted_in(&away)->ticks);
    CU_ASSERT_EQUAL(view.counts[0], 3 + 3 * 5);
    CU_ASSERT_EQUAL(view.joins[0], 1); /* he was there all the time */
    CU_ASSERT_EQUAL(view.leaves[0], 0);
    CU_ASSERT_EQUAL(ack, 23);
    close(stream);
    stop_worker();
    forget(&away);
    forget(&left);
}

static void test_worker_uses_what_waited_elsewhere_after_what_was_played(void)
{
    struct view view;
    uint32_t ack;
    side left = play_and_park("TEST_COUNTER"), away = play_away(&left, "TEST_COUNTER");
    struct arena_match *gone = arena_match_at(away.arena, 0);
    arena_inputs(gone)[0] = 4;
    gone->inputs_seq[0] = 77;
    gone->inputs_present = 1;
    gone->inputs_commit = atomic_load(&gone->commits) + 1;
    come_back("TEST_COUNTER", &left, &away);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    do
        get_view(stream, &view, &ack);
    while (ack != 77);
    CU_ASSERT_EQUAL(view.counts[0], 3 + 3 * 5 + 4);
    close(stream);
    stop_worker();
    forget(&away);
    forget(&left);
}

/* Another version may have written anything there. */
static void test_worker_does_not_run_again_what_makes_no_sense(void)
{
    for (int fault = 0; fault < 5; fault++) {
        side left = play_and_park("TEST_TURNS"), away = play_away(&left, "TEST_TURNS");
        struct arena_match *gone = arena_match_at(away.arena, 0);
        uint64_t at = arena_newest(left.arena, arena_match_at(left.arena, 0))->journaled;
        struct arena_entry entry;
        arena_journal_get(away.arena, gone, at, &entry, sizeof entry);
        entry.commit += fault == 0;
        entry.came |= fault == 1 ? 4 : 0; /* a slot that is not */
        entry.present = fault == 2 ? ~0ull : entry.present;
        entry.went |= fault == 3 ? 1 : 0;
        entry.came |= fault == 3 ? 1 : 0;
        entry.ticked = fault == 4 ? 0 : entry.ticked; /* and yet an input */
        entry.present = fault == 4 ? 1 : entry.present;
        arena_journal_put(away.arena, gone, at, &entry, sizeof entry);
        come_back("TEST_TURNS", &left, &away);
        park();
        CU_ASSERT_EQUAL(match_0()->rerun_to, 0);
        CU_ASSERT_EQUAL(memcmp(counted_in(&worker), counted_in(&left), sizeof(struct counted)), 0);
        stop_worker();
        forget(&away);
        forget(&left);
    }
}

static CU_TestInfo promises[] = {
    PROMISE(test_worker_parks_behind_a_tick_and_sends_its_streams_to_the_next_process),
    PROMISE(test_worker_parks_at_once_when_it_plays_nothing),
    PROMISE(test_worker_rehearses_on_copies_and_commits_nothing),
    PROMISE(test_worker_names_the_copy_that_cannot_go_on_and_why),
    PROMISE(test_worker_rehearses_a_migration),
    PROMISE(test_worker_refuses_what_it_cannot_migrate),
    PROMISE(test_worker_that_dies_in_migrate_leaves_its_name),
    PROMISE(test_worker_takes_a_match_over_from_another_schema_once),
    PROMISE(test_worker_ends_a_match_whose_last_commit_decides_it),
    PROMISE(test_worker_notes_the_hash_of_what_it_took_over),
    PROMISE(test_worker_that_cannot_take_a_match_over_says_so_on_trial_and_else_ends_it),
    PROMISE(test_worker_runs_again_what_was_played_elsewhere_to_the_same_bytes),
    PROMISE(test_worker_runs_again_by_its_own_rules_and_shows_no_tick_again),
    PROMISE(test_worker_uses_what_waited_elsewhere_after_what_was_played),
    PROMISE(test_worker_does_not_run_again_what_makes_no_sense),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("worker/takeover", promises);
}
