/* An account as the database has it, and its two faces in JSON: whole for its owner, public for
 * everybody. Table users, through the view accounts: a deleted one is never found. */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "auth/names.h"
#include "auth/password.h"
#include "core/http_server.h"
#include "store/database.h"

struct account {
    char id[ID_TEXT_BYTES];
    char username[USERNAME_BYTES];
    char email[EMAIL_BYTES];                 /* "": none */
    char password_hash[PASSWORD_HASH_BYTES]; /* "": none, a guest */
    bool guest, admin;
    int64_t created_unix_ms;
};

void account_read(const struct rows *rows, int row, struct account *ret_account);

/* ERROR_USER_NOT_FOUND when there is none. */
must_use enum error account_by_id_get(struct database *database, const char *id,
                                      struct account *ret_account);
must_use enum error account_by_username_get(struct database *database, const char *username,
                                            struct account *ret_account);
must_use enum error account_by_email_get(struct database *database, const char *email,
                                         struct account *ret_account);
/* The caller's own, while his session lives; else ERROR_SESSION_ENDED. */
must_use enum error account_of_caller(struct database *database, const struct caller *caller,
                                      struct account *ret_account);

/* The rules for names that a player chooses, with the complaint set. */
must_use enum error account_check_username(struct call *call, const char *username);
must_use enum error account_check_email(struct call *call, const char *email);
/* Makes of a violated constraint what the person has to hear; another `error` stays as it is. */
must_use enum error account_complain(struct call *call, struct database *database,
                                     enum error error);

/* The caller json_decrefs. */
json_t *account_json(const struct account *account);
json_t *account_profile_json(const struct account *account);

#endif
