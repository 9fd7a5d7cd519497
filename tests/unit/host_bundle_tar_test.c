/* Archives of bundles: what is packed comes back, what tar packs is read, and nothing that is cut,
 * changed or made up gets through. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/bundle.h"
#include "promises.h"

#define BLOCK   512
#define TYPE_AT 156
#define SUM_AT  148
#define SIZE_AT 124
#define LONG_NAME                                                                                  \
    "client/a-folder-with-a-long-name-that-fills-the-name-of-an-entry/another-one-as-"             \
    "long-as-that/and-a-third-one/main-with-a-long-name-as-well.js"

static char reason[BUNDLE_REASON_BYTES];

/* One entry of a made archive. */
struct entry {
    const char *path, *content;
    char type;
};

static void sign_header(uint8_t *header)
{
    unsigned sum = 0;
    memset(header + SUM_AT, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += header[i];
    snprintf((char *)header + SUM_AT, 8, "%06o", sum);
}

/* The caller frees it. */
static uint8_t *make(const struct entry *entries, size_t count, size_t end_blocks,
                     size_t *ret_count)
{
    uint8_t *archive = calloc(2 * count + end_blocks + 1, BLOCK), *at = archive;
    CU_ASSERT_PTR_NOT_NULL_FATAL(archive);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(entries[i].content);
        snprintf((char *)at, 100, "%s", entries[i].path);
        snprintf((char *)at + SIZE_AT, 12, "%011zo", bytes);
        at[TYPE_AT] = (uint8_t)entries[i].type;
        memcpy(at + 257,
               "ustar\0"
               "00",
               8);
        sign_header(at);
        memcpy(at + BLOCK, entries[i].content, bytes);
        at += bytes > 0 ? 2 * BLOCK : BLOCK;
    }
    *ret_count = (size_t)(at - archive) + end_blocks * BLOCK;
    return archive;
}

static enum bundle_refusal judged(const uint8_t *archive, size_t count)
{
    struct bundle *bundle = NULL;
    /* of exactly its size, so that a read behind its end is seen */
    uint8_t *copy = malloc(count + (count == 0));
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, archive, count);
    enum bundle_refusal refusal = bundle_unpack(copy, count, &bundle, reason);
    if (refusal != BUNDLE_FINE)
        CU_ASSERT_PTR_NOT_NULL(strchr(reason, ':')); /* what is wrong: what to do */
    bundle_destroy(bundle);
    free(copy);
    return refusal;
}

#define GOOD                                                                                       \
    {"game.so", "image", '0'}, {"game.json", "{}", '0'},                                           \
    {                                                                                              \
        "client/main.js", "export {}", '0'                                                         \
    }

/* A good archive with one more entry. */
static enum bundle_refusal judged_with(const char *path, const char *content, char type)
{
    const struct entry entries[] = {GOOD, {path, content, type}};
    size_t count;
    uint8_t *archive = make(entries, 4, 2, &count);
    enum bundle_refusal refusal = judged(archive, count);
    free(archive);
    return refusal;
}

/* The shell's tar in every format that it writes. */
static void test_archive_of_tar_and_ours_have_the_hash_of_the_folder(void)
{
    static const char *const formats[] = {"ustar", "gnu"};
    char folder[] = "/tmp/bundle-tar-XXXXXX", command[512];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(command, sizeof command,
             "cd %s && mkdir -p $(dirname %s) && echo image >game.so && echo {} >game.json && "
             "echo x >client/main.js && echo y >%s && echo z >README",
             folder, LONG_NAME, LONG_NAME);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    struct bundle *of_folder = NULL;
    CU_ASSERT_EQUAL_FATAL(bundle_read(folder, &of_folder, reason), BUNDLE_FINE);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct bundle *of_archive = NULL;
        static uint8_t archive[1 << 16];
        snprintf(command, sizeof command, "tar --format=%s -C %s --exclude='%s' -cf - .",
                 formats[i], folder, i == 0 ? "nothing" : "a-folder-*");
        FILE *tar = popen(command, "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(tar);
        size_t count = fread(archive, 1, sizeof archive, tar);
        CU_ASSERT_EQUAL(pclose(tar), 0);
        CU_ASSERT_EQUAL_FATAL(bundle_unpack(archive, count, &of_archive, reason), BUNDLE_FINE);
        CU_ASSERT_EQUAL(strcmp(of_archive->sha_text, of_folder->sha_text) == 0, i == 0);
        bundle_destroy(of_archive);
    }
    size_t count;
    uint8_t *packed = bundle_pack(of_folder, &count);
    struct bundle *again = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(packed);
    CU_ASSERT_EQUAL_FATAL(bundle_unpack(packed, count, &again, reason), BUNDLE_FINE);
    CU_ASSERT_STRING_EQUAL(again->sha_text, of_folder->sha_text);
    bundle_destroy(again);
    bundle_destroy(of_folder);
    free(packed);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void test_archive_refuses_what_is_no_plain_file_by_its_code(void)
{
    CU_ASSERT_EQUAL(judged_with("client/a", "x", '0'), BUNDLE_FINE);
    CU_ASSERT_EQUAL(judged_with("README", "x", '0'), BUNDLE_FINE);
    CU_ASSERT_EQUAL(judged_with("client/", "", '5'), BUNDLE_FINE);
    CU_ASSERT_EQUAL(judged_with("client/a", "", '1'), BUNDLE_REFUSED_LINK);
    CU_ASSERT_EQUAL(judged_with("client/a", "", '2'), BUNDLE_REFUSED_LINK);
    CU_ASSERT_EQUAL(judged_with("client/a", "", '3'), BUNDLE_REFUSED_SPECIAL);
    CU_ASSERT_EQUAL(judged_with("client/a", "", '6'), BUNDLE_REFUSED_SPECIAL);
    CU_ASSERT_EQUAL(judged_with("client/a", "x", 'S'), BUNDLE_REFUSED_SPARSE);
    CU_ASSERT_EQUAL(judged_with("whatever", "x", 'L'), BUNDLE_REFUSED_ARCHIVE);
    CU_ASSERT_EQUAL(judged_with("whatever", "x", 'x'), BUNDLE_REFUSED_ARCHIVE);
    CU_ASSERT_EQUAL(judged_with("client/a", "x", '?'), BUNDLE_REFUSED_ARCHIVE);
}

static void test_archive_refuses_a_path_that_leads_elsewhere(void)
{
    static const char *const paths[] = {"/etc/passwd", "../game.so",     "client/../../a",
                                        "client//a",   "client/.hidden", "client/a b",
                                        "client/./a"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        CU_ASSERT_EQUAL(judged_with(paths[i], "x", '0'), BUNDLE_REFUSED_NAME);
    CU_ASSERT_EQUAL(judged_with("game.so/a", "x", '0'), BUNDLE_REFUSED_DIRECTORY);
    CU_ASSERT_EQUAL(judged_with("client/1/2/3/4/5/6/7/8", "x", '0'), BUNDLE_FINE);
    CU_ASSERT_EQUAL(judged_with("client/1/2/3/4/5/6/7/8/9", "x", '0'), BUNDLE_REFUSED_DIRECTORY);
    CU_ASSERT_EQUAL(judged_with("game.so", "", '5'), BUNDLE_REFUSED_DIRECTORY);
    CU_ASSERT_EQUAL(judged_with("game.wasm", "", '5'), BUNDLE_REFUSED_DIRECTORY);
    CU_ASSERT_EQUAL(judged_with("game.wasm/a", "x", '0'), BUNDLE_REFUSED_DIRECTORY);
    CU_ASSERT_EQUAL(judged_with("game.wasm", "x", '0'), BUNDLE_FINE);
}

static void test_archive_refuses_a_path_that_comes_twice(void)
{
    CU_ASSERT_EQUAL(judged_with("game.so", "other", '0'), BUNDLE_REFUSED_ARCHIVE);
    CU_ASSERT_EQUAL(judged_with("./game.so", "other", '0'), BUNDLE_REFUSED_ARCHIVE);
    CU_ASSERT_EQUAL(judged_with("client/main.js/a", "other", '0'), BUNDLE_REFUSED_ARCHIVE);
}

/* Wherever it is cut, and whichever byte of a header is another. */
static void test_archive_is_whole_or_refused(void)
{
    const struct entry entries[] = {GOOD};
    size_t count;
    uint8_t *archive = make(entries, 3, 2, &count);
    CU_ASSERT_EQUAL(judged(archive, count), BUNDLE_FINE);
    for (size_t cut = 0; cut < count; cut++)
        CU_ASSERT_EQUAL(judged(archive, cut), BUNDLE_REFUSED_ARCHIVE);
    for (size_t at = 0; at < BLOCK; at++) {
        bool is_sum = at >= SUM_AT && at < SUM_AT + 8;
        archive[at] ^= 0x55;
        CU_ASSERT_TRUE(judged(archive, count) == BUNDLE_REFUSED_ARCHIVE || is_sum);
        archive[at] ^= 0x55;
    }
    archive[count - 1] = 1;
    CU_ASSERT_EQUAL(judged(archive, count), BUNDLE_REFUSED_ARCHIVE);
    free(archive);
}

static void test_archive_refuses_a_size_that_lies(void)
{
    static const char *const sizes[] = {"77777777777", "00000007777", "-0000000001",
                                        "0000000000x", "           ", "\x80\0\0\0\0\0\0\0\0\0\1"};
    const struct entry entries[] = {GOOD};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t count;
        uint8_t *archive = make(entries, 3, 2, &count);
        memcpy(archive + SIZE_AT, sizes[i], 12);
        sign_header(archive);
        CU_ASSERT_EQUAL(judged(archive, count), BUNDLE_REFUSED_ARCHIVE);
        free(archive);
    }
}

static void test_archive_refuses_more_files_than_a_bundle_has(void)
{
    size_t entry_count = BUNDLE_FILES_MAX + 1, count;
    struct entry *entries = calloc(entry_count, sizeof *entries);
    char(*paths)[32] = calloc(entry_count, sizeof *paths);
    CU_ASSERT_TRUE_FATAL(entries && paths);
    for (size_t i = 0; i < entry_count; i++) {
        snprintf(paths[i], sizeof paths[i], "client/%zu", i);
        entries[i] = (struct entry){paths[i], "", '0'};
    }
    uint8_t *archive = make(entries, entry_count, 2, &count);
    CU_ASSERT_EQUAL(judged(archive, count), BUNDLE_REFUSED_FILES);
    free(archive);
    free(entries);
    free(paths);
}

static CU_TestInfo promises[] = {
    PROMISE(test_archive_of_tar_and_ours_have_the_hash_of_the_folder),
    PROMISE(test_archive_refuses_what_is_no_plain_file_by_its_code),
    PROMISE(test_archive_refuses_a_path_that_leads_elsewhere),
    PROMISE(test_archive_refuses_a_path_that_comes_twice),
    PROMISE(test_archive_is_whole_or_refused),
    PROMISE(test_archive_refuses_a_size_that_lies),
    PROMISE(test_archive_refuses_more_files_than_a_bundle_has),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("host/bundle_tar", promises);
}
