/* The steps of queue.h in Lua, each atomic. Times are handed in as ARGV, in unix ms. */
#ifndef MATCHMAKING_SCRIPTS_H
#define MATCHMAKING_SCRIPTS_H

#define TICKET_PREFIX "matchmaking:ticket:"
#define QUEUE_PREFIX  "matchmaking:queue:"
#define QUEUES_KEY    "matchmaking:queues"
#define ARRIVALS_KEY  "matchmaking:arrivals"
#define GROUPS_KEY    "matchmaking:groups"
#define GROUP_PREFIX  "matchmaking:group:"
#define PAUSE_PREFIX  "matchmaking:pause:"
#define TOLD_PREFIX   "matchmaking:told:"

/* KEYS ticket, playing, queue, queues, arrivals; ARGV user, game, mode, now, name, guest.
 * Returns how many wait, -1 already queued, -2 already in a match. */
#define SCRIPT_JOIN                                                                                \
    "if redis.call('exists', KEYS[1]) == 1 then return -1 end\n"                                   \
    "if redis.call('exists', KEYS[2]) == 1 then return -2 end\n"                                   \
    "local arrival = redis.call('incr', KEYS[5])\n"                                                \
    "redis.call('hset', KEYS[1], 'game', ARGV[2], 'mode', ARGV[3], 'since_ms', ARGV[4],\n"         \
    "  'name', ARGV[5], 'guest', ARGV[6], 'arrival', arrival, 'state', 'waiting')\n"               \
    "redis.call('zadd', KEYS[3], arrival, ARGV[1])\n"                                              \
    "redis.call('sadd', KEYS[4], ARGV[2] .. ':' .. ARGV[3])\n"                                     \
    "return redis.call('zcard', KEYS[3])\n"

/* KEYS ticket. Returns nothing, or game, mode, state, since, how many wait. */
#define SCRIPT_FIND                                                                                \
    "local t = redis.call('hmget', KEYS[1], 'game', 'mode', 'state', 'since_ms')\n"                \
    "if not t[1] then return {} end\n"                                                             \
    "t[5] = tostring(redis.call('zcard', '" QUEUE_PREFIX "' .. t[1] .. ':' .. t[2]))\n"            \
    "return t\n"

/* KEYS ticket; ARGV user. Returns whether a waiting ticket went. */
#define SCRIPT_LEAVE                                                                               \
    "local t = redis.call('hmget', KEYS[1], 'game', 'mode', 'state')\n"                            \
    "if t[3] ~= 'waiting' then return 0 end\n"                                                     \
    "redis.call('zrem', '" QUEUE_PREFIX "' .. t[1] .. ':' .. t[2], ARGV[1])\n"                     \
    "redis.call('del', KEYS[1])\n"                                                                 \
    "return 1\n"

/* KEYS queue, queues, pause, told; ARGV name of the queue, now, how many, prefixes of online and
 * playing. Returns how many wait, whether that is news, then per candidate user, name, guest,
 * since, absent since, whether he plays. */
#define SCRIPT_LOOK                                                                                \
    "local waiting = redis.call('zcard', KEYS[1])\n"                                               \
    "if waiting == 0 then\n"                                                                       \
    "  redis.call('srem', KEYS[2], ARGV[1])\n"                                                     \
    "  redis.call('del', KEYS[4])\n"                                                               \
    "  return {0, 0}\n"                                                                            \
    "end\n"                                                                                        \
    "if redis.call('exists', KEYS[3]) == 1 then return {waiting, 0} end\n"                         \
    "local news = 0\n"                                                                             \
    "if redis.call('getset', KEYS[4], waiting) ~= tostring(waiting) then news = 1 end\n"           \
    "local now = tonumber(ARGV[2])\n"                                                              \
    "local found = {waiting, news}\n"                                                              \
    "for _, user in ipairs(redis.call('zrange', KEYS[1], 0, ARGV[3] - 1)) do\n"                    \
    "  local ticket = '" TICKET_PREFIX "' .. user\n"                                               \
    "  local online = false\n"                                                                     \
    "  for _, expiry in ipairs(redis.call('hvals', ARGV[4] .. user)) do\n"                         \
    "    if tonumber(expiry) > now then online = true end\n"                                       \
    "  end\n"                                                                                      \
    "  if online then redis.call('hdel', ticket, 'absent')\n"                                      \
    "  else redis.call('hsetnx', ticket, 'absent', ARGV[2]) end\n"                                 \
    "  local t = redis.call('hmget', ticket, 'name', 'guest', 'since_ms', 'absent')\n"             \
    "  local playing = redis.call('exists', ARGV[5] .. user)\n"                                    \
    "  for _, value in ipairs({user, t[1] or '', t[2] or '0', t[3] or '0', t[4] or '0',\n"         \
    "      tostring(playing)}) do found[#found + 1] = value end\n"                                 \
    "end\n"                                                                                        \
    "return found\n"

/* KEYS queue; ARGV users. */
#define SCRIPT_DROP                                                                                \
    "for _, user in ipairs(ARGV) do\n"                                                             \
    "  if redis.call('zrem', KEYS[1], user) == 1 then\n"                                           \
    "    redis.call('del', '" TICKET_PREFIX "' .. user)\n"                                         \
    "  end\n"                                                                                      \
    "end\n"                                                                                        \
    "return 1\n"

/* KEYS queue, groups, group; ARGV id, game, mode, players, end of lease, users. All or nothing. */
#define SCRIPT_TAKE                                                                                \
    "for i = 6, #ARGV do\n"                                                                        \
    "  if not redis.call('zscore', KEYS[1], ARGV[i]) then return 0 end\n"                          \
    "end\n"                                                                                        \
    "for i = 6, #ARGV do\n"                                                                        \
    "  redis.call('zrem', KEYS[1], ARGV[i])\n"                                                     \
    "  redis.call('hset', '" TICKET_PREFIX "' .. ARGV[i], 'state', 'found', 'group', ARGV[1])\n"   \
    "end\n"                                                                                        \
    "redis.call('hset', KEYS[3], 'game', ARGV[2], 'mode', ARGV[3], 'players', ARGV[4],\n"          \
    "  'attempts', 1)\n"                                                                           \
    "redis.call('zadd', KEYS[2], ARGV[5], ARGV[1])\n"                                              \
    "return 1\n"

/* KEYS groups; ARGV now, end of the new lease. Returns nothing, or id, game, mode, players,
 * attempts. */
#define SCRIPT_TAKE_OVER                                                                           \
    "local id = redis.call('zrangebyscore', KEYS[1], '-inf', ARGV[1], 'limit', 0, 1)[1]\n"         \
    "if not id then return {} end\n"                                                               \
    "local group = '" GROUP_PREFIX "' .. id\n"                                                     \
    "redis.call('zadd', KEYS[1], ARGV[2], id)\n"                                                   \
    "local attempts = redis.call('hincrby', group, 'attempts', 1)\n"                               \
    "local g = redis.call('hmget', group, 'game', 'mode', 'players')\n"                            \
    "return {id, g[1] or '', g[2] or '', g[3] or '[]', tostring(attempts)}\n"

/* KEYS groups, group; ARGV id, users. Returns whether the group was still there. */
#define SCRIPT_SETTLE                                                                              \
    "for i = 2, #ARGV do\n"                                                                        \
    "  local ticket = '" TICKET_PREFIX "' .. ARGV[i]\n"                                            \
    "  if redis.call('hget', ticket, 'group') == ARGV[1] then redis.call('del', ticket) end\n"     \
    "end\n"                                                                                        \
    "redis.call('del', KEYS[2])\n"                                                                 \
    "return redis.call('zrem', KEYS[1], ARGV[1])\n"

/* KEYS groups, group, queue, queues; ARGV id, name of the queue, users. */
#define SCRIPT_GIVE_BACK                                                                           \
    "for i = 3, #ARGV do\n"                                                                        \
    "  local ticket = '" TICKET_PREFIX "' .. ARGV[i]\n"                                            \
    "  if redis.call('hget', ticket, 'group') == ARGV[1] then\n"                                   \
    "    redis.call('hdel', ticket, 'group')\n"                                                    \
    "    redis.call('hset', ticket, 'state', 'waiting')\n"                                         \
    "    redis.call('zadd', KEYS[3], redis.call('hget', ticket, 'arrival'), ARGV[i])\n"            \
    "    redis.call('sadd', KEYS[4], ARGV[2])\n"                                                   \
    "  end\n"                                                                                      \
    "end\n"                                                                                        \
    "redis.call('del', KEYS[2])\n"                                                                 \
    "return redis.call('zrem', KEYS[1], ARGV[1])\n"

#endif
