/* Table users. Of two instances starting at once one makes the account. */
#include "auth/first_admin.h"

#include <string.h>

#include "auth/names.h"
#include "auth/queries.h"
#include "auth/secret_file.h"
#include "core/log.h"

#define PASSWORD_FILE  "admin-password"
#define ADMIN_NAME     "admin"
#define NAME_TRIES_MAX 8

static enum error find_admin(struct database *database, bool *ret_exists);
static enum error read_or_make_password(const char *path, char ret_password[PASSWORD_BYTES]);
static enum error insert_admin(struct database *database, const char *name, const char *hash,
                               bool *ret_made);

enum error first_admin_make(struct service_context *context, const struct auth *auth)
{
    AUTO_DATABASE *database = NULL;
    bool done = false;
    enum error error = database_open(context->database, &database);
    if (!error)
        error = find_admin(database, &done);
    if (error || done)
        return error;

    char path[SECRET_FILE_PATH_BYTES], password[PASSWORD_BYTES], hash[PASSWORD_HASH_BYTES];
    secret_file_path(context->settings->data_dir, PASSWORD_FILE, path);
    error = read_or_make_password(path, password);
    if (error)
        return error;
    error = password_hash(password, auth->password_cost, hash);
    explicit_bzero(password, sizeof password);

    char name[USERNAME_BYTES] = ADMIN_NAME;
    for (int attempt = 0; !error && !done && attempt < NAME_TRIES_MAX; attempt++) {
        bool made = false;
        error = insert_admin(database, name, hash, &made);
        if (made)
            log_info("first administrator made; the password lies in the file", "username", name,
                     "file", path, NULL);
        if (!error)
            error = find_admin(database, &done);
        username_random(ADMIN_NAME "-", name); /* the plain name belongs to somebody */
    }
    return error || done ? error : ERROR_INTERNAL;
}

static enum error find_admin(struct database *database, bool *ret_exists)
{
    AUTO_ROWS *rows = NULL;
    enum error error = database_run(database, &admin_exists, &rows, DATABASE_END);
    if (!error)
        *ret_exists = rows_count(rows) > 0;
    return error;
}

static enum error read_or_make_password(const char *path, char ret_password[PASSWORD_BYTES])
{
    enum error error = secret_file_read(path, ret_password, PASSWORD_BYTES);
    if (error != ERROR_NOT_FOUND)
        return error;
    char fresh[RANDOM_TOKEN_BYTES];
    random_token(fresh);
    error = secret_file_create(path, fresh);
    explicit_bzero(fresh, sizeof fresh);
    return error ? error : secret_file_read(path, ret_password, PASSWORD_BYTES);
}

static enum error insert_admin(struct database *database, const char *name, const char *hash,
                               bool *ret_made)
{
    AUTO_ROWS *rows = NULL;
    struct id id = id_new();
    char text[ID_TEXT_BYTES];
    id_text(&id, text);
    enum error error = database_run(database, &admin_insert, &rows, text, name, hash, DATABASE_END);
    if (!error)
        *ret_made = rows_affected(rows) == 1;
    return error;
}
