/* The folder of the replays: what is too old or too much goes, what nobody plays is closed. */
#include "games/records.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "games/record_file.h"
#include "games/state.h"
#include "promises.h"
#include "worker/recorder.h"

#define DAY_MS INT64_C(86400000)

static struct {
    struct settings settings;
    struct games games;
    struct service_context context;
    char folder[CONFIG_TEXT_BYTES + 16];
    struct records *records;
} is;

static void set_up(void)
{
    memset(&is, 0, sizeof is);
    snprintf(is.settings.data_dir, sizeof is.settings.data_dir,
             "/tmp/transcendence-records-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(is.settings.data_dir));
    snprintf(is.folder, sizeof is.folder, "%s/replays", is.settings.data_dir);
    CU_ASSERT_EQUAL_FATAL(mkdir(is.folder, 0700), 0);
    is.settings.replay_bytes_max = 1 << 20;
    is.settings.replays_bytes_max = 1 << 20;
    is.settings.replays_keep_days = 30;
    is.context = (struct service_context){.settings = &is.settings, .state = &is.games};
}

/* With a thread of their own; their last step is in the end. */
static void sweep(void)
{
    CU_ASSERT_EQUAL_FATAL(records_create(&is.context, &is.games.records), OK);
    records_sweep(is.games.records);
    records_destroy(is.games.records);
}

static void tear_down(void)
{
    char command[CONFIG_TEXT_BYTES + 16];
    snprintf(command, sizeof command, "rm -rf %s", is.settings.data_dir);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* An id of so many days ago. */
static struct id match_of(int days, uint8_t number)
{
    struct id id = {.bytes = {[6] = 0x70, [15] = number}};
    int64_t at_ms = clock_unix_ms() - days * DAY_MS;
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(at_ms >> (40 - 8 * i));
    return id;
}

static void put(const struct id *match, const char *suffix, const void *bytes, size_t count)
{
    char path[RECORD_FILE_PATH_BYTES], folder[RECORD_FILE_PATH_BYTES];
    record_file_path(is.folder, match, suffix, path);
    memcpy(folder, path, sizeof folder);
    *strrchr(folder, '/') = '\0';
    (void)mkdir(folder, 0700);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, bytes, count), (ssize_t)count);
    close(fd);
}

static bool is_there(const struct id *match)
{
    char path[RECORD_PATH_BYTES];
    return record_find(is.settings.data_dir, match, path);
}

static void test_replays_go_after_their_days(void)
{
    set_up();
    struct id young = match_of(29, 1), old = match_of(32, 2);
    put(&young, RECORD_SUFFIX, "x", 1);
    put(&old, RECORD_SUFFIX, "x", 1);
    sweep();
    CU_ASSERT(is_there(&young));
    CU_ASSERT_FALSE(is_there(&old));
    tear_down();
}

static void test_the_oldest_replays_go_when_there_are_too_many_bytes(void)
{
    static const uint8_t bytes[1000];
    struct id matches[4];
    set_up();
    is.settings.replays_bytes_max = 2500;
    for (int i = 0; i < 4; i++) {
        matches[i] = match_of(i < 2 ? 5 : 1, (uint8_t)i);
        put(&matches[i], RECORD_SUFFIX, bytes, sizeof bytes);
    }
    sweep();
    CU_ASSERT_FALSE(is_there(&matches[0]));
    CU_ASSERT_FALSE(is_there(&matches[1]));
    CU_ASSERT(is_there(&matches[2]));
    CU_ASSERT(is_there(&matches[3]));
    tear_down();
}

static void test_a_file_that_nobody_writes_is_closed_or_removed(void)
{
    static uint8_t buffer[1024];
    struct replay_head head = {.image = {.state_bytes = 1, .input_bytes = 1},
                               .game = "test",
                               .match = {.player_count = 1}};
    struct replay_writer writer;
    set_up();
    replay_write_begin(&writer, buffer, sizeof buffer, NULL, NULL, &head);
    struct id whole = match_of(1, 1), broken = match_of(1, 2);
    put(&whole, RECORD_SUFFIX_PART, buffer, writer.used);
    put(&broken, RECORD_SUFFIX_PART, "GKREPLAY", 8);
    sweep();
    CU_ASSERT(is_there(&whole));
    CU_ASSERT_FALSE(is_there(&broken));
    CU_ASSERT_FALSE(record_is_open(is.settings.data_dir, &broken));
    tear_down();
}

/* A match of one player whose input in the step to each commit is `played`. */
#define COMMITS_MAX 512
#define KEPT_MAX    8
static const struct gk_manifest manifest = {
    .state_bytes = 8, .input_bytes = 1, .players_max = 1, .tick_hz = 60, .id = "test"};
static struct {
    struct image image;
    struct arena_head *arena, *kept[KEPT_MAX]; /* and as it was before */
    struct arena_match *match;
    struct record *record;
    uint8_t played[COMMITS_MAX];
} live;

static struct arena_head *arena_make(const struct arena_head *head)
{
    void *bytes = NULL;
    CU_ASSERT_EQUAL_FATAL(posix_memalign(&bytes, ARENA_ALIGNMENT, arena_file_bytes(head)), 0);
    memset(bytes, 0, arena_file_bytes(head));
    memcpy(bytes, head, sizeof *head);
    return bytes;
}

static void begin_match(const struct id *id)
{
    struct control_match_start start = {.seed = 3, .slot_count = 1};
    struct arena_head head;
    memset(&live, 0, sizeof live);
    live.image.manifest = manifest;
    memset(live.image.sha, 7, sizeof live.image.sha);
    arena_head_init(&head, &manifest, live.image.sha, 1, 0, ARENA_JOURNAL_BYTES);
    live.arena = arena_make(&head);
    for (int i = 0; i < KEPT_MAX; i++)
        live.kept[i] = arena_make(&head);
    live.match = arena_match_at(live.arena, 0);
    arena_commit(live.match, arena_step(live.arena, live.match));
    memcpy(start.match, id->bytes, sizeof start.match);
    live.record = record_begin(is.games.records, &live.image, &start);
    CU_ASSERT_PTR_NOT_NULL_FATAL(live.record);
}

static void end_match(void)
{
    for (int i = 0; i < KEPT_MAX; i++)
        free(live.kept[i]);
    free(live.arena);
}

static void look(void)
{
    record_look(live.record, &live.image, live.arena, live.match);
}

static void play(unsigned steps)
{
    for (; steps > 0; steps--) {
        struct arena_block *block = arena_step(live.arena, live.match);
        uint8_t input = (uint8_t)rand();
        block->tick++;
        recorder_note(live.arena, live.match, block,
                      &(struct gk_inputs){.present = 1, .bytes = &input}, ARENA_HASH_NONE);
        arena_commit(live.match, block);
        live.played[block->commit] = input;
    }
}

/* Until all that was played is in the file. */
static void wait_for_disk(void)
{
    uint64_t journaled = arena_newest(live.arena, live.match)->journaled;
    for (look(); live.match->journal_kept != journaled; look())
        usleep(1000);
}

static uint64_t commits_of(struct arena_head *arena)
{
    return atomic_load(&arena_match_at(arena, 0)->commits);
}

/* The match is as it was when this was kept, and the journal's rest is of what never was. */
static void go_back(int which)
{
    struct arena_match *before = arena_match_at(live.kept[which], 0);
    uint64_t kept = live.match->journal_kept;
    memcpy(live.arena, live.kept[which], arena_file_bytes(live.arena));
    live.match->journal_kept = kept;
    struct arena_block *block = arena_newest(live.kept[which], before);
    record_back(live.record, block->commit, block->journaled);
    look();
    CU_ASSERT(live.match->journal_kept <= block->journaled); /* whoever follows reads from there */
}

static void expect_file(const struct id *id)
{
    static uint8_t bytes[1 << 16];
    char path[RECORD_FILE_PATH_BYTES];
    struct replay_reader reader;
    struct replay_record record;
    record_file_path(is.folder, id, RECORD_SUFFIX, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    ssize_t count = read(fd, bytes, sizeof bytes);
    close(fd);
    CU_ASSERT_EQUAL_FATAL(replay_read_begin(&reader, bytes, (size_t)count), REPLAY_FINE);
    uint64_t commit = 1;
    while (replay_read_next(&reader, &record) == REPLAY_FINE)
        for (uint32_t i = 0; record.type == REPLAY_TICK && i < record.ticks; i++)
            CU_ASSERT_EQUAL(record.inputs.bytes[0], live.played[++commit]);
    CU_ASSERT(reader.has_ended);
    CU_ASSERT_EQUAL(commit, commits_of(live.arena));
}

/* In any order of playing, looking, going back and writing. */
static void test_a_replay_has_what_counts_wherever_its_match_went_back(void)
{
    srand(1);
    for (uint8_t round = 0; round < 12; round++) {
        struct id id = match_of(1, round);
        set_up();
        CU_ASSERT_EQUAL_FATAL(records_create(&is.context, &is.games.records), OK);
        begin_match(&id);
        int kept = 0, waits = 0;
        while (commits_of(live.arena) + 20 < COMMITS_MAX && kept < 60) {
            play((unsigned)rand() % 20);
            int choice = rand() % 8;
            if (choice < 3) {
                look();
            } else if (choice == 3 && round % 2 == 0 && waits++ < 2) {
                wait_for_disk(); /* a quarter of a second */
            } else if (choice == 4 && kept > 0) {
                int which = rand() % (kept < KEPT_MAX ? kept : KEPT_MAX);
                if (commits_of(live.kept[which]) <= commits_of(live.arena)) {
                    look();
                    go_back(which);
                }
            } else if (choice > 5) {
                memcpy(live.kept[kept++ % KEPT_MAX], live.arena, arena_file_bytes(live.arena));
            }
            for (int i = 0; i < KEPT_MAX; i++) /* what was kept of a time that never was */
                if (commits_of(live.kept[i]) > commits_of(live.arena))
                    memcpy(live.kept[i], live.arena, arena_file_bytes(live.arena));
        }
        struct match_result over = {.match = id,
                                    .ticks = commits_of(live.arena) - 1,
                                    .state_hash = 5,
                                    .result.player_count = 1};
        over.result.players[0].outcome = GK_OUTCOME_WIN;
        look();
        record_end(live.record, &over);
        records_destroy(is.games.records);
        expect_file(&id);
        end_match();
        tear_down();
    }
}

static void test_a_match_that_begins_anew_has_no_replay(void)
{
    struct id id = match_of(1, 1);
    struct match_result over = {.match = id, .ticks = 5, .result.player_count = 1};
    set_up();
    CU_ASSERT_EQUAL_FATAL(records_create(&is.context, &is.games.records), OK);
    begin_match(&id);
    play(5);
    look();
    record_back(live.record, 0, 0);
    record_end(live.record, &over);
    records_destroy(is.games.records);
    CU_ASSERT_FALSE(is_there(&id));
    CU_ASSERT_FALSE(record_is_open(is.settings.data_dir, &id));
    end_match();
    tear_down();
}

static CU_TestInfo promises[] = {
    PROMISE(test_replays_go_after_their_days),
    PROMISE(test_the_oldest_replays_go_when_there_are_too_many_bytes),
    PROMISE(test_a_file_that_nobody_writes_is_closed_or_removed),
    PROMISE(test_a_replay_has_what_counts_wherever_its_match_went_back),
    PROMISE(test_a_match_that_begins_anew_has_no_replay),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games_records", promises);
}
