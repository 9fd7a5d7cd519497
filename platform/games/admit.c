/* The probe runs once for each image and revision of the probe: a file of DATA/probed remembers. */
#include "games/admit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "games/bundle_store.h"

#define PROBED_PATH_BYTES (CONFIG_TEXT_BYTES + 112)

static bool id_is_reserved(const char *id, struct admission *admission);
static void name_duplicate(struct catalog *catalog, const char *id, struct admission *admission);
static void probed_path(const struct settings *settings, const struct bundle *bundle,
                        char ret_path[PROBED_PATH_BYTES]);
static void remember_probed(const char *path);

struct image *admit_version(const struct admit_means *means, const struct bundle *bundle,
                            const char *id, struct admission *admission)
{
    struct probe_starter probe = worker_program_prober(means->program);
    probe.stop = means->stop;
    char probed[PROBED_PATH_BYTES];
    probed_path(means->settings, bundle, probed);
    bool is_probed = access(probed, F_OK) == 0;
    if (id_is_reserved(id, admission) ||
        !admit_bundle(bundle, id, is_probed ? NULL : &probe, admission)) {
        name_duplicate(means->catalog, id, admission);
        return NULL;
    }
    if (!is_probed)
        remember_probed(probed);
    struct image *image = NULL;
    if (bundle_store(bundle, means->settings->data_dir, id, admission->reason) == OK)
        image = image_create(admission, bundle);
    if (!image)
        admission->code = "store";
    return image;
}

struct image *admit_stored(const struct admit_means *means, const char *id, const char *sha,
                           struct admission *admission)
{
    char folder[CONFIG_TEXT_BYTES + SHA_TEXT_BYTES + 16];
    struct bundle *bundle = NULL;
    struct image *image = NULL;
    *admission = (struct admission){.image = -1};
    snprintf(folder, sizeof folder, "%s/store/%s", means->settings->data_dir, sha);
    enum bundle_refusal refusal = bundle_read(folder, &bundle, admission->reason);
    if (refusal != BUNDLE_FINE) {
        admission->code = bundle_refusal_code(refusal);
    } else if (strcmp(bundle->sha_text, sha) != 0) {
        admission->code = "store";
        snprintf(admission->reason, sizeof admission->reason,
                 "The files of the store are not what they were: bring the version again.");
    } else {
        image = admit_version(means, bundle, id, admission);
    }
    bundle_destroy(bundle);
    return image;
}

bool admit_is_given_up(const struct admit_means *means)
{
    struct pollfd stop = {.fd = means->stop, .events = POLLIN};
    return poll(&stop, 1, 0) > 0;
}

/* Names that stand in the place of an id in our own addresses. */
static bool id_is_reserved(const char *id, struct admission *admission)
{
    static const char *const reserved[] = {"audit", "matches",  "states",
                                           "users", "versions", "workers"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (strcmp(id, reserved[i]) != 0)
            continue;
        admission->code = "image_id_reserved";
        snprintf(admission->reason, sizeof admission->reason,
                 "The id %s is a word of the platform's own: give the game another one.", id);
        return true;
    }
    return false;
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
static void probed_path(const struct settings *settings, const struct bundle *bundle,
                        char ret_path[PROBED_PATH_BYTES])
{
    snprintf(ret_path, PROBED_PATH_BYTES, "%s/probed/%s-%d", settings->data_dir, bundle->sha_text,
             PROBE_REVISION);
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
