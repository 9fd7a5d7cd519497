/* A match that goes over to another arena: byte by byte, and never by its own word. */
#include "games/carry.h"

#include <stdlib.h>

#include "promises.h"

#define STEP_BYTES (sizeof(struct arena_entry) + 3)

static const struct gk_manifest manifest = {
    .state_bytes = 1000, .input_bytes = 3, .players_max = 5, .id = "test"};

static struct arena_head *arena_make_with(const struct gk_manifest *about, uint32_t matches,
                                          uint32_t journal_bytes)
{
    static const uint8_t image[32] = {1, 2, 3};
    struct arena_head head;
    arena_head_init(&head, about, image, matches, 0, journal_bytes);
    void *bytes = NULL;
    CU_ASSERT_EQUAL_FATAL(posix_memalign(&bytes, ARENA_ALIGNMENT, arena_file_bytes(&head)), 0);
    memset(bytes, 0, arena_file_bytes(&head));
    memcpy(bytes, &head, sizeof head);
    return bytes;
}

static struct arena_head *arena_make(const struct gk_manifest *about, uint32_t matches)
{
    return arena_make_with(about, matches, ARENA_JOURNAL_BYTES);
}

/* `commits` steps of noise, and an input that waits. */
static void play(struct arena_head *arena, struct arena_match *match, int commits)
{
    uint8_t noise[STEP_BYTES];
    for (int i = 0; i < commits; i++) {
        struct arena_block *block = arena_step(arena, match);
        for (uint32_t at = 0; at < arena->state_bytes; at++)
            ((uint8_t *)arena_state(block))[at] = (uint8_t)rand();
        for (uint32_t at = 0; at < STEP_BYTES; at++)
            noise[at] = (uint8_t)rand();
        arena_journal_put(arena, match, block->journaled, noise, STEP_BYTES);
        block->journaled += STEP_BYTES;
        block->tick++;
        block->joined = 3;
        block->ack[1] = (uint32_t)i;
        arena_commit(match, block);
    }
    match->inputs_present = 2;
    match->inputs_seq[1] = 77;
    match->inputs_commit = (uint64_t)commits + 1;
    memcpy(arena_inputs(match) + arena->input_bytes, "abc", 3);
    match->leaving = 1;
}

static void test_carry_takes_the_last_commit_and_what_waits_byte_by_byte(void)
{
    struct arena_head *one = arena_make(&manifest, 2), *other = arena_make(&manifest, 3);
    for (int commits = 1; commits <= 5; commits++) {
        const struct control_match_start start = {.match = {9}, .seed = 4, .slot_count = 2};
        struct carry from = {one, arena_match_at(one, 1)}, to = {other, arena_match_at(other, 2)};
        atomic_store(&from.match->commits, 0);
        play(one, from.match, commits);
        from.match->leaving |= 4; /* a slot that is not */
        CU_ASSERT(carry_match(&from, &to, &start));
        struct arena_block *left = arena_newest(one, from.match);
        struct arena_block *taken = arena_newest(other, to.match);
        CU_ASSERT_EQUAL(memcmp(left, taken, sizeof *left), 0);
        CU_ASSERT_EQUAL(memcmp(arena_state(left), arena_state(taken), manifest.state_bytes), 0);
        CU_ASSERT(arena_guard_holds(other, taken));
        CU_ASSERT_EQUAL(atomic_load(&to.match->commits), (uint64_t)commits);
        CU_ASSERT_EQUAL(to.match->inputs_present, 2);
        CU_ASSERT_EQUAL(to.match->inputs_seq[1], 77);
        CU_ASSERT_EQUAL(to.match->inputs_commit, (uint64_t)commits + 1);
        CU_ASSERT_EQUAL(memcmp(arena_inputs(to.match) + 3, "abc", 3), 0);
        CU_ASSERT_EQUAL(to.match->leaving, 1);
        CU_ASSERT_EQUAL(memcmp(&to.match->start, &start, sizeof start), 0);
    }
    free(one);
    free(other);
}

static void test_carry_drops_inputs_of_another_size(void)
{
    struct gk_manifest wider = manifest;
    wider.input_bytes = 8;
    wider.players_max = 2;
    struct arena_head *one = arena_make(&manifest, 1), *other = arena_make(&wider, 1);
    const struct control_match_start start = {.match = {9}};
    struct carry from = {one, arena_match_at(one, 0)}, to = {other, arena_match_at(other, 0)};
    play(one, from.match, 2);
    CU_ASSERT(carry_match(&from, &to, &start));
    CU_ASSERT_EQUAL(to.match->inputs_present, 0);
    CU_ASSERT_EQUAL(atomic_load(&to.match->commits), 2);
    free(one);
    free(other);
}

static void test_carry_of_a_match_without_a_commit_lets_it_begin(void)
{
    struct arena_head *one = arena_make(&manifest, 1), *other = arena_make(&manifest, 1);
    const struct control_match_start start = {.match = {9}};
    struct carry from = {one, arena_match_at(one, 0)}, to = {other, arena_match_at(other, 0)};
    play(other, to.match, 3);
    CU_ASSERT(carry_match(&from, &to, &start));
    CU_ASSERT_EQUAL(atomic_load(&to.match->commits), 0);
    free(one);
    free(other);
}

/* The worker's word for which commit is the last may be any number. */
static void test_carry_refuses_a_commit_that_is_not_there(void)
{
    struct arena_head *one = arena_make(&manifest, 1), *other = arena_make(&manifest, 1);
    const struct control_match_start start = {.match = {9}};
    struct carry from = {one, arena_match_at(one, 0)}, to = {other, arena_match_at(other, 0)};
    play(one, from.match, 3);
    atomic_store(&from.match->commits, UINT64_MAX);
    CU_ASSERT_FALSE(carry_match(&from, &to, &start));
    CU_ASSERT_EQUAL(atomic_load(&to.match->commits), 0);
    memset(one, 0xff, sizeof *one); /* its own head is not looked at */
    free(one);
    free(other);
}

/* Played in `left`, then in `away`, for so many steps each. */
static void play_and_go_away(const struct carry *left, int steps, const struct carry *away,
                             int steps_away, struct arena_head *away_arena,
                             struct arena_head *left_arena)
{
    const struct control_match_start start = {.match = {9}};
    play(left_arena, left->match, steps);
    CU_ASSERT_FATAL(carry_match(left, away, &start));
    play(away_arena, away->match, steps_away);
}

static void test_carry_back_stands_where_it_left_with_all_that_was_played_since_ahead(void)
{
    const struct control_match_start start = {.match = {9}, .seed = 4};
    struct arena_head *one = arena_make(&manifest, 1);
    struct arena_head *longer = arena_make_with(&manifest, 1, 4 * ARENA_JOURNAL_BYTES);
    struct arena_head *home = arena_make_with(&manifest, 1, 2 * ARENA_JOURNAL_BYTES);
    struct carry left = {one, arena_match_at(one, 0)}, away = {longer, arena_match_at(longer, 0)},
                 to = {home, arena_match_at(home, 0)};
    play_and_go_away(&left, 700, &away, 800, longer, one); /* more than a short journal holds */
    CU_ASSERT(carry_back(&left, &away, &to, &start));
    struct arena_block *from = arena_newest(one, left.match),
                       *last = arena_newest(longer, away.match);
    struct arena_block *block = arena_newest(home, to.match);
    CU_ASSERT_EQUAL(memcmp(from, block, sizeof *block), 0);
    CU_ASSERT_EQUAL(memcmp(arena_state(from), arena_state(block), manifest.state_bytes), 0);
    CU_ASSERT_EQUAL(to.match->rerun_to, last->journaled);
    CU_ASSERT_EQUAL(last->journaled - block->journaled, 800 * STEP_BYTES);
    for (uint64_t at = block->journaled; at < last->journaled; at += STEP_BYTES) {
        uint8_t played[STEP_BYTES], carried[STEP_BYTES];
        arena_journal_get(longer, away.match, at, played, STEP_BYTES);
        arena_journal_get(home, to.match, at, carried, STEP_BYTES);
        CU_ASSERT_EQUAL(memcmp(played, carried, STEP_BYTES), 0);
    }
    CU_ASSERT_EQUAL(to.match->inputs_commit, 801); /* what waits there waits for the step after */
    CU_ASSERT_EQUAL(to.match->inputs_present, 2);
    free(one);
    free(longer);
    free(home);
}

static void test_carry_back_of_a_match_that_began_there_has_all_of_it_ahead(void)
{
    const struct control_match_start start = {.match = {9}};
    struct arena_head *one = arena_make(&manifest, 1), *other = arena_make(&manifest, 1);
    struct carry away = {one, arena_match_at(one, 0)}, to = {other, arena_match_at(other, 0)};
    play(one, away.match, 100);
    CU_ASSERT(carry_back(&to, &away, &to, &start));
    CU_ASSERT_EQUAL(atomic_load(&to.match->commits), 0);
    CU_ASSERT_EQUAL(to.match->rerun_to, 100 * STEP_BYTES);
    free(one);
    free(other);
}

static void test_carry_back_refuses_what_is_not_all_there_or_has_other_inputs(void)
{
    const struct control_match_start start = {.match = {9}};
    struct gk_manifest wider = manifest;
    wider.input_bytes = 8;
    struct arena_head *one = arena_make(&manifest, 1), *other = arena_make(&manifest, 1);
    struct arena_head *wide = arena_make(&wider, 1), *home = arena_make(&manifest, 1);
    struct carry left = {one, arena_match_at(one, 0)}, away = {other, arena_match_at(other, 0)},
                 strange = {wide, arena_match_at(wide, 0)}, to = {home, arena_match_at(home, 0)};
    play_and_go_away(&left, 10, &away, 600, other, one); /* 40 kB in 32 */
    CU_ASSERT_FALSE(carry_back(&left, &away, &to, &start));
    play_and_go_away(&left, 10, &strange, 10, wide, one);
    CU_ASSERT_FALSE(carry_back(&left, &strange, &to, &start));
    play_and_go_away(&left, 10, &away, 10, other, one);
    CU_ASSERT(carry_back(&left, &away, &to, &start));
    struct arena_head *later = arena_make(&manifest, 1);
    struct carry adopted = {later, arena_match_at(later, 0)};
    CU_ASSERT_FATAL(carry_match(&away, &adopted, &start));
    CU_ASSERT(carry_back(&left, &adopted, &to, &start));
    away.match->journal_kept = arena_newest(other, away.match)->journaled; /* and not carried */
    CU_ASSERT_FATAL(carry_match(&away, &adopted, &start));
    CU_ASSERT_FALSE(carry_back(&left, &adopted, &to, &start));
    carry_journal(&away, &adopted, 0, arena_newest(other, away.match)->journaled);
    CU_ASSERT(carry_back(&left, &adopted, &to, &start));
    free(later);
    arena_newest(other, away.match)->journaled = 1; /* whoever played there wrote it */
    CU_ASSERT_FALSE(carry_back(&left, &away, &to, &start));
    arena_newest(other, away.match)->journaled = UINT64_MAX;
    CU_ASSERT_FALSE(carry_back(&left, &away, &to, &start));
    free(one);
    free(other);
    free(wide);
    free(home);
}

/* Nobody plays meanwhile: what is on disk already is not copied once more. */
static void test_carry_takes_of_the_journal_what_is_not_on_disk(void)
{
    const struct control_match_start start = {.match = {9}};
    struct arena_head *one = arena_make(&manifest, 1), *other = arena_make(&manifest, 1);
    struct carry from = {one, arena_match_at(one, 0)}, to = {other, arena_match_at(other, 0)};
    play(one, from.match, 100);
    from.match->journal_kept = 90 * STEP_BYTES;
    CU_ASSERT(carry_match(&from, &to, &start));
    CU_ASSERT_EQUAL(to.match->journal_kept, 90 * STEP_BYTES);
    for (uint64_t step = 80; step < 100; step++) {
        static const uint8_t nothing[STEP_BYTES];
        uint8_t played[STEP_BYTES], carried[STEP_BYTES];
        arena_journal_get(one, from.match, step * STEP_BYTES, played, STEP_BYTES);
        arena_journal_get(other, to.match, step * STEP_BYTES, carried, STEP_BYTES);
        CU_ASSERT_EQUAL(memcmp(step < 90 ? nothing : played, carried, STEP_BYTES), 0);
    }
    free(one);
    free(other);
}

static CU_TestInfo promises[] = {
    PROMISE(test_carry_takes_of_the_journal_what_is_not_on_disk),
    PROMISE(test_carry_back_stands_where_it_left_with_all_that_was_played_since_ahead),
    PROMISE(test_carry_back_of_a_match_that_began_there_has_all_of_it_ahead),
    PROMISE(test_carry_back_refuses_what_is_not_all_there_or_has_other_inputs),
    PROMISE(test_carry_takes_the_last_commit_and_what_waits_byte_by_byte),
    PROMISE(test_carry_drops_inputs_of_another_size),
    PROMISE(test_carry_of_a_match_without_a_commit_lets_it_begin),
    PROMISE(test_carry_refuses_a_commit_that_is_not_there),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games/carry", promises);
}
