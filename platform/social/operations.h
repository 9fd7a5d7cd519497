/* The operations of the social service, one file each; see docs/protocol.md. Pool threads. */
#ifndef SOCIAL_OPERATIONS_H
#define SOCIAL_OPERATIONS_H

#include "service/service.h"

enum error message_send(struct call *call);
enum error message_list(struct call *call);
enum error presence_get(struct call *call);

#endif
