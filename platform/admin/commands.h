/* The words behind `transcendence game`, a file each. `words` are the operands, without the word
 * itself; as many as the table in admin.c allows, NULL behind the last. */
#ifndef ADMIN_COMMANDS_H
#define ADMIN_COMMANDS_H

#include "admin/connection.h"

#define SHA_SHOWN 12 /* digits of a sha that are shown, and enough to name it by */

enum admin_exit command_list(struct connection *connection, char **words);
enum admin_exit command_install(struct connection *connection, char **words);
enum admin_exit command_swap(struct connection *connection, char **words);
enum admin_exit command_drain(struct connection *connection, char **words);
enum admin_exit command_rollback(struct connection *connection, char **words);
enum admin_exit command_pardon(struct connection *connection, char **words);
enum admin_exit command_show(struct connection *connection, char **words);
enum admin_exit command_enable(struct connection *connection, char **words);
enum admin_exit command_disable(struct connection *connection, char **words);
enum admin_exit command_workers(struct connection *connection, char **words);
enum admin_exit command_audit(struct connection *connection, char **words);

/* Asks for `action` (swap, drain, rollback) and says what came of it. `sha` may be NULL. */
enum admin_exit release_ask(struct connection *connection, const char *action, const char *game,
                            const char *sha);
/* A text of an object, "" when it is null or absent; borrowed. */
const char *answer_text(const json_t *object, const char *name);
/* `text` as a part of a path or a query. */
const char *path_part(struct connection *connection, const char *text);

#endif
