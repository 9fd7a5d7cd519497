/* The frame of a CUnit program: promises, run one after the other, and the exit status. */
#ifndef UNIT_PROMISES_H
#define UNIT_PROMISES_H

#include <CUnit/Basic.h>

#define PROMISE(name)                                                                              \
    {                                                                                              \
#name, name                                                                                \
    }

/* `suites` ends with CU_SUITE_INFO_NULL. */
static inline int keep_suites(CU_SuiteInfo *suites)
{
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 2;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
    CU_cleanup_registry();
    return failures > 0;
}

/* One suite; `promises` ends with CU_TEST_INFO_NULL. */
static inline int keep_promises(const char *suite, CU_TestInfo *promises)
{
    CU_SuiteInfo suites[] = {{suite, NULL, NULL, NULL, NULL, promises}, CU_SUITE_INFO_NULL};
    return keep_suites(suites);
}

#endif
