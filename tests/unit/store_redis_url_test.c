/* The Redis address, taken apart strictly. */
#include "store/redis_url.h"

#include <CUnit/Basic.h>

static void test_redis_url_takes_host_port_password_and_database(void)
{
    struct redis_url url;
    CU_ASSERT(redis_url_parse("redis://:se@cret@10.0.0.1:7000/3", &url));
    CU_ASSERT_STRING_EQUAL(url.host, "10.0.0.1");
    CU_ASSERT_STRING_EQUAL(url.password, "se@cret");
    CU_ASSERT_EQUAL(url.port, 7000);
    CU_ASSERT_EQUAL(url.database, 3);
}

static void test_redis_url_has_defaults(void)
{
    struct redis_url url;
    CU_ASSERT(redis_url_parse("redis://cache", &url));
    CU_ASSERT_STRING_EQUAL(url.host, "cache");
    CU_ASSERT_STRING_EQUAL(url.password, "");
    CU_ASSERT_EQUAL(url.port, 6379);
    CU_ASSERT_EQUAL(url.database, 0);
}

static void test_redis_url_refuses_nonsense(void)
{
    static const char *const bad[] = {
        "",           "cache:6379",          "rediss://cache",   "redis://",
        "redis://:1", "redis://cache:port",  "redis://cache:",   "redis://cache:70000",
        "redis://x@", "redis://pw@cache:99", "redis://cache/ab", "redis://cache:-1",
    };
    struct redis_url url;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(redis_url_parse(bad[i], &url));
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("store_redis_url", NULL, NULL);
    CU_ADD_TEST(suite, test_redis_url_takes_host_port_password_and_database);
    CU_ADD_TEST(suite, test_redis_url_has_defaults);
    CU_ADD_TEST(suite, test_redis_url_refuses_nonsense);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures ? 1 : 0;
}
