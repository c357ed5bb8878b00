/**
 * State that the routers of several processes share.
 *
 * @module signalbox/redis
 */

export type { FleetReading } from "./counts.js";
export type { RedisStateOptions } from "./options.js";
export type { IoRedisLike, NodeRedisClusterLike, NodeRedisLike, RedisClient } from "./port.js";
export { type RedisState, type RedisStateStats, redisState } from "./redis-state.js";
