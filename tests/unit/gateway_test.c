/* The pure parts of platform/gateway: who may come in, how commands become requests, how records
 * are taken off a stream, who hears what, how fast. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/bucket.h"
#include "gateway/channels.h"
#include "gateway/commands.h"
#include "gateway/handshake.h"
#include "gateway/record.h"
#include "gateway/text.h"
#include "promises.h"

/* Commands */

struct encoded {
    enum error error;
    char path[COMMAND_PATH_BYTES_MAX];
    char *body;
    struct json_complaint complaint;
};

static struct encoded encode(const char *type, const char *data)
{
    struct encoded encoded = {0};
    json_t *object = data ? json_loads(data, 0, NULL) : NULL;
    encoded.error =
        command_encode(command_find(type), object, encoded.path, &encoded.body, &encoded.complaint);
    json_decref(object);
    return encoded;
}

static void expect(const char *type, const char *data, const char *path, const char *body)
{
    struct encoded encoded = encode(type, data);
    CU_ASSERT_EQUAL_FATAL(encoded.error, OK);
    CU_ASSERT_STRING_EQUAL(encoded.path, path);
    CU_ASSERT_EQUAL(encoded.body == NULL, body == NULL);
    CU_ASSERT_STRING_EQUAL(encoded.body ? encoded.body : "", body ? body : "");
    free(encoded.body);
}

static void expect_complaint(const char *type, const char *data, const char *field)
{
    struct encoded encoded = encode(type, data);
    CU_ASSERT_EQUAL(encoded.error, ERROR_VALIDATION);
    CU_ASSERT_STRING_EQUAL(encoded.complaint.field, field);
    CU_ASSERT_PTR_NULL(encoded.body);
}

static void test_command_encode_puts_each_field_in_its_place(void)
{
    expect("chat:sendMessage", "{\"channel\":\"global\",\"text\":\"hi\"}", "/api/social/messages",
           "{\"channel\":\"global\",\"text\":\"hi\"}");
    expect("chat:history", "{\"channel\":\"room:a\",\"limit\":5}",
           "/api/social/messages?channel=room%3Aa&limit=5", NULL);
    expect("room:join", "{\"room\":\"r1\",\"role\":\"player\"}", "/api/rooms/r1/join",
           "{\"role\":\"player\"}");
    expect("room:leave", "{\"room\":\"r1\"}", "/api/rooms/r1/leave", "{}");
    expect("room:ready", "{\"room\":\"r1\",\"ready\":false}", "/api/rooms/r1/ready",
           "{\"ready\":false}");
    expect("room:update", "{\"room\":\"r1\",\"options\":{\"goal\":5,\"walls\":false},\"bots\":2}",
           "/api/rooms/r1", "{\"options\":{\"goal\":5,\"walls\":false},\"bots\":2}");
    expect("room:update", "{\"room\":\"r1\"}", "/api/rooms/r1", "{}");
    expect("matchmaking:leaveQueue", NULL, "/api/matchmaking/ticket", NULL);
    expect("matchmaking:leaveQueue", "{}", "/api/matchmaking/ticket", NULL);
}

static void test_command_encode_leaves_out_an_optional_null(void)
{
    expect("room:join", "{\"room\":\"r1\",\"role\":null}", "/api/rooms/r1/join", "{}");
    expect("chat:history", "{\"channel\":\"global\",\"cursor\":null}",
           "/api/social/messages?channel=global", NULL);
}

static void test_command_encode_escapes_so_that_no_value_is_another_path(void)
{
    expect("room:leave", "{\"room\":\"../../internal/rooms\"}",
           "/api/rooms/%2E%2E%2F%2E%2E%2Finternal%2Frooms/leave", "{}");
    expect("room:leave", "{\"room\":\"a?b#c%d e\\r\\n\\u00e9\"}",
           "/api/rooms/a%3Fb%23c%25d%20e%0D%0A%C3%A9/leave", "{}");
    expect("chat:history", "{\"channel\":\"x&limit=9\"}",
           "/api/social/messages?channel=x%26limit%3D9", NULL);
}

static void test_command_encode_names_the_wrong_field(void)
{
    expect_complaint("room:join", NULL, "room");
    expect_complaint("room:join", "{}", "room");
    expect_complaint("room:join", "{\"room\":5}", "room");
    expect_complaint("room:join", "{\"room\":null}", "room");
    expect_complaint("room:join", "{\"room\":\"\"}", "room");
    expect_complaint("room:join", "{\"room\":\"a\",\"role\":[]}", "role");
    expect_complaint("room:join", "{\"room\":\"a\",\"rule\":\"b\"}", "rule");
    expect_complaint("room:ready", "{\"room\":\"a\",\"ready\":1}", "ready");
    expect_complaint("room:update", "{\"room\":\"a\",\"options\":[]}", "options");
    expect_complaint("room:update", "{\"room\":\"a\",\"lateJoin\":0}", "lateJoin");
    expect_complaint("room:update", "{\"room\":\"a\",\"game\":\"pong\"}", "game");
    expect_complaint("chat:history", "{\"channel\":\"global\",\"limit\":\"5\"}", "limit");
    expect_complaint("chat:history", "{\"channel\":\"global\",\"limit\":1.5}", "limit");
    expect_complaint("game:watch", "{\"match\":{}}", "match");
}

static void test_command_encode_repeats_no_half_character(void)
{
    char data[256] = "{\"room\":\"a\",\"x";
    for (int i = 0; i < 60; i++)
        strcat(data, "\xc3\xa9");
    strcat(data, "\":1}");
    struct encoded encoded = encode("room:join", data);
    CU_ASSERT_EQUAL(encoded.error, ERROR_VALIDATION);
    for (const char *at = encoded.complaint.field; *at; at++)
        CU_ASSERT((unsigned char)*at < 0x80);
}

static void test_command_encode_refuses_a_path_without_end(void)
{
    char data[COMMAND_PATH_BYTES_MAX + 64];
    int at = snprintf(data, sizeof(data), "{\"room\":\"");
    memset(data + at, 'a', COMMAND_PATH_BYTES_MAX);
    snprintf(data + at + COMMAND_PATH_BYTES_MAX, 8, "\"}");
    expect_complaint("room:leave", data, "data");
}

static void test_command_table_is_whole(void)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &command_table[i];
        CU_ASSERT_PTR_EQUAL(command_find(command->type), command);
        CU_ASSERT_TRUE(command->run ? !command->path : command->path && command->method);
        for (const struct command_field *field = command->fields; field->name; field++) {
            char part[64];
            snprintf(part, sizeof(part), "{%s}", field->name);
            bool is_in_path = command->path && strstr(command->path, part);
            CU_ASSERT_EQUAL(is_in_path, field->place == IN_PATH);
            CU_ASSERT_EQUAL(field->place == IN_HERE, command->run != NULL);
        }
    }
    CU_ASSERT_PTR_NULL(command_find("room:explode"));
    CU_ASSERT_PTR_NULL(command_find(""));
}

/* The token bucket */

static void test_bucket_gives_its_burst_and_then_its_rate(void)
{
    struct bucket bucket;
    bucket_init(&bucket, 3, 1000);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(bucket_take(&bucket, 10, 3, 1000));
    CU_ASSERT_FALSE(bucket_take(&bucket, 10, 3, 1000));
    CU_ASSERT_FALSE(bucket_take(&bucket, 10, 3, 1099));
    CU_ASSERT_TRUE(bucket_take(&bucket, 10, 3, 1100));
    CU_ASSERT_FALSE(bucket_take(&bucket, 10, 3, 1101));
}

static void test_bucket_never_holds_more_than_its_burst(void)
{
    struct bucket bucket;
    bucket_init(&bucket, 2, 0);
    int64_t later = INT64_MAX / 4; /* and does not overflow */
    CU_ASSERT_TRUE(bucket_take(&bucket, 1000000, 2, later));
    CU_ASSERT_TRUE(bucket_take(&bucket, 1000000, 2, later));
    CU_ASSERT_FALSE(bucket_take(&bucket, 1000000, 2, later));
    CU_ASSERT_FALSE(bucket_take(&bucket, 1000000, 2, later - 5)); /* a clock never goes back */
}

/* Records */

static size_t put_record(uint8_t *at, uint16_t type, uint8_t channel, const void *body,
                         uint32_t bytes)
{
    struct record_head head = {.bytes = bytes, .type = type, .channel = channel, .link = 7};
    memcpy(at, &head, sizeof(head));
    if (bytes)
        memcpy(at + sizeof(head), body, bytes);
    return sizeof(head) + bytes;
}

static const uint8_t state_frame[12] = {FRAME_STATE, 3, 1, 0, 0, 0, 2, 0, 0, 0, 'v', 'w'};

static void test_record_take_waits_for_every_byte(void)
{
    uint8_t bytes[64];
    struct record_head head;
    size_t whole = put_record(bytes, RECORD_FRAME, 3, state_frame, sizeof(state_frame));
    for (size_t count = 0; count < whole; count++)
        CU_ASSERT_EQUAL(record_take(bytes, count, &head), RECORD_PARTIAL);
    CU_ASSERT_EQUAL(record_take(bytes, whole, &head), RECORD_WHOLE);
    CU_ASSERT_EQUAL(head.bytes, sizeof(state_frame));
    CU_ASSERT_EQUAL(head.link, 7);
}

static void test_record_take_refuses_what_a_worker_may_not_send(void)
{
    uint8_t bytes[64] = {0};
    struct record_head head;
    put_record(bytes, RECORD_ATTACH, 0, NULL, 0);
    CU_ASSERT_EQUAL(record_take(bytes, sizeof(bytes), &head), RECORD_BROKEN);
    put_record(bytes, 0, 0, NULL, 0);
    CU_ASSERT_EQUAL(record_take(bytes, sizeof(bytes), &head), RECORD_BROKEN);
    put_record(bytes, RECORD_ATTACHED, 0, state_frame, 4);
    CU_ASSERT_EQUAL(record_take(bytes, sizeof(bytes), &head), RECORD_BROKEN);
    put_record(bytes, RECORD_FRAME, 3, state_frame, FRAME_STATE_HEAD_BYTES - 1);
    CU_ASSERT_EQUAL(record_take(bytes, sizeof(bytes), &head), RECORD_BROKEN);
    put_record(bytes, RECORD_FRAME, 4, state_frame, sizeof(state_frame)); /* another channel */
    CU_ASSERT_EQUAL(record_take(bytes, sizeof(bytes), &head), RECORD_BROKEN);
    struct record_head huge = {.bytes = RECORD_BODY_BYTES_MAX + 1, .type = RECORD_FRAME};
    memcpy(bytes, &huge, sizeof(huge));
    CU_ASSERT_EQUAL(record_take(bytes, sizeof(bytes), &head), RECORD_BROKEN);
    huge.bytes = UINT32_MAX;
    memcpy(bytes, &huge, sizeof(huge));
    CU_ASSERT_EQUAL(record_take(bytes, sizeof(bytes), &head), RECORD_BROKEN);
}

/* Random bytes and random cuts, in a buffer of exactly their size: the address sanitizer sees any
 * step too far, and what is taken always fits. */
static void test_record_take_stays_inside_whatever_comes(void)
{
    uint32_t random = 12345;
    for (int round = 0; round < 20000; round++) {
        uint8_t source[96];
        size_t used = put_record(source, RECORD_FRAME, 3, state_frame, sizeof(state_frame));
        for (size_t i = used; i < sizeof(source); i++)
            source[i] = (uint8_t)(random = random * 1664525 + 1013904223) >> 3;
        random = random * 1664525 + 1013904223;
        source[(random >> 8) % used] ^= (uint8_t)(random >> 24);
        size_t count = (random >> 4) % sizeof(source);
        uint8_t *exact = malloc(count ? count : 1);
        memcpy(exact, source, count);
        struct record_head head;
        if (record_take(exact, count, &head) == RECORD_WHOLE)
            CU_ASSERT_TRUE(sizeof(head) + head.bytes <= count);
        free(exact);
    }
}

/* Channels */

static void test_channels_tell_the_first_and_the_last(void)
{
    struct channels *channels = calloc(1, sizeof(*channels));
    struct membership *one = NULL, *two = NULL;
    struct channel *channel;
    bool is_first, is_last;
    CU_ASSERT_EQUAL(channels_join(channels, "room:a", 1, &one, &channel, &is_first), OK);
    CU_ASSERT_TRUE(is_first);
    CU_ASSERT_EQUAL(channels_join(channels, "room:a", 2, &two, &channel, &is_first), OK);
    CU_ASSERT_FALSE(is_first);
    CU_ASSERT_EQUAL(channels_join(channels, "room:a", 2, &two, &channel, &is_first),
                    ERROR_ROOM_ALREADY_MEMBER);
    CU_ASSERT_EQUAL(channels_find(channels, "room:a")->count, 2);
    CU_ASSERT_TRUE(channels_leave(channels, "room:a", &one, &is_last));
    CU_ASSERT_FALSE(is_last);
    CU_ASSERT_FALSE(channels_leave(channels, "room:a", &one, &is_last));
    CU_ASSERT_TRUE(channels_leave(channels, "room:a", &two, &is_last));
    CU_ASSERT_TRUE(is_last);
    CU_ASSERT_PTR_NULL(channels_find(channels, "room:a"));
    CU_ASSERT_EQUAL(channels->count, 0);
    free(channels);
}

static void test_channels_keep_the_others_when_one_leaves(void)
{
    enum { SOCKETS = 50, ROOMS = 40 };
    struct channels *channels = calloc(1, sizeof(*channels));
    struct membership *lists[SOCKETS] = {0};
    char name[WIRE_CHANNEL_BYTES_MAX];
    bool flag;
    for (uint32_t socket = 0; socket < SOCKETS; socket++) {
        for (int room = 0; room < ROOMS; room++) {
            struct channel *channel;
            snprintf(name, sizeof(name), "room:%d", room);
            CU_ASSERT_EQUAL(channels_join(channels, name, socket, &lists[socket], &channel, &flag),
                            OK);
        }
    }
    for (uint32_t socket = 0; socket < SOCKETS; socket += 2)
        while (lists[socket]) {
            snprintf(name, sizeof(name), "%s", lists[socket]->channel->name);
            CU_ASSERT_TRUE(channels_leave(channels, name, &lists[socket], &flag));
        }
    for (int room = 0; room < ROOMS; room++) {
        snprintf(name, sizeof(name), "room:%d", room);
        const struct channel *channel = channels_find(channels, name);
        CU_ASSERT_EQUAL_FATAL(channel->count, SOCKETS / 2);
        for (uint32_t i = 0; i < channel->count; i++) {
            CU_ASSERT_EQUAL(channel->members[i]->socket % 2, 1);
            CU_ASSERT_EQUAL(channel->members[i]->position, i);
        }
    }
    for (uint32_t socket = 1; socket < SOCKETS; socket += 2)
        while (lists[socket]) {
            snprintf(name, sizeof(name), "%s", lists[socket]->channel->name);
            CU_ASSERT_TRUE(channels_leave(channels, name, &lists[socket], &flag));
        }
    CU_ASSERT_EQUAL(channels->count, 0);
    free(channels);
}

static void test_channels_refuse_a_name_too_long(void)
{
    struct channels *channels = calloc(1, sizeof(*channels));
    struct membership *list = NULL;
    struct channel *channel;
    bool is_first;
    char name[WIRE_CHANNEL_BYTES_MAX + 1];
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    CU_ASSERT_EQUAL(channels_join(channels, name, 1, &list, &channel, &is_first), ERROR_VALIDATION);
    CU_ASSERT_PTR_NULL(list);
    free(channels);
}

/* The handshake */

#define OWN "http://localhost:8080,https://localhost:8443"

static void test_origin_is_compared_whole(void)
{
    CU_ASSERT_TRUE(origin_is_own("https://localhost:8443", OWN));
    CU_ASSERT_TRUE(origin_is_own("http://localhost:8080", OWN));
    CU_ASSERT_FALSE(origin_is_own("http://localhost:80", OWN));
    CU_ASSERT_FALSE(origin_is_own("http://localhost:8080.evil.example", OWN));
    CU_ASSERT_FALSE(origin_is_own("null", "null," OWN));
    CU_ASSERT_FALSE(origin_is_own("", OWN));
    CU_ASSERT_FALSE(origin_is_own("http://localhost:8080", ""));
}

static struct handshake handshake_of(const char *origin, const char *cookie, const char *bearer)
{
    struct handshake handshake = {.has_origin = origin != NULL};
    snprintf(handshake.origin, sizeof(handshake.origin), "%s", origin ? origin : "");
    snprintf(handshake.cookie_token, sizeof(handshake.cookie_token), "%s", cookie);
    snprintf(handshake.bearer_token, sizeof(handshake.bearer_token), "%s", bearer);
    return handshake;
}

static void test_handshake_wants_our_origin_with_a_cookie(void)
{
    const char *token = NULL;
    struct handshake handshake = handshake_of("https://localhost:8443", "C", "");
    CU_ASSERT_EQUAL(handshake_token(&handshake, OWN, &token), OK);
    CU_ASSERT_STRING_EQUAL(token, "C");
    handshake = handshake_of(NULL, "C", "");
    CU_ASSERT_EQUAL(handshake_token(&handshake, OWN, &token), ERROR_ORIGIN_REFUSED);
    handshake = handshake_of("null", "C", "");
    CU_ASSERT_EQUAL(handshake_token(&handshake, OWN, &token), ERROR_ORIGIN_REFUSED);
    handshake = handshake_of("https://evil.example", "C", "");
    CU_ASSERT_EQUAL(handshake_token(&handshake, OWN, &token), ERROR_ORIGIN_REFUSED);
}

static void test_handshake_takes_a_bearer_without_origin(void)
{
    const char *token = NULL;
    struct handshake handshake = handshake_of(NULL, "", "B");
    CU_ASSERT_EQUAL(handshake_token(&handshake, OWN, &token), OK);
    CU_ASSERT_STRING_EQUAL(token, "B");
    handshake = handshake_of("https://evil.example", "", "B");
    CU_ASSERT_EQUAL(handshake_token(&handshake, OWN, &token), ERROR_ORIGIN_REFUSED);
    handshake = handshake_of(NULL, "", "");
    CU_ASSERT_EQUAL(handshake_token(&handshake, OWN, &token), ERROR_UNAUTHENTICATED);
}

static void test_handshake_finds_the_token_among_subprotocols(void)
{
    char token[TOKEN_BYTES_MAX];
    handshake_protocol_token("transcendence.v1, bearer.a.b-c_d", token);
    CU_ASSERT_STRING_EQUAL(token, "a.b-c_d");
    handshake_protocol_token("bearer.x,transcendence.v1", token);
    CU_ASSERT_STRING_EQUAL(token, "x");
    handshake_protocol_token("transcendence.v1, bearer.", token);
    CU_ASSERT_STRING_EQUAL(token, "");
    handshake_protocol_token("notbearer.x", token);
    CU_ASSERT_STRING_EQUAL(token, "");
}

static void test_text_escapes_what_json_must_not_hold(void)
{
    struct text text = {0};
    text_clear(&text);
    text_add_json(&text, "a\"b\\c\n\x01é");
    CU_ASSERT_STRING_EQUAL(text_bytes(&text), "\"a\\\"b\\\\c\\u000a\\u0001é\"");
    text_clear(&text);
    text_add_json(&text, NULL);
    CU_ASSERT_STRING_EQUAL(text_bytes(&text), "null");
    text_finish(&text);
}

static CU_TestInfo promises[] = {
    PROMISE(test_command_encode_puts_each_field_in_its_place),
    PROMISE(test_command_encode_leaves_out_an_optional_null),
    PROMISE(test_command_encode_escapes_so_that_no_value_is_another_path),
    PROMISE(test_command_encode_names_the_wrong_field),
    PROMISE(test_command_encode_repeats_no_half_character),
    PROMISE(test_command_encode_refuses_a_path_without_end),
    PROMISE(test_command_table_is_whole),
    PROMISE(test_bucket_gives_its_burst_and_then_its_rate),
    PROMISE(test_bucket_never_holds_more_than_its_burst),
    PROMISE(test_record_take_waits_for_every_byte),
    PROMISE(test_record_take_refuses_what_a_worker_may_not_send),
    PROMISE(test_record_take_stays_inside_whatever_comes),
    PROMISE(test_channels_tell_the_first_and_the_last),
    PROMISE(test_channels_keep_the_others_when_one_leaves),
    PROMISE(test_channels_refuse_a_name_too_long),
    PROMISE(test_origin_is_compared_whole),
    PROMISE(test_handshake_wants_our_origin_with_a_cookie),
    PROMISE(test_handshake_takes_a_bearer_without_origin),
    PROMISE(test_handshake_finds_the_token_among_subprotocols),
    PROMISE(test_text_escapes_what_json_must_not_hold),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("gateway", promises);
}
