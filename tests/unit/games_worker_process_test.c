/* What the supervisor shares with a worker, when the game in it has written over everything. */
#include "games/worker_process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/log.h"
#include "promises.h"

#define MATCHES 3

static struct image *make_image(void)
{
    struct image *image = calloc(1, sizeof *image);
    image->manifest =
        (struct gk_manifest){.state_bytes = 100, .input_bytes = 4, .players_max = 2, .id = "game"};
    memcpy(image->sha_text, "0123456789", 11);
    image->memory = memfd_create("game", MFD_CLOEXEC);
    return image_keep(image);
}

static void test_worker_process_finds_its_matches_in_an_arena_that_lies(void)
{
    char folder[] = "/tmp/worker-process-test-XXXXXX";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    struct image *image = make_image();
    struct worker_process *process =
        worker_process_create(image, folder, &(struct arena_wish){.capacity = MATCHES});
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    uint8_t *arena = (uint8_t *)process->arena;
    uint64_t match_bytes = process->arena->match_bytes;
    memset(arena, 0xff, process->arena_bytes);
    for (uint32_t i = 0; i < MATCHES; i++) {
        struct arena_match *match = worker_process_match(process, i);
        CU_ASSERT_PTR_EQUAL(match, arena + sizeof(struct arena_head) + match_bytes * i);
        uint8_t *newest = (uint8_t *)arena_newest(&process->sizes, match);
        CU_ASSERT(newest > (uint8_t *)match);
        CU_ASSERT(newest + sizeof(struct arena_block) <= (uint8_t *)match + match_bytes);
    }
    worker_process_destroy(process);
    image_release(image);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

/* A game can make every page of it real, and so can each of its workers. */
static void test_worker_process_bounds_the_arena_of_the_largest_game(void)
{
    char folder[] = "/tmp/worker-process-test-XXXXXX";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    struct image *image = make_image();
    image->manifest.state_bytes = GK_STATE_BYTES_MAX;
    image->manifest.input_bytes = GK_INPUT_BYTES_MAX;
    image->manifest.players_max = GK_PLAYERS_MAX;
    struct worker_process *process =
        worker_process_create(image, folder, &(struct arena_wish){.capacity = ARENA_MATCHES_MAX});
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT(process->capacity > 10 && process->capacity < ARENA_MATCHES_MAX);
    CU_ASSERT(process->arena_bytes <= WORKER_ARENA_BYTES_MAX);
    CU_ASSERT_EQUAL(process->arena->match_count, process->capacity);
    CU_ASSERT(arena_head_fits(process->arena, &image->manifest, process->arena_bytes));
    worker_process_destroy(process);
    image_release(image);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static CU_TestInfo promises[] = {
    PROMISE(test_worker_process_finds_its_matches_in_an_arena_that_lies),
    PROMISE(test_worker_process_bounds_the_arena_of_the_largest_game),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    log_init("test", LOG_ERROR);
    return keep_promises("games/worker_process", promises);
}
