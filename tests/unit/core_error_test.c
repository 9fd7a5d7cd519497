/* The table of errors is a public contract: codes are unique, statuses are errors. */
#include "core/error.h"

#include <string.h>

#include "promises.h"

static void test_error_codes_are_unique_and_found_again(void)
{
    for (int i = OK + 1; i < ERROR_COUNT; i++)
        CU_ASSERT_EQUAL(error_by_code(error_code((enum error)i)), (enum error)i);
    CU_ASSERT_EQUAL(error_by_code("no_such_code"), ERROR_INTERNAL);
    CU_ASSERT_EQUAL(error_by_code(""), ERROR_INTERNAL);
}

static void test_error_has_an_error_status_and_a_sentence(void)
{
    for (int i = OK + 1; i < ERROR_COUNT; i++) {
        int status = error_status((enum error)i);
        const char *code = error_code((enum error)i), *sentence = error_sentence((enum error)i);
        CU_ASSERT(status >= 400 && status <= 599);
        CU_ASSERT_EQUAL(code[strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_")], '\0');
        CU_ASSERT(strlen(sentence) > 0 && sentence[strlen(sentence) - 1] == '.');
    }
}

static CU_TestInfo promises[] = {
    PROMISE(test_error_codes_are_unique_and_found_again),
    PROMISE(test_error_has_an_error_status_and_a_sentence),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/error", promises);
}
