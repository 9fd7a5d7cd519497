#include "auth/secret_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/id.h"
#include "core/log.h"

#define FOLDER      "secrets"
#define FOLDER_MODE 0700
#define FILE_MODE   0600

static enum error read_text(int file, char *ret_text, size_t capacity);
static void make_folders(const char *path);
static enum error write_text(const char *path, const char *text);
static enum error fail(const char *path, const char *reason);

void secret_file_path(const char *data_dir, const char *name, char ret_path[SECRET_FILE_PATH_BYTES])
{
    int length = snprintf(ret_path, SECRET_FILE_PATH_BYTES, "%s/" FOLDER "/%s", data_dir, name);
    assert(length < SECRET_FILE_PATH_BYTES);
}

enum error secret_file_read(const char *path, char *ret_text, size_t capacity)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return errno == ENOENT ? ERROR_NOT_FOUND : fail(path, strerror(errno));
    enum error error = read_text(file, ret_text, capacity);
    close(file);
    if (error)
        return fail(path, "empty, too long or unreadable");
    return OK;
}

/* The content is complete before the name exists, so that nobody reads half a secret. */
enum error secret_file_create(const char *path, const char *text)
{
    char suffix[RANDOM_TOKEN_BYTES];
    char draft[SECRET_FILE_PATH_BYTES + RANDOM_TOKEN_BYTES];
    random_token(suffix);
    snprintf(draft, sizeof draft, "%s.%s", path, suffix);

    make_folders(path);
    enum error error = write_text(draft, text);
    if (!error && link(draft, path) < 0 && errno != EEXIST)
        error = fail(path, strerror(errno));
    unlink(draft);
    return error;
}

/* Without the line ends behind it. Untouched when it is empty, too long or unreadable. */
static enum error read_text(int file, char *ret_text, size_t capacity)
{
    char text[SECRET_FILE_BYTES_MAX];
    size_t length = 0;
    ssize_t got;
    while (length < sizeof text && (got = read(file, text + length, sizeof text - length)) != 0) {
        if (got > 0)
            length += (size_t)got;
        else if (errno != EINTR)
            return ERROR_INTERNAL;
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    enum error error = ERROR_INTERNAL;
    if (length > 0 && length < capacity) {
        memcpy(ret_text, text, length);
        ret_text[length] = '\0';
        error = OK;
    }
    explicit_bzero(text, sizeof text);
    return error;
}

static enum error write_text(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (file < 0)
        return fail(path, strerror(errno));
    bool good = dprintf(file, "%s\n", text) == (int)strlen(text) + 1 && fsync(file) == 0;
    close(file);
    return good ? OK : fail(path, "it could not be written whole");
}

/* Whether they are there shows when the file is made. */
static void make_folders(const char *path)
{
    char folder[SECRET_FILE_PATH_BYTES];
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    char *end = strrchr(folder, '/');
    if (end != NULL && end != folder) {
        *end = '\0';
        (void)mkdir(folder, FOLDER_MODE);
        *end = '/';
    }
    (void)mkdir(folder, FOLDER_MODE);
}

static enum error fail(const char *path, const char *reason)
{
    log_error("a secret's file cannot be used; nothing is served without it", "path", path,
              "reason", reason, NULL);
    return ERROR_INTERNAL;
}
