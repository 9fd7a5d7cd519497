#include "serve/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum error complain(const char *what, const char *path)
{
    fprintf(stderr, "transcendence: cannot %s %s: %s\n", what, path, strerror(errno));
    return ERROR_INTERNAL;
}

void files_join(char ret_path[FILES_PATH_BYTES], const char *folder, const char *name)
{
    int bytes = snprintf(ret_path, FILES_PATH_BYTES, "%s/%s", folder, name);
    assert(bytes > 0 && bytes < FILES_PATH_BYTES);
}

enum error files_folder(const char *path, mode_t mode)
{
    char partial[FILES_PATH_BYTES];
    files_join(partial, path, "");
    for (char *slash = strchr(partial + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        bool last = slash[1] == 0;
        *slash = 0;
        if (mkdir(partial, last ? mode : 0755) < 0 && errno != EEXIST)
            return complain("make the folder", partial);
        *slash = '/';
    }
    if (chmod(path, mode) < 0)
        return complain("set the rights of", path);
    return OK;
}

static bool write_all(int descriptor, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return fsync(descriptor) == 0;
}

enum error files_write(const char *path, mode_t mode, const void *bytes, size_t count)
{
    char fresh[FILES_PATH_BYTES + 8];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    unlink(fresh);
    int descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (descriptor < 0)
        return complain("make the file", fresh);
    bool whole = write_all(descriptor, bytes, count);
    close(descriptor);
    if (!whole || rename(fresh, path) < 0)
        return complain("write the file", path);
    return OK;
}

enum error files_read(const char *path, size_t bytes_max, char **ret_text)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno == ENOENT ? ERROR_NOT_FOUND : complain("read", path);
    char *text = malloc(bytes_max + 1);
    assert(text);
    size_t count = 0;
    ssize_t got = 0;
    while (count < bytes_max && (got = read(descriptor, text + count, bytes_max - count)) > 0)
        count += (size_t)got;
    close(descriptor);
    if (got < 0) {
        free(text);
        return complain("read", path);
    }
    text[count] = 0;
    *ret_text = text;
    return OK;
}

bool files_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum error files_lock(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return complain("open the lock", path);
    if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) {
        close(descriptor);
        return ERROR_UNAVAILABLE;
    }
    return OK; /* the descriptor, and with it the lock, stays open until the process ends */
}
