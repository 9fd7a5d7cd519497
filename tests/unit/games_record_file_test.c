/* From a journal to a replay file: what a worker wrote becomes a file that reads, and nothing else
 * does. */
#include "games/record_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "promises.h"
#include "worker/recorder.h"

#define INPUT_BYTES 3
#define SLOTS       5

static const struct gk_manifest manifest = {
    .state_bytes = 100, .input_bytes = INPUT_BYTES, .players_max = SLOTS, .id = "test"};
static const uint8_t image[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const struct id match_id = {{1, 0x9b, 0x76, 0xda, 0xa8, 0, 0x70}};

static struct {
    char folder[64];
    struct arena_head *arena;
    struct arena_match *match;
    struct record_file file;
    uint64_t read_at;
    uint8_t journal[ARENA_JOURNAL_BYTES];
    bool hashes_before;
} is;

/* Of any version but those that begin with 0xff; the third byte tells its game.so. */
static bool find_image(void *context, const uint8_t of[8], struct replay_image *ret_image)
{
    (void)context;
    *ret_image = (struct replay_image){
        .sha = {of[2]}, .state_bytes = 100, .input_bytes = INPUT_BYTES, .version = "1"};
    return of[0] != 0xff;
}

static void file_begin(bool is_resumed, uint32_t tick_hz)
{
    struct replay_image begins;
    CU_ASSERT_FATAL(find_image(NULL, image, &begins));
    is.file = (struct record_file){.fd = -1,
                                   .bytes_max = 1 << 20,
                                   .is_resumed = is_resumed,
                                   .resumed_at = atomic_load(&is.match->commits),
                                   .find_image = find_image};
    is.file.head = (struct replay_head){.image = begins,
                                        .game = "test",
                                        .tick_hz = tick_hz,
                                        .hash_ticks = ARENA_JOURNAL_TICKS,
                                        .match = {.seed = 1, .player_count = SLOTS}};
    record_file_path(is.folder, &match_id, RECORD_SUFFIX_PART, is.file.path);
}

static void set_up_game(uint32_t tick_hz)
{
    struct arena_head head;
    void *bytes = NULL;
    memset(&is, 0, sizeof is);
    snprintf(is.folder, sizeof is.folder, "/tmp/transcendence-records-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(is.folder));
    arena_head_init(&head, &manifest, image, 1, 0, ARENA_JOURNAL_BYTES);
    CU_ASSERT_EQUAL_FATAL(posix_memalign(&bytes, ARENA_ALIGNMENT, arena_file_bytes(&head)), 0);
    memset(bytes, 0, arena_file_bytes(&head));
    memcpy(bytes, &head, sizeof head);
    is.arena = bytes;
    is.match = arena_match_at(is.arena, 0);
    arena_commit(is.match, arena_step(is.arena, is.match)); /* init */
    file_begin(false, tick_hz);
}

static void set_up(void)
{
    set_up_game(60);
}

static void tear_down(void)
{
    char command[128];
    record_file_drop(&is.file);
    snprintf(command, sizeof command, "rm -rf %s", is.folder);
    CU_ASSERT_EQUAL(system(command), 0);
    free(is.arena);
}

/* A step as the worker does it; not committed: as one that dies in it. */
static struct arena_block *step(uint64_t joined, uint64_t left, uint64_t present, bool ticks)
{
    struct arena_block *block = arena_step(is.arena, is.match);
    block->joined = joined;
    block->left = left;
    is.match->inputs_present = present;
    for (uint64_t rest = present; rest; rest &= rest - 1)
        arena_inputs(is.match)[__builtin_ctzll(rest) * INPUT_BYTES] = (uint8_t)(block->commit / 7);
    block->tick += ticks;
    memcpy(arena_state(block), &block->tick, sizeof block->tick);
    const struct gk_inputs inputs = {.present = present, .bytes = arena_inputs(is.match)};
    recorder_note(is.arena, is.match, block, &inputs,
                  is.hashes_before ? ARENA_HASH_BEFORE : ARENA_HASH_NONE);
    is.hashes_before = false;
    return block;
}

static void play(int steps)
{
    for (int i = 0; i < steps; i++)
        arena_commit(is.match, step(0x1f, 0, i % 3 ? 0x15 : 0, true));
}

static const char *look(void)
{
    int64_t count = arena_journal_read(is.arena, is.match, is.read_at, is.journal);
    CU_ASSERT_FATAL(count >= 0);
    is.read_at += (uint64_t)count;
    return record_file_write(&is.file, is.journal, (size_t)count);
}

static struct match_result over(void)
{
    struct match_result over = {.ticks = arena_newest(is.arena, is.match)->tick,
                                .state_hash = 9,
                                .result.player_count = SLOTS};
    for (int i = 0; i < SLOTS; i++)
        over.result.players[i].outcome = GK_OUTCOME_DRAW;
    return over;
}

/* Reads the finished file; returns its ticks. */
static uint32_t read_file(bool *ret_has_end, uint32_t *ret_hashes)
{
    static uint8_t bytes[1 << 20];
    char path[RECORD_FILE_PATH_BYTES];
    struct replay_reader reader;
    struct replay_record record;
    record_file_path(is.folder, &match_id, RECORD_SUFFIX, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    ssize_t count = read(fd, bytes, sizeof bytes);
    close(fd);
    *ret_has_end = false;
    *ret_hashes = 0;
    CU_ASSERT_EQUAL_FATAL(replay_read_begin(&reader, bytes, (size_t)count), REPLAY_FINE);
    enum replay_refusal refusal;
    while ((refusal = replay_read_next(&reader, &record)) == REPLAY_FINE) {
        *ret_has_end |= record.type == REPLAY_END;
        *ret_hashes += record.type == REPLAY_HASH;
    }
    CU_ASSERT_EQUAL(refusal, REPLAY_UNFINISHED);
    return reader.ticks;
}

static bool there_is(const char *suffix)
{
    char path[RECORD_FILE_PATH_BYTES];
    record_file_path(is.folder, &match_id, suffix, path);
    return access(path, F_OK) == 0;
}

static void test_record_file_holds_what_was_played(void)
{
    bool has_end;
    uint32_t hashes;
    set_up();
    for (int i = 0; i < 10; i++) {
        play(100);
        CU_ASSERT_PTR_NULL(look());
    }
    struct match_result result = over();
    CU_ASSERT_PTR_NULL(record_file_end(&is.file, &result));
    CU_ASSERT_EQUAL(read_file(&has_end, &hashes), 1000);
    CU_ASSERT(has_end);
    CU_ASSERT_EQUAL(hashes, 1000 / ARENA_JOURNAL_TICKS);
    CU_ASSERT_FALSE(there_is(RECORD_SUFFIX_PART));
    tear_down();
}

static void test_record_file_counts_equal_ticks(void)
{
    struct stat status;
    set_up();
    for (int i = 0; i < 200; i++)
        arena_commit(is.match, step(0x1f, 0, 0, true));
    CU_ASSERT_PTR_NULL(look());
    CU_ASSERT_EQUAL(fstat(is.file.fd, &status), 0);
    CU_ASSERT(status.st_size < 204 + 48 * SLOTS + 20);
    tear_down();
}

static void test_record_file_cuts_what_was_not_committed(void)
{
    bool has_end;
    uint32_t hashes;
    set_up();
    play(10);
    (void)step(0, 0x1f, 0x1f, true); /* the worker dies here */
    CU_ASSERT_PTR_NULL(look());
    play(10); /* the next one goes on */
    CU_ASSERT_PTR_NULL(look());
    struct match_result result = over();
    CU_ASSERT_PTR_NULL(record_file_end(&is.file, &result));
    CU_ASSERT_EQUAL(read_file(&has_end, &hashes), 20);
    tear_down();
}

static void test_record_file_goes_on_after_a_restart(void)
{
    bool has_end;
    uint32_t hashes;
    set_up();
    play(100);
    CU_ASSERT_PTR_NULL(look());
    uint64_t kept = is.read_at;
    play(50);
    CU_ASSERT_PTR_NULL(look()); /* on disk, but the arena has not heard of it */
    CU_ASSERT_EQUAL(write(is.file.fd, "\3\1", 2), 2); /* and half a record */
    close(is.file.fd);
    file_begin(true, 60);
    is.read_at = kept;
    play(50);
    CU_ASSERT_PTR_NULL(look());
    struct match_result result = over();
    CU_ASSERT_PTR_NULL(record_file_end(&is.file, &result));
    CU_ASSERT_EQUAL(read_file(&has_end, &hashes), 200);
    CU_ASSERT(has_end);
    tear_down();
}

static void test_record_file_of_nobody_is_closed_as_far_as_it_goes(void)
{
    bool has_end;
    uint32_t hashes;
    set_up();
    play(30);
    CU_ASSERT_PTR_NULL(look());
    CU_ASSERT_EQUAL(write(is.file.fd, "\3\1", 2), 2);
    close(is.file.fd);
    is.file.fd = -1;
    record_file_close_left(is.file.path, 1 << 20);
    CU_ASSERT_EQUAL(read_file(&has_end, &hashes), 30);
    CU_ASSERT_FALSE(has_end);
    CU_ASSERT_FALSE(there_is(RECORD_SUFFIX_PART));
    tear_down();
}

static void test_record_file_has_steps_without_a_tick_of_turns_only(void)
{
    bool has_end;
    uint32_t hashes;
    set_up_game(0);
    arena_commit(is.match, step(3, 0, 0, false));
    arena_commit(is.match, step(3, 0, 1, true));
    arena_commit(is.match, step(1, 2, 0, true)); /* a turn is over, and one has given up */
    CU_ASSERT_PTR_NULL(look());
    struct match_result result = over();
    CU_ASSERT_PTR_NULL(record_file_end(&is.file, &result));
    CU_ASSERT_EQUAL(read_file(&has_end, &hashes), 2);
    tear_down();
    set_up();
    arena_commit(is.match, step(3, 0, 0, false));
    CU_ASSERT_PTR_NOT_NULL(look());
    tear_down();
}

/* What a match is in its file, however it came to be written: read, and written again at once. */
static size_t read_plain(uint8_t *ret_bytes, size_t capacity)
{
    static uint8_t bytes[1 << 20];
    static struct replay_writer writer;
    char path[RECORD_FILE_PATH_BYTES];
    struct replay_reader reader;
    struct replay_record record;
    record_file_path(is.folder, &match_id, RECORD_SUFFIX, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    ssize_t count = read(fd, bytes, sizeof bytes);
    close(fd);
    CU_ASSERT_EQUAL_FATAL(replay_read_begin(&reader, bytes, (size_t)count), REPLAY_FINE);
    replay_write_begin(&writer, ret_bytes, capacity, NULL, NULL, &reader.head);
    while (replay_read_next(&reader, &record) == REPLAY_FINE) {
        if (record.type == REPLAY_JOIN)
            replay_write_join(&writer, record.slot);
        else if (record.type == REPLAY_LEAVE)
            replay_write_leave(&writer, record.slot, record.reason);
        else if (record.type == REPLAY_HASH)
            replay_write_hash(&writer, record.hash);
        else if (record.type == REPLAY_IMAGE)
            replay_write_image(&writer, &record.image);
        else if (record.type == REPLAY_SEAT)
            replay_write_seat(&writer, record.slot, &record.seat);
        else if (record.type == REPLAY_END)
            CU_ASSERT(replay_write_end(&writer, record.hash, &record.result));
        for (uint32_t i = 0; record.type == REPLAY_TICK && i < record.ticks; i++)
            replay_write_tick(&writer, &record.inputs);
    }
    CU_ASSERT(reader.has_ended);
    return writer.used;
}

/* Joins, leaves, long runs of equal ticks, and hashes. */
static void play_variously(uint64_t from, int steps)
{
    for (int i = 0; i < steps; i++, from++) {
        uint64_t there = from % 60 < 30 ? 0x1f : 0x0e;
        arena_commit(is.match, step(there, 0, from % 40 < 10 ? 0x04 : 0, true));
    }
}

static void end_file(void)
{
    struct match_result result = over();
    CU_ASSERT_PTR_NULL(look());
    CU_ASSERT_PTR_NULL(record_file_end(&is.file, &result));
}

/* Plays `before` steps, goes back to `commit` and plays `after`; by a new process when it is
 * `resumed`, else by the one that knows of it. */
static size_t play_and_go_back(int before, uint64_t commit, int after, bool resumed,
                               uint8_t *ret_bytes, size_t capacity)
{
    set_up();
    uint64_t bytes = arena_file_bytes(is.arena);
    struct arena_head *kept = malloc(bytes);
    play_variously(2, (int)commit - 1);
    memcpy(kept, is.arena, bytes);
    play_variously(commit + 1, before - (int)commit + 1);
    CU_ASSERT_PTR_NULL(look());
    memcpy(is.arena, kept, bytes); /* the match is as it was then */
    free(kept);
    is.read_at = arena_newest(is.arena, is.match)->journaled;
    if (resumed) {
        close(is.file.fd);
        file_begin(true, 60);
    } else {
        CU_ASSERT_PTR_NULL(record_file_back(&is.file, commit));
    }
    play_variously(commit + 1 + 1000, after);
    end_file();
    size_t count = read_plain(ret_bytes, capacity);
    tear_down();
    return count;
}

static void test_record_file_that_went_back_is_as_if_it_never_had_gone_on(void)
{
    static uint8_t straight[65536], back[65536];
    for (uint64_t commit = 1; commit < 310; commit += 41)
        for (int after = 0; after < 100; after += 50) {
            set_up();
            play_variously(2, (int)commit - 1);
            play_variously(commit + 1 + 1000, after);
            end_file();
            size_t count = read_plain(straight, sizeof straight);
            tear_down();
            for (int resumed = 0; resumed < 2; resumed++) {
                size_t other =
                    play_and_go_back(310, commit, after, resumed == 1, back, sizeof back);
                CU_ASSERT_EQUAL(other, count);
                CU_ASSERT_EQUAL(memcmp(straight, back, count), 0);
            }
        }
}

static void test_record_file_cannot_go_back_to_what_it_has_not(void)
{
    set_up();
    play(10);
    CU_ASSERT_PTR_NULL(look());
    CU_ASSERT_PTR_NOT_NULL(record_file_back(&is.file, 12));
    tear_down();
}

/* Another version plays from now on. */
static void swap_to(uint8_t game)
{
    is.arena->image[2] = game;
    is.hashes_before = true;
}

static uint32_t count_records(enum replay_record_type type)
{
    static uint8_t bytes[65536];
    struct replay_reader reader;
    struct replay_record record;
    uint32_t found = 0;
    size_t count = read_plain(bytes, sizeof bytes);
    CU_ASSERT_EQUAL_FATAL(replay_read_begin(&reader, bytes, count), REPLAY_FINE);
    while (replay_read_next(&reader, &record) == REPLAY_FINE)
        found += record.type == type;
    return found;
}

static void test_record_file_follows_the_versions_that_play(void)
{
    set_up();
    play(10);
    swap_to(77);
    play(10);
    CU_ASSERT_PTR_NULL(look()); /* two versions at one look */
    is.arena->image[3]++;       /* other pages, the same game.so */
    play(10);
    swap_to(image[2]); /* and back */
    play(10);
    end_file();
    CU_ASSERT_EQUAL(count_records(REPLAY_IMAGE), 2);
    CU_ASSERT_EQUAL(count_records(REPLAY_HASH), 2);
    tear_down();
    set_up();
    play(10);
    is.arena->image[0] = 0xff; /* which there is not */
    play(10);
    CU_ASSERT_STRING_EQUAL(look(), "its journal names a version that there is not");
    tear_down();
}

static void test_record_file_goes_on_after_a_restart_in_the_middle_of_a_swap(void)
{
    bool has_end;
    uint32_t hashes;
    for (int written = 0; written < 3; written++) {
        set_up();
        play(10);
        CU_ASSERT_PTR_NULL(look());
        uint64_t kept = is.read_at;
        swap_to(77);
        play(10);
        if (written > 0)
            CU_ASSERT_PTR_NULL(look());
        if (written > 1)
            kept = is.read_at;
        swap_to(78);
        play(10);
        close(is.file.fd);
        file_begin(true, 60);
        is.file.head.image.sha[0] = 78; /* that plays now */
        is.read_at = kept;
        end_file();
        CU_ASSERT_EQUAL(read_file(&has_end, &hashes), 30);
        CU_ASSERT_EQUAL(count_records(REPLAY_IMAGE), 2);
        tear_down();
    }
}

static void test_record_file_does_not_guess_what_a_match_began_with(void)
{
    set_up();
    swap_to(77);
    play(10);
    CU_ASSERT_PTR_NULL(look()); /* it saw the match begin */
    close(is.file.fd);
    unlink(is.file.path);
    file_begin(true, 60);
    is.read_at = 0;
    CU_ASSERT_PTR_NOT_NULL(look());
    tear_down();
}

static void test_record_file_says_who_takes_a_seat(void)
{
    const struct replay_seat one = {.user = {1}, .name = "Ada"}, other = {.bot_difficulty = 2};
    set_up();
    CU_ASSERT_PTR_NULL(record_file_seat(&is.file, 1, &one)); /* since it began, not before */
    play(10);
    CU_ASSERT_PTR_NULL(look());
    CU_ASSERT_PTR_NULL(record_file_seat(&is.file, 1, &one));
    CU_ASSERT_PTR_NULL(record_file_seat(&is.file, 2, &one));
    CU_ASSERT_PTR_NULL(record_file_seat(&is.file, 1, &other));
    CU_ASSERT_PTR_NULL(record_file_seat(&is.file, SLOTS, &other)); /* there is none */
    play(10);
    CU_ASSERT_PTR_NULL(look());
    CU_ASSERT_PTR_NULL(record_file_back(&is.file, 6)); /* who sits there stays */
    struct match_result result = over();
    result.ticks = 5;
    CU_ASSERT_PTR_NULL(record_file_end(&is.file, &result));
    CU_ASSERT_EQUAL(count_records(REPLAY_SEAT), 3);
    tear_down();
}

static void test_record_file_of_an_aborted_match_has_an_end_without_a_result(void)
{
    bool has_end;
    uint32_t hashes;
    for (int played = 0; played < 2; played++) {
        set_up();
        if (played)
            play(10);
        CU_ASSERT_PTR_NULL(look());
        struct match_result result = over();
        result.result.reason = SPOOL_REASON_ABORTED;
        if (!played)
            result.ticks = result.state_hash = 0; /* it never had a commit */
        CU_ASSERT_PTR_NULL(record_file_end(&is.file, &result));
        CU_ASSERT_EQUAL(read_file(&has_end, &hashes), played ? 10 : 0);
        CU_ASSERT_EQUAL(has_end, played == 1);
        tear_down();
    }
}

static void test_record_file_refuses_a_gap_and_a_return(void)
{
    set_up();
    play(10);
    CU_ASSERT_PTR_NULL(look());
    play(10);
    is.read_at = arena_newest(is.arena, is.match)->journaled;
    play(10);
    CU_ASSERT_PTR_NOT_NULL(look());
    tear_down();
    set_up();
    play(10);
    CU_ASSERT_PTR_NULL(look());
    is.read_at = 0;
    CU_ASSERT_PTR_NOT_NULL(look());
    tear_down();
}

static void test_record_file_refuses_a_result_of_other_ticks(void)
{
    set_up();
    play(10);
    CU_ASSERT_PTR_NULL(look());
    struct match_result result = over();
    result.ticks--;
    CU_ASSERT_PTR_NOT_NULL(record_file_end(&is.file, &result));
    record_file_drop(&is.file);
    CU_ASSERT_FALSE(there_is(RECORD_SUFFIX));
    CU_ASSERT_FALSE(there_is(RECORD_SUFFIX_PART));
    tear_down();
}

static void test_record_file_refuses_more_bytes_than_it_may_have(void)
{
    set_up();
    is.file.bytes_max = 600;
    play(200);
    CU_ASSERT_STRING_EQUAL(look(), "it is too long");
    tear_down();
}

/* Each byte of an entry that a game has written over is refused, or changes what was played; never
 * is there a file that does not read. */
static void test_record_file_reads_whatever_the_journal_holds(void)
{
    uint32_t seed = 1, refused = 0;
    for (int i = 0; i < 400; i++) {
        set_up();
        play(20);
        for (int j = 0; j < 1 + i % 4; j++) {
            seed = seed * 1664525 + 1013904223;
            arena_journal(is.arena, is.match)[(seed >> 8) % 1600] ^= (uint8_t)(1 << (seed >> 29));
        }
        const char *fault = look();
        struct match_result result = over();
        if (!fault)
            fault = record_file_end(&is.file, &result);
        if (!fault) {
            bool has_end;
            uint32_t hashes;
            CU_ASSERT_EQUAL(read_file(&has_end, &hashes), 20);
        }
        refused += fault != NULL;
        CU_ASSERT_EQUAL(there_is(RECORD_SUFFIX), fault == NULL);
        tear_down();
    }
    CU_ASSERT(refused > 200);
}

static void test_journal_is_lost_when_it_was_written_over(void)
{
    set_up();
    play(600);
    CU_ASSERT_EQUAL(arena_journal_read(is.arena, is.match, 0, is.journal), ARENA_JOURNAL_LOST);
    uint64_t end = arena_newest(is.arena, is.match)->journaled;
    CU_ASSERT_EQUAL(arena_journal_read(is.arena, is.match, end, is.journal), 0);
    CU_ASSERT_EQUAL(arena_journal_read(is.arena, is.match, end + 1, is.journal),
                    ARENA_JOURNAL_LOST);
    CU_ASSERT_EQUAL(arena_journal_read(is.arena, is.match, end - ARENA_JOURNAL_BYTES, is.journal),
                    ARENA_JOURNAL_LOST); /* the next entry may be on its way over it */
    tear_down();
}

static CU_TestInfo promises[] = {
    PROMISE(test_record_file_holds_what_was_played),
    PROMISE(test_record_file_counts_equal_ticks),
    PROMISE(test_record_file_cuts_what_was_not_committed),
    PROMISE(test_record_file_goes_on_after_a_restart),
    PROMISE(test_record_file_of_nobody_is_closed_as_far_as_it_goes),
    PROMISE(test_record_file_has_steps_without_a_tick_of_turns_only),
    PROMISE(test_record_file_that_went_back_is_as_if_it_never_had_gone_on),
    PROMISE(test_record_file_cannot_go_back_to_what_it_has_not),
    PROMISE(test_record_file_follows_the_versions_that_play),
    PROMISE(test_record_file_goes_on_after_a_restart_in_the_middle_of_a_swap),
    PROMISE(test_record_file_does_not_guess_what_a_match_began_with),
    PROMISE(test_record_file_says_who_takes_a_seat),
    PROMISE(test_record_file_of_an_aborted_match_has_an_end_without_a_result),
    PROMISE(test_record_file_refuses_a_gap_and_a_return),
    PROMISE(test_record_file_refuses_a_result_of_other_ticks),
    PROMISE(test_record_file_refuses_more_bytes_than_it_may_have),
    PROMISE(test_record_file_reads_whatever_the_journal_holds),
    PROMISE(test_journal_is_lost_when_it_was_written_over),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games_record_file", promises);
}
