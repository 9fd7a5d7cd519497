/* Looking at plugins.d, admitting, and remembering what was admitted. One thread looks, the judges'
 * threads admit; the lock is held only to swap or copy references, never while a file is read. */
#include "games/catalog.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "games/bundle_store.h"
#include "games/figures.h"
#include "games/judges.h"
#include "host/admit.h"
#include "host/hash.h"
#include "host/image.h"

#define PROBED_PATH_BYTES    (CONFIG_TEXT_BYTES + 112)
#define SIGNATURE_UNREADABLE 1 /* of what is there and is no folder that can be walked */

struct seen {
    char id[32];
    uint64_t signature;     /* that was looked at last; of the looking thread, as `taken` */
    uint64_t taken;         /* that was admitted or refused, or is being judged */
    _Atomic bool is_judged; /* now */
    struct image *image;    /* owned, under the lock; NULL: none admitted yet */
};

struct catalog {
    const struct settings *settings;      /* borrowed */
    const struct worker_program *program; /* borrowed */
    catalog_admitted *admitted;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping; /* under the lock */
    struct judges *judges;
    int probes_stop;  /* an event: readable once the probes are to be given up */
    uint64_t ignored; /* what was said of folders that are not looked at */
    struct seen games[CATALOG_GAMES_MAX];
    size_t game_count; /* under the lock */
};

static void catalog_end(struct catalog *catalog);
static void *scan_again_and_again(void *argument);
static void scan(struct catalog *catalog, bool at_once);
static bool is_plain_file(int folder, const struct dirent *entry);
static bool look_at(struct catalog *catalog, const char *id, bool at_once);
static struct seen *seen_of(struct catalog *catalog, const char *id);
static void say_ignored(struct catalog *catalog, uint64_t ignored, const char *one);
static void admit(void *context, void *brought);
static bool is_stopping(struct catalog *catalog);
static struct image *make_image(struct catalog *catalog, const struct bundle *bundle,
                                const char *id, struct admission *admission);
static void name_duplicate(struct catalog *catalog, const char *id, struct admission *admission);
static void probed_path(const struct catalog *catalog, const struct bundle *bundle,
                        char ret_path[PROBED_PATH_BYTES]);
static void remember_probed(const char *path);
static void put(struct catalog *catalog, struct seen *seen, struct image *image);
static int compare_ids(const void *a, const void *b);

enum error catalog_create(const struct settings *settings, const struct worker_program *program,
                          catalog_admitted *admitted, void *context, struct catalog **ret_catalog)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog)
        return ERROR_INTERNAL;
    catalog->settings = settings;
    catalog->program = program;
    catalog->admitted = admitted;
    catalog->context = context;
    catalog->probes_stop = eventfd(0, EFD_CLOEXEC);
    if (catalog->probes_stop < 0 || judges_create(admit, catalog, &catalog->judges) != OK) {
        if (catalog->probes_stop >= 0)
            close(catalog->probes_stop);
        free(catalog);
        return ERROR_INTERNAL;
    }
    pthread_mutex_init(&catalog->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&catalog->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    scan(catalog, true);
    judges_wait(catalog->judges, CATALOG_FIRST_MS);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&catalog->thread, NULL, scan_again_and_again, catalog);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        catalog_end(catalog);
        return ERROR_INTERNAL;
    }
    *ret_catalog = catalog;
    return OK;
}

void catalog_destroy(struct catalog *catalog)
{
    if (!catalog)
        return;
    pthread_mutex_lock(&catalog->lock);
    catalog->stopping = true;
    pthread_cond_signal(&catalog->stop);
    pthread_mutex_unlock(&catalog->lock);
    pthread_join(catalog->thread, NULL);
    catalog_end(catalog);
}

/* A probe under way is given up: nobody waits for it. */
static void catalog_end(struct catalog *catalog)
{
    (void)eventfd_write(catalog->probes_stop, 1);
    judges_destroy(catalog->judges);
    for (size_t i = 0; i < catalog->game_count; i++)
        image_release(catalog->games[i].image);
    pthread_cond_destroy(&catalog->stop);
    pthread_mutex_destroy(&catalog->lock);
    close(catalog->probes_stop);
    free(catalog);
}

struct image *catalog_find(struct catalog *catalog, const char *id)
{
    struct image *found = NULL;
    if (!catalog)
        return NULL;
    pthread_mutex_lock(&catalog->lock);
    for (size_t i = 0; i < catalog->game_count; i++)
        if (catalog->games[i].image && strcmp(catalog->games[i].id, id) == 0)
            found = image_keep(catalog->games[i].image);
    pthread_mutex_unlock(&catalog->lock);
    return found;
}

size_t catalog_list(struct catalog *catalog, struct image *ret_images[CATALOG_GAMES_MAX])
{
    size_t count = 0;
    if (!catalog)
        return 0;
    pthread_mutex_lock(&catalog->lock);
    for (size_t i = 0; i < catalog->game_count; i++)
        if (catalog->games[i].image)
            ret_images[count++] = image_keep(catalog->games[i].image);
    pthread_mutex_unlock(&catalog->lock);
    qsort(ret_images, count, sizeof ret_images[0], compare_ids);
    return count;
}

static void *scan_again_and_again(void *argument)
{
    struct catalog *catalog = argument;
    pthread_mutex_lock(&catalog->lock);
    while (!catalog->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += CATALOG_SCAN_MS / 1000;
        until.tv_nsec += CATALOG_SCAN_MS % 1000 * 1000000;
        if (pthread_cond_timedwait(&catalog->stop, &catalog->lock, &until) == 0)
            continue;
        pthread_mutex_unlock(&catalog->lock);
        scan(catalog, false);
        pthread_mutex_lock(&catalog->lock);
    }
    pthread_mutex_unlock(&catalog->lock);
    return NULL;
}

static void scan(struct catalog *catalog, bool at_once)
{
    DIR *folder = opendir(catalog->settings->plugins_dir);
    struct dirent *entry;
    if (!folder && at_once)
        log_warn("plugins folder cannot be read; looking again", "folder",
                 catalog->settings->plugins_dir, NULL);
    char one[NAME_MAX + 1] = "";
    uint64_t ignored = 0;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.' || is_plain_file(dirfd(folder), entry))
            continue;
        if (look_at(catalog, entry->d_name, at_once))
            continue;
        ignored += hash_add(HASH_START, entry->d_name, strlen(entry->d_name));
        snprintf(one, sizeof one, "%s", entry->d_name);
    }
    if (folder) {
        closedir(folder);
        say_ignored(catalog, ignored, one);
    }
}

static bool is_plain_file(int folder, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_REG;
    return fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
}

/* Once for each set of them. */
static void say_ignored(struct catalog *catalog, uint64_t ignored, const char *one)
{
    if (ignored != 0 && ignored != catalog->ignored)
        log_error("a folder of the plugins is not looked at: its name is over 31 bytes, or there "
                  "are too many of them; rename or remove one",
                  "folder", one, "folders_max", log_number(CATALOG_GAMES_MAX), NULL);
    catalog->ignored = ignored;
}

/* False when it is ignored. */
static bool look_at(struct catalog *catalog, const char *id, bool at_once)
{
    char folder[CONFIG_TEXT_BYTES + 40];
    struct seen *seen = seen_of(catalog, id);
    if (!seen)
        return false;
    snprintf(folder, sizeof folder, "%s/%s", catalog->settings->plugins_dir, id);
    uint64_t signature = bundle_signature(folder);
    if (signature == 0 && faccessat(AT_FDCWD, folder, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        signature = SIGNATURE_UNREADABLE; /* refused as that, once */
    if (signature == 0 || signature == seen->taken || atomic_load(&seen->is_judged))
        return true;
    bool quiet = at_once || signature == seen->signature;
    seen->signature = signature;
    if (!quiet)
        return true;
    atomic_store(&seen->is_judged, true);
    if (judges_bring(catalog->judges, seen) == OK)
        seen->taken = signature;
    else
        atomic_store(&seen->is_judged, false); /* next time */
    return true;
}

/* Only the scanning thread adds, so it may look without the lock. */
static struct seen *seen_of(struct catalog *catalog, const char *id)
{
    for (size_t i = 0; i < catalog->game_count; i++)
        if (strcmp(catalog->games[i].id, id) == 0)
            return &catalog->games[i];
    if (catalog->game_count == CATALOG_GAMES_MAX || strlen(id) >= sizeof catalog->games[0].id)
        return NULL;
    struct seen *seen = &catalog->games[catalog->game_count];
    snprintf(seen->id, sizeof seen->id, "%s", id);
    pthread_mutex_lock(&catalog->lock);
    catalog->game_count++;
    pthread_mutex_unlock(&catalog->lock);
    return seen;
}

/* On a judge's thread. */
static void admit(void *context, void *brought)
{
    struct catalog *catalog = context;
    struct seen *seen = brought;
    char folder[CONFIG_TEXT_BYTES + 40];
    struct admission admission = {.image = -1};
    struct bundle *bundle = NULL;
    struct image *image = NULL;
    snprintf(folder, sizeof folder, "%s/%s", catalog->settings->plugins_dir, seen->id);
    enum bundle_refusal refusal = bundle_read(folder, &bundle, admission.reason);
    if (refusal == BUNDLE_FINE)
        image = make_image(catalog, bundle, seen->id, &admission);
    else
        admission.code = bundle_refusal_code(refusal);
    if (image) {
        log_info("game admitted", "game", seen->id, "version", image->manifest.version, "sha",
                 image->sha_text, NULL);
        put(catalog, seen, image);
    } else if (!is_stopping(catalog)) { /* or the probe was given up */
        metric_add(&figure_plugins_refused, 1);
        log_error("game refused; what was admitted before stays", "game", seen->id, "code",
                  admission.code, "reason", admission.reason, NULL);
    }
    admission_finish(&admission);
    bundle_destroy(bundle);
    atomic_store(&seen->is_judged, false);
}

static bool is_stopping(struct catalog *catalog)
{
    pthread_mutex_lock(&catalog->lock);
    bool stopping = catalog->stopping;
    pthread_mutex_unlock(&catalog->lock);
    return stopping;
}

/* NULL: `admission` says why. */
static struct image *make_image(struct catalog *catalog, const struct bundle *bundle,
                                const char *id, struct admission *admission)
{
    struct probe_starter probe = worker_program_prober(catalog->program);
    probe.stop = catalog->probes_stop;
    char probed[PROBED_PATH_BYTES];
    probed_path(catalog, bundle, probed);
    bool is_probed = access(probed, F_OK) == 0;
    if (!admit_bundle(bundle, id, is_probed ? NULL : &probe, admission)) {
        name_duplicate(catalog, id, admission);
        return NULL;
    }
    if (!is_probed)
        remember_probed(probed);
    struct image *image = NULL;
    if (bundle_store(bundle, catalog->settings->data_dir, id, admission->reason) == OK)
        image = image_create(admission, bundle);
    if (!image)
        admission->code = "store";
    return image;
}

/* Only the catalog knows that a foreign id is another game's. */
static void name_duplicate(struct catalog *catalog, const char *id, struct admission *admission)
{
    struct image *other = strcmp(admission->code, "image_id") == 0
                              ? catalog_find(catalog, admission->manifest.id)
                              : NULL;
    if (!other)
        return;
    admission->code = "image_id_duplicate";
    snprintf(admission->reason, sizeof admission->reason,
             "The manifest says %s, which is the game of another folder, not %s: give it an id of "
             "its own.",
             admission->manifest.id, id);
    image_release(other);
}

/* What this revision of the probe found fine once stays so: a file of this name remembers it. */
static void probed_path(const struct catalog *catalog, const struct bundle *bundle,
                        char ret_path[PROBED_PATH_BYTES])
{
    snprintf(ret_path, PROBED_PATH_BYTES, "%s/probed/%s-%d", catalog->settings->data_dir,
             bundle->sha_text, PROBE_REVISION);
}

static void remember_probed(const char *path)
{
    char folder[PROBED_PATH_BYTES];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    (void)mkdir(folder, 0700);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
}

static void put(struct catalog *catalog, struct seen *seen, struct image *image)
{
    pthread_mutex_lock(&catalog->lock);
    struct image *before = seen->image;
    seen->image = image;
    pthread_mutex_unlock(&catalog->lock);
    catalog->admitted(catalog->context, image);
    image_release(before);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp((*(struct image *const *)a)->manifest.id,
                  (*(struct image *const *)b)->manifest.id);
}
