/* The frame of a CUnit program with one suite: a list of promises, run one after the other. */
#ifndef UNIT_PROMISES_H
#define UNIT_PROMISES_H

#include <CUnit/Basic.h>

#define PROMISE(name)                                                                              \
    {                                                                                              \
#name, name                                                                                \
    }

/* `promises` ends with CU_TEST_INFO_NULL. The exit status of the program. */
static inline int keep_promises(const char *suite, CU_TestInfo *promises)
{
    CU_SuiteInfo suites[] = {{suite, NULL, NULL, NULL, NULL, promises}, CU_SUITE_INFO_NULL};
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 2;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
    CU_cleanup_registry();
    return failures > 0;
}

#endif
