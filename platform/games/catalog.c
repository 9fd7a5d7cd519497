/* Looking at plugins.d, admitting, and remembering what was admitted. The lock is held only to swap
 * or copy references, never while a file is read. */
#include "games/catalog.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "games/bundle_store.h"
#include "games/figures.h"
#include "host/admit.h"

#define PROBED_PATH_BYTES (CONFIG_TEXT_BYTES + 96)

struct seen {
    char id[32];
    uint64_t signature;  /* that was looked at last */
    uint64_t taken;      /* that was admitted or refused */
    struct image *image; /* owned, under the lock; NULL: none admitted yet */
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
    struct seen games[CATALOG_GAMES_MAX];
    size_t game_count; /* under the lock */
};

static void *scan_again_and_again(void *argument);
static void scan(struct catalog *catalog, bool at_once);
static void look_at(struct catalog *catalog, const char *id, bool at_once);
static struct seen *seen_of(struct catalog *catalog, const char *id);
static void admit(struct catalog *catalog, struct seen *seen);
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
    pthread_mutex_init(&catalog->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&catalog->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    scan(catalog, true);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&catalog->thread, NULL, scan_again_and_again, catalog);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        free(catalog);
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
    for (size_t i = 0; i < catalog->game_count; i++)
        image_release(catalog->games[i].image);
    pthread_cond_destroy(&catalog->stop);
    pthread_mutex_destroy(&catalog->lock);
    free(catalog);
}

struct image *catalog_find(struct catalog *catalog, const char *id)
{
    struct image *found = NULL;
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
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' && entry->d_type != DT_REG &&
            strlen(entry->d_name) < sizeof((struct seen *)0)->id)
            look_at(catalog, entry->d_name, at_once);
    if (folder)
        closedir(folder);
}

static void look_at(struct catalog *catalog, const char *id, bool at_once)
{
    char folder[CONFIG_TEXT_BYTES + 40];
    snprintf(folder, sizeof folder, "%s/%s", catalog->settings->plugins_dir, id);
    struct seen *seen = seen_of(catalog, id);
    uint64_t signature = bundle_signature(folder);
    if (!seen || signature == 0 || signature == seen->taken)
        return;
    bool quiet = at_once || signature == seen->signature;
    seen->signature = signature;
    if (!quiet)
        return;
    seen->taken = signature;
    admit(catalog, seen);
}

/* Only the scanning thread adds, so it may look without the lock. */
static struct seen *seen_of(struct catalog *catalog, const char *id)
{
    for (size_t i = 0; i < catalog->game_count; i++)
        if (strcmp(catalog->games[i].id, id) == 0)
            return &catalog->games[i];
    if (catalog->game_count == CATALOG_GAMES_MAX)
        return NULL;
    struct seen *seen = &catalog->games[catalog->game_count];
    snprintf(seen->id, sizeof seen->id, "%s", id);
    pthread_mutex_lock(&catalog->lock);
    catalog->game_count++;
    pthread_mutex_unlock(&catalog->lock);
    return seen;
}

static void admit(struct catalog *catalog, struct seen *seen)
{
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
    } else {
        metric_add(&figure_plugins_refused, 1);
        log_error("game refused; what was admitted before stays", "game", seen->id, "code",
                  admission.code, "reason", admission.reason, NULL);
    }
    admission_finish(&admission);
    bundle_destroy(bundle);
}

/* NULL: `admission` says why. */
static struct image *make_image(struct catalog *catalog, const struct bundle *bundle,
                                const char *id, struct admission *admission)
{
    struct probe_starter probe = worker_program_prober(catalog->program);
    char probed[PROBED_PATH_BYTES];
    probed_path(catalog, bundle, probed);
    bool is_probed = access(probed, F_OK) == 0;
    if (!admit_bundle(bundle, id, is_probed ? NULL : &probe, admission)) {
        name_duplicate(catalog, id, admission);
        return NULL;
    }
    if (!is_probed)
        remember_probed(probed);
    struct image *image = calloc(1, sizeof *image);
    if (!image || bundle_store(bundle, catalog->settings->data_dir, id, admission->reason) != OK) {
        admission->code = "store";
        free(image);
        return NULL;
    }
    image->manifest = admission->manifest;
    image->memory = admission->image;
    image->about = admission->about;
    admission->image = -1; /* both are the image's now */
    admission->about = (struct game_json){0};
    memcpy(image->sha, bundle->sha, sizeof image->sha);
    memcpy(image->sha_text, bundle->sha_text, sizeof image->sha_text);
    return image_keep(image);
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

/* What the probe found fine once stays so: a file of this name remembers it. */
static void probed_path(const struct catalog *catalog, const struct bundle *bundle,
                        char ret_path[PROBED_PATH_BYTES])
{
    snprintf(ret_path, PROBED_PATH_BYTES, "%s/probed/%s", catalog->settings->data_dir,
             bundle->sha_text);
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
