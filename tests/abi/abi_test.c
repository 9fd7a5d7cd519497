/*
 * What of other minors and majors a host takes, and that what it refuses it has not run: the
 * verdicts come from data, and the images that are refused would have ended this process.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/image.h"
#include "host/load.h"

#include "player.h"
#include "promises.h"

static char sentence[GAME_IMAGE_SENTENCE_BYTES];

static int open_variant(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.so", getenv("TEST_VARIANTS"), name);
    int image = player_image(path);
    CU_ASSERT_FATAL(image >= 0);
    return image;
}

static enum image_refusal verdict(const char *name)
{
    struct gk_manifest manifest;
    int image = open_variant(name);
    struct stat status;
    CU_ASSERT_EQUAL_FATAL(fstat(image, &status), 0);
    size_t count = (size_t)status.st_size;
    uint8_t *bytes = malloc(count);
    CU_ASSERT_EQUAL(pread(image, bytes, count, 0), (ssize_t)count);
    enum image_refusal refusal = game_image_inspect(bytes, count, &manifest, sentence);
    free(bytes);
    close(image);
    return refusal;
}

static bool is_loaded_anywhere(void)
{
    char line[4096];
    bool is_loaded = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
    while (fgets(line, sizeof line, maps))
        is_loaded |= strstr(line, "memfd:game") != NULL;
    fclose(maps);
    return is_loaded;
}

/* How a process ends that loads the image without asking. */
static int signal_of_loading(const char *name)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct gk_game game;
        signal(SIGILL, SIG_DFL); /* a sanitizer would catch it */
        signal(SIGTRAP, SIG_DFL);
        (void)game_load(open_variant(name), &game);
        _exit(0);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static uint64_t play_variant(const char *name, struct gk_manifest *ret_manifest,
                             struct gk_game *ret_game)
{
    uint64_t mapped_bytes;
    int image = open_variant(name);
    CU_ASSERT_FATAL(game_inspect(image, ret_manifest, &mapped_bytes));
    CU_ASSERT_FATAL(game_load(image, ret_game)); /* by its number, which nobody may have again */
    uint32_t matches;
    return player_play(ret_manifest, ret_game, 1000, &matches);
}

static void test_abi_refuses_by_its_code_what_it_does_not_know(void)
{
    static const struct {
        const char *name;
        enum image_refusal refusal;
        const char *says;
    } variants[] = {
        {"major", IMAGE_REFUSED_ABI_MAJOR, "built for gamekit 2.x, this host offers 1."},
        {"required", IMAGE_REFUSED_ABI_MINOR, "needs gamekit 1."},
        {"flag", IMAGE_REFUSED_FLAGS, "flags 0x80000000"},
        {"manifest_reserved", IMAGE_REFUSED_RESERVED, "manifest.reserved"},
        {"mode_reserved", IMAGE_REFUSED_RESERVED, "modes[0].reserved"},
        {"table_reserved", IMAGE_REFUSED_RESERVED, "gk_game_v1.reserved"},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        CU_ASSERT_EQUAL(verdict(variants[i].name), variants[i].refusal);
        CU_ASSERT_PTR_NOT_NULL(strstr(sentence, variants[i].says));
    }
}

static void test_abi_runs_nothing_of_what_it_refuses(void)
{
    static const char *const refused[] = {"major", "required", "flag", "manifest_reserved"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct gk_manifest manifest;
        uint64_t mapped_bytes;
        int image = open_variant(refused[i]);
        CU_ASSERT_FALSE(game_inspect(image, &manifest, &mapped_bytes)); /* as a worker does */
        close(image);
        CU_ASSERT_FALSE(is_loaded_anywhere());
    }
    /* And there was something to run: a loader that does not ask dies of it. */
    int signal_number = signal_of_loading("required");
    CU_ASSERT(signal_number == SIGILL || signal_number == SIGTRAP);
}

static void test_abi_plays_a_game_of_a_later_minor_and_ignores_its_tails(void)
{
    struct gk_manifest manifest;
    struct gk_game game;
    uint64_t later = play_variant("later", &manifest, &game);
    CU_ASSERT_EQUAL(manifest.abi_minor, GK_ABI_MINOR + 1);
    CU_ASSERT(manifest.size > sizeof manifest);
    CU_ASSERT(game.size > sizeof game);
    CU_ASSERT_NOT_EQUAL(later, 0);
    CU_ASSERT_EQUAL(later, play_variant("plain", &manifest, &game));
}

static void test_abi_takes_the_missing_tail_of_a_table_as_null(void)
{
    struct gk_manifest manifest;
    struct gk_game game;
    uint64_t shorter = play_variant("shorter", &manifest, &game);
    CU_ASSERT(is_loaded_anywhere()); /* a look that would have seen the others */
    CU_ASSERT(game.size < sizeof game);
    CU_ASSERT(!game.migrate && !game.check && !game.explain && !game.bot && !game.extension);
    CU_ASSERT_EQUAL(shorter, play_variant("plain", &manifest, &game));
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_abi_refuses_by_its_code_what_it_does_not_know),
        PROMISE(test_abi_runs_nothing_of_what_it_refuses),
        PROMISE(test_abi_plays_a_game_of_a_later_minor_and_ignores_its_tails),
        PROMISE(test_abi_takes_the_missing_tail_of_a_table_as_null),
        CU_TEST_INFO_NULL,
    };
    if (!getenv("TEST_VARIANTS")) {
        fprintf(stderr, "TEST_VARIANTS names no folder of images\n");
        return 2;
    }
    return keep_promises("abi", promises);
}
