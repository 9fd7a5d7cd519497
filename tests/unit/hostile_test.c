/* What strangers send, changed at random: nothing is read or written too far, and what is accepted
 * is what it should be. */
#include "hostile.h"

#include <jansson.h>
#include <stdbool.h>

#include "auth/refresh_token.h"
#include "core/http_route.h"
#include "core/json.h"
#include "core/text.h"
#include "gateway/commands.h"
#include "gateway/matches.h"
#include "gateway/record.h"
#include "promises.h"
#include "store/redis_url.h"
#include "tokens.h"
#include "host/game_json.h"
#include "host/image.h"

#define TIMES           100000
#define TIMES_SIGNATURE 10000 /* each may cost the check of a signature */
#define TIMES_IMAGE     50000

static void test_base64_comes_back_as_it_was_or_not_at_all(void)
{
    struct hostile hostile = {1};
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        char *text = (char *)hostile_copy(&hostile, "AbCd-_09AbCd-_09xyzQ", 20, 1, &count);
        size_t room = hostile_below(&hostile, 64);
        uint8_t *bytes = malloc(room + 1);
        bytes[room] = 0xa5;
        long got = base64url_decode(text, bytes, room);
        CU_ASSERT_FATAL(got >= -1 && got <= (long)room && bytes[room] == 0xa5);
        if (got >= 0) {
            char again[128];
            size_t length = base64url_encode(bytes, (size_t)got, again);
            CU_ASSERT_FATAL(length <= count);
            for (size_t at = 0; at < length; at++)
                CU_ASSERT_FATAL(again[at] == text[at] || (again[at] == '-' && text[at] == '+') ||
                                (again[at] == '_' && text[at] == '/'));
        }
        free(bytes);
        free(text);
    }
}

static void test_refresh_token_is_read_only_as_it_was_made(void)
{
    struct hostile hostile = {2};
    struct refresh_key key;
    struct id session = id_new(), read;
    uint32_t generation;
    char good[REFRESH_TOKEN_BYTES];
    memset(&key, 7, sizeof key);
    refresh_token_make(&key, &session, 77, good);
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        char *text = (char *)hostile_copy(&hostile, good, strlen(good), 1, &count);
        if (refresh_token_read(&key, text, &read, &generation))
            CU_ASSERT_FATAL(id_equal(&session, &read) && generation == 77);
        free(text);
    }
}

static void test_token_is_good_only_as_it_was_signed(void)
{
    struct hostile hostile = {3};
    struct keyring *keyring = keyring_create();
    struct caller caller;
    bool unknown;
    char good[TOKEN_BYTES_MAX];
    CU_ASSERT_EQUAL_FATAL(keyring_load(keyring, jwks, strlen(jwks)), OK);
    make_user_token(false, 900, good);
    CU_ASSERT_EQUAL_FATAL(token_verify(keyring, good, clock_unix_ms(), &caller, &unknown), OK);
    for (int i = 0; i < TIMES_SIGNATURE; i++) {
        size_t count;
        char *text = (char *)hostile_copy(&hostile, good, strlen(good), 1, &count);
        enum error error = token_verify(keyring, text, clock_unix_ms(), &caller, &unknown);
        CU_ASSERT_FATAL(error != OK || strcmp(text, good) == 0);
        free(text);
    }
    keyring_destroy(keyring);
}

static void test_keyring_loads_whole_keys_only(void)
{
    struct hostile hostile = {4};
    for (int i = 0; i < TIMES_SIGNATURE; i++) {
        struct keyring *keyring = keyring_create();
        size_t count;
        uint8_t *text = hostile_copy(&hostile, jwks, strlen(jwks), 0, &count);
        enum error error = keyring_load(keyring, (char *)text, count);
        CU_ASSERT_FATAL((error == OK) == !keyring_is_empty(keyring));
        free(text);
        keyring_destroy(keyring);
    }
}

struct wish {
    char name[8], text[16];
    int64_t seat;
    bool has_seat, ready;
};

static void test_json_decode_keeps_to_its_limits(void)
{
    static const struct json_field fields[] = {
        JSON_TEXT(struct wish, name, 1, 4),
        JSON_TEXT_MULTILINE(struct wish, text, 0, 5),
        JSON_INT_OPTIONAL(struct wish, seat, has_seat, 0, 63),
        JSON_BOOL(struct wish, ready),
    };
    static const char good[] =
        "{\"name\":\"\xc3\xa9va\",\"text\":\"a\\n\",\"seat\":7,\"ready\":true}";
    struct hostile hostile = {5};
    int accepted = 0;
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        uint8_t *text = hostile_copy(&hostile, good, sizeof good - 1, 0, &count);
        struct wish wish = {.name = ""};
        struct json_complaint complaint;
        json_t *object = NULL;
        if (json_parse_object((char *)text, count, &object) == OK &&
            json_decode(object, fields, 4, &wish, &complaint) == OK) {
            accepted++;
            CU_ASSERT_FATAL(text_is_utf8(wish.name) && text_is_utf8(wish.text));
            CU_ASSERT_FATAL(text_characters(wish.name) >= 1 && text_characters(wish.name) <= 4);
            CU_ASSERT_FATAL(!text_has_control_character(wish.text, true));
            CU_ASSERT_FATAL(wish.seat >= 0 && wish.seat <= 63);
        }
        json_decref(object);
        free(text);
    }
    CU_ASSERT(accepted > 100);
}

static void test_command_becomes_one_path_and_one_body(void)
{
    static const char *const good[] = {
        "{\"type\":\"room:join\",\"data\":{\"room\":\"019b76da-a800\",\"role\":\"player\"}}",
        "{\"type\":\"chat:history\",\"data\":{\"channel\":\"global\",\"limit\":5}}",
        "{\"type\":\"chat:sendMessage\",\"data\":{\"channel\":\"global\",\"text\":\"hi\"}}",
        "{\"type\":\"room:ready\",\"data\":{\"room\":\"a\",\"ready\":true}}",
    };
    struct hostile hostile = {6};
    int encoded = 0;
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        const char *from = good[hostile_below(&hostile, 4)];
        uint8_t *text = hostile_copy(&hostile, from, strlen(from), 0, &count);
        json_t *object = NULL;
        const char *type = NULL;
        if (json_parse_object((char *)text, count, &object) == OK)
            type = json_string_value(json_object_get(object, "type"));
        const struct command *command = type ? command_find(type) : NULL;
        json_t *data = json_object_get(object, "data");
        char path[COMMAND_PATH_BYTES_MAX], *body = NULL;
        struct json_complaint complaint;
        if (command && json_is_object(data) &&
            command_encode(command, data, path, &body, &complaint) == OK) {
            encoded++;
            size_t slashes = 0, own = 0;
            for (const char *at = path; *at; at++) {
                CU_ASSERT_FATAL(*at > ' ' && *at < 0x7f && *at != '#' && *at != '.');
                slashes += *at == '/';
            }
            for (const char *at = command->path; *at; at++)
                own += *at == '/';
            CU_ASSERT_FATAL(slashes == own);
            json_t *again = body ? json_loads(body, 0, NULL) : NULL;
            CU_ASSERT_FATAL(!body || json_is_object(again));
            json_decref(again);
        }
        free(body);
        json_decref(object);
        free(text);
    }
    CU_ASSERT(encoded > 100);
}

static void test_game_frame_of_a_browser_is_read_inside_its_bytes(void)
{
    static const uint8_t good[] = {FRAME_INPUT, 0, 1, 0, 0, 0, 9, 9, 9, 9};
    struct hostile hostile = {7};
    struct settings settings = {.connections_max = 4};
    struct gateway *gateway = calloc(1, sizeof *gateway);
    struct socket *socket = calloc(1, sizeof *socket); /* not open: nothing is sent to it */
    gateway->settings = &settings;
    CU_ASSERT_EQUAL_FATAL(matches_create(gateway), OK);
    for (int i = 0; i < TIMES; i++) {
        for (int channel = 0; channel < SOCKET_LINKS_MAX; channel++)
            socket->links[channel] = (uint32_t)hostile_number(&hostile);
        size_t count;
        uint8_t *frame = hostile_copy(&hostile, good, sizeof good, 0, &count);
        bool is_frame = matches_receive(gateway, socket, frame, count);
        CU_ASSERT_FATAL(!is_frame ||
                        (count >= 2 && frame[0] >= FRAME_INPUT && frame[0] < FRAME_PONG));
        free(frame);
    }
    matches_destroy(gateway);
    free(socket);
    free(gateway);
}

static void test_record_of_a_worker_lies_inside_what_came(void)
{
    struct hostile hostile = {8};
    uint8_t good[sizeof(struct record_head) + FRAME_STATE_HEAD_BYTES + 20] = {0};
    const struct record_head head = {
        .bytes = sizeof good - sizeof head, .type = RECORD_FRAME, .channel = 3, .link = 5};
    memcpy(good, &head, sizeof head);
    good[sizeof head] = FRAME_STATE;
    good[sizeof head + 1] = 3;
    int whole = 0;
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        struct record_head taken;
        uint8_t *bytes = hostile_copy(&hostile, good, sizeof good, 0, &count);
        if (record_take(bytes, count, &taken) == RECORD_WHOLE) {
            whole++;
            CU_ASSERT_FATAL(sizeof taken + taken.bytes <= count);
            CU_ASSERT_FATAL(taken.bytes <= RECORD_BODY_BYTES_MAX);
        }
        free(bytes);
    }
    CU_ASSERT(whole > 100);
}

static void test_query_and_part_decode_to_clean_text(void)
{
    static const char good[] = "channel=global&cursor=a%2Fb&limit=10&q=x+%C3%A9";
    struct hostile hostile = {9};
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        struct arena *arena = arena_create();
        struct query_param params[HTTP_QUERY_PARAMS_MAX];
        size_t found = 0;
        const char *decoded;
        char *text = (char *)hostile_copy(&hostile, good, sizeof good - 1, 1, &count);
        if (query_parse(arena, text, params, &found) == OK)
            for (size_t at = 0; at < found; at++)
                CU_ASSERT_FATAL(text_is_utf8(params[at].value) &&
                                !text_has_control_character(params[at].value, false));
        if (percent_decode(arena, text, count, false, &decoded))
            CU_ASSERT_FATAL(text_is_utf8(decoded) && strlen(decoded) <= count);
        free(text);
        arena_destroy(arena);
    }
}

static void test_game_json_is_whole_or_refused(void)
{
    static const char good[] =
        "{\"texts\":{\"en\":{\"title\":\"a\",\"summary\":\"b\",\"controls\":\"c\"},"
        "\"fr\":{\"title\":\"a\",\"summary\":\"b\",\"controls\":\"c\"}},\"icon\":\"client/i.svg\","
        "\"input\":{\"actions\":[{\"id\":\"up\",\"keys\":[\"KeyW\"],\"button\":true,"
        "\"label\":{\"en\":\"up\",\"fr\":\"haut\"}}]},\"options\":[{\"id\":\"points\","
        "\"type\":\"integer\",\"min\":1,\"max\":21,\"step\":1,\"default\":7,\"label\":{\"en\":"
        "\"a\","
        "\"fr\":\"b\"}}]}";
    struct hostile hostile = {10};
    int accepted = 0;
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        struct game_json json;
        char reason[GAME_JSON_REASON_BYTES];
        uint8_t *text = hostile_copy(&hostile, good, sizeof good - 1, 0, &count);
        if (game_json_decode((char *)text, count, &json, reason)) {
            accepted++;
            CU_ASSERT_FATAL(json.texts && json.input && json.icon[0] && text_is_utf8(json.texts));
            CU_ASSERT_FATAL(json.declared.count <= 1);
            game_json_finish(&json);
        }
        free(text);
    }
    CU_ASSERT(accepted > 100);
}

static void test_redis_url_is_a_host_and_a_port_or_refused(void)
{
    static const char good[] = "redis://:secret@redis.example:6380/3";
    struct hostile hostile = {11};
    for (int i = 0; i < TIMES; i++) {
        size_t count;
        struct redis_url url;
        char *text = (char *)hostile_copy(&hostile, good, sizeof good - 1, 1, &count);
        if (redis_url_parse(text, &url))
            CU_ASSERT_FATAL(url.host[0] && url.port >= 0 && url.port <= 65535 &&
                            url.database >= 0 && url.database <= 1024);
        free(text);
    }
}

static uint8_t *image;
static size_t image_bytes;

static void read_image(void)
{
    FILE *file = fopen(getenv("TEST_GAME"), "rb");
    assert(file);
    image = malloc(GAME_IMAGE_BYTES_MAX);
    image_bytes = fread(image, 1, GAME_IMAGE_BYTES_MAX, file);
    fclose(file);
}

/* What stands in the headers is changed, the rest is only there. */
static void test_game_image_is_read_inside_its_file(void)
{
    struct hostile hostile = {12};
    struct gk_manifest manifest;
    char sentence[GAME_IMAGE_SENTENCE_BYTES];
    uint8_t *copy = malloc(image_bytes);
    memcpy(copy, image, image_bytes);
    CU_ASSERT_EQUAL_FATAL(game_image_inspect(copy, image_bytes, &manifest, sentence), IMAGE_FINE);
    for (int i = 0; i < TIMES_IMAGE; i++) {
        size_t changed[HOSTILE_CHANGES_MAX];
        for (int j = 0; j < HOSTILE_CHANGES_MAX; j++) {
            changed[j] = hostile_below(&hostile, 2048); /* headers, and notes behind them */
            copy[changed[j]] = (uint8_t)hostile_number(&hostile);
        }
        (void)game_image_inspect(copy, image_bytes, &manifest, sentence);
        size_t count;
        uint8_t *cut = hostile_copy(&hostile, copy, 2048, 0, &count);
        (void)game_image_inspect(cut, count, &manifest, sentence);
        free(cut);
        for (int j = HOSTILE_CHANGES_MAX; j-- > 0;)
            copy[changed[j]] = image[changed[j]];
    }
    free(copy);
}

static CU_TestInfo promises[] = {
    PROMISE(test_base64_comes_back_as_it_was_or_not_at_all),
    PROMISE(test_refresh_token_is_read_only_as_it_was_made),
    PROMISE(test_token_is_good_only_as_it_was_signed),
    PROMISE(test_keyring_loads_whole_keys_only),
    PROMISE(test_json_decode_keeps_to_its_limits),
    PROMISE(test_command_becomes_one_path_and_one_body),
    PROMISE(test_game_frame_of_a_browser_is_read_inside_its_bytes),
    PROMISE(test_record_of_a_worker_lies_inside_what_came),
    PROMISE(test_query_and_part_decode_to_clean_text),
    PROMISE(test_game_json_is_whole_or_refused),
    PROMISE(test_redis_url_is_a_host_and_a_port_or_refused),
    PROMISE(test_game_image_is_read_inside_its_file),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    make_key();
    read_image();
    int status = keep_promises("hostile", promises);
    free(image);
    return status;
}
