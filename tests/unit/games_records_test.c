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

static CU_TestInfo promises[] = {
    PROMISE(test_replays_go_after_their_days),
    PROMISE(test_the_oldest_replays_go_when_there_are_too_many_bytes),
    PROMISE(test_a_file_that_nobody_writes_is_closed_or_removed),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games_records", promises);
}
