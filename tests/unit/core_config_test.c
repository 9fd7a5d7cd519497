/* Settings from four places: who wins, and that whatever is wrong is one clear sentence. */
#include "core/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "promises.h"

struct example {
    char name[CONFIG_TEXT_BYTES];
    char key[CONFIG_TEXT_BYTES];
    int64_t size_max;
    int64_t port;
    bool loud;
};
static const struct config_row rows[] = {
    {"name", CONFIG_TEXT, offsetof(struct example, name), "none", 0, 0, NULL, "a name"},
    {"key", CONFIG_SECRET, offsetof(struct example, key), "", 0, 0, "EXAMPLE_KEY", "a secret"},
    {"size_max", CONFIG_INT, offsetof(struct example, size_max), "10", -5, 100, NULL, "a size"},
    {"port", CONFIG_PORT, offsetof(struct example, port), "8080", 1, 65535, NULL, "a port"},
    {"loud", CONFIG_BOOL, offsetof(struct example, loud), "false", 0, 0, NULL, "noise"},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

#define LIST(...) ((char *[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static struct example example;
static char sentence[CONFIG_SENTENCE_BYTES];

static bool load(char **arguments, char **environment)
{
    int count = 0;
    while (arguments[count])
        count++;
    sentence[0] = '\0';
    return config_load(rows, ROW_COUNT, count, arguments, environment, &example, sentence);
}

static void assert_refused(char **arguments, char **environment, const char *expected)
{
    CU_ASSERT_FALSE(load(arguments, environment));
    if (strcmp(sentence, expected))
        printf("\n    said:     %s\n    expected: %s\n", sentence, expected);
    CU_ASSERT_STRING_EQUAL(sentence, expected);
}

/* Writes a file and gives the flag that names it; forget_file() afterwards. */
static char file_flag[64];
static const char *write_file(const char *content)
{
    strcpy(file_flag, "--config=/tmp/config_test_XXXXXX");
    int descriptor = mkstemp(file_flag + strlen("--config="));
    CU_ASSERT_FATAL(descriptor >= 0);
    CU_ASSERT_EQUAL(write(descriptor, content, strlen(content)), (ssize_t)strlen(content));
    close(descriptor);
    return file_flag + strlen("--config=");
}

static void forget_file(void)
{
    unlink(file_flag + strlen("--config="));
}

static void assert_file_refused(const char *content, const char *expected)
{
    const char *path = write_file(content);
    CU_ASSERT_FALSE(load(LIST(file_flag), LIST()));
    size_t path_bytes = strlen(path);
    CU_ASSERT_EQUAL(strncmp(sentence, path, path_bytes), 0);
    if (strcmp(sentence + path_bytes, expected))
        printf("\n    said:     %s\n    expected: %s\n", sentence + path_bytes, expected);
    CU_ASSERT_STRING_EQUAL(sentence + path_bytes, expected);
    forget_file();
}

static void test_config_without_anything_has_the_defaults(void)
{
    CU_ASSERT(load(LIST(), LIST()));
    CU_ASSERT_STRING_EQUAL(example.name, "none");
    CU_ASSERT_STRING_EQUAL(example.key, "");
    CU_ASSERT_EQUAL(example.size_max, 10);
    CU_ASSERT_EQUAL(example.port, 8080);
    CU_ASSERT_FALSE(example.loud);
}

static void test_config_flag_beats_environment_beats_file_beats_default(void)
{
    write_file("# sizes\n\n  name = from file \nsize_max=1\nport =81\nloud= yes\n");
    CU_ASSERT(load(LIST(file_flag, "--name=from flag"),
                   LIST("TRANSCENDENCE_NAME=from environment", "TRANSCENDENCE_PORT=82")));
    CU_ASSERT_STRING_EQUAL(example.name, "from flag");
    CU_ASSERT_EQUAL(example.port, 82);
    CU_ASSERT_EQUAL(example.size_max, 1);
    CU_ASSERT(example.loud);
    forget_file();
}

static void test_config_file_may_be_named_by_the_environment(void)
{
    char variable[96];
    snprintf(variable, sizeof(variable), "TRANSCENDENCE_CONFIG=%s", write_file("size_max = 7"));
    CU_ASSERT(load(LIST(), LIST(variable)));
    CU_ASSERT_EQUAL(example.size_max, 7);
    forget_file();
}

static void test_config_row_may_have_an_environment_name_of_its_own(void)
{
    CU_ASSERT(load(LIST(), LIST("EXAMPLE_KEY=k", "PATH=/bin", "HOME", "")));
    CU_ASSERT_STRING_EQUAL(example.key, "k");
    CU_ASSERT(load(LIST("--key=a=b#c"), LIST()));
    CU_ASSERT_STRING_EQUAL(example.key, "a=b#c");
}

static void test_config_refuses_a_wrong_type(void)
{
    assert_refused(LIST("--size_max=ten"), LIST(),
                   "Flag --size_max: size_max must be a whole number, not \"ten\".");
    assert_refused(LIST("--size_max="), LIST(),
                   "Flag --size_max: size_max must be a whole number, not \"\".");
    assert_refused(LIST("--size_max=1 "), LIST(),
                   "Flag --size_max: size_max must be a whole number, not \"1 \".");
    assert_refused(LIST("--size_max=+1"), LIST(),
                   "Flag --size_max: size_max must be a whole number, not \"+1\".");
    assert_refused(LIST("--port=0x50"), LIST(),
                   "Flag --port: port must be a port number, not \"0x50\".");
    assert_refused(LIST("--loud=maybe"), LIST(),
                   "Flag --loud: loud must be true or false, not \"maybe\".");
    assert_refused(LIST("--name=a\nb"), LIST(), "Flag --name: name holds a control character.");
}

static void test_config_refuses_a_number_out_of_range(void)
{
    assert_refused(LIST("--size_max=101"), LIST(),
                   "Flag --size_max: size_max must be a whole number from -5 to 100, not \"101\".");
    assert_refused(LIST("--size_max=99999999999999999999"), LIST(),
                   "Flag --size_max: size_max must be a whole number from -5 to 100, not "
                   "\"99999999999999999999\".");
    assert_refused(LIST("--port=0"), LIST(),
                   "Flag --port: port must be a port number from 1 to 65535, not \"0\".");
    assert_refused(LIST(), LIST("TRANSCENDENCE_PORT=65536"),
                   "Environment variable TRANSCENDENCE_PORT: port must be a port number from 1 to "
                   "65535, not \"65536\".");
    CU_ASSERT(load(LIST("--size_max=-5"), LIST()));
    CU_ASSERT_EQUAL(example.size_max, -5);
}

static void test_config_refuses_an_unknown_setting(void)
{
    assert_refused(LIST("--prot=80"), LIST(), "Flag --prot: there is no such setting.");
    assert_refused(LIST("--por=80"), LIST(), "Flag --por: there is no such setting.");
    assert_refused(LIST("--"), LIST(), "Flag --: there is no such setting.");
    assert_refused(LIST(), LIST("TRANSCENDENCE_PROT=80"),
                   "Environment variable TRANSCENDENCE_PROT: there is no such setting.");
}

static void test_config_refuses_what_is_no_flag(void)
{
    assert_refused(LIST("port=80"), LIST(), "\"port\" is no flag; flags look like --name=value.");
    assert_refused(LIST("-port=80"), LIST(), "\"-port\" is no flag; flags look like --name=value.");
    assert_refused(LIST("--port"), LIST(), "Flag --port: a value is missing; write --port=VALUE.");
}

static void test_config_refuses_a_bad_line_by_its_number(void)
{
    assert_file_refused("port = 80\nnoise\n", " line 2: this is no \"name = value\".");
    assert_file_refused("# one\n\nprot = 80\n", " line 3: there is no setting \"prot\".");
    assert_file_refused("port = 80\nport = 81\n", " line 2: port is set twice.");
    assert_file_refused("port = http", " line 1: port must be a port number, not \"http\".");
    assert_file_refused("= 3\n", " line 1: there is no setting \"\".");
}

static void test_config_refuses_an_endless_line(void)
{
    char content[3000];
    memset(content, 'x', sizeof(content) - 1);
    content[sizeof(content) - 1] = '\0';
    assert_file_refused(content, " line 1: the line is longer than 1022 bytes or holds a zero "
                                 "byte.");
}

static void test_config_refuses_a_wrong_value_that_would_be_overridden(void)
{
    CU_ASSERT_FALSE(load(LIST("--port=80"), LIST("TRANSCENDENCE_PORT=x")));
}

static void test_config_refuses_a_file_that_is_not_there(void)
{
    assert_refused(LIST("--config=/nonexistent/file"), LIST(),
                   "The configuration file /nonexistent/file cannot be read: No such file or "
                   "directory.");
    CU_ASSERT_FALSE(load(LIST("--config=/tmp"), LIST()));
    CU_ASSERT_STRING_EQUAL(sentence, "The configuration file /tmp cannot be read: Is a directory.");
}

static void test_config_never_repeats_a_secret(void)
{
    char flag[CONFIG_TEXT_BYTES + 16];
    memset(flag, 's', sizeof(flag) - 1);
    flag[sizeof(flag) - 1] = '\0';
    memcpy(flag, "--key=", 6);
    assert_refused(LIST(flag), LIST(), "Flag --key: key is longer than 511 bytes.");
    assert_refused(LIST("--key=hunter\x01"), LIST(), "Flag --key: key holds a control character.");
}

static void test_config_help_names_every_setting(void)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    config_help(rows, ROW_COUNT, out);
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "--size_max=VALUE"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "TRANSCENDENCE_SIZE_MAX=VALUE  (default 10)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "EXAMPLE_KEY=VALUE"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "a port"));
    free(text);
}

static CU_TestInfo promises[] = {
    PROMISE(test_config_without_anything_has_the_defaults),
    PROMISE(test_config_flag_beats_environment_beats_file_beats_default),
    PROMISE(test_config_file_may_be_named_by_the_environment),
    PROMISE(test_config_row_may_have_an_environment_name_of_its_own),
    PROMISE(test_config_refuses_a_wrong_type),
    PROMISE(test_config_refuses_a_number_out_of_range),
    PROMISE(test_config_refuses_an_unknown_setting),
    PROMISE(test_config_refuses_what_is_no_flag),
    PROMISE(test_config_refuses_a_bad_line_by_its_number),
    PROMISE(test_config_refuses_an_endless_line),
    PROMISE(test_config_refuses_a_wrong_value_that_would_be_overridden),
    PROMISE(test_config_refuses_a_file_that_is_not_there),
    PROMISE(test_config_never_repeats_a_secret),
    PROMISE(test_config_help_names_every_setting),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/config", promises);
}
