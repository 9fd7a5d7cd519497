/*
 * dlopen of /proc/self/fd/N of a sealed memfd. The game's table is copied: a missing tail becomes
 * NULL, an unknown tail is left out. Runs before anything hostile has arrived.
 */
#include "host/load.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "host/image.h"

static bool table_copy(const struct gk_game *from, struct gk_game *ret_game);
static bool fail(const char *sentence);

bool game_inspect(int image_fd, struct gk_manifest *ret_manifest, uint64_t *ret_mapped_bytes)
{
    struct stat status;
    if (fstat(image_fd, &status) != 0 || status.st_size <= 0)
        return fail("the image cannot be read");
    size_t bytes = (size_t)status.st_size;
    void *image = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, image_fd, 0);
    if (image == MAP_FAILED)
        return fail("the image cannot be mapped");
    char sentence[GAME_IMAGE_SENTENCE_BYTES];
    enum image_refusal refusal = game_image_inspect(image, bytes, ret_manifest, sentence);
    if (refusal == IMAGE_FINE)
        *ret_mapped_bytes = game_image_mapped_bytes(image, bytes);
    munmap(image, bytes);
    return refusal == IMAGE_FINE || fail(sentence);
}

bool game_load(int image_fd, struct gk_game *ret_game)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", image_fd);
    return game_load_path(path, ret_game);
}

bool game_load_path(const char *path, struct gk_game *ret_game)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return fail(dlerror());
    const struct gk_game *table = dlsym(library, GK_SYMBOL);
    if (!table)
        return fail("the game does not export " GK_SYMBOL);
    return table_copy(table, ret_game);
}

static bool table_copy(const struct gk_game *from, struct gk_game *ret_game)
{
    struct gk_game game = {0};
    memcpy(&game, from, from->size < sizeof game ? from->size : sizeof game);
    if (game.reserved != 0)
        return fail("gk_game.reserved must be zero");
    if (!game.init || !game.join || !game.leave || !game.input || !game.tick || !game.view ||
        !game.result)
        return fail("the game leaves out a callback that is not optional");
    *ret_game = game;
    return true;
}

static bool fail(const char *sentence)
{
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, sentence);
    return false;
}
