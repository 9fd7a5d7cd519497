/* The files of a game, as hostile as a folder can hold them. */
#include "host/bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "promises.h"

static char folder[64];
static char reason[BUNDLE_REASON_BYTES];

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/bundle-test-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_EQUAL(mkdir(in_folder("client"), 0700), 0);
    put("game.json", "{}");
    put("game.so", "image");
    put("client/main.js", "");
}

static void remove_folder(void)
{
    static const char *const names[] = {"client/main.js", "client/a b", "client", "game.json",
                                        "game.so",        "game.wasm",  "README"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)remove(in_folder(names[i]));
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

/* Reads the folder and removes it. */
static enum bundle_refusal judged(void)
{
    struct bundle *bundle = NULL;
    enum bundle_refusal refusal = bundle_read(folder, &bundle, reason);
    if (refusal != BUNDLE_FINE)
        CU_ASSERT_PTR_NOT_NULL(strchr(reason, ':')); /* what is wrong: what to do */
    bundle_destroy(bundle);
    remove_folder();
    return refusal;
}

static void spoil_game(void)
{
    make_folder();
    CU_ASSERT_EQUAL(unlink(in_folder("game.so")), 0);
}

static void test_bundle_reads_plain_files(void)
{
    make_folder();
    CU_ASSERT_EQUAL(judged(), BUNDLE_FINE);
}

/* A version with rules for the browser is another one than that without. */
static void test_bundle_takes_the_webassembly_beside_the_shared_object(void)
{
    struct bundle *without = NULL, *with = NULL;
    make_folder();
    put("README", "nobody's business");
    CU_ASSERT_EQUAL_FATAL(bundle_read(folder, &without, reason), BUNDLE_FINE);
    put("game.wasm", "rules");
    CU_ASSERT_EQUAL_FATAL(bundle_read(folder, &with, reason), BUNDLE_FINE);
    CU_ASSERT_PTR_NULL(bundle_find(without, "game.wasm"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(bundle_find(with, "game.wasm"));
    CU_ASSERT_EQUAL(bundle_find(with, "game.wasm")->count, strlen("rules"));
    CU_ASSERT_STRING_NOT_EQUAL(with->sha_text, without->sha_text);
    bundle_destroy(without);
    bundle_destroy(with);
    remove_folder();
}

static void test_bundle_refuses_each_kind_of_file_that_is_none_by_its_code(void)
{
    spoil_game();
    CU_ASSERT_EQUAL(judged(), BUNDLE_REFUSED_MISSING);
    spoil_game();
    CU_ASSERT_EQUAL(symlink("/etc/passwd", in_folder("game.so")), 0);
    CU_ASSERT_EQUAL(judged(), BUNDLE_REFUSED_LINK);
    spoil_game();
    CU_ASSERT_EQUAL(mkdir(in_folder("game.so"), 0700), 0);
    CU_ASSERT_EQUAL(judged(), BUNDLE_REFUSED_DIRECTORY);
    make_folder();
    put("client/a b", "");
    CU_ASSERT_EQUAL(judged(), BUNDLE_REFUSED_NAME);
}

static void test_bundle_never_waits_for_a_pipe(void)
{
    spoil_game();
    CU_ASSERT_EQUAL(mkfifo(in_folder("game.so"), 0600), 0);
    alarm(10);
    CU_ASSERT_EQUAL(judged(), BUNDLE_REFUSED_SPECIAL);
    alarm(0);
}

static void test_bundle_reads_nothing_of_a_giant(void)
{
    make_folder();
    CU_ASSERT_EQUAL(truncate(in_folder("game.so"), 1ll << 40), 0);
    CU_ASSERT_EQUAL(judged(), BUNDLE_REFUSED_SPARSE);
}

static CU_TestInfo promises[] = {
    PROMISE(test_bundle_reads_plain_files),
    PROMISE(test_bundle_takes_the_webassembly_beside_the_shared_object),
    PROMISE(test_bundle_refuses_each_kind_of_file_that_is_none_by_its_code),
    PROMISE(test_bundle_never_waits_for_a_pipe),
    PROMISE(test_bundle_reads_nothing_of_a_giant),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("host/bundle", promises);
}
