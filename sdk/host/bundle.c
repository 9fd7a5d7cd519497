/*
 * Walking, reading and hashing. Every open is relative to the folder above, without
 * following links and without blocking on a pipe; every file is checked after it is open, so that
 * what was checked is what is read.
 */
#include "host/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/bundle_reader.h"

#define BLOCK_BYTES 512 /* of st_blocks */

typedef bool visit_file(void *context, int fd, const char *path, const struct stat *status);

static bool walk(int folder, const char *prefix, int depth, visit_file *visit, void *context,
                 struct bundle_reader *reader);
static bool walk_entry(int folder, const char *prefix, const char *name, int depth,
                       visit_file *visit, void *context, struct bundle_reader *reader);
static bool sign_file(void *context, int fd, const char *path, const struct stat *status);
static bool read_file(void *context, int fd, const char *path, const struct stat *status);
static bool refuse_kind(struct bundle_reader *reader, const char *path, const struct stat *status);
static bool is_folder(const char *path);
static bool hash_files(struct bundle *bundle);
static int compare_paths(const void *a, const void *b);

const char *bundle_refusal_code(enum bundle_refusal refusal)
{
    static const char *const codes[] = {
        "fine",
#define X(name, code) code,
        BUNDLE_REFUSALS(X)
#undef X
    };
    return codes[refusal];
}

uint64_t bundle_signature(const char *folder)
{
    char reason[BUNDLE_REASON_BYTES];
    struct bundle_reader reader = {.reason = reason};
    uint64_t signature = 0xcbf29ce484222325u;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return 0;
    /* a folder that is refused has a signature too: it is tried again when it changes */
    (void)walk(fd, "", 0, sign_file, &signature, &reader);
    return signature;
}

enum bundle_refusal bundle_read(const char *folder, struct bundle **ret_bundle,
                                char ret_reason[BUNDLE_REASON_BYTES])
{
    struct bundle_reader reader = {.bundle = calloc(1, sizeof *reader.bundle),
                                   .reason = ret_reason};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool fine = reader.bundle && fd >= 0;
    if (!fine)
        bundle_refuse(&reader, BUNDLE_REFUSED_UNREADABLE,
                      "The folder cannot be read (%s): let the platform's user read it.",
                      strerror(errno));
    else
        fine = walk(fd, "", 0, read_file, &reader, &reader);
    if (!reader.bundle && fd >= 0)
        close(fd);
    return bundle_complete(&reader, fine, ret_bundle);
}

enum bundle_refusal bundle_complete(struct bundle_reader *reader, bool fine,
                                    struct bundle **ret_bundle)
{
    static const char *const needed[] = {"game.so", "game.json", "client/main.js"};
    struct bundle *bundle = reader->bundle;
    for (size_t i = 0; fine && i < sizeof needed / sizeof needed[0]; i++)
        if (!bundle_find(bundle, needed[i]))
            fine = bundle_refuse(reader, BUNDLE_REFUSED_MISSING,
                                 "There is no %s: put it into the folder.", needed[i]);
    if (fine) {
        qsort(bundle->files, bundle->file_count, sizeof bundle->files[0], compare_paths);
        fine = hash_files(bundle) || bundle_refuse(reader, BUNDLE_REFUSED_UNREADABLE,
                                                   "The files cannot be hashed: try again.");
    }
    if (!fine) {
        bundle_destroy(bundle);
        return reader->refusal;
    }
    *ret_bundle = bundle;
    return BUNDLE_FINE;
}

void bundle_destroy(struct bundle *bundle)
{
    if (!bundle)
        return;
    for (size_t i = 0; i < bundle->file_count; i++)
        free(bundle->files[i].bytes);
    free(bundle);
}

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *path)
{
    for (size_t i = 0; i < bundle->file_count; i++)
        if (strcmp(bundle->files[i].path, path) == 0)
            return &bundle->files[i];
    return NULL;
}

int bundle_seal(const uint8_t *bytes, size_t count)
{
    int fd = memfd_create("game.so", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t done = 0;
    while (fd >= 0 && done < count) {
        ssize_t wrote = write(fd, bytes + done, count - done);
        if (wrote <= 0) {
            close(fd);
            return -1;
        }
        done += (size_t)wrote;
    }
    if (fd >= 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Takes `folder` over. False when something was refused; the reader says what. */
static bool walk(int folder, const char *prefix, int depth, visit_file *visit, void *context,
                 struct bundle_reader *reader)
{
    DIR *entries = fdopendir(folder);
    if (!entries) {
        close(folder);
        return bundle_refuse(reader, BUNDLE_REFUSED_UNREADABLE,
                             "%s cannot be read: let the platform's user read it.", prefix);
    }
    bool fine = true;
    struct dirent *entry;
    while (fine && (entry = readdir(entries)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fine = walk_entry(dirfd(entries), prefix, entry->d_name, depth, visit, context, reader);
    closedir(entries);
    return fine;
}

static bool walk_entry(int folder, const char *prefix, const char *name, int depth,
                       visit_file *visit, void *context, struct bundle_reader *reader)
{
    char path[BUNDLE_PATH_BYTES];
    if (snprintf(path, sizeof path, "%s%s", prefix, name) >= (int)sizeof path - 1)
        return bundle_refuse(reader, BUNDLE_REFUSED_NAME, "A path is too long: shorten the names.");
    if (depth == 0 && !bundle_holds(path))
        return true;
    if (!bundle_name_is_plain(name))
        return bundle_refuse(
            reader, BUNDLE_REFUSED_NAME,
            "%s: a name is made of letters, digits, dot, dash and underscore: rename it.", path);
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (fd < 0 && errno == ELOOP)
        return bundle_refuse(reader, BUNDLE_REFUSED_LINK,
                             "%s is a symbolic link: copy the file itself.", path);
    if (fd < 0 && (errno == ENXIO || errno == ENODEV))
        return bundle_refuse(reader, BUNDLE_REFUSED_SPECIAL,
                             "%s is a socket or a device: put a plain file there.", path);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return bundle_refuse(reader, BUNDLE_REFUSED_UNREADABLE,
                             "%s cannot be opened (%s): let the platform's user read it.", path,
                             strerror(reason));
    }
    if (S_ISDIR(status.st_mode) && depth < BUNDLE_DEPTH_MAX && (depth > 0 || is_folder(path))) {
        strcat(path, "/"); /* there is room: checked above */
        return walk(fd, path, depth + 1, visit, context, reader);
    }
    bool fine = S_ISREG(status.st_mode) ? visit(context, fd, path, &status)
                                        : refuse_kind(reader, path, &status);
    close(fd);
    return fine;
}

static bool refuse_kind(struct bundle_reader *reader, const char *path, const struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        return bundle_refuse(
            reader, BUNDLE_REFUSED_DIRECTORY,
            "%s is a folder where a file has to be, or lies too deep: put a plain file "
            "there.",
            path);
    return bundle_refuse(reader, BUNDLE_REFUSED_SPECIAL,
                         "%s is a pipe or another special file: put a plain file there.", path);
}

static bool sign_file(void *context, int fd, const char *path, const struct stat *status)
{
    uint64_t *signature = context, own = 0xcbf29ce484222325u;
    int64_t facts[] = {status->st_size, status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
                       (int64_t)status->st_ino};
    (void)fd;
    for (const char *at = path; *at; at++)
        own = (own ^ (uint8_t)*at) * 0x100000001b3u;
    for (size_t i = 0; i < sizeof facts; i++)
        own = (own ^ ((uint8_t *)facts)[i]) * 0x100000001b3u;
    *signature += own; /* in whatever order the folder lists them */
    return true;
}

static bool read_file(void *context, int fd, const char *path, const struct stat *status)
{
    struct bundle_reader *reader = context;
    size_t size = (size_t)status->st_size, done = 0;
    if (status->st_size > (off_t)(BUNDLE_BYTES_MAX - reader->bundle->bytes_total) &&
        (int64_t)status->st_blocks * BLOCK_BYTES < status->st_size / 2)
        return bundle_refuse(reader, BUNDLE_REFUSED_SPARSE,
                             "%s has %lld bytes, most of them holes: build it again.", path,
                             (long long)status->st_size);
    struct bundle_file *file = bundle_add(reader, path, size);
    if (!file)
        return false;
    while (done < size) {
        ssize_t got = read(fd, file->bytes + done, size - done);
        if (got <= 0)
            return bundle_refuse(
                reader, BUNDLE_REFUSED_UNREADABLE,
                "%s cannot be read whole: copy it to another name, then rename it.", path);
        done += (size_t)got;
    }
    return true;
}

struct bundle_file *bundle_add(struct bundle_reader *reader, const char *path, size_t size)
{
    struct bundle *bundle = reader->bundle;
    if (bundle->file_count == BUNDLE_FILES_MAX) {
        bundle_refuse(reader, BUNDLE_REFUSED_FILES,
                      "There are more than %d files: join or drop some.", BUNDLE_FILES_MAX);
        return NULL;
    }
    if (size > BUNDLE_BYTES_MAX - bundle->bytes_total) {
        bundle_refuse(reader, BUNDLE_REFUSED_SIZE,
                      "The files are larger than %u bytes: make them smaller.", BUNDLE_BYTES_MAX);
        return NULL;
    }
    struct bundle_file *file = &bundle->files[bundle->file_count];
    file->bytes = malloc(size + 1);
    if (!file->bytes) {
        bundle_refuse(reader, BUNDLE_REFUSED_UNREADABLE, "There is no memory for %s: try again.",
                      path);
        return NULL;
    }
    file->bytes[size] = 0;
    file->count = size;
    snprintf(file->path, sizeof file->path, "%s", path);
    bundle->file_count++;
    bundle->bytes_total += size;
    return file;
}

/* What else lies beside it (a README, say) is nobody's business. */
bool bundle_holds(const char *path)
{
    return strcmp(path, "game.so") == 0 || strcmp(path, "game.json") == 0 ||
           strcmp(path, "game.wasm") == 0 || strcmp(path, "client") == 0;
}

static bool is_folder(const char *path)
{
    return strcmp(path, "client") == 0;
}

bool bundle_name_is_plain(const char *name)
{
    return name[0] != '.' &&
           name[strspn(
               name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* Over path, zero, size and bytes of each file in the order of the paths. */
static bool hash_files(struct bundle *bundle)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool fine = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; fine && i < bundle->file_count; i++) {
        const struct bundle_file *file = &bundle->files[i];
        uint64_t size = file->count;
        fine = EVP_DigestUpdate(digest, file->path, strlen(file->path) + 1) == 1 &&
               EVP_DigestUpdate(digest, &size, sizeof size) == 1 &&
               EVP_DigestUpdate(digest, file->bytes, file->count) == 1;
    }
    fine = fine && EVP_DigestFinal_ex(digest, bundle->sha, NULL) == 1;
    EVP_MD_CTX_free(digest);
    for (size_t i = 0; i < sizeof bundle->sha; i++)
        snprintf(bundle->sha_text + 2 * i, 3, "%02x", bundle->sha[i]);
    return fine;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct bundle_file *)a)->path, ((const struct bundle_file *)b)->path);
}

bool bundle_refuse(struct bundle_reader *reader, enum bundle_refusal refusal, const char *format,
                   ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->reason, BUNDLE_REASON_BYTES, format, arguments);
    va_end(arguments);
    reader->refusal = refusal;
    return false;
}
