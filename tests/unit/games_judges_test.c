/* Threads that judge: a slow case delays no other. */
#include "games/judges.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "promises.h"

#define WAIT_MS 10000

struct a_case {
    _Atomic bool *gate; /* it ends once this is open; NULL: at once */
    _Atomic bool begun, ended;
};

static void judge(void *context, void *brought)
{
    struct a_case *one = brought;
    (void)context;
    atomic_store(&one->begun, true);
    while (one->gate && !atomic_load(one->gate))
        usleep(1000);
    atomic_store(&one->ended, true);
}

static bool becomes_true(_Atomic bool *what)
{
    for (int ms = 0; ms < WAIT_MS && !atomic_load(what); ms++)
        usleep(1000);
    return atomic_load(what);
}

static void test_judges_let_a_quick_case_pass_the_slow_ones(void)
{
    _Atomic bool gate = false;
    struct a_case slow[JUDGES_MAX - 1] = {0}, quick = {0};
    struct judges *judges;
    CU_ASSERT_EQUAL_FATAL(judges_create(judge, NULL, &judges), OK);
    for (int i = 0; i < JUDGES_MAX - 1; i++) {
        slow[i].gate = &gate;
        CU_ASSERT_EQUAL(judges_bring(judges, &slow[i]), OK);
    }
    CU_ASSERT_EQUAL(judges_bring(judges, &quick), OK);
    CU_ASSERT(becomes_true(&quick.ended));
    judges_wait(judges, 1); /* patience has an end */
    for (int i = 0; i < JUDGES_MAX - 1; i++)
        CU_ASSERT_FALSE(atomic_load(&slow[i].ended));
    atomic_store(&gate, true);
    judges_wait(judges, WAIT_MS);
    for (int i = 0; i < JUDGES_MAX - 1; i++)
        CU_ASSERT(atomic_load(&slow[i].ended));
    judges_destroy(judges);
}

static void test_judges_refuse_more_cases_than_they_can_keep(void)
{
    _Atomic bool gate = false;
    struct a_case slow[JUDGES_MAX] = {0}, quick[JUDGES_CASES] = {0};
    struct judges *judges;
    CU_ASSERT_EQUAL_FATAL(judges_create(judge, NULL, &judges), OK);
    for (int i = 0; i < JUDGES_MAX; i++) {
        slow[i].gate = &gate;
        CU_ASSERT_EQUAL(judges_bring(judges, &slow[i]), OK);
        CU_ASSERT(becomes_true(&slow[i].begun));
    }
    for (int i = 0; i < JUDGES_CASES; i++)
        CU_ASSERT_EQUAL(judges_bring(judges, &quick[i]), OK);
    CU_ASSERT_EQUAL(judges_bring(judges, &quick[0]), ERROR_OVERLOADED);
    atomic_store(&gate, true);
    judges_wait(judges, WAIT_MS);
    for (int i = 0; i < JUDGES_CASES; i++)
        CU_ASSERT(atomic_load(&quick[i].ended));
    judges_destroy(judges);
}

static void test_judges_end_with_cases_that_nobody_began(void)
{
    _Atomic bool gate = true;
    struct a_case cases[2 * JUDGES_MAX] = {0};
    struct judges *judges;
    CU_ASSERT_EQUAL_FATAL(judges_create(judge, NULL, &judges), OK);
    for (int i = 0; i < 2 * JUDGES_MAX; i++) {
        cases[i].gate = &gate;
        CU_ASSERT_EQUAL(judges_bring(judges, &cases[i]), OK);
    }
    judges_destroy(judges);
    for (int i = 0; i < 2 * JUDGES_MAX; i++)
        CU_ASSERT_EQUAL(atomic_load(&cases[i].begun), atomic_load(&cases[i].ended));
}

static CU_TestInfo promises[] = {
    PROMISE(test_judges_let_a_quick_case_pass_the_slow_ones),
    PROMISE(test_judges_refuse_more_cases_than_they_can_keep),
    PROMISE(test_judges_end_with_cases_that_nobody_began),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games/judges", promises);
}
