/*
 * The bounded reader and writer. What is read or written lies in memory of exactly its size, so
 * that the address sanitizer sees every step past an end.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gamekit/bytes.h>

#include "promises.h"

static void test_bytes_come_back_as_they_were_written(void)
{
    uint8_t *bytes = malloc(43);
    struct gk_writer writer = gk_writer_of(bytes, 43);
    gk_write_u8(&writer, 200);
    gk_write_i8(&writer, -3);
    gk_write_u16(&writer, 0xfedc);
    gk_write_i16(&writer, -30000);
    gk_write_u32(&writer, 0xfedcba98);
    gk_write_i32(&writer, INT32_MIN);
    gk_write_u64(&writer, UINT64_MAX - 1);
    gk_write_i64(&writer, INT64_MIN);
    gk_write_f32(&writer, -1.5f);
    gk_write_bytes(&writer, (const uint8_t *)"12345", 5);
    gk_write(&writer, 0x0a0b0c0d, 3);
    CU_ASSERT_EQUAL(gk_writer_done(&writer), 42);

    struct gk_reader reader = gk_reader_of(bytes, writer.used);
    uint8_t five[5] = {0};
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 200);
    CU_ASSERT_EQUAL(gk_read_i8(&reader), -3);
    CU_ASSERT_EQUAL(gk_read_u16(&reader), 0xfedc);
    CU_ASSERT_EQUAL(gk_read_i16(&reader), -30000);
    CU_ASSERT_EQUAL(gk_read_u32(&reader), 0xfedcba98);
    CU_ASSERT_EQUAL(gk_read_i32(&reader), INT32_MIN);
    CU_ASSERT_EQUAL(gk_read_u64(&reader), UINT64_MAX - 1);
    CU_ASSERT_EQUAL(gk_read_i64(&reader), INT64_MIN);
    CU_ASSERT_EQUAL(gk_read_f32(&reader), -1.5f);
    gk_read_bytes(&reader, five, 5);
    CU_ASSERT_EQUAL(memcmp(five, "12345", 5), 0);
    CU_ASSERT_EQUAL(gk_reader_done(&reader), 0);
    CU_ASSERT_EQUAL(gk_read(&reader, 3), 0x0b0c0d);
    CU_ASSERT_EQUAL(gk_reader_done(&reader), 1);
    free(bytes);
}

static void test_bytes_are_little_endian(void)
{
    uint8_t bytes[4];
    struct gk_writer writer = gk_writer_of(bytes, sizeof bytes);
    gk_write_u32(&writer, 0x04030201);
    CU_ASSERT_EQUAL(memcmp(bytes, "\1\2\3\4", 4), 0);
}

/* For each width and each number of bytes that are there: all or nothing, and it stays failed. */
static void test_bytes_reader_never_passes_its_end(void)
{
    for (uint32_t count = 0; count <= 9; count++)
        for (uint32_t width = 0; width <= 10; width++) {
            uint8_t *bytes = malloc(count ? count : 1);
            memset(bytes, 0xff, count);
            struct gk_reader reader = gk_reader_of(bytes, count);
            uint64_t value = gk_read(&reader, width);
            uint32_t fits = width <= count && width <= 8;
            CU_ASSERT_EQUAL(reader.failed, !fits);
            CU_ASSERT_EQUAL(reader.used, fits ? width : 0);
            CU_ASSERT(fits || value == 0);
            if (!fits) {
                CU_ASSERT_EQUAL(gk_read_u8(&reader), 0); /* though a byte may be there */
                CU_ASSERT_EQUAL(gk_reader_done(&reader), 0);
            }
            free(bytes);
        }
    struct gk_reader nothing = gk_reader_of(NULL, 0);
    CU_ASSERT_EQUAL(gk_reader_done(&nothing), 1);
    CU_ASSERT_EQUAL(gk_read_u64(&nothing), 0);
    CU_ASSERT_EQUAL(nothing.failed, 1);
}

static void test_bytes_reader_survives_hostile_lengths(void)
{
    uint8_t *bytes = malloc(6), *target = malloc(6);
    memset(target, 7, 6);
    static const uint32_t lengths[] = {3, 7, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct gk_writer writer = gk_writer_of(bytes, 6);
        gk_write_u32(&writer, lengths[i]); /* as a message would announce it */
        gk_write_u16(&writer, 0x0101);
        struct gk_reader reader = gk_reader_of(bytes, 6);
        gk_read_bytes(&reader, target, gk_read_u32(&reader));
        CU_ASSERT_EQUAL(reader.failed, 1);
        CU_ASSERT_EQUAL(reader.used, 4);
        CU_ASSERT_EQUAL(target[0], 7);
    }
    free(bytes);
    free(target);
}

static void test_bytes_reader_lets_no_nan_in(void)
{
    static const uint32_t odd[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffffffff, 0x7f800001};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct gk_reader reader = gk_reader_of((const uint8_t *)&odd[i], 4);
        CU_ASSERT_EQUAL(gk_read_f32(&reader), 0.0f);
        CU_ASSERT_EQUAL(reader.failed, 1);
    }
    uint8_t bytes[4] = {9, 9, 9, 9};
    struct gk_writer writer = gk_writer_of(bytes, sizeof bytes);
    gk_write_f32(&writer, NAN);
    CU_ASSERT_EQUAL(memcmp(bytes, "\0\0\0\0", 4), 0);
}

static void test_bytes_writer_never_passes_its_end_and_says_so(void)
{
    for (uint32_t capacity = 0; capacity <= 9; capacity++)
        for (uint32_t width = 0; width <= 10; width++) {
            uint8_t *bytes = malloc(capacity ? capacity : 1);
            memset(bytes, 7, capacity);
            struct gk_writer writer = gk_writer_of(bytes, capacity);
            gk_write(&writer, UINT64_MAX, width);
            uint32_t fits = width <= capacity && width <= 8;
            CU_ASSERT_EQUAL(writer.failed, !fits);
            CU_ASSERT_EQUAL(gk_writer_done(&writer), fits ? width : UINT32_MAX);
            if (!fits) {
                gk_write_u8(&writer, 1); /* though it would fit */
                CU_ASSERT_EQUAL(writer.used, 0);
                CU_ASSERT(capacity == 0 || bytes[0] == 7);
            }
            free(bytes);
        }
    uint8_t three[3];
    struct gk_writer writer = gk_writer_of(three, sizeof three);
    gk_write_bytes(&writer, (const uint8_t *)"1234", 4);
    CU_ASSERT_EQUAL(gk_writer_done(&writer), UINT32_MAX);
    writer = gk_writer_of(three, sizeof three);
    gk_write_bytes(&writer, (const uint8_t *)"1234", UINT32_MAX);
    CU_ASSERT_EQUAL(gk_writer_done(&writer), UINT32_MAX);
}

static void test_bytes_text_is_cut_at_the_end(void)
{
    uint8_t *bytes = malloc(6);
    struct gk_writer writer = gk_writer_of(bytes, 6);
    gk_write_text(&writer, "abc");
    gk_write_number(&writer, -12345);
    CU_ASSERT_EQUAL(writer.used, 6);
    CU_ASSERT_EQUAL(memcmp(bytes, "abc-12", 6), 0);
    CU_ASSERT_EQUAL(writer.failed, 1);
    free(bytes);
}

static void test_bytes_numbers_are_decimal(void)
{
    static const int64_t numbers[] = {0, -1, 7, 10, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[32] = {0}, expected[32];
        struct gk_writer writer = gk_writer_of((uint8_t *)text, sizeof text);
        gk_write_number(&writer, numbers[i]);
        snprintf(expected, sizeof expected, "%lld", (long long)numbers[i]);
        CU_ASSERT_STRING_EQUAL(text, expected);
    }
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_bytes_come_back_as_they_were_written),
        PROMISE(test_bytes_are_little_endian),
        PROMISE(test_bytes_reader_never_passes_its_end),
        PROMISE(test_bytes_reader_survives_hostile_lengths),
        PROMISE(test_bytes_reader_lets_no_nan_in),
        PROMISE(test_bytes_writer_never_passes_its_end_and_says_so),
        PROMISE(test_bytes_text_is_cut_at_the_end),
        PROMISE(test_bytes_numbers_are_decimal),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("gamekit_bytes", promises);
}
