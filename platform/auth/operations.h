/* The operations of the auth service, one file each; docs/protocol.md tells what they take and
 * answer. Handlers of routes: on a pool thread. */
#ifndef AUTH_OPERATIONS_H
#define AUTH_OPERATIONS_H

#include "core/http_server.h"

call_handler auth_register;
call_handler auth_login;
call_handler auth_guest;
call_handler auth_refresh;
call_handler auth_logout;
call_handler auth_me_get;
call_handler auth_me_patch;
call_handler auth_me_delete;
call_handler auth_profile;
call_handler auth_jwks;
call_handler auth_service_token;

#endif
