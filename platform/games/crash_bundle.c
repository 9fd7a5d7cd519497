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
#include "core/log.h"

#define PATH_BYTES (CONFIG_TEXT_BYTES + 160)

static int count_entries(const char *folder);
static bool write_files(const char *folder, const char *data_dir, const struct image *image,
                        const struct fatal_step *fatal);
static bool write_file(const char *folder, const char *name, const void *bytes, size_t count);
static void remove_folder(const char *folder);

bool crash_bundle_write(const char *data_dir, const struct image *image,
                        const struct fatal_step *fatal, char ret_name[CRASH_BUNDLE_NAME_BYTES])
{
    char all[PATH_BYTES], aside[PATH_BYTES + 8], folder[PATH_BYTES + 80];
    char name[CRASH_BUNDLE_NAME_BYTES];
    const char *match = fatal->step.match_id;
    snprintf(all, sizeof all, "%s/crashes", data_dir);
    (void)mkdir(all, 0700);
    if (count_entries(all) >= CRASH_BUNDLES_MAX) {
        log_warn("no crash bundle is kept: there are too many", "match", match, "folder", all,
                 NULL);
        return false;
    }
    snprintf(aside, sizeof aside, "%s/.new", all);
    snprintf(name, sizeof name, "%s-%u", match, fatal->step.ticks);
    snprintf(folder, sizeof folder, "%s/%s", all, name);
    remove_folder(aside);
    if (mkdir(aside, 0700) == 0 && write_files(aside, data_dir, image, fatal) &&
        rename(aside, folder) == 0) {
        log_info("crash bundle kept", "match", match, "folder", folder, NULL);
        memcpy(ret_name, name, sizeof name);
        return true;
    }
    log_error("a crash bundle cannot be written", "match", match, "reason", strerror(errno), NULL);
    remove_folder(aside);
    return false;
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
                        const struct fatal_step *fatal)
{
    char game[PATH_BYTES + 32], stored[PATH_BYTES];
    snprintf(stored, sizeof stored, "%s/store/%s/game.so", data_dir, image->sha_text);
    snprintf(game, sizeof game, "%s/" CRASH_FILE_GAME, folder);
    char *text = crash_step_encode(&fatal->step);
    bool fine =
        text && link(stored, game) == 0 &&
        (!fatal->state || write_file(folder, CRASH_FILE_STATE, fatal->state, fatal->state_bytes)) &&
        write_file(folder, CRASH_FILE_INPUTS, fatal->inputs, fatal->input_bytes) &&
        (fatal->said_count == 0 ||
         write_file(folder, CRASH_FILE_SAID, fatal->said, fatal->said_count)) &&
        write_file(folder, CRASH_FILE_JSON, text, strlen(text));
    free(text);
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

static void remove_folder(const char *folder)
{
    static const char *const names[] = {CRASH_FILE_GAME, CRASH_FILE_STATE, CRASH_FILE_INPUTS,
                                        CRASH_FILE_SAID, CRASH_FILE_JSON};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_BYTES + 32];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}
