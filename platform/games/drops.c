/* One thread looks, the judges' threads do the rest; the lock is held only to add a folder. */
#include "games/drops.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "games/figures.h"
#include "games/judges.h"
#include "games/queries.h"
#include "games/release.h"
#include "games/version_bring.h"
#include "host/hash.h"
#include "service/game_mode.h"

#define FOLDER_BYTES         (CONFIG_TEXT_BYTES + 40)
#define SIGNATURE_UNREADABLE 1 /* of what is there and is no folder that can be walked */

/* A game, by the name of its folder or from the table. */
struct dropped {
    char id[CATALOG_ID_BYTES];
    uint64_t signature;      /* that was looked at last; of the looking thread, as `taken` */
    uint64_t taken;          /* that was admitted or refused, or is being judged */
    _Atomic bool is_judged;  /* now */
    _Atomic bool is_late;    /* the database was away: judge it again */
    _Atomic bool has_folder; /* and is not only in the table */
    bool is_loaded;          /* its current version was; of the judge's thread */
};

struct drops {
    struct service_context *context;
    const struct settings *settings; /* borrowed */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping; /* under the lock */
    struct judges *judges;
    uint64_t ignored; /* what was said of folders that are not looked at */
    struct dropped games[CATALOG_GAMES_MAX];
    size_t game_count; /* under the lock */
};

static enum error bring_known(struct drops *drops);
static void drops_end(struct drops *drops);
static void *scan_again_and_again(void *argument);
static void scan(struct drops *drops, bool at_once);
static void bring_late(struct drops *drops);
static bool is_plain_file(int folder, const struct dirent *entry);
static void say_ignored(struct drops *drops, uint64_t ignored, const char *one);
static bool look_at(struct drops *drops, const char *id, bool at_once);
static struct dropped *dropped_of(struct drops *drops, const char *id);
static void take_up(void *context, void *brought);
static void refuse_name(struct drops *drops, const char *id);
static enum error load_current(struct drops *drops, struct dropped *dropped);
static void say_not_loaded(struct drops *drops, const char *id, const char *sha,
                           const struct admission *admission);
static enum error judge_folder(struct drops *drops, const struct dropped *dropped);
static void note_unreadable(struct drops *drops, const char *id, const char *code,
                            const char *reason);
static enum error take_drop(struct drops *drops, const char *id, const struct bundle *bundle);
static enum error is_known_drop(struct drops *drops, const char *id, const char *sha,
                                bool *ret_known);
static void put_live(struct drops *drops, const char *id, struct image *image);
static bool is_stopping(struct drops *drops);

enum error drops_create(struct service_context *context, struct drops **ret_drops)
{
    struct drops *drops = calloc(1, sizeof *drops);
    if (!drops)
        return ERROR_INTERNAL;
    drops->context = context;
    drops->settings = context->settings;
    if (judges_create(take_up, drops, &drops->judges) != OK) {
        free(drops);
        return ERROR_INTERNAL;
    }
    pthread_mutex_init(&drops->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&drops->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    scan(drops, true);
    enum error error = bring_known(drops);
    if (error != OK) {
        drops_end(drops);
        return error;
    }
    judges_wait(drops->judges, DROPS_FIRST_MS);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&drops->thread, NULL, scan_again_and_again, drops);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        drops_end(drops);
        return ERROR_INTERNAL;
    }
    *ret_drops = drops;
    return OK;
}

void drops_destroy(struct drops *drops)
{
    if (!drops)
        return;
    pthread_mutex_lock(&drops->lock);
    drops->stopping = true;
    pthread_cond_signal(&drops->stop);
    pthread_mutex_unlock(&drops->lock);
    pthread_join(drops->thread, NULL);
    drops_end(drops);
}

/* The games of the table that have no folder any more. */
static enum error bring_known(struct drops *drops)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    enum error error = database_open(drops->context->database, &database);
    if (error == OK)
        error = database_run(database, &catalog_all, &rows, DATABASE_END);
    for (int i = 0; error == OK && i < rows_count(rows); i++) {
        struct dropped *dropped = dropped_of(drops, rows_text(rows, i, "game"));
        if (!dropped || atomic_load(&dropped->is_judged) || dropped->taken != 0)
            continue;
        atomic_store(&dropped->is_judged, true);
        error = judges_bring(drops->judges, dropped);
    }
    return error;
}

/* A probe under way is given up: nobody waits for it. */
static void drops_end(struct drops *drops)
{
    (void)eventfd_write(games_of(drops->context)->means.stop, 1);
    judges_destroy(drops->judges);
    pthread_cond_destroy(&drops->stop);
    pthread_mutex_destroy(&drops->lock);
    free(drops);
}

static void *scan_again_and_again(void *argument)
{
    struct drops *drops = argument;
    pthread_mutex_lock(&drops->lock);
    while (!drops->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += DROPS_LOOK_MS / 1000;
        until.tv_nsec += DROPS_LOOK_MS % 1000 * 1000000;
        if (pthread_cond_timedwait(&drops->stop, &drops->lock, &until) == 0)
            continue;
        pthread_mutex_unlock(&drops->lock);
        scan(drops, false);
        pthread_mutex_lock(&drops->lock);
    }
    pthread_mutex_unlock(&drops->lock);
    return NULL;
}

static void scan(struct drops *drops, bool at_once)
{
    DIR *folder = opendir(drops->settings->plugins_dir);
    struct dirent *entry;
    if (!folder && at_once)
        log_warn("plugins folder cannot be read; looking again", "folder",
                 drops->settings->plugins_dir, NULL);
    char one[NAME_MAX + 1] = "";
    uint64_t ignored = 0;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.' || is_plain_file(dirfd(folder), entry))
            continue;
        if (look_at(drops, entry->d_name, at_once))
            continue;
        ignored += hash_add(HASH_START, entry->d_name, strlen(entry->d_name));
        snprintf(one, sizeof one, "%s", entry->d_name);
    }
    if (folder) {
        closedir(folder);
        say_ignored(drops, ignored, one);
    }
    bring_late(drops);
}

/* For whom the database was away, with a folder or without. */
static void bring_late(struct drops *drops)
{
    for (size_t i = 0; i < drops->game_count; i++) {
        struct dropped *dropped = &drops->games[i];
        if (!atomic_load(&dropped->is_late) || atomic_load(&dropped->is_judged))
            continue;
        atomic_store(&dropped->is_late, false);
        atomic_store(&dropped->is_judged, true);
        if (judges_bring(drops->judges, dropped) != OK) {
            atomic_store(&dropped->is_late, true);
            atomic_store(&dropped->is_judged, false);
        }
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
static void say_ignored(struct drops *drops, uint64_t ignored, const char *one)
{
    if (ignored != 0 && ignored != drops->ignored)
        log_error("a folder of the plugins is not looked at: its name is over 31 bytes, or there "
                  "are too many of them; rename or remove one",
                  "folder", one, "folders_max", log_number(CATALOG_GAMES_MAX), NULL);
    drops->ignored = ignored;
}

/* False when it is ignored. */
static bool look_at(struct drops *drops, const char *id, bool at_once)
{
    char folder[CONFIG_TEXT_BYTES + 40];
    struct dropped *dropped = dropped_of(drops, id);
    if (!dropped)
        return false;
    snprintf(folder, sizeof folder, "%s/%s", drops->settings->plugins_dir, id);
    uint64_t signature = bundle_signature(folder);
    if (signature == 0 && faccessat(AT_FDCWD, folder, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        signature = SIGNATURE_UNREADABLE; /* refused as that, once */
    if (signature == 0 || signature == dropped->taken || atomic_load(&dropped->is_judged))
        return true;
    bool quiet = at_once || signature == dropped->signature;
    dropped->signature = signature;
    if (!quiet)
        return true;
    atomic_store(&dropped->has_folder, true);
    atomic_store(&dropped->is_judged, true);
    if (judges_bring(drops->judges, dropped) == OK)
        dropped->taken = signature;
    else
        atomic_store(&dropped->is_judged, false); /* next time */
    return true;
}

/* Only the scanning thread adds, so it may look without the lock. */
static struct dropped *dropped_of(struct drops *drops, const char *id)
{
    for (size_t i = 0; i < drops->game_count; i++)
        if (strcmp(drops->games[i].id, id) == 0)
            return &drops->games[i];
    if (drops->game_count == CATALOG_GAMES_MAX || strlen(id) >= sizeof drops->games[0].id)
        return NULL;
    struct dropped *dropped = &drops->games[drops->game_count];
    snprintf(dropped->id, sizeof dropped->id, "%s", id);
    pthread_mutex_lock(&drops->lock);
    drops->game_count++;
    pthread_mutex_unlock(&drops->lock);
    return dropped;
}

/* On a judge's thread. */
static void take_up(void *context, void *brought)
{
    struct drops *drops = context;
    struct dropped *dropped = brought;
    bool is_name = game_id_is_plausible(dropped->id);
    enum error error = dropped->is_loaded || !is_name ? OK : load_current(drops, dropped);
    if (!is_name)
        refuse_name(drops, dropped->id);
    else if (error == OK && atomic_load(&dropped->has_folder))
        error = judge_folder(drops, dropped);
    if (error != OK && !is_stopping(drops)) {
        log_warn("a folder of the plugins waits for the database", "game", dropped->id, "error",
                 error_code(error), NULL);
        atomic_store(&dropped->is_late, true);
    }
    atomic_store(&dropped->is_judged, false);
}

/* No game is called so; nor may the name get any further than the log. */
static void refuse_name(struct drops *drops, const char *id)
{
    char folder[FOLDER_BYTES];
    struct admission admission = {.image = -1};
    struct bundle *bundle = NULL;
    struct image *image = NULL;
    snprintf(folder, sizeof folder, "%s/%s", drops->settings->plugins_dir, id);
    enum bundle_refusal refusal = bundle_read(folder, &bundle, admission.reason);
    if (refusal == BUNDLE_FINE)
        image = admit_version(&games_of(drops->context)->means, bundle, id, &admission);
    else
        admission.code = bundle_refusal_code(refusal);
    if (!image && !is_stopping(drops)) {
        metric_add(&figure_plugins_refused, 1);
        log_error("game refused; what was admitted before stays", "game", id, "code",
                  admission.code, "reason", admission.reason, NULL);
    }
    image_release(image);
    admission_finish(&admission);
    bundle_destroy(bundle);
}

/* What the table says is played, from the store. When that cannot be, the folder may give it. */
static enum error load_current(struct drops *drops, struct dropped *dropped)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    struct games *games = games_of(drops->context);
    enum error error = database_open(drops->context->database, &database);
    if (error == OK)
        error = database_run(database, &catalog_get, &rows, dropped->id, DATABASE_END);
    if (error != OK)
        return error;
    database_close(database);
    database = NULL;
    dropped->is_loaded = true;
    if (rows_count(rows) == 0)
        return OK;
    if (!rows_bool(rows, 0, "enabled"))
        error = catalog_enable(games->catalog, dropped->id, false);
    if (error != OK || rows_is_null(rows, 0, "current"))
        return OK;
    struct admission admission = {.image = -1};
    const char *sha = rows_text(rows, 0, "current");
    struct image *image = admit_stored(&games->means, dropped->id, sha, &admission);
    if (image && catalog_put(games->catalog, image) == OK)
        supervisor_admit(games->supervisor, image, SWAP_LIVE);
    else if (!image && !is_stopping(drops)) /* or the probe was given up */
        say_not_loaded(drops, dropped->id, sha, &admission);
    image_release(image);
    admission_finish(&admission);
    return OK;
}

static void say_not_loaded(struct drops *drops, const char *id, const char *sha,
                           const struct admission *admission)
{
    AUTO_DATABASE *database = NULL;
    const struct audit_entry entry = {.actor = ACTOR_PLATFORM,
                                      .action = "load",
                                      .game = id,
                                      .sha = sha,
                                      .outcome = AUDIT_FAILED,
                                      .code = admission->code,
                                      .reason = admission->reason};
    log_error("the current version cannot be loaded; the game waits for another one", "game", id,
              "sha", sha, "code", admission->code, "reason", admission->reason, NULL);
    enum error error = database_open(drops->context->database, &database);
    if (error == OK)
        error = audit_write_news(database, &entry);
    (void)error; /* logged by the store, and the line above says it all */
}

static enum error judge_folder(struct drops *drops, const struct dropped *dropped)
{
    char folder[FOLDER_BYTES], reason[BUNDLE_REASON_BYTES];
    struct bundle *bundle = NULL;
    snprintf(folder, sizeof folder, "%s/%s", drops->settings->plugins_dir, dropped->id);
    enum bundle_refusal refusal = bundle_read(folder, &bundle, reason);
    if (refusal != BUNDLE_FINE) {
        note_unreadable(drops, dropped->id, bundle_refusal_code(refusal), reason);
        return OK;
    }
    bool is_known = false;
    enum error error = is_known_drop(drops, dropped->id, bundle->sha_text, &is_known);
    if (error == OK && !is_known)
        error = take_drop(drops, dropped->id, bundle);
    bundle_destroy(bundle);
    return error;
}

/* Without a hash it is no version. */
static void note_unreadable(struct drops *drops, const char *id, const char *code,
                            const char *reason)
{
    AUTO_DATABASE *database = NULL;
    const struct audit_entry entry = {.actor = ACTOR_FOLDER,
                                      .action = "drop",
                                      .game = id,
                                      .outcome = AUDIT_REFUSED,
                                      .code = code,
                                      .reason = reason};
    metric_add(&figure_plugins_refused, 1);
    log_error("game refused; what was admitted before stays", "game", id, "code", code, "reason",
              reason, NULL);
    enum error error = database_open(drops->context->database, &database);
    if (error == OK)
        error = audit_write_news(database, &entry);
    (void)error; /* logged by the store */
}

static enum error take_drop(struct drops *drops, const char *id, const struct bundle *bundle)
{
    struct admission admission;
    struct image *image = NULL;
    const struct bringing bringing = {.means = &games_of(drops->context)->means,
                                      .actor = ACTOR_FOLDER,
                                      .action = "drop",
                                      .game = id,
                                      .bundle = bundle,
                                      .is_drop = true};
    enum error error = version_bring(drops->context, &bringing, &admission, &image);
    if (error == OK)
        put_live(drops, id, image);
    image_release(image);
    admission_finish(&admission);
    return error == ERROR_VERSION_REFUSED || error == ERROR_VERSION_QUARANTINED ? OK : error;
}

/* The files that were dropped last, be they played or not, unless the game has nothing to play. */
static enum error is_known_drop(struct drops *drops, const char *id, const char *sha,
                                bool *ret_known)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    enum error error = database_open(drops->context->database, &database);
    if (error == OK)
        error = database_run(database, &catalog_get, &rows, id, DATABASE_END);
    if (error != OK || rows_count(rows) == 0)
        return error;
    struct image *image = catalog_find(games_of(drops->context)->catalog, id);
    *ret_known = strcmp(rows_text(rows, 0, "dropped"), sha) == 0 &&
                 (image || rows_is_null(rows, 0, "current"));
    image_release(image);
    return OK;
}

static void put_live(struct drops *drops, const char *id, struct image *image)
{
    struct released released;
    char detail[RELEASE_DETAIL_BYTES];
    const char *action = drops->settings->drop_action;
    if (strcmp(action, "wait") == 0)
        return;
    const struct release release = {.how =
                                        strcmp(action, "drain") == 0 ? RELEASE_DRAIN : RELEASE_SWAP,
                                    .actor = ACTOR_FOLDER,
                                    .game = id,
                                    .sha = image->sha_text,
                                    .image = image};
    struct image *current = catalog_find(games_of(drops->context)->catalog, id);
    bool is_live = current && strcmp(current->sha_text, image->sha_text) == 0;
    image_release(current);
    enum error error = is_live ? OK : release_version(drops->context, &release, &released, detail);
    if (error != OK)
        log_error("a dropped version is not put live; an admin can do it", "game", id, "sha",
                  image->sha_text, "error", error_code(error), "reason", detail, NULL);
}

static bool is_stopping(struct drops *drops)
{
    pthread_mutex_lock(&drops->lock);
    bool stopping = drops->stopping;
    pthread_mutex_unlock(&drops->lock);
    return stopping;
}
