/* What is in the store is told apart by its bytes, not by the names of its folders. */
#include "tool/versions.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/image.h"
#include "tool/file.h"

static struct version *find_open(const struct versions *versions, const struct replay_image *image);
static struct version *find_build(const struct versions *versions,
                                  const struct replay_image *image);
static bool open_stored(struct versions *versions, const struct replay_image *image);
static bool is_image(const char *path, const uint8_t sha[32]);

enum command_status versions_open(struct versions *versions, const char *path)
{
    if (versions->count == VERSIONS_MAX) {
        fprintf(stderr, "gamekit: there are more than %d versions.\n", VERSIONS_MAX);
        return COMMAND_USAGE;
    }
    struct version *version = calloc(1, sizeof *version);
    enum command_status status = version ? game_open(path, &version->game) : COMMAND_MACHINE;
    if (status == COMMAND_FINE) {
        version->run = run_create(&version->game.manifest, &version->game.table);
        status = version->run ? COMMAND_FINE : COMMAND_MACHINE;
    }
    if (status == COMMAND_MACHINE)
        fprintf(stderr, "gamekit: there is no memory for a match.\n");
    if (status != COMMAND_FINE) {
        free(version);
        return status;
    }
    version->run->repeats = true;
    if (versions->note)
        version->run->note = versions->note;
    versions->list[versions->count++] = version;
    return COMMAND_FINE;
}

struct run *versions_find(struct versions *versions, const struct replay_image *image)
{
    struct version *version = find_open(versions, image);
    if (!version && versions->store && open_stored(versions, image))
        version = find_open(versions, image);
    if (!version)
        version = find_build(versions, image);
    return version ? version->run : NULL;
}

struct run *versions_first(const struct versions *versions)
{
    return versions->count > 0 ? versions->list[0]->run : NULL;
}

void versions_note(struct versions *versions, struct run_note *note)
{
    versions->note = note;
    for (size_t i = 0; i < versions->count; i++)
        versions->list[i]->run->note = note;
}

void versions_close(struct versions *versions)
{
    while (versions->count > 0) {
        struct version *version = versions->list[--versions->count];
        run_destroy(version->run);
        free(version);
    }
}

static struct version *find_open(const struct versions *versions, const struct replay_image *image)
{
    for (size_t i = 0; i < versions->count; i++)
        if (memcmp(versions->list[i]->game.sha, image->sha, sizeof image->sha) == 0)
            return versions->list[i];
    return NULL;
}

static struct version *find_build(const struct versions *versions, const struct replay_image *image)
{
    for (size_t i = 0; i < versions->count; i++) {
        const struct gk_manifest *manifest = &versions->list[i]->game.manifest;
        if (strncmp(manifest->version, image->version, sizeof image->version) == 0 &&
            manifest->state_schema == image->state_schema)
            return versions->list[i];
    }
    return NULL;
}

static bool open_stored(struct versions *versions, const struct replay_image *image)
{
    bool is_open = false;
    DIR *bundles = opendir(versions->store);
    struct dirent *entry;
    if (!bundles)
        fprintf(stderr, "gamekit: %s: %s\n", versions->store, strerror(errno));
    while (bundles && !is_open && (entry = readdir(bundles))) {
        char path[PATH_MAX + 16];
        snprintf(path, sizeof path, "%.3000s/%s/game.so", versions->store, entry->d_name);
        is_open = entry->d_name[0] != '.' && is_image(path, image->sha) &&
                  versions_open(versions, path) == COMMAND_FINE;
    }
    if (bundles)
        closedir(bundles);
    return is_open;
}

static bool is_image(const char *path, const uint8_t sha[32])
{
    uint8_t own[32];
    size_t count;
    uint8_t *bytes = access(path, R_OK) == 0 ? file_read(path, GAME_IMAGE_BYTES_MAX, &count) : NULL;
    bool is_hashed = bytes && EVP_Digest(bytes, count, own, NULL, EVP_sha256(), NULL) == 1;
    free(bytes);
    return is_hashed && memcmp(own, sha, sizeof own) == 0;
}
