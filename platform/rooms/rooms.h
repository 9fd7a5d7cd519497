/* The rooms service, for main.c. */
#ifndef ROOMS_ROOMS_H
#define ROOMS_ROOMS_H

#include "service/service.h"

extern const struct service rooms_service;

#endif
