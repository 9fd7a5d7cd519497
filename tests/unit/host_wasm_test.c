/* A game.wasm as a stranger may send it. */
#include "host/wasm.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "promises.h"

#define MODULE_BYTES_MAX 256

#define HEAD   "\0asm\1\0\0\0"
#define TABLE  "\4\4\1\x70\0\1"
#define MEMORY "\5\3\1\0\2"
#define EXPORTS                                                                                    \
    "\7\x33\3"                                                                                     \
    "\6memory\2\0"                                                                                 \
    "\x0agk_game_v1\3\0"                                                                           \
    "\x19__indirect_function_table\1\0"
#define CUSTOM "\0\3\2hi"

#define PART(text) (text), sizeof(text) - 1

struct module {
    uint8_t bytes[MODULE_BYTES_MAX];
    size_t count;
};

static struct module module_of(const char *one, size_t one_count, const char *two, size_t two_count)
{
    struct module module = {.count = 0};
    const char *const parts[] = {HEAD, one, two};
    const size_t counts[] = {sizeof HEAD - 1, one_count, two_count};
    for (int i = 0; i < 3; i++) {
        memcpy(module.bytes + module.count, parts[i], counts[i]);
        module.count += counts[i];
    }
    return module;
}

/* Of exactly its size, so that a read behind its end is seen. */
static enum wasm_refusal judged(const uint8_t *bytes, size_t count)
{
    char sentence[WASM_SENTENCE_BYTES] = "";
    uint8_t *copy = malloc(count + (count == 0));
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, bytes, count);
    enum wasm_refusal refusal = wasm_inspect(copy, count, sentence);
    if (refusal != WASM_FINE)
        CU_ASSERT_PTR_NOT_NULL(strchr(sentence, ':')); /* what is wrong: what to do */
    free(copy);
    return refusal;
}

/* A module of two texts behind the head. */
#define JUDGED(one, two) judge(module_of(PART(one), PART(two)))

static enum wasm_refusal judge(struct module module)
{
    return judged(module.bytes, module.count);
}

static void test_wasm_takes_what_the_build_makes(void)
{
    CU_ASSERT_EQUAL(JUDGED(CUSTOM TABLE, MEMORY EXPORTS CUSTOM), WASM_FINE);
    CU_ASSERT_EQUAL(JUDGED("\4\5\1\x70\1\1\3", "\5\4\1\1\2\x42" EXPORTS), WASM_FINE);
    const char *path = getenv("TEST_WASM");
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file) { /* clang and wasm-ld are not on every machine */
        printf("(no game.wasm here) ");
        return;
    }
    static uint8_t bytes[1 << 20];
    size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    CU_ASSERT_EQUAL(judged(bytes, count), WASM_FINE);
    for (size_t cut = 0; cut < 100; cut++) /* before its exports */
        CU_ASSERT_NOT_EQUAL(judged(bytes, cut), WASM_FINE);
}

static void test_wasm_refuses_what_is_no_module(void)
{
    CU_ASSERT_EQUAL(judged((const uint8_t *)"", 0), WASM_REFUSED_FORMAT);
    CU_ASSERT_EQUAL(judged((const uint8_t *)"\177ELF\1\0\0\0", 8), WASM_REFUSED_FORMAT);
    CU_ASSERT_EQUAL(judged((const uint8_t *)"\0asm\2\0\0\0", 8), WASM_REFUSED_FORMAT);
    CU_ASSERT_EQUAL(JUDGED("\x0d\1\0", TABLE MEMORY EXPORTS), WASM_REFUSED_FORMAT); /* unknown */
    CU_ASSERT_EQUAL(JUDGED(MEMORY TABLE, EXPORTS), WASM_REFUSED_FORMAT);            /* order */
    CU_ASSERT_EQUAL(JUDGED(TABLE MEMORY, MEMORY EXPORTS), WASM_REFUSED_FORMAT);     /* twice */
    CU_ASSERT_EQUAL(JUDGED(TABLE MEMORY EXPORTS, "\x0b\xff\xff\xff\xff\x7f"), WASM_REFUSED_FORMAT);
    CU_ASSERT_EQUAL(JUDGED(TABLE MEMORY EXPORTS, "\x0b\x80\x80\x80\x80\x80\0"),
                    WASM_REFUSED_FORMAT);
    CU_ASSERT_EQUAL(JUDGED(TABLE MEMORY, "\7\3\x7f\1a"), WASM_REFUSED_FORMAT);
}

static void test_wasm_is_whole_or_refused(void)
{
    struct module module = module_of(PART(TABLE MEMORY), PART(EXPORTS));
    CU_ASSERT_EQUAL(judge(module), WASM_FINE);
    for (size_t cut = 0; cut < module.count; cut++)
        CU_ASSERT_NOT_EQUAL(judged(module.bytes, cut), WASM_FINE);
}

static void test_wasm_refuses_what_asks_its_page_for_something(void)
{
    CU_ASSERT_EQUAL(JUDGED("\2\x0b\1\3"
                           "env\3"
                           "log\0\0",
                           TABLE MEMORY EXPORTS),
                    WASM_REFUSED_IMPORTS);
    CU_ASSERT_EQUAL(JUDGED("\2\1\0", TABLE MEMORY EXPORTS), WASM_FINE);
}

static void test_wasm_refuses_memory_that_a_page_cannot_give(void)
{
    CU_ASSERT_EQUAL(JUDGED(TABLE, EXPORTS), WASM_REFUSED_MEMORY);
    CU_ASSERT_EQUAL(JUDGED(TABLE "\5\1\0", EXPORTS), WASM_REFUSED_MEMORY);
    CU_ASSERT_EQUAL(JUDGED(TABLE "\5\5\2\0\1\0\1", EXPORTS), WASM_REFUSED_MEMORY); /* two */
    CU_ASSERT_EQUAL(JUDGED(TABLE "\5\4\1\3\1\x7f", EXPORTS), WASM_REFUSED_MEMORY); /* shared */
    CU_ASSERT_EQUAL(JUDGED(TABLE "\5\3\1\4\1", EXPORTS), WASM_REFUSED_MEMORY);     /* 64-bit */
    CU_ASSERT_EQUAL(JUDGED(TABLE "\5\4\1\0\x81\2", EXPORTS), WASM_REFUSED_MEMORY); /* 257 */
    CU_ASSERT_EQUAL(JUDGED(TABLE "\5\4\1\0\x80\2", EXPORTS), WASM_FINE);           /* 256 */
    CU_ASSERT_EQUAL(JUDGED(TABLE "\5\4\1\1\2\x41", EXPORTS), WASM_REFUSED_MEMORY); /* no room */
}

static void test_wasm_refuses_a_table_that_its_host_cannot_use(void)
{
    CU_ASSERT_EQUAL(JUDGED(MEMORY, EXPORTS), WASM_REFUSED_TABLE);
    CU_ASSERT_EQUAL(JUDGED("\4\7\2\x70\0\1\x70\0\1", MEMORY EXPORTS), WASM_REFUSED_TABLE);
    CU_ASSERT_EQUAL(JUDGED("\4\5\1\x70\1\1\2", MEMORY EXPORTS), WASM_REFUSED_TABLE); /* no room */
    CU_ASSERT_EQUAL(JUDGED("\4\6\1\x70\0\x81\x20", MEMORY EXPORTS), WASM_REFUSED_TABLE);
}

static void test_wasm_refuses_code_that_runs_when_it_is_loaded(void)
{
    CU_ASSERT_EQUAL(JUDGED(TABLE MEMORY EXPORTS, "\x08\1\0"), WASM_REFUSED_START);
}

static void test_wasm_refuses_what_does_not_export_the_game(void)
{
    CU_ASSERT_EQUAL(JUDGED(TABLE, MEMORY), WASM_REFUSED_EXPORTS);
    CU_ASSERT_EQUAL(JUDGED(TABLE MEMORY, "\7\x0a\1\6memory\2\0"), WASM_REFUSED_EXPORTS);
    /* the right names, of the wrong kinds */
    CU_ASSERT_EQUAL(JUDGED(TABLE MEMORY, "\7\x33\3\6memory\3\0\x0agk_game_v1\2\0"
                                         "\x19__indirect_function_table\1\0"),
                    WASM_REFUSED_EXPORTS);
}

static void test_wasm_refuses_what_is_too_large_unread(void)
{
    uint8_t *bytes = calloc(1, WASM_BYTES_MAX + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    CU_ASSERT_EQUAL(judged(bytes, WASM_BYTES_MAX + 1), WASM_REFUSED_SIZE);
    free(bytes);
}

static CU_TestInfo promises[] = {
    PROMISE(test_wasm_takes_what_the_build_makes),
    PROMISE(test_wasm_refuses_what_is_no_module),
    PROMISE(test_wasm_is_whole_or_refused),
    PROMISE(test_wasm_refuses_what_asks_its_page_for_something),
    PROMISE(test_wasm_refuses_memory_that_a_page_cannot_give),
    PROMISE(test_wasm_refuses_a_table_that_its_host_cannot_use),
    PROMISE(test_wasm_refuses_code_that_runs_when_it_is_loaded),
    PROMISE(test_wasm_refuses_what_does_not_export_the_game),
    PROMISE(test_wasm_refuses_what_is_too_large_unread),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("host/wasm", promises);
}
