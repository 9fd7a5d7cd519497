/* The Redis address, taken apart strictly. */
#include "store/redis_url.h"

#include "promises.h"

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

static CU_TestInfo promises[] = {
    PROMISE(test_redis_url_takes_host_port_password_and_database),
    PROMISE(test_redis_url_has_defaults),
    PROMISE(test_redis_url_refuses_nonsense),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("store_redis_url", promises);
}
