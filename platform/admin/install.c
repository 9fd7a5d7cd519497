/*
 * `game install BUNDLE [swap|drain|wait]`: packs the folder (or takes an archive as it is), POST
 * /api/games/ID/versions, then puts it live. The id is what the manifest says, so that it need not
 * be typed; whether the game is good is for the platform to say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/commands.h"
#include "host/admit.h"

struct parcel {
    char game[sizeof((struct gk_manifest *)0)->id];
    uint8_t *archive; /* owned */
    size_t count;
};

static bool action_is_known(const char *action);
static enum admin_exit read_parcel(const char *path, struct parcel *ret_parcel);
static enum admin_exit read_folder(const char *path, struct parcel *parcel,
                                   struct bundle **ret_bundle);
static enum admin_exit read_archive(const char *path, struct parcel *parcel,
                                    struct bundle **ret_bundle);
static enum admin_exit name_parcel(const struct bundle *bundle, struct parcel *parcel);

enum admin_exit command_install(struct connection *connection, char **words)
{
    const char *action = words[1] ? words[1] : "swap";
    struct parcel parcel = {.archive = NULL};
    json_t *version = NULL;
    if (!action_is_known(action))
        return admin_complain(ADMIN_WRONG_WORDS,
                              "a version is installed with swap, drain or wait, "
                              "not with \"%s\".",
                              action);
    enum admin_exit status = read_parcel(words[0], &parcel);
    if (status == ADMIN_DONE)
        status = connection_send(
            connection, arena_printf(connection->arena, "/api/games/%s/versions", parcel.game),
            "application/x-tar", parcel.archive, parcel.count, &version);
    free(parcel.archive);
    if (status != ADMIN_DONE)
        return status;
    const char *sha = arena_strdup(connection->arena, answer_text(version, "sha"));
    bool is_live = strcmp(answer_text(version, "state"), "current") == 0;
    printf("%s %s (%.*s) is admitted%s.\n", parcel.game, answer_text(version, "version"), SHA_SHOWN,
           sha, is_live ? ", and live already" : "");
    json_decref(version);
    return is_live || strcmp(action, "wait") == 0
               ? ADMIN_DONE
               : release_ask(connection, action, parcel.game, sha);
}

static bool action_is_known(const char *action)
{
    return strcmp(action, "swap") == 0 || strcmp(action, "drain") == 0 ||
           strcmp(action, "wait") == 0;
}

static enum admin_exit read_parcel(const char *path, struct parcel *ret_parcel)
{
    struct stat status;
    struct bundle *bundle = NULL;
    if (stat(path, &status) != 0)
        return admin_complain(ADMIN_WRONG_WORDS, "there is no %s.", path);
    enum admin_exit exit = S_ISDIR(status.st_mode) ? read_folder(path, ret_parcel, &bundle)
                                                   : read_archive(path, ret_parcel, &bundle);
    if (exit == ADMIN_DONE)
        exit = name_parcel(bundle, ret_parcel);
    bundle_destroy(bundle);
    return exit;
}

static enum admin_exit read_folder(const char *path, struct parcel *parcel,
                                   struct bundle **ret_bundle)
{
    char reason[BUNDLE_REASON_BYTES];
    enum bundle_refusal refusal = bundle_read(path, ret_bundle, reason);
    if (refusal != BUNDLE_FINE)
        return admin_complain(ADMIN_REFUSED, "%s: %s", bundle_refusal_code(refusal), reason);
    parcel->archive = bundle_pack(*ret_bundle, &parcel->count);
    return parcel->archive ? ADMIN_DONE
                           : admin_complain(ADMIN_REFUSED,
                                            "%s cannot be packed: shorten the names "
                                            "of its files.",
                                            path);
}

static enum admin_exit read_archive(const char *path, struct parcel *parcel,
                                    struct bundle **ret_bundle)
{
    char reason[BUNDLE_REASON_BYTES];
    FILE *file = fopen(path, "re");
    parcel->archive = malloc(BUNDLE_ARCHIVE_BYTES_MAX + 1);
    if (file && parcel->archive)
        parcel->count = fread(parcel->archive, 1, BUNDLE_ARCHIVE_BYTES_MAX + 1, file);
    if (file)
        fclose(file);
    if (!file || !parcel->archive || parcel->count > BUNDLE_ARCHIVE_BYTES_MAX)
        return admin_complain(ADMIN_REFUSED, "%s cannot be read, or is larger than %u bytes.", path,
                              BUNDLE_ARCHIVE_BYTES_MAX);
    enum bundle_refusal refusal = bundle_unpack(parcel->archive, parcel->count, ret_bundle, reason);
    return refusal == BUNDLE_FINE
               ? ADMIN_DONE
               : admin_complain(ADMIN_REFUSED, "%s: %s", bundle_refusal_code(refusal), reason);
}

/* What has no manifest has no name to be sent under; it is refused here, in the judge's words. */
static enum admin_exit name_parcel(const struct bundle *bundle, struct parcel *parcel)
{
    struct admission admission;
    enum admin_exit exit = ADMIN_DONE;
    (void)admit_bundle(bundle, NULL, NULL, &admission);
    if (admission.manifest.size == 0)
        exit = admin_complain(ADMIN_REFUSED, "%s: %s", admission.code, admission.reason);
    else
        snprintf(parcel->game, sizeof parcel->game, "%s", admission.manifest.id);
    admission_finish(&admission);
    return exit;
}
