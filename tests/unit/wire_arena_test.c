/* The arena of matches: a commit is whole or never was. */
#include "wire/arena.h"

#include <stdlib.h>

#include "promises.h"

static const struct gk_manifest manifest = {
    .state_bytes = 100, .input_bytes = 3, .players_max = 5, .id = "test"};
static const uint8_t image[32] = {1, 2, 3};

static struct arena_head *arena_make(uint32_t matches)
{
    struct arena_head head;
    arena_head_init(&head, &manifest, image, matches, 0, ARENA_JOURNAL_BYTES);
    void *bytes = NULL;
    CU_ASSERT_EQUAL_FATAL(posix_memalign(&bytes, ARENA_ALIGNMENT, arena_file_bytes(&head)), 0);
    memset(bytes, 0x5a, arena_file_bytes(&head));
    memcpy(bytes, &head, sizeof head);
    for (uint32_t i = 0; i < matches; i++)
        atomic_init(&arena_match_at(bytes, i)->commits, 0);
    return bytes;
}

static void test_arena_head_fits_only_its_own_game(void)
{
    struct arena_head *head = arena_make(3);
    struct gk_manifest other = manifest;
    CU_ASSERT(arena_head_fits(head, &manifest, arena_file_bytes(head)));
    CU_ASSERT_FALSE(arena_head_fits(head, &manifest, arena_file_bytes(head) - 1));
    other.state_bytes++;
    CU_ASSERT_FALSE(arena_head_fits(head, &other, arena_file_bytes(head)));
    head->match_count = ARENA_MATCHES_MAX + 1;
    CU_ASSERT_FALSE(arena_head_fits(head, &manifest, UINT64_MAX));
    free(head);
}

static void test_arena_first_step_is_zero(void)
{
    struct arena_head *head = arena_make(2);
    struct arena_match *match = arena_match_at(head, 1);
    struct arena_block *block = arena_step(head, match);
    static const uint8_t zero[100];
    CU_ASSERT_EQUAL(block->tick, 0);
    CU_ASSERT_EQUAL(memcmp(arena_state(block), zero, sizeof zero), 0);
    CU_ASSERT((uintptr_t)arena_state(block) % ARENA_ALIGNMENT == 0);
    free(head);
}

static void test_arena_step_without_commit_never_was(void)
{
    struct arena_head *head = arena_make(2);
    struct arena_match *match = arena_match_at(head, 0);
    struct arena_block *block = arena_step(head, match), copy;
    uint8_t state[100];
    CU_ASSERT_FALSE(arena_read(head, match, &copy, state));
    memset(arena_state(block), 7, 100);
    block->tick = 41;
    arena_commit(match, block);

    block = arena_step(head, match);
    CU_ASSERT_EQUAL(*(uint8_t *)arena_state(block), 7);
    memset(arena_state(block), 9, 100);
    block->tick = 42;
    CU_ASSERT(arena_read(head, match, &copy, state));
    CU_ASSERT_EQUAL(copy.tick, 41);
    CU_ASSERT_EQUAL(state[99], 7);
    arena_commit(match, block);
    CU_ASSERT(arena_read(head, match, &copy, state));
    CU_ASSERT_EQUAL(copy.tick, 42);
    CU_ASSERT_EQUAL(state[99], 9);
    free(head);
}

static void test_arena_guard_tells_a_game_that_writes_behind_its_state(void)
{
    struct arena_head *head = arena_make(1);
    struct arena_match *match = arena_match_at(head, 0);
    struct arena_block *block = arena_step(head, match);
    CU_ASSERT(arena_guard_holds(head, block));
    ((uint8_t *)arena_state(block))[100] ^= 1;
    CU_ASSERT_FALSE(arena_guard_holds(head, block));
    free(head);
}

static void test_arena_matches_do_not_overlap(void)
{
    struct arena_head *head = arena_make(2);
    uint8_t *end = (uint8_t *)arena_state(arena_block_at(head, arena_match_at(head, 0), 1)) +
                   manifest.state_bytes + sizeof(uint64_t);
    CU_ASSERT(end <= (uint8_t *)arena_match_at(head, 1));
    CU_ASSERT(arena_inputs(arena_match_at(head, 0)) + 15 <=
              (uint8_t *)arena_block_at(head, arena_match_at(head, 0), 0));
    free(head);
}

static CU_TestInfo promises[] = {
    PROMISE(test_arena_head_fits_only_its_own_game),
    PROMISE(test_arena_first_step_is_zero),
    PROMISE(test_arena_step_without_commit_never_was),
    PROMISE(test_arena_guard_tells_a_game_that_writes_behind_its_state),
    PROMISE(test_arena_matches_do_not_overlap),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("wire_arena", promises);
}
