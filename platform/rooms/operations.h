/* The operations of the rooms service, one file each; see docs/protocol.md for what they promise.
 * Pool threads, but for the sweep. */
#ifndef ROOMS_OPERATIONS_H
#define ROOMS_OPERATIONS_H

#include "service/service.h"

enum error room_create(struct call *call);
enum error room_list(struct call *call);
enum error room_get(struct call *call);
enum error room_update(struct call *call);
enum error room_delete(struct call *call);
enum error room_join(struct call *call);
enum error room_leave(struct call *call);
enum error room_ready(struct call *call);
enum error room_team(struct call *call);
enum error room_start(struct call *call);
enum error room_kick(struct call *call);
enum error room_history(struct call *call);

enum error room_for_match(struct call *call);
enum error room_match_ended(struct call *call);
enum error room_member_role(struct call *call);

/* The part of leaving that matchmaking's rooms share: checks nothing but membership. */
must_use enum error room_leave_as(struct service_context *context, struct arena *arena,
                                  const char *user, const char *id);

/* Heals what a crash or a lost message left behind; see sweep.c. On the background's thread. */
void room_sweep(struct service_context *context, int64_t now_unix_ms);
/* Forgets matches that were played long ago; see forget.c. On a background's thread. */
void room_forget(struct service_context *context, int64_t now_unix_ms);

#endif
