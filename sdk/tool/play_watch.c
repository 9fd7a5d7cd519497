#include "tool/play_watch.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR |           \
     IN_EXCL_UNLINK)

struct folder {
    int number; /* inotify's */
    bool is_client;
    char path[PATH_MAX];
};

struct play_watch {
    int fd;
    unsigned count;
    struct folder folders[PLAY_WATCH_FOLDERS_MAX];
};

static bool add(struct play_watch *watch, const char *path, bool is_client);
static bool is_ours(const char *name);
static void note(struct play_watch *watch, const struct inotify_event *event,
                 struct play_changes *changes);
static struct folder *find(struct play_watch *watch, int number);
static bool is_source(const char *name);

struct play_watch *play_watch_create(const char *folder)
{
    struct play_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->fd >= 0 && add(watch, folder, false))
        return watch;
    play_watch_destroy(watch);
    return NULL;
}

void play_watch_destroy(struct play_watch *watch)
{
    if (!watch)
        return;
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

int play_watch_fd(const struct play_watch *watch)
{
    return watch->fd;
}

struct play_changes play_watch_read(struct play_watch *watch)
{
    _Alignas(struct inotify_event) char events[16384];
    struct play_changes changes = {0};
    ssize_t count;
    while ((count = read(watch->fd, events, sizeof events)) > 0) {
        const struct inotify_event *event;
        for (char *at = events; at < events + count; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)at;
            note(watch, event, &changes);
        }
    }
    return changes;
}

/* The folder, and those in it; the first one is the game's own. */
static bool add(struct play_watch *watch, const char *path, bool is_client)
{
    if (watch->count == PLAY_WATCH_FOLDERS_MAX)
        return false;
    bool is_first = watch->count == 0;
    int number = inotify_add_watch(watch->fd, path, EVENTS);
    if (number < 0)
        return false;
    struct folder *folder = find(watch, number);
    if (!folder)
        folder = &watch->folders[watch->count++];
    folder->number = number;
    folder->is_client = is_client;
    snprintf(folder->path, sizeof folder->path, "%s", path);
    DIR *entries = opendir(path);
    if (!entries)
        return true;
    struct dirent *entry;
    while ((entry = readdir(entries))) {
        char below[PATH_MAX];
        struct stat status;
        if (!is_ours(entry->d_name) ||
            snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= (int)sizeof below ||
            lstat(below, &status) != 0 || !S_ISDIR(status.st_mode))
            continue;
        (void)add(watch, below, is_client || (is_first && strcmp(entry->d_name, "client") == 0));
    }
    closedir(entries);
    return true;
}

/* Not what is built, installed or recorded there, nor what an editor hides. */
static bool is_ours(const char *name)
{
    return name[0] != '.' && strcmp(name, "build") != 0 && strcmp(name, "node_modules") != 0 &&
           strcmp(name, "replays") != 0;
}

static void note(struct play_watch *watch, const struct inotify_event *event,
                 struct play_changes *changes)
{
    if (event->mask & IN_Q_OVERFLOW) {
        changes->source = changes->client = true;
        return;
    }
    const struct folder *folder = find(watch, event->wd);
    if (!folder || event->len == 0 || !is_ours(event->name))
        return;
    if (event->mask & IN_ISDIR) {
        char path[PATH_MAX];
        bool is_client =
            folder->is_client || (folder == watch->folders && strcmp(event->name, "client") == 0);
        if (event->mask & (IN_CREATE | IN_MOVED_TO) &&
            snprintf(path, sizeof path, "%s/%s", folder->path, event->name) < (int)sizeof path &&
            add(watch, path, is_client)) {
            /* Files may have come into it before it was watched. */
            changes->client |= is_client;
            changes->source |= !is_client;
        }
        return;
    }
    if (event->mask & IN_CREATE)
        return; /* it is written next */
    changes->client |= folder->is_client;
    changes->source |= !folder->is_client && is_source(event->name);
}

static struct folder *find(struct play_watch *watch, int number)
{
    for (unsigned i = 0; i < watch->count; i++)
        if (watch->folders[i].number == number)
            return &watch->folders[i];
    return NULL;
}

static bool is_source(const char *name)
{
    static const char *const endings[] = {".c", ".h", ".inc", ".def", ".json", ".cmake"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return strcmp(name, "CMakeLists.txt") == 0;
}
