/*
 * libwebsockets 4.1 runs on a libuv loop, the rest of the gateway on libevent. libevent is the one
 * loop: it watches libuv's descriptor and clock and runs libuv for a moment when either is due. No
 * thread, no queue.
 */
#ifndef GATEWAY_UV_BRIDGE_H
#define GATEWAY_UV_BRIDGE_H

#include <event2/event.h>
#include <uv.h>

struct uv_bridge;

struct uv_bridge *uv_bridge_create(struct event_base *base);
void uv_bridge_destroy(struct uv_bridge *bridge);
uv_loop_t *uv_bridge_loop(struct uv_bridge *bridge);
/* Call after any libevent callback that made the library change what it waits for: libuv runs once
 * more at the end of this turn. Calling it often in a turn costs nothing. */
void uv_bridge_touch(struct uv_bridge *bridge);

#endif
