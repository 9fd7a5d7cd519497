/* The auth service, for main.c. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "service/service.h"

extern const struct service auth_service;

#endif
