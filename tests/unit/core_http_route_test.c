/* Which route a path means, and what its parts and its query say. */
#include "core/http_route.h"

#include <string.h>

#include "promises.h"

#define ROUTE(method, path)                                                                        \
    {                                                                                              \
        method, path, ACCESS_PUBLIC, NULL, NULL                                                    \
    }

static const struct route routes[] = {
    ROUTE("GET", "/api/rooms"),
    ROUTE("POST", "/api/rooms"),
    ROUTE("GET", "/api/rooms/{id}"),
    ROUTE("GET", "/api/rooms/history"),
    ROUTE("DELETE", "/api/rooms/{id}"),
    ROUTE("POST", "/api/rooms/{id}/join"),
    ROUTE("GET", "/internal/rooms/{id}/members/{user}"),
};

static struct arena *arena;
static const struct route *route;
static const char *params[HTTP_PARAMS_MAX];
static const char *allowed;

static enum error find(const char *method, const char *path)
{
    route = NULL;
    allowed = NULL;
    memset(params, 0, sizeof(params));
    return route_find(routes, sizeof(routes) / sizeof(routes[0]), method, path, arena, &route,
                      params, &allowed);
}

static void test_route_takes_its_parts_in_order(void)
{
    arena = arena_create();
    CU_ASSERT_EQUAL_FATAL(find("GET", "/internal/rooms/r1/members/u2"), OK);
    CU_ASSERT_STRING_EQUAL(route->path, "/internal/rooms/{id}/members/{user}");
    CU_ASSERT_STRING_EQUAL(params[0], "r1");
    CU_ASSERT_STRING_EQUAL(params[1], "u2");
    CU_ASSERT_PTR_NULL(params[2]);
    arena_destroy(arena);
}

static void test_route_spelled_out_beats_a_part(void)
{
    arena = arena_create();
    CU_ASSERT_EQUAL_FATAL(find("GET", "/api/rooms/history"), OK);
    CU_ASSERT_STRING_EQUAL(route->path, "/api/rooms/history");
    CU_ASSERT_EQUAL_FATAL(find("GET", "/api/rooms/histor"), OK);
    CU_ASSERT_STRING_EQUAL(route->path, "/api/rooms/{id}");
    arena_destroy(arena);
}

static void test_route_of_another_method_says_which_fit(void)
{
    arena = arena_create();
    CU_ASSERT_EQUAL(find("PUT", "/api/rooms"), ERROR_METHOD_NOT_ALLOWED);
    CU_ASSERT_STRING_EQUAL(allowed, "GET, POST");
    CU_ASSERT_EQUAL(find("get", "/api/rooms"), ERROR_METHOD_NOT_ALLOWED);
    CU_ASSERT_EQUAL(find("GET", "/api/rooms/r1/join"), ERROR_METHOD_NOT_ALLOWED);
    CU_ASSERT_STRING_EQUAL(allowed, "POST");
    arena_destroy(arena);
}

static void test_route_is_not_found_by_half(void)
{
    static const char *const bad[] = {
        "",
        "/",
        "api/rooms",
        "/api",
        "/api/",
        "/api/rooms/",
        "/api/roomss",
        "/api/rooms/r1/join/",
        "/api//rooms",
        "//api/rooms",
        "/API/rooms",
        "/api/rooms/r1/r2",
        "/api/%72ooms",
        "/api/rooms//join",
        "*",
    };
    arena = arena_create();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(find("GET", bad[i]), ERROR_NOT_FOUND);
    arena_destroy(arena);
}

static void test_route_part_is_decoded_after_matching(void)
{
    arena = arena_create();
    CU_ASSERT_EQUAL_FATAL(find("GET", "/api/rooms/a%2Fb%20c+d%C3%A9"), OK);
    CU_ASSERT_STRING_EQUAL(params[0], "a/b c+d\xc3\xa9");
    arena_destroy(arena);
}

static void test_route_part_that_cannot_be_decoded_is_refused(void)
{
    static const char *const bad[] = {
        "/api/rooms/%",      "/api/rooms/%4",   "/api/rooms/%zz", "/api/rooms/a%00",
        "/api/rooms/%0a",    "/api/rooms/%7f",  "/api/rooms/%ff", "/api/rooms/%c0%af",
        "/api/rooms/%C2%9b", "/api/rooms/\xff",
    };
    arena = arena_create();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(find("GET", bad[i]), ERROR_BAD_REQUEST);
    arena_destroy(arena);
}

static void test_query_is_split_and_decoded(void)
{
    struct query_param query[HTTP_QUERY_PARAMS_MAX];
    size_t count = 99;
    arena = arena_create();
    CU_ASSERT_EQUAL(query_parse(arena, NULL, query, &count), OK);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(query_parse(arena, "&a=1&&b=x+y%26z=&c&=d&", query, &count), OK);
    CU_ASSERT_EQUAL_FATAL(count, 4);
    CU_ASSERT_STRING_EQUAL(query[0].name, "a");
    CU_ASSERT_STRING_EQUAL(query[0].value, "1");
    CU_ASSERT_STRING_EQUAL(query[1].value, "x y&z=");
    CU_ASSERT_STRING_EQUAL(query[2].name, "c");
    CU_ASSERT_STRING_EQUAL(query[2].value, "");
    CU_ASSERT_STRING_EQUAL(query[3].name, "");
    arena_destroy(arena);
}

static void test_query_that_cannot_be_decoded_or_is_endless_is_refused(void)
{
    struct query_param query[HTTP_QUERY_PARAMS_MAX];
    size_t count;
    arena = arena_create();
    CU_ASSERT_EQUAL(query_parse(arena, "a=%", query, &count), ERROR_BAD_REQUEST);
    CU_ASSERT_EQUAL(query_parse(arena, "%ff=a", query, &count), ERROR_BAD_REQUEST);
    CU_ASSERT_EQUAL(query_parse(arena, "a=%00", query, &count), ERROR_BAD_REQUEST);
    char many[4 * (HTTP_QUERY_PARAMS_MAX + 1) + 1];
    for (int i = 0; i <= HTTP_QUERY_PARAMS_MAX; i++)
        memcpy(many + 4 * i, "a=1&", 5);
    CU_ASSERT_EQUAL(query_parse(arena, many, query, &count), ERROR_BAD_REQUEST);
    many[4 * HTTP_QUERY_PARAMS_MAX] = '\0';
    CU_ASSERT_EQUAL(query_parse(arena, many, query, &count), OK);
    arena_destroy(arena);
}

static CU_TestInfo promises[] = {
    PROMISE(test_route_takes_its_parts_in_order),
    PROMISE(test_route_spelled_out_beats_a_part),
    PROMISE(test_route_of_another_method_says_which_fit),
    PROMISE(test_route_is_not_found_by_half),
    PROMISE(test_route_part_is_decoded_after_matching),
    PROMISE(test_route_part_that_cannot_be_decoded_is_refused),
    PROMISE(test_query_is_split_and_decoded),
    PROMISE(test_query_that_cannot_be_decoded_or_is_endless_is_refused),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/http_route", promises);
}
