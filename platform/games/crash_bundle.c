/* Into a folder beside it, then into place at once. */
#include "games/crash_bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"
#include "core/id.h"
#include "core/json.h"
#include "core/log.h"

#define PATH_BYTES (CONFIG_TEXT_BYTES + 160)

static int count_entries(const char *folder);
static bool write_files(const char *folder, const char *data_dir, const struct image *image,
                        const struct arena_head *sizes, const struct control_match_start *start,
                        const struct fatal_step *fatal);
static bool write_file(const char *folder, const char *name, const void *bytes, size_t count);
static json_t *describe(const struct image *image, const struct control_match_start *start,
                        const struct fatal_step *fatal);
static void remove_folder(const char *folder);

void crash_bundle_write(const char *data_dir, const struct image *image,
                        const struct arena_head *sizes, const struct control_match_start *start,
                        const struct fatal_step *fatal)
{
    char all[PATH_BYTES], aside[PATH_BYTES + 8], folder[PATH_BYTES + 80], match[ID_TEXT_BYTES];
    struct id id;
    memcpy(id.bytes, start->match, sizeof id.bytes);
    id_text(&id, match);
    snprintf(all, sizeof all, "%s/crashes", data_dir);
    (void)mkdir(all, 0700);
    if (!fatal->before.state || !fatal->inputs || count_entries(all) >= CRASH_BUNDLES_MAX) {
        log_warn("no crash bundle is kept: nothing is known, or there are too many", "match", match,
                 NULL);
        return;
    }
    snprintf(aside, sizeof aside, "%s/.new", all);
    snprintf(folder, sizeof folder, "%s/%s-%llu", all, match,
             (unsigned long long)fatal->before.block.tick);
    remove_folder(aside);
    if (mkdir(aside, 0700) == 0 && write_files(aside, data_dir, image, sizes, start, fatal) &&
        rename(aside, folder) == 0) {
        log_info("crash bundle kept", "match", match, "folder", folder, NULL);
        return;
    }
    log_error("a crash bundle cannot be written", "match", match, "reason", strerror(errno), NULL);
    remove_folder(aside);
}

static int count_entries(const char *folder)
{
    int count = 0;
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        count += entry->d_name[0] != '.';
    if (entries)
        closedir(entries);
    return count;
}

/* game.so is the store's own, whose bytes never change. */
static bool write_files(const char *folder, const char *data_dir, const struct image *image,
                        const struct arena_head *sizes, const struct control_match_start *start,
                        const struct fatal_step *fatal)
{
    char game[PATH_BYTES + 32], stored[PATH_BYTES];
    snprintf(stored, sizeof stored, "%s/store/%s/game.so", data_dir, image->sha_text);
    snprintf(game, sizeof game, "%s/game.so", folder);
    json_t *about = describe(image, start, fatal);
    char *text = about ? json_dumps(about, JSON_INDENT(2)) : NULL;
    bool fine = text && link(stored, game) == 0 &&
                write_file(folder, "state", fatal->before.state, sizes->state_bytes) &&
                write_file(folder, "inputs", fatal->inputs,
                           (size_t)sizes->players_max * sizes->input_bytes) &&
                write_file(folder, "crash.json", text, strlen(text));
    free(text);
    json_decref(about);
    return fine;
}

static bool write_file(const char *folder, const char *name, const void *bytes, size_t count)
{
    char path[PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    bool fine = write(file, bytes, count) == (ssize_t)count;
    return close(file) == 0 && fine;
}

/* Masks of slots are texts: a JSON number holds no 64 bits. */
static json_t *describe(const struct image *image, const struct control_match_start *start,
                        const struct fatal_step *fatal)
{
    const struct gk_manifest *manifest = &image->manifest;
    char match[ID_TEXT_BYTES], seed[24], joined[24], left[24], present[24];
    struct id id;
    memcpy(id.bytes, start->match, sizeof id.bytes);
    id_text(&id, match);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)start->seed);
    snprintf(joined, sizeof joined, "%llx", (unsigned long long)fatal->before.block.joined);
    snprintf(left, sizeof left, "%llx", (unsigned long long)fatal->before.block.left);
    snprintf(present, sizeof present, "%llx", (unsigned long long)fatal->present);
    json_t *options = json_array();
    for (uint32_t i = 0; i < manifest->option_count; i++)
        json_array_append_new(options, json_integer(start->options[i]));
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:i,s:i,s:o,s:s,s:s,s:s}", "what",
                     fatal->sentence, "game", manifest->id, "version", manifest->version, "sha",
                     image->sha_text, "match", match, "callback",
                     game_callback_name(fatal->callback), "tick",
                     (json_int_t)fatal->before.block.tick, "seed", seed, "mode", (int)start->mode,
                     "players", (int)start->slot_count, "options", options, "joined", joined,
                     "left", left, "present", present);
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"game.so", "state", "inputs", "crash.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_BYTES + 32];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}
