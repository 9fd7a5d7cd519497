/* The store against a real PostgreSQL and a real Redis, which with_servers.sh brings. */
#include "store/database.h"
#include "store/migrate.h"
#include "store/redis.h"
#include "store/redis_events.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "promises.h"

static const struct migration first[] = {
    {1, "0001_init", "create table pet (id int primary key, name text unique);"},
    {2, "0002_age", "alter table pet add column age int not null default 1 check (age > 0);"},
};
static const struct migration_list only_first = {first, 1}, both = {first, 2};
static const struct migration broken[] = {
    {1, "0001_init", "create table pet (id int);"},
    {2, "0002_bad", "create table other (id int); select no_such_thing;"},
};
static const struct migration_list with_broken = {broken, 2};

static const struct sql pet_add = {"pet_add", "insert into pet (id, name) values ($1, $2)"};
static const struct sql pet_all = {"pet_all",
                                   "select id, name, age > 0 as grown from pet order by id"};
static const struct sql pet_clear = {"pet_clear", "delete from pet"};
static const struct sql neighbour = {"neighbour", "select * from other.pet"};
static const struct sql make_table = {"make_table", "create table mine (id int)"};
static const struct sql kill_me = {"kill_me", "select pg_terminate_backend(pg_backend_pid())"};
static const struct sql kill_others = {"kill_others",
                                       "select pg_terminate_backend(pid, 5000)"
                                       "  from pg_stat_activity"
                                       " where usename = current_user and pid <> pg_backend_pid()"};
static const struct sql nonsense = {"nonsense", "select 1 / $1::int"};

static char role_url[512];
static const char *owner_url;

static const char *url_of(const char *role)
{
    const char *host = strchr(owner_url, '@');
    snprintf(role_url, sizeof(role_url), "postgresql://transcendence_%s:pw@%s", role, host + 1);
    return role_url;
}

static struct database_pool *fresh_pool(void)
{
    const struct schema schema = {"pets", &both};
    CU_ASSERT_EQUAL_FATAL(migrate_schema(owner_url, &schema, "pw"), OK);
    struct database_pool *pool = database_pool_create(url_of("pets"), 2);
    AUTO_DATABASE *database = NULL;
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    CU_ASSERT_EQUAL(database_run(database, &pet_clear, NULL, DATABASE_END), OK);
    return pool;
}

static void test_migrations_run_once_and_go_on_where_they_stopped(void)
{
    const struct schema one = {"steps", &only_first}, two = {"steps", &both};
    int number = -1;
    CU_ASSERT_EQUAL(migrate_schema(owner_url, &one, "pw"), OK);
    CU_ASSERT_EQUAL(migrate_version(url_of("steps"), &number), OK);
    CU_ASSERT_EQUAL(number, 1);
    CU_ASSERT_EQUAL(migrate_schema(owner_url, &two, "pw"), OK);
    CU_ASSERT_EQUAL(migrate_schema(owner_url, &two, "pw"), OK);
    CU_ASSERT_EQUAL(migrate_version(url_of("steps"), &number), OK);
    CU_ASSERT_EQUAL(number, 2);
    CU_ASSERT_NOT_EQUAL(migrate_schema(owner_url, &one, "pw"), OK); /* an older program */
}

static void test_a_failing_migration_leaves_nothing_of_itself(void)
{
    const struct schema schema = {"half", &with_broken};
    int number = -1;
    CU_ASSERT_NOT_EQUAL(migrate_schema(owner_url, &schema, "pw"), OK);
    CU_ASSERT_EQUAL(migrate_version(url_of("half"), &number), OK);
    CU_ASSERT_EQUAL(number, 1);
    CU_ASSERT_NOT_EQUAL(migrate_schema(owner_url, &schema, "pw"), OK); /* and can be tried again */
}

static void test_a_role_sees_its_own_schema_only(void)
{
    const struct schema other = {"other", &only_first};
    CU_ASSERT_EQUAL(migrate_schema(owner_url, &other, "pw"), OK);
    struct database_pool *pool = fresh_pool();
    AUTO_DATABASE *database = NULL;
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    CU_ASSERT_EQUAL(database_run(database, &neighbour, NULL, DATABASE_END), ERROR_INTERNAL);
    CU_ASSERT_EQUAL(database_run(database, &make_table, NULL, DATABASE_END), ERROR_INTERNAL);
    database_close(database);
    database = NULL;
    database_pool_destroy(pool);
}

static void test_values_come_back_as_they_went_in(void)
{
    struct database_pool *pool = fresh_pool();
    AUTO_DATABASE *database = NULL;
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    const char *name = "Robert'); drop table pet;--";
    CU_ASSERT_EQUAL(database_run(database, &pet_add, NULL, database_number(7), name, DATABASE_END),
                    OK);
    CU_ASSERT_EQUAL(database_run(database, &pet_add, NULL, database_number(8), NULL, DATABASE_END),
                    OK);
    AUTO_ROWS *rows = NULL;
    CU_ASSERT_EQUAL_FATAL(database_run(database, &pet_all, &rows, DATABASE_END), OK);
    CU_ASSERT_EQUAL(rows_count(rows), 2);
    CU_ASSERT_EQUAL(rows_int(rows, 0, "id"), 7);
    CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, "name"), name);
    CU_ASSERT(rows_bool(rows, 0, "grown"));
    CU_ASSERT(rows_is_null(rows, 1, "name"));
    database_close(database);
    database = NULL;
    database_pool_destroy(pool);
}

static void test_a_violated_constraint_is_named(void)
{
    struct database_pool *pool = fresh_pool();
    AUTO_DATABASE *database = NULL;
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    CU_ASSERT_EQUAL(database_run(database, &pet_add, NULL, "1", "a", DATABASE_END), OK);
    CU_ASSERT_EQUAL(database_run(database, &pet_add, NULL, "2", "a", DATABASE_END),
                    ERROR_BAD_REQUEST);
    CU_ASSERT(database_constraint_is(database, "pet_name_key"));
    CU_ASSERT_EQUAL(database_run(database, &nonsense, NULL, "0", DATABASE_END), ERROR_INTERNAL);
    CU_ASSERT_STRING_EQUAL(database_constraint(database), "");
    database_close(database);
    database = NULL;
    database_pool_destroy(pool);
}

static int count_pets(struct database *database)
{
    AUTO_ROWS *rows = NULL;
    CU_ASSERT_EQUAL_FATAL(database_run(database, &pet_all, &rows, DATABASE_END), OK);
    return rows_count(rows);
}

static void test_closing_without_commit_rolls_back(void)
{
    struct database_pool *pool = fresh_pool();
    struct database *database = NULL;
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    CU_ASSERT_EQUAL(database_begin(database), OK);
    CU_ASSERT_EQUAL(database_run(database, &pet_add, NULL, "1", "a", DATABASE_END), OK);
    database_close(database);
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    CU_ASSERT_EQUAL(count_pets(database), 0);
    /* A commit after a failed statement is no success. */
    CU_ASSERT_EQUAL(database_begin(database), OK);
    CU_ASSERT_EQUAL(database_run(database, &pet_add, NULL, "1", "a", DATABASE_END), OK);
    CU_ASSERT_NOT_EQUAL(database_run(database, &nonsense, NULL, "0", DATABASE_END), OK);
    CU_ASSERT_NOT_EQUAL(database_commit(database), OK);
    CU_ASSERT_EQUAL(count_pets(database), 0);
    database_close(database);
    database_pool_destroy(pool);
}

static void test_a_lost_connection_fails_one_request_and_no_more(void)
{
    struct database_pool *pool = fresh_pool();
    struct database *database = NULL;
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    CU_ASSERT_EQUAL(database_run(database, &kill_me, NULL, DATABASE_END), ERROR_UNAVAILABLE);
    CU_ASSERT_EQUAL(database_run(database, &pet_all, NULL, DATABASE_END), ERROR_UNAVAILABLE);
    database_close(database);
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &database), OK);
    CU_ASSERT_EQUAL(count_pets(database), 0);
    database_close(database);
    CU_ASSERT(database_pool_answers(pool));
    database_pool_destroy(pool);
}

static void test_a_connection_that_ended_while_idle_is_replaced_unnoticed(void)
{
    struct database_pool *pool = fresh_pool();
    struct database *ended = NULL, *killer = NULL;
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &ended), OK);
    CU_ASSERT_EQUAL(count_pets(ended), 0);
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &killer), OK);
    database_close(ended);
    struct rows *rows = NULL;
    CU_ASSERT_EQUAL_FATAL(database_run(killer, &kill_others, &rows, DATABASE_END), OK);
    CU_ASSERT_EQUAL(rows_count(rows), 1);
    rows_free(rows);
    CU_ASSERT_EQUAL_FATAL(database_open(pool, &ended), OK);
    CU_ASSERT_EQUAL(count_pets(ended), 0);
    database_close(ended);
    database_close(killer);
    database_pool_destroy(pool);
}

static void test_a_full_pool_says_so_in_bounded_time(void)
{
    struct database_pool *pool = fresh_pool();
    struct database *taken[2] = {NULL, NULL}, *third = NULL;
    CU_ASSERT_EQUAL(database_open(pool, &taken[0]), OK);
    CU_ASSERT_EQUAL(database_open(pool, &taken[1]), OK);
    CU_ASSERT_EQUAL(database_open(pool, &third), ERROR_OVERLOADED);
    CU_ASSERT_PTR_NULL(third);
    database_close(taken[0]);
    CU_ASSERT_EQUAL(database_open(pool, &third), OK);
    database_close(third);
    database_close(taken[1]);
    database_pool_destroy(pool);
}

static void test_a_database_that_is_down_is_unavailable(void)
{
    struct database_pool *pool = database_pool_create("postgresql://nobody@127.0.0.1:1/nowhere", 1);
    struct database *database = NULL;
    CU_ASSERT_EQUAL(database_open(pool, &database), ERROR_UNAVAILABLE);
    CU_ASSERT_FALSE(database_pool_answers(pool));
    database_pool_destroy(pool);
}

static void test_redis_scripts_run_also_after_redis_forgot_them(void)
{
    static const struct redis_script add = {"add", "return redis.call('incrby', KEYS[1], ARGV[1])"};
    const char *const arguments[] = {"counter", "5"};
    struct redis_pool *pool = redis_pool_create(getenv("REDIS_URL"), 2);
    redisReply *reply = NULL;
    for (int i = 1; i <= 2; i++) {
        CU_ASSERT_EQUAL_FATAL(redis_run_script(pool, &add, 1, 2, arguments, &reply), OK);
        CU_ASSERT_EQUAL(reply->integer, 5 * i);
        redis_free(reply);
        CU_ASSERT_EQUAL(redis_run(pool, NULL, "SCRIPT FLUSH"), OK);
    }
    static const struct redis_script bad = {"bad", "return redis.call('nosuch')"};
    CU_ASSERT_EQUAL(redis_run_script(pool, &bad, 0, 0, NULL, &reply), ERROR_INTERNAL);
    CU_ASSERT_EQUAL(redis_run(pool, NULL, "NOSUCH"), ERROR_INTERNAL);
    /* A connection closed while idle is made anew. */
    struct redis_pool *other = redis_pool_create(getenv("REDIS_URL"), 1);
    CU_ASSERT_EQUAL(redis_run(other, NULL, "CLIENT KILL TYPE normal"), OK);
    CU_ASSERT(redis_pool_answers(pool));
    redis_pool_destroy(other);
    redis_pool_destroy(pool);
}

struct heard {
    struct event_base *base;
    struct redis_events *events;
    char log[512];
    const char *until; /* stop the loop when the log holds this */
};

static void note(struct heard *heard, const char *what, const char *which)
{
    size_t used = strlen(heard->log);
    snprintf(heard->log + used, sizeof(heard->log) - used, "%s%s ", what, which);
    if (heard->until && strstr(heard->log, heard->until))
        event_base_loopbreak(heard->base);
}

static void on_message(void *context, const char *channel, const char *payload, size_t bytes)
{
    CU_ASSERT_EQUAL(strlen(payload), bytes);
    note(context, channel, payload);
}

static void on_connection(void *context, bool connected)
{
    note(context, connected ? "up" : "down", "");
}

static void on_subscribed(void *context, const char *channel)
{
    note(context, "+", channel);
}

/* Runs the loop until the log holds `until`; fails after ten seconds. */
static void hear(struct heard *heard, const char *until)
{
    struct timeval limit = {10, 0};
    heard->until = until;
    if (!strstr(heard->log, until)) {
        event_base_loopexit(heard->base, &limit);
        event_base_dispatch(heard->base);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(heard->log, until));
}

static void test_redis_events_survive_a_lost_connection_and_quick_changes_of_mind(void)
{
    struct heard heard = {.base = event_base_new()};
    const struct redis_events_handlers handlers = {on_message, on_connection, on_subscribed,
                                                   &heard};
    struct redis_pool *pool = redis_pool_create(getenv("REDIS_URL"), 1);
    heard.events = redis_events_create(heard.base, getenv("REDIS_URL"), &handlers);
    CU_ASSERT_PTR_NOT_NULL_FATAL(heard.events);
    redis_events_subscribe(heard.events, "a");
    hear(&heard, "+a ");
    /* Unsubscribed and wanted again before Redis has answered. */
    redis_events_unsubscribe(heard.events, "a");
    redis_events_subscribe(heard.events, "a");
    heard.log[0] = '\0';
    hear(&heard, "+a ");
    redis_events_subscribe(heard.events, "b");
    hear(&heard, "+b ");
    CU_ASSERT_EQUAL(redis_run(pool, NULL, "PUBLISH a 1"), OK);
    hear(&heard, "a1 ");
    redis_events_unsubscribe(heard.events, "b");

    CU_ASSERT_EQUAL(redis_run(pool, NULL, "CLIENT KILL TYPE pubsub"), OK);
    heard.log[0] = '\0';
    hear(&heard, "+a ");
    CU_ASSERT_PTR_NOT_NULL(strstr(heard.log, "down "));
    CU_ASSERT_PTR_NOT_NULL(strstr(heard.log, "up "));
    CU_ASSERT_PTR_NULL(strstr(heard.log, "+b "));
    CU_ASSERT_EQUAL(redis_run(pool, NULL, "PUBLISH b 3"), OK);
    CU_ASSERT_EQUAL(redis_run(pool, NULL, "PUBLISH a 2"), OK);
    hear(&heard, "a2 ");
    CU_ASSERT_PTR_NULL(strstr(heard.log, "b3 "));

    /* Silent, not gone: only our own ping can tell. */
    pid_t redis = (pid_t)atoi(getenv("REDIS_PID"));
    CU_ASSERT_EQUAL(kill(redis, SIGSTOP), 0);
    heard.log[0] = '\0';
    hear(&heard, "down ");
    CU_ASSERT_EQUAL(kill(redis, SIGCONT), 0);
    hear(&heard, "+a ");
    redis_events_destroy(heard.events);
    redis_pool_destroy(pool);
    event_base_free(heard.base);
}

/* "=one,-": the second text is not there; "=none": no answer. */
static void on_texts(void *context, const char *const *texts, size_t count)
{
    char all[128] = "none";
    size_t used = 0;
    for (size_t i = 0; texts && i < count; i++)
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i ? "," : "",
                                 texts[i] ? texts[i] : "-");
    if (texts && count == 0)
        all[0] = '\0';
    note(context, "=", all);
}

static void test_redis_answers_what_it_is_asked_or_that_it_cannot(void)
{
    static const char *const get[] = {"MGET", "{ask}1", "{ask}2"};
    static const char *const wrong[] = {"NOSUCH"};
    static const char *const wait[] = {"BLPOP", "{ask}none", "0"};
    static const char *const script[] = {"EVAL", "return {}", "0"};
    struct heard heard = {.base = event_base_new()};
    const struct redis_events_handlers handlers = {on_message, on_connection, on_subscribed,
                                                   &heard};
    struct redis_pool *pool = redis_pool_create(getenv("REDIS_URL"), 1);
    CU_ASSERT_EQUAL(redis_run(pool, NULL, "MSET {ask}1 one {ask}3 three"), OK);
    heard.events = redis_events_create(heard.base, getenv("REDIS_URL"), &handlers);
    hear(&heard, "up ");
    CU_ASSERT(redis_events_ask(heard.events, 3, get, on_texts, &heard));
    CU_ASSERT_PTR_NULL(strstr(heard.log, "="));
    hear(&heard, "=one,- ");
    CU_ASSERT(redis_events_ask(heard.events, 3, script, on_texts, &heard));
    hear(&heard, "= ");
    CU_ASSERT(redis_events_ask(heard.events, 1, wrong, on_texts, &heard));
    hear(&heard, "=none ");

    /* The connection ends before the answer comes. */
    heard.log[0] = '\0';
    CU_ASSERT(redis_events_ask(heard.events, 3, wait, on_texts, &heard));
    CU_ASSERT(redis_events_ask(heard.events, 3, get, on_texts, &heard));
    redis_events_destroy(heard.events);
    CU_ASSERT_STRING_EQUAL(heard.log, "=none =none ");
    redis_pool_destroy(pool);
    event_base_free(heard.base);
}

static CU_TestInfo promises[] = {
    PROMISE(test_migrations_run_once_and_go_on_where_they_stopped),
    PROMISE(test_a_failing_migration_leaves_nothing_of_itself),
    PROMISE(test_a_role_sees_its_own_schema_only),
    PROMISE(test_values_come_back_as_they_went_in),
    PROMISE(test_a_violated_constraint_is_named),
    PROMISE(test_closing_without_commit_rolls_back),
    PROMISE(test_a_lost_connection_fails_one_request_and_no_more),
    PROMISE(test_a_connection_that_ended_while_idle_is_replaced_unnoticed),
    PROMISE(test_a_full_pool_says_so_in_bounded_time),
    PROMISE(test_a_database_that_is_down_is_unavailable),
    PROMISE(test_redis_scripts_run_also_after_redis_forgot_them),
    PROMISE(test_redis_events_survive_a_lost_connection_and_quick_changes_of_mind),
    PROMISE(test_redis_answers_what_it_is_asked_or_that_it_cannot),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    owner_url = getenv("DATABASE_URL");
    if (!owner_url) {
        fputs("run me by with_servers.sh\n", stderr);
        return 1;
    }
    log_init("store_test", LOG_ERROR);
    signal(SIGPIPE, SIG_IGN);
    return keep_promises("store", promises);
}
