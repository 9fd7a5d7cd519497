/* Looking for the image, judging it, loading it: each step stops with a sentence. */
#include "tool/game.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/game_json.h"
#include "host/image.h"
#include "host/load.h"
#include "tool/build.h"
#include "tool/file.h"

static enum command_status find_image(const char *path, struct game *game);
static enum command_status build(const char *folder, struct game *game);
static enum command_status judge(struct game *game);
static enum command_status read_options(struct game *game);
static bool has(const char *folder, const char *name);

enum command_status game_open(const char *path, struct game *ret_game)
{
    enum command_status status = game_find(path, ret_game);
    return status == COMMAND_FINE ? game_take(ret_game->path, ret_game) : status;
}

enum command_status game_find(const char *path, struct game *ret_game)
{
    memset(ret_game, 0, sizeof *ret_game);
    enum command_status status = find_image(path, ret_game);
    if (status == COMMAND_FINE)
        status = judge(ret_game);
    if (status == COMMAND_FINE)
        status = read_options(ret_game);
    return status;
}

enum command_status game_take(const char *path, struct game *game)
{
    return game_load_path(path, &game->table) ? COMMAND_FINE : COMMAND_FAULT;
}

static enum command_status find_image(const char *path, struct game *game)
{
    struct stat status;
    char found[PATH_MAX];
    if (stat(path, &status) != 0) {
        fprintf(stderr, "gamekit: %s: %s\n", path, strerror(errno));
        return COMMAND_USAGE;
    }
    if (S_ISDIR(status.st_mode) && has(path, "CMakeLists.txt") && !has(path, "game.so"))
        return build(path, game);
    if (S_ISDIR(status.st_mode))
        snprintf(found, sizeof found, "%s/game.so", path);
    else
        snprintf(found, sizeof found, "%s", path);
    if (realpath(found, game->path))
        return COMMAND_FINE;
    fprintf(stderr, "gamekit: %s: %s\n", found, strerror(errno));
    return COMMAND_USAGE;
}

static enum command_status build(const char *folder, struct game *game)
{
    struct build build;
    char found[PATH_MAX + 8];
    enum command_status status = build_game(folder, &build);
    build_show_output(&build);
    if (status == COMMAND_FINE) {
        snprintf(found, sizeof found, "%s/game.so", build.bundle);
        if (!realpath(found, game->path))
            status = COMMAND_FAULT;
    }
    build_finish(&build);
    return status;
}

static enum command_status judge(struct game *game)
{
    char sentence[GAME_IMAGE_SENTENCE_BYTES];
    size_t count;
    uint8_t *bytes = file_read(game->path, GAME_IMAGE_BYTES_MAX, &count);
    if (!bytes)
        return COMMAND_USAGE;
    enum image_refusal refusal = game_image_inspect(bytes, count, &game->manifest, sentence);
    bool is_hashed = EVP_Digest(bytes, count, game->sha, NULL, EVP_sha256(), NULL) == 1;
    free(bytes);
    if (refusal == IMAGE_FINE && is_hashed)
        return COMMAND_FINE;
    fprintf(stderr, "%s is refused: %s\n%s\n", game->path, image_refusal_code(refusal), sentence);
    return COMMAND_FAULT;
}

/* Of the game.json beside it. */
static enum command_status read_options(struct game *game)
{
    char path[PATH_MAX], reason[GAME_JSON_REASON_BYTES];
    struct game_json json;
    size_t count;
    snprintf(path, sizeof path, "%s", game->path);
    char *name = strrchr(path, '/') + 1;
    snprintf(name, sizeof path - (size_t)(name - path), "game.json");
    if (access(path, F_OK) != 0)
        return COMMAND_FINE;
    uint8_t *bytes = file_read(path, GAME_JSON_BYTES_MAX, &count);
    if (!bytes)
        return COMMAND_USAGE;
    bool fine = game_json_decode((const char *)bytes, count, &json, reason);
    free(bytes);
    if (fine) {
        fine = game_json_has_options(&json, game->manifest.option_count, reason);
        game->options = json.declared;
        game_json_finish(&json);
    }
    if (!fine)
        fprintf(stderr, "%s is refused: %s\n", path, reason);
    return fine ? COMMAND_FINE : COMMAND_FAULT;
}

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}
