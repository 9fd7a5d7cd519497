/* The pure parts of the master: when a child starts again, how files are filled in, addresses. */
#include <stdlib.h>
#include <string.h>

#include "serve/backoff.h"
#include "serve/database_url.h"
#include "serve/environment.h"
#include "serve/nginx.h"
#include "serve/template.h"
#include "promises.h"

static void test_backoff_doubles_up_to_its_limit(void)
{
    struct backoff backoff = {0};
    CU_ASSERT_EQUAL(backoff_after(&backoff, 5), BACKOFF_MS_FIRST);
    CU_ASSERT_EQUAL(backoff_after(&backoff, 5), 2 * BACKOFF_MS_FIRST);
    CU_ASSERT_EQUAL(backoff_after(&backoff, 5), 4 * BACKOFF_MS_FIRST);
    for (int i = 0; i < 100; i++)
        backoff_after(&backoff, 5);
    CU_ASSERT_EQUAL(backoff_after(&backoff, 5), BACKOFF_MS_MAX);
}

static void test_backoff_forgives_a_child_that_had_settled(void)
{
    struct backoff backoff = {0};
    for (int i = 0; i < 10; i++)
        backoff_after(&backoff, 5);
    CU_ASSERT_EQUAL(backoff_after(&backoff, BACKOFF_MS_SETTLED), BACKOFF_MS_FIRST);
    CU_ASSERT_EQUAL(backoff_after(&backoff, 5), 2 * BACKOFF_MS_FIRST);
}

static void test_template_fills_in_every_name(void)
{
    const struct template_value values[] = {{"PORT", "80"}, {"HOST", "a@b"}};
    char *text = NULL, unknown[TEMPLATE_NAME_BYTES];
    CU_ASSERT_EQUAL(
        template_expand("listen @HOST@:@PORT@; @x @ @@ me@home", values, 2, &text, unknown), OK);
    CU_ASSERT_STRING_EQUAL(text, "listen a@b:80; @x @ @@ me@home");
    free(text);
}

static void test_template_refuses_a_name_without_value(void)
{
    char *text = NULL, unknown[TEMPLATE_NAME_BYTES];
    CU_ASSERT_EQUAL(template_expand("a @NONE@ b", NULL, 0, &text, unknown), ERROR_VALIDATION);
    CU_ASSERT_STRING_EQUAL(unknown, "NONE");
    CU_ASSERT_PTR_NULL(text);
}

static void test_database_url_gets_role_and_password(void)
{
    char url[CONFIG_TEXT_BYTES];
    CU_ASSERT_EQUAL(
        database_url_for_role("postgresql://me:p@ss@db:5433/x?sslmode=require", "r", "s", url), OK);
    CU_ASSERT_STRING_EQUAL(url, "postgresql://r:s@db:5433/x?sslmode=require");
    CU_ASSERT_EQUAL(database_url_for_role("postgres://db", "r", "s", url), OK);
    CU_ASSERT_STRING_EQUAL(url, "postgresql://r:s@db");
    CU_ASSERT_EQUAL(database_url_for_role("postgres:///x?user=a@b", "r", "s", url), OK);
    CU_ASSERT_STRING_EQUAL(url, "postgresql://r:s@/x?user=a@b");
}

static void test_database_url_refuses_what_is_no_uri(void)
{
    char url[CONFIG_TEXT_BYTES];
    CU_ASSERT_EQUAL(database_url_for_role("host=db user=me", "r", "s", url), ERROR_VALIDATION);
}

static void test_nginx_upstreams_name_every_instance(void)
{
    char *text = nginx_upstreams("gateway", "127.0.0.1:1,127.0.0.1:2", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "upstream gateway {"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "upstream gateway_g2 {\n        server 127.0.0.1:2;"));
    free(text);
}

static void test_nginx_counts_out_a_service_but_no_gateway(void)
{
    char *gateways = nginx_upstreams("gateway", "127.0.0.1:1", true);
    char *services = nginx_upstreams("rooms", "127.0.0.1:1", false);
    CU_ASSERT_PTR_NOT_NULL(strstr(gateways, "server 127.0.0.1:1 max_fails=0;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(services, "server 127.0.0.1:1 max_fails=1 fail_timeout=1s;"));
    CU_ASSERT_PTR_NULL(strstr(services, "rooms_g1"));
    free(gateways);
    free(services);
}

static void test_environment_hands_on_settings_but_no_store_and_no_secret(void)
{
    char *nothing[] = {NULL},
         *variables[] = {"DATABASE_URL=postgresql://a:b@c/d", "REDIS_URL=redis://:e@f", NULL};
    char sentence[CONFIG_SENTENCE_BYTES];
    struct settings settings;
    CU_ASSERT(settings_load(0, nothing, variables, &settings, sentence));
    struct environment environment;
    environment_init(&environment);
    environment_add_settings(&environment, &settings);
    bool has_port = false;
    for (int i = 0; i < environment.count; i++) {
        has_port = has_port || strcmp(environment.entries[i], "TRANSCENDENCE_HTTP_PORT=8080") == 0;
        CU_ASSERT_PTR_NULL(strstr(environment.entries[i], "DATABASE_URL"));
        CU_ASSERT_PTR_NULL(strstr(environment.entries[i], "REDIS_URL"));
        CU_ASSERT_PTR_NULL(strstr(environment.entries[i], "SECRET"));
    }
    CU_ASSERT(has_port);
    environment_finish(&environment);
}

static CU_TestInfo promises[] = {
    PROMISE(test_backoff_doubles_up_to_its_limit),
    PROMISE(test_backoff_forgives_a_child_that_had_settled),
    PROMISE(test_template_fills_in_every_name),
    PROMISE(test_template_refuses_a_name_without_value),
    PROMISE(test_database_url_gets_role_and_password),
    PROMISE(test_database_url_refuses_what_is_no_uri),
    PROMISE(test_nginx_upstreams_name_every_instance),
    PROMISE(test_nginx_counts_out_a_service_but_no_gateway),
    PROMISE(test_environment_hands_on_settings_but_no_store_and_no_secret),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("serve", promises);
}
