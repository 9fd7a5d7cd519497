/* The replay file: what is written is what is read, and whatever else is read is refused. */
#include "host/replay.h"

#include <stdlib.h>
#include <string.h>

#include "promises.h"

#define FILE_BYTES 65536

static struct replay_writer writer;
static struct replay_reader reader;
static uint8_t file[FILE_BYTES];
static uint8_t inputs[3 * 4];

static struct replay_head head_of_three(void)
{
    struct replay_head head = {.image = {.version = "1.2.3",
                                         .abi_major = 1,
                                         .state_schema = 7,
                                         .state_bytes = 100,
                                         .input_bytes = 4},
                               .game = "counter",
                               .tick_hz = 60,
                               .hash_ticks = 4,
                               .match = {.seed = 99, .mode = 1, .player_count = 3}};
    memset(head.image.sha, 0xab, sizeof head.image.sha);
    head.match.options[2] = -5;
    strcpy(head.seats[1].name, "Zoë");
    head.seats[2].bot_difficulty = 3;
    return head;
}

static void begin(uint8_t *buffer, size_t capacity,
                  bool (*take)(void *context, const uint8_t *bytes, size_t count), void *context)
{
    const struct replay_head head = head_of_three();
    replay_write_begin(&writer, buffer, capacity, take, context, &head);
}

static void tick(uint64_t present, uint8_t first, uint8_t last)
{
    memset(inputs, 0, sizeof inputs);
    for (int slot = 0; slot < 3; slot++)
        if (present >> slot & 1) {
            inputs[slot * 4] = first;
            inputs[slot * 4 + 3] = last;
        }
    replay_write_tick(&writer, &(struct gk_inputs){.present = present, .bytes = inputs});
}

/* Everything that a file can hold. */
static void record_all(void)
{
    struct replay_image image = head_of_three().image;
    struct gk_result result = {.player_count = 3, .reason = 1};
    result.players[1].score = -1000;
    result.players[1].outcome = GK_OUTCOME_WIN;
    result.players[2].forfeit = 1;
    image.state_schema = 8;
    image.input_bytes = 2;

    replay_write_join(&writer, 0);
    replay_write_join(&writer, 2);
    tick(0, 0, 0);
    tick(5, 1, 2);
    for (int i = 0; i < 1000; i++)
        tick(5, 1, 2);
    replay_write_hash(&writer, 0x1122334455667788);
    replay_write_leave(&writer, 0, GK_LEAVE_DISCONNECTED);
    replay_write_leave(&writer, 1, GK_LEAVE_LEFT);
    tick(4, 1, 2);
    tick(4, 1, 3);
    replay_write_image(&writer, &image);
    replay_write_seat(&writer, 2, &(struct replay_seat){.user = {7}, .name = "Late"});
    replay_write_tick(&writer,
                      &(struct gk_inputs){.present = 4, .bytes = (const uint8_t[6]){[4] = 9}});
    replay_write_ask(&writer, GAME_CALL_INPUT, 2, (const uint8_t *)"hello", 5);
    replay_write_ask(&writer, GAME_CALL_VIEW, GK_SPECTATOR, NULL, 0);
    CU_ASSERT_TRUE(replay_write_end(&writer, 42, &result));
}

static size_t whole_file(void)
{
    begin(file, sizeof file, NULL, NULL);
    record_all();
    return writer.used;
}

/* Reads an allocation of exactly this size; what the last record was, or why it was refused. */
static enum replay_refusal read_all(const uint8_t *bytes, size_t count, uint32_t *ret_ticks)
{
    uint8_t *copy = malloc(count ? count : 1);
    struct replay_record record = {.type = 0};
    memcpy(copy, bytes, count);
    enum replay_refusal refusal = replay_read_begin(&reader, copy, count);
    while (refusal == REPLAY_FINE && record.type != REPLAY_END)
        refusal = replay_read_next(&reader, &record);
    *ret_ticks = reader.ticks;
    free(copy);
    return refusal;
}

static struct replay_record next(enum replay_record_type type)
{
    struct replay_record record = {.type = 0};
    CU_ASSERT_EQUAL_FATAL(replay_read_next(&reader, &record), REPLAY_FINE);
    CU_ASSERT_EQUAL_FATAL(record.type, type);
    return record;
}

static void test_replay_reads_what_was_written(void)
{
    size_t count = whole_file();
    CU_ASSERT_EQUAL_FATAL(replay_read_begin(&reader, file, count), REPLAY_FINE);
    struct replay_head head = head_of_three();
    CU_ASSERT_EQUAL(memcmp(&reader.head, &head, sizeof head), 0);

    CU_ASSERT_EQUAL(next(REPLAY_JOIN).slot, 0);
    CU_ASSERT_EQUAL(next(REPLAY_JOIN).slot, 2);
    struct replay_record record = next(REPLAY_TICK);
    CU_ASSERT_EQUAL(record.ticks, 1);
    CU_ASSERT_EQUAL(record.inputs.present, 0);
    record = next(REPLAY_TICK);
    CU_ASSERT_EQUAL(record.inputs.present, 5);
    CU_ASSERT_EQUAL(memcmp(record.inputs.bytes, "\1\0\0\2\0\0\0\0\1\0\0\2", 12), 0);
    record = next(REPLAY_TICK);
    CU_ASSERT_EQUAL(record.ticks, 1000);
    CU_ASSERT_EQUAL(memcmp(record.inputs.bytes, "\1\0\0\2\0\0\0\0\1\0\0\2", 12), 0);
    CU_ASSERT_EQUAL(next(REPLAY_HASH).hash, 0x1122334455667788);
    CU_ASSERT_EQUAL(next(REPLAY_LEAVE).reason, GK_LEAVE_DISCONNECTED);
    CU_ASSERT_EQUAL(next(REPLAY_LEAVE).slot, 1);
    record = next(REPLAY_TICK);
    CU_ASSERT_EQUAL(memcmp(record.inputs.bytes, "\0\0\0\0\0\0\0\0\1\0\0\2", 12), 0);
    record = next(REPLAY_TICK);
    CU_ASSERT_EQUAL(record.inputs.bytes[11], 3);
    CU_ASSERT_EQUAL(next(REPLAY_IMAGE).image.state_schema, 8);
    record = next(REPLAY_SEAT);
    CU_ASSERT_EQUAL(record.slot, 2);
    CU_ASSERT_STRING_EQUAL(record.seat.name, "Late");
    CU_ASSERT_EQUAL(memcmp(&reader.seats[2], &record.seat, sizeof record.seat), 0);
    CU_ASSERT_STRING_EQUAL(reader.seats[1].name, "Zoë");
    record = next(REPLAY_TICK);
    CU_ASSERT_EQUAL(memcmp(record.inputs.bytes, "\0\0\0\0\x9\0", 6), 0);
    record = next(REPLAY_ASK);
    CU_ASSERT_EQUAL(record.callback, GAME_CALL_INPUT);
    CU_ASSERT_EQUAL(record.count, 5);
    CU_ASSERT_EQUAL(memcmp(record.bytes, "hello", 5), 0);
    CU_ASSERT_EQUAL(next(REPLAY_ASK).slot, GK_SPECTATOR);
    record = next(REPLAY_END);
    CU_ASSERT_EQUAL(record.ticks, 1005);
    CU_ASSERT_EQUAL(record.hash, 42);
    CU_ASSERT_EQUAL(record.result.players[1].score, -1000);
    CU_ASSERT_EQUAL(record.result.players[2].forfeit, 1);
    CU_ASSERT_EQUAL(replay_read_next(&reader, &record), REPLAY_UNFINISHED);
}

static void test_replay_counts_equal_ticks_instead_of_repeating_them(void)
{
    begin(file, sizeof file, NULL, NULL);
    size_t head_bytes = writer.used;
    for (uint32_t i = 0; i < 1000000; i++)
        tick(7, 1, 2);
    replay_write_flush(&writer);
    CU_ASSERT_TRUE(writer.used - head_bytes < 24);
}

static void test_replay_wants_a_hash_every_few_ticks(void)
{
    unsigned wanted = 0;
    begin(file, sizeof file, NULL, NULL);
    for (int i = 0; i < 40; i++) {
        tick(1, (uint8_t)(i / 7), 0);
        wanted += replay_wants_hash(&writer);
    }
    CU_ASSERT_EQUAL(wanted, 10);
}

static void test_replay_is_refused_or_unfinished_when_cut_at_any_byte(void)
{
    uint32_t ticks, unfinished = 0;
    size_t count = whole_file();
    for (size_t cut = 0; cut < count; cut++) {
        enum replay_refusal refusal = read_all(file, cut, &ticks);
        CU_ASSERT_NOT_EQUAL(refusal, REPLAY_FINE);
        unfinished += refusal == REPLAY_UNFINISHED;
    }
    CU_ASSERT_EQUAL(unfinished, 16); /* before each of its records */
}

static void test_replay_is_refused_with_any_byte_changed(void)
{
    uint32_t ticks;
    size_t count = whole_file();
    for (size_t at = 0; at < count; at++)
        for (int bit = 0; bit < 8; bit++) {
            file[at] ^= (uint8_t)(1 << bit);
            enum replay_refusal refusal = read_all(file, count, &ticks);
            CU_ASSERT_NOT_EQUAL(refusal, REPLAY_FINE);
            CU_ASSERT_NOT_EQUAL(refusal, REPLAY_UNFINISHED);
            CU_ASSERT_TRUE(ticks <= REPLAY_TICKS_MAX);
            file[at] ^= (uint8_t)(1 << bit);
        }
}

static void test_replay_is_refused_with_bytes_behind_its_end(void)
{
    uint32_t ticks;
    size_t count = whole_file();
    file[count] = 0;
    CU_ASSERT_EQUAL(read_all(file, count + 1, &ticks), REPLAY_REFUSED_TRAILING);
}

/* The bytes of one record behind the head of a match of three. */
static enum replay_refusal read_record(const char *bytes, size_t count)
{
    uint32_t ticks;
    begin(file, sizeof file, NULL, NULL);
    memcpy(file + writer.used, bytes, count);
    return read_all(file, writer.used + count, &ticks);
}

static void test_replay_refuses_what_no_match_is(void)
{
    CU_ASSERT_EQUAL(read_record("", 0), REPLAY_UNFINISHED);
    CU_ASSERT_EQUAL(read_record("\x00", 1), REPLAY_REFUSED_RECORD);
    CU_ASSERT_EQUAL(read_record("\x0b", 1), REPLAY_REFUSED_RECORD);
    CU_ASSERT_EQUAL(read_record("\1\3", 2), REPLAY_REFUSED_SLOT);           /* there is no slot 3 */
    CU_ASSERT_EQUAL(read_record("\1\1\1\0", 4), REPLAY_REFUSED_SLOT);       /* not in order */
    CU_ASSERT_EQUAL(read_record("\1\1\4\1\1\1", 6), REPLAY_REFUSED_SLOT);   /* is there */
    CU_ASSERT_EQUAL(read_record("\2\1\1", 3), REPLAY_REFUSED_SLOT);         /* was not there */
    CU_ASSERT_EQUAL(read_record("\2\1\2\4\1\1\1", 7), REPLAY_REFUSED_SLOT); /* has left */
    CU_ASSERT_EQUAL(read_record("\1\1\6\0\0\0\0\0\0\0\0", 11), REPLAY_REFUSED_RECORD);
    CU_ASSERT_EQUAL(read_record("\5", 1), REPLAY_REFUSED_RECORD);     /* it ticks */
    CU_ASSERT_EQUAL(read_record("\3\0\0", 3), REPLAY_REFUSED_INPUTS); /* nothing new */
    CU_ASSERT_EQUAL(read_record("\3\x8\x8xxxx", 7), REPLAY_REFUSED_INPUTS);
    CU_ASSERT_EQUAL(read_record("\3\1\2xxxx", 7), REPLAY_REFUSED_INPUTS);
    CU_ASSERT_EQUAL(read_record("\2\1\2\3\2\2xxxx", 10), REPLAY_REFUSED_INPUTS);
    CU_ASSERT_EQUAL(read_record("\4\0", 2), REPLAY_REFUSED_TICKS);
    CU_ASSERT_EQUAL(read_record("\4\xff\xff\xff\xff\x0f", 6), REPLAY_REFUSED_TICKS);
    CU_ASSERT_EQUAL(read_record("\4\x81\x00", 3), REPLAY_REFUSED_NUMBER); /* 1 in two bytes */
    CU_ASSERT_EQUAL(read_record("\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11),
                    REPLAY_REFUSED_NUMBER);
    char seat[50] = {10, 2, [18] = 'x', [49] = 0};
    CU_ASSERT_EQUAL(read_record(seat, sizeof seat), REPLAY_UNFINISHED);
    CU_ASSERT_EQUAL(read_record(seat, sizeof seat - 1), REPLAY_REFUSED_TRUNCATED);
    seat[49] = 1;
    CU_ASSERT_EQUAL(read_record(seat, sizeof seat), REPLAY_REFUSED_RECORD);
    seat[49] = 0;
    seat[1] = 3;
    CU_ASSERT_EQUAL(read_record(seat, sizeof seat), REPLAY_REFUSED_SLOT);
    CU_ASSERT_EQUAL(read_record("\7\5\0\0", 4), REPLAY_REFUSED_RECORD); /* tick is no question */
    CU_ASSERT_EQUAL(read_record("\7\4\3\0", 4), REPLAY_REFUSED_RECORD);
    CU_ASSERT_EQUAL(read_record("\7\4\0\x81\x8", 5), REPLAY_REFUSED_NUMBER); /* 1025 bytes */
}

static void test_replay_stops_whole_where_its_buffer_is_full(void)
{
    uint32_t ticks;
    size_t count = whole_file();
    begin(file, sizeof file, NULL, NULL);
    size_t head_bytes = writer.used;
    for (size_t capacity = head_bytes; capacity < count; capacity++) {
        struct gk_result result = {.player_count = 3};
        uint8_t *buffer = malloc(capacity);
        begin(buffer, capacity, NULL, NULL);
        replay_write_join(&writer, 1);
        for (int i = 0; i < 100; i++)
            tick(2, (uint8_t)(i / 9), 1);
        bool whole = replay_write_end(&writer, 1, &result);
        enum replay_refusal refusal = read_all(buffer, writer.used, &ticks);
        CU_ASSERT_EQUAL(refusal, whole ? REPLAY_FINE : REPLAY_UNFINISHED);
        free(buffer);
    }
}

struct taken {
    uint8_t bytes[FILE_BYTES];
    size_t count;
    unsigned times;
};

static bool take(void *context, const uint8_t *bytes, size_t count)
{
    struct taken *taken = context;
    if (taken->count + count > sizeof taken->bytes)
        return false;
    memcpy(taken->bytes + taken->count, bytes, count);
    taken->count += count;
    taken->times++;
    return true;
}

static void test_replay_hands_on_a_small_buffer_again_and_again(void)
{
    static struct taken taken;
    uint8_t buffer[7];
    size_t count = whole_file();
    begin(buffer, sizeof buffer, take, &taken);
    record_all();
    CU_ASSERT_TRUE(taken.times >= count / sizeof buffer);
    CU_ASSERT_EQUAL(taken.count, count);
    CU_ASSERT_EQUAL(memcmp(taken.bytes, file, count), 0);
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_replay_reads_what_was_written),
        PROMISE(test_replay_counts_equal_ticks_instead_of_repeating_them),
        PROMISE(test_replay_wants_a_hash_every_few_ticks),
        PROMISE(test_replay_is_refused_or_unfinished_when_cut_at_any_byte),
        PROMISE(test_replay_is_refused_with_any_byte_changed),
        PROMISE(test_replay_is_refused_with_bytes_behind_its_end),
        PROMISE(test_replay_refuses_what_no_match_is),
        PROMISE(test_replay_stops_whole_where_its_buffer_is_full),
        PROMISE(test_replay_hands_on_a_small_buffer_again_and_again),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("host_replay", promises);
}
