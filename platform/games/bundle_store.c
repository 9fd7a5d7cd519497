/* Reading and writing the trees of the store: the latter into a folder beside it, then into place
 * at once. */
#include "games/bundle_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/id.h"
#include "core/log.h"

#define PATH_BYTES 1024

static bool write_tree(const struct bundle *bundle, const char *folder,
                       bool holds(const char *path), char *reason);
static bool is_any(const char *path);
static bool is_served(const char *path);
static bool write_file(const char *path, const struct bundle_file *file);
static bool make_folders(char *path, size_t from);
static bool move_into_place(const char *from, const char *to);
static void remove_tree(const char *path);

enum error bundle_store(const struct bundle *bundle, const char *data_dir, const char *id,
                        char ret_reason[BUNDLE_REASON_BYTES])
{
    char store[PATH_BYTES], served[PATH_BYTES], temporary[PATH_BYTES], nonce[RANDOM_TOKEN_BYTES];
    random_token(nonce);
    snprintf(store, sizeof store, "%s/store/%s", data_dir, bundle->sha_text);
    snprintf(served, sizeof served, "%s/games/%s/%s", data_dir, id, bundle->sha_text);

    snprintf(temporary, sizeof temporary, "%s/store/.new-%s", data_dir, nonce);
    if (access(store, F_OK) != 0 && (!write_tree(bundle, temporary, is_any, ret_reason) ||
                                     !move_into_place(temporary, store))) {
        remove_tree(temporary);
        return ERROR_UNAVAILABLE;
    }
    snprintf(temporary, sizeof temporary, "%s/games/%s/.new-%s", data_dir, id, nonce);
    if (access(served, F_OK) != 0 && (!write_tree(bundle, temporary, is_served, ret_reason) ||
                                      !move_into_place(temporary, served))) {
        remove_tree(temporary);
        return ERROR_UNAVAILABLE;
    }
    return OK;
}

enum error bundle_load(const char *data_dir, const char *sha_text, struct image **ret_image)
{
    char folder[PATH_BYTES];
    struct admission admission = {.image = -1};
    struct bundle *bundle = NULL;
    struct image *image = NULL;
    snprintf(folder, sizeof folder, "%s/store/%s", data_dir, sha_text);
    if (access(folder, F_OK) != 0)
        return ERROR_NOT_FOUND;
    if (bundle_read(folder, &bundle, admission.reason) == BUNDLE_FINE &&
        strcmp(bundle->sha_text, sha_text) == 0 && admit_bundle(bundle, NULL, NULL, &admission))
        image = image_create(&admission, bundle);
    if (!image)
        log_error("a stored version of a game cannot be used", "sha", sha_text, "reason",
                  *admission.reason ? admission.reason : "its files are not what they were", NULL);
    admission_finish(&admission);
    bundle_destroy(bundle);
    if (!image)
        return ERROR_INTERNAL;
    *ret_image = image;
    return OK;
}

enum error bundle_load_by(const char *data_dir, const uint8_t *sha, size_t count,
                          struct image **ret_image)
{
    char folder[PATH_BYTES], begins[SHA_TEXT_BYTES] = "", found[SHA_TEXT_BYTES] = "";
    for (size_t i = 0; i < count && i < sizeof begins / 2; i++)
        snprintf(begins + 2 * i, 3, "%02x", sha[i]);
    snprintf(folder, sizeof folder, "%s/store", data_dir);
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries && !*found && (entry = readdir(entries)))
        if (strncmp(entry->d_name, begins, strlen(begins)) == 0 &&
            strlen(entry->d_name) == sizeof found - 1)
            memcpy(found, entry->d_name, sizeof found);
    if (entries)
        closedir(entries);
    return *found ? bundle_load(data_dir, found, ret_image) : ERROR_NOT_FOUND;
}

/* Writes the files that it holds, readable by everybody. */
static bool write_tree(const struct bundle *bundle, const char *folder,
                       bool holds(const char *path), char *reason)
{
    for (size_t i = 0; i < bundle->file_count; i++) {
        const struct bundle_file *file = &bundle->files[i];
        char path[PATH_BYTES + BUNDLE_PATH_BYTES];
        if (!holds(file->path))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, file->path);
        if (!make_folders(path, 1) || !write_file(path, file)) {
            snprintf(reason, BUNDLE_REASON_BYTES, "%s cannot be written: %s", path,
                     strerror(errno));
            return false;
        }
    }
    return true;
}

static bool is_any(const char *path)
{
    (void)path;
    return true;
}

/* What a browser may ask for. */
static bool is_served(const char *path)
{
    return strncmp(path, "client/", strlen("client/")) == 0 || strcmp(path, "game.wasm") == 0;
}

static bool write_file(const char *path, const struct bundle_file *file)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
    if (fd < 0)
        return false;
    bool fine = fchmod(fd, 0444) == 0;
    for (size_t done = 0; fine && done < file->count;) {
        ssize_t wrote = write(fd, file->bytes + done, file->count - done);
        fine = wrote > 0;
        done += fine ? (size_t)wrote : 0;
    }
    fine = fine && fsync(fd) == 0;
    return close(fd) == 0 && fine;
}

/* Makes every folder above the file `path`. */
static bool make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool fine = true;
        if (mkdir(path, 0755) == 0)
            fine = chmod(path, 0755) == 0;
        else
            fine = errno == EEXIST;
        *slash = '/';
        if (!fine)
            return false;
    }
    return true;
}

/* Whoever was there first has the same content. */
static bool move_into_place(const char *from, const char *to)
{
    if (rename(from, to) == 0)
        return true;
    if (errno != EEXIST && errno != ENOTEMPTY)
        return false;
    remove_tree(from);
    return true;
}

static void remove_tree(const char *path)
{
    DIR *entries = opendir(path);
    struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        char inner[PATH_BYTES + BUNDLE_PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0)
            remove_tree(inner);
    }
    if (entries)
        closedir(entries);
    rmdir(path);
}
