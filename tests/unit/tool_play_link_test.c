/* A bad line between a player and the match, with a clock of our own. */
#include "tool/play_link.h"

#include <stdlib.h>

#include "promises.h"

#define FRAMES   2000
#define EVERY_US 16667

/* Sends FRAMES frames over a line of `quality` and notes when each arrives, in their order. */
static void send_all(struct play_quality quality, uint64_t seed, int64_t ret_arrived_us[FRAMES])
{
    struct play_link link;
    play_link_init(&link, seed);
    link.quality = quality;
    uint32_t arrived = 0;
    int64_t now_us = 0;
    for (uint32_t sent = 0; arrived < FRAMES; now_us += 1000) {
        for (; sent < FRAMES && (int64_t)sent * EVERY_US <= now_us; sent++)
            CU_ASSERT_TRUE_FATAL(
                play_link_send(&link, (const uint8_t *)&sent, sizeof sent, sent * EVERY_US));
        struct play_frame *frame;
        while ((frame = play_link_receive(&link, now_us))) {
            CU_ASSERT_EQUAL(*(const uint32_t *)(const void *)frame->bytes, arrived);
            CU_ASSERT_TRUE(frame->due_us <= now_us);
            ret_arrived_us[arrived++] = frame->due_us;
            free(frame);
        }
    }
    CU_ASSERT_EQUAL(play_link_due_us(&link), PLAY_LINK_NOTHING_DUE);
}

static void test_good_line_takes_no_time(void)
{
    static int64_t arrived_us[FRAMES];
    send_all((struct play_quality){0}, 1, arrived_us);
    for (int64_t i = 0; i < FRAMES; i++)
        CU_ASSERT_EQUAL_FATAL(arrived_us[i], i * EVERY_US);
}

static void test_line_takes_half_its_latency_one_way(void)
{
    static int64_t arrived_us[FRAMES];
    send_all((struct play_quality){.latency_ms = 120}, 1, arrived_us);
    for (int64_t i = 0; i < FRAMES; i++)
        CU_ASSERT_EQUAL_FATAL(arrived_us[i], i * EVERY_US + 60000);
}

static void test_line_with_jitter_keeps_the_order_and_its_bounds(void)
{
    static int64_t arrived_us[FRAMES];
    int64_t longest_us = 0;
    send_all((struct play_quality){.jitter_ms = 30}, 1, arrived_us);
    for (int64_t i = 0; i < FRAMES; i++) {
        int64_t took_us = arrived_us[i] - i * EVERY_US;
        CU_ASSERT_TRUE_FATAL(took_us >= 0 && took_us <= 30000);
        longest_us = took_us > longest_us ? took_us : longest_us;
    }
    CU_ASSERT_TRUE(longest_us > 25000);
}

static void test_line_with_loss_delays_and_loses_nothing(void)
{
    static int64_t arrived_us[FRAMES];
    int64_t late = 0;
    send_all((struct play_quality){.latency_ms = 40, .loss_percent = 10}, 1, arrived_us);
    for (int64_t i = 0; i < FRAMES; i++)
        late += arrived_us[i] - i * EVERY_US > 20000;
    /* Each lost one holds up the five behind it, more or less. */
    CU_ASSERT_TRUE(late > FRAMES / 10);
    CU_ASSERT_TRUE(late < FRAMES * 7 / 10);
}

static void test_bad_line_is_the_same_bad_line_again(void)
{
    static int64_t one[FRAMES], same[FRAMES], other[FRAMES];
    const struct play_quality bad = {.latency_ms = 80, .jitter_ms = 20, .loss_percent = 5};
    bool differs = false;
    send_all(bad, 7, one);
    send_all(bad, 7, same);
    send_all(bad, 8, other);
    for (int64_t i = 0; i < FRAMES; i++) {
        CU_ASSERT_EQUAL_FATAL(one[i], same[i]);
        differs |= one[i] != other[i];
    }
    CU_ASSERT_TRUE(differs);
}

static void test_line_takes_only_so_many_frames(void)
{
    struct play_link link;
    uint8_t byte = 0;
    play_link_init(&link, 1);
    link.quality.latency_ms = 100;
    for (uint32_t i = 0; i < PLAY_LINK_FRAMES_MAX; i++)
        CU_ASSERT_TRUE_FATAL(play_link_send(&link, &byte, 1, 0));
    CU_ASSERT_FALSE(play_link_send(&link, &byte, 1, 0));
    play_link_clear(&link);
    CU_ASSERT_EQUAL(play_link_due_us(&link), PLAY_LINK_NOTHING_DUE);
    CU_ASSERT_TRUE(play_link_send(&link, &byte, 1, 0));
    CU_ASSERT_EQUAL(play_link_due_us(&link), 50000);
    play_link_clear(&link);
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_good_line_takes_no_time),
        PROMISE(test_line_takes_half_its_latency_one_way),
        PROMISE(test_line_with_jitter_keeps_the_order_and_its_bounds),
        PROMISE(test_line_with_loss_delays_and_loses_nothing),
        PROMISE(test_bad_line_is_the_same_bad_line_again),
        PROMISE(test_line_takes_only_so_many_frames),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("tool/play_link", promises);
}
