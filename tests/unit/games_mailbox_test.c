/* Letters from any thread to the loop: in order, bounded, none lost. */
#include "games/mailbox.h"

#include <pthread.h>
#include <stdint.h>

#include "promises.h"

static uintptr_t last;
static int taken;

static void take(void *context, void *letter)
{
    (void)context;
    CU_ASSERT((uintptr_t)letter > last);
    last = (uintptr_t)letter;
    taken++;
}

static void take_until(void *context, void *letter)
{
    last = (uintptr_t)letter;
    taken++;
    if (taken == 100)
        event_base_loopbreak(context);
}

static void test_mailbox_refuses_what_it_cannot_hold(void)
{
    struct event_base *base = event_base_new();
    struct mailbox *mailbox = NULL;
    last = 0;
    taken = 0;
    CU_ASSERT_EQUAL_FATAL(mailbox_create(base, take, NULL, &mailbox), OK);
    for (uintptr_t i = 1; i <= MAILBOX_LETTERS_MAX; i++)
        CU_ASSERT_EQUAL(mailbox_post(mailbox, (void *)i), OK);
    CU_ASSERT_EQUAL(mailbox_post(mailbox, (void *)1), ERROR_OVERLOADED);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CU_ASSERT_EQUAL(taken, MAILBOX_LETTERS_MAX);
    CU_ASSERT_EQUAL(mailbox_post(mailbox, (void *)(last + 1)), OK);
    mailbox_destroy(mailbox); /* hands the last one out */
    CU_ASSERT_EQUAL(taken, MAILBOX_LETTERS_MAX + 1);
    event_base_free(base);
}

static void *post_a_hundred(void *mailbox)
{
    for (uintptr_t i = 1; i <= 100; i++)
        while (mailbox_post(mailbox, (void *)i) != OK)
            ;
    return NULL;
}

static void test_mailbox_wakes_the_loop_for_another_thread(void)
{
    struct event_base *base = event_base_new();
    struct mailbox *mailbox = NULL;
    pthread_t thread;
    taken = 0;
    CU_ASSERT_EQUAL_FATAL(mailbox_create(base, take_until, base, &mailbox), OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, post_a_hundred, mailbox), 0);
    event_base_dispatch(base);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(taken, 100);
    CU_ASSERT_EQUAL(last, 100);
    mailbox_destroy(mailbox);
    event_base_free(base);
}

static CU_TestInfo promises[] = {
    PROMISE(test_mailbox_refuses_what_it_cannot_hold),
    PROMISE(test_mailbox_wakes_the_loop_for_another_thread),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games_mailbox", promises);
}
