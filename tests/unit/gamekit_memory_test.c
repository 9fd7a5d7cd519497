/* The memory functions of a game against those of the C library, at every overlap. */
#include <stdint.h>
#include <string.h>

#include "promises.h"

#define BYTES 24

void *game_memcpy(void *to, const void *from, size_t bytes);
void *game_memmove(void *to, const void *from, size_t bytes);
void *game_memset(void *to, int value, size_t bytes);
int game_memcmp(const void *left, const void *right, size_t bytes);

static void fill(uint8_t *bytes)
{
    for (uint8_t i = 0; i < BYTES; i++)
        bytes[i] = i;
}

static void test_memory_moves_over_itself_in_both_directions(void)
{
    for (size_t from = 0; from < BYTES; from++)
        for (size_t to = 0; to < BYTES; to++)
            for (size_t count = 0; from + count <= BYTES && to + count <= BYTES; count++) {
                uint8_t ours[BYTES], theirs[BYTES];
                fill(ours);
                fill(theirs);
                CU_ASSERT_PTR_EQUAL(game_memmove(ours + to, ours + from, count), ours + to);
                memmove(theirs + to, theirs + from, count);
                CU_ASSERT_EQUAL(memcmp(ours, theirs, BYTES), 0);
            }
}

static void test_memory_copies_and_sets_exactly_so_many_bytes(void)
{
    uint8_t source[BYTES];
    fill(source);
    for (size_t count = 0; count <= BYTES; count++) {
        uint8_t ours[BYTES], theirs[BYTES];
        memset(ours, 0xee, BYTES);
        memset(theirs, 0xee, BYTES);
        CU_ASSERT_PTR_EQUAL(game_memcpy(ours, source, count), ours);
        memcpy(theirs, source, count);
        CU_ASSERT_EQUAL(memcmp(ours, theirs, BYTES), 0);
        CU_ASSERT_PTR_EQUAL(game_memset(ours, 0x1ff, count), ours);
        memset(theirs, 0xff, count);
        CU_ASSERT_EQUAL(memcmp(ours, theirs, BYTES), 0);
    }
}

static void test_memory_compares_bytes_as_unsigned(void)
{
    CU_ASSERT(game_memcmp("\x7f", "\x80", 1) < 0);
    CU_ASSERT(game_memcmp("ab\xff", "ab\x01", 3) > 0);
    CU_ASSERT_EQUAL(game_memcmp("abc", "abd", 2), 0);
    CU_ASSERT_EQUAL(game_memcmp("a", "b", 0), 0);
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_memory_moves_over_itself_in_both_directions),
        PROMISE(test_memory_copies_and_sets_exactly_so_many_bytes),
        PROMISE(test_memory_compares_bytes_as_unsigned),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("gamekit_memory", promises);
}
