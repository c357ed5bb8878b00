import { sha1 } from "@noble/hashes/legacy.js";
import { toHex } from "../../core/bytes.js";
import { nodeCrypto } from "../../core/platform.js";

/** A Lua script with the name that the server keeps it under. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): Script {
  return { source, sha: nodeCrypto?.createHash("sha1").update(source).digest("hex") ?? portableSha1(source) };
}

function portableSha1(text: string): string {
  return toHex(sha1(new TextEncoder().encode(text)));
}

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function int(value) return string.format('%.0f', value) end
local function decode(text)
  local fine, value = pcall(cjson.decode, text)
  if fine and type(value) == 'table' then return value end
  return nil
end
`;

/**
 * Heartbeat, and news both ways. A missing epoch means that the server lost its memory: whoever had seen another one
 * begins a grace time, in which no money is leased, so that every process can tell first what it had spent.
 *
 * KEYS epoch, grace, members, counts, gates
 * ARGV own id, epoch it knows ('' for none), new epoch, dead after ms, grace ms, own calls (JSON), own counts (JSON), ttl ms
 */
export const SYNC = script(`${NOW}
local corrupt = 0
local epoch = redis.call('GET', KEYS[1])
local lost = ARGV[2] ~= '' and epoch ~= ARGV[2]
if not epoch then epoch = ARGV[3] end
redis.call('SET', KEYS[1], epoch, 'PX', ARGV[8])
if lost then redis.call('SET', KEYS[2], '1', 'PX', ARGV[5]) end

redis.call('HSET', KEYS[3], ARGV[1], cjson.encode({at = now, calls = decode(ARGV[6]) or {}}))
local members, calls = 0, {}
local all = redis.call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
  local member = decode(all[i + 1])
  local at = member and tonumber(member.at)
  if not at then corrupt = corrupt + 1 end
  if not at or now - at > tonumber(ARGV[4]) then
    redis.call('HDEL', KEYS[3], all[i])
  else
    members = members + 1
    if all[i] ~= ARGV[1] and type(member.calls) == 'table' then
      for candidate, count in pairs(member.calls) do
        calls[candidate] = (calls[candidate] or 0) + (tonumber(count) or 0)
      end
    end
  end
end

for field, amount in pairs(decode(ARGV[7]) or {}) do
  amount = string.format('%.17g', tonumber(amount) or 0)
  if type(redis.pcall('HINCRBYFLOAT', KEYS[4], field, amount)) == 'table' then
    corrupt = corrupt + 1
    redis.call('HSET', KEYS[4], field, amount)
  end
end
-- As text: the encoder keeps 14 digits only.
local sums = {}
local counts = redis.call('HGETALL', KEYS[4])
for i = 1, #counts, 2 do sums[counts[i]] = counts[i + 1] end

local gates = {}
local kept = redis.call('HGETALL', KEYS[5])
for i = 1, #kept, 2 do
  local gate = decode(kept[i + 1])
  local open, cool = gate and tonumber(gate.open), gate and tonumber(gate.cool)
  if not open or not cool then
    corrupt = corrupt + 1
    redis.call('HDEL', KEYS[5], kept[i])
  elseif open <= now and cool <= now then
    redis.call('HDEL', KEYS[5], kept[i])
  else
    gates[kept[i]] = {openForMs = math.max(0, open - now), coolDownForMs = math.max(0, cool - now), reason = gate.reason ~= cjson.null and gate.reason or nil}
  end
end
for key = 3, 5 do redis.call('PEXPIRE', KEYS[key], ARGV[8]) end
return cjson.encode({epoch = epoch, lost = lost, members = members, corrupt = corrupt, calls = calls, sums = sums, gates = gates})
`);

/**
 * Keeps a gate's state for late comers and tells it to all. Waits only grow, except that whoever closed a breaker says so.
 *
 * KEYS gates / ARGV channel, candidate, open for ms, cool for ms, closed ('1'), message, reason, ttl ms
 */
export const PUBLISH_GATE = script(`${NOW}
local open, cool = now + tonumber(ARGV[3]), now + tonumber(ARGV[4])
local known = redis.call('HGET', KEYS[1], ARGV[2])
known = known and decode(known)
if known then
  if ARGV[5] ~= '1' then open = math.max(open, tonumber(known.open) or 0) end
  cool = math.max(cool, tonumber(known.cool) or 0)
end
if open <= now and cool <= now then redis.call('HDEL', KEYS[1], ARGV[2])
else redis.call('HSET', KEYS[1], ARGV[2], cjson.encode({open = open, cool = cool, reason = ARGV[7]})) end
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('PUBLISH', ARGV[1], ARGV[6])
return 1
`);

/** Gives a lock back, if it is still ours. KEYS lock / ARGV own id */
export const UNLOCK = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

const PURSE = `${NOW}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '{"status":"epoch"}' end
local own, seq = ARGV[2], tonumber(ARGV[3])
local slotMs = tonumber(ARGV[4]) / 19
local slot = math.floor(now / slotMs)
`;

/**
 * One exchange about a purse, in billionths of a dollar: what was spent and given back since the last one, and a new
 * slice. Numbered, so that an exchange whose answer was lost can be sent again. Fields of the hash: \`s:id:slot\` spent,
 * \`l:id\` leased, \`t:id\` last seen, \`q:id\` last number, \`r:id\` last answer. A process that is not seen any more has spent
 * what it had leased. A call whose worst case does not fit may run alone: nobody else may hold anything then.
 *
 * KEYS epoch, purse, grace
 * ARGV epoch, own id, number, window ms, spent, returned, wanted, needed, maximum, members, dead after ms, least unspent,
 * may run alone ('1')
 */
export const EXCHANGE = script(`${PURSE}
local last = tonumber(redis.call('HGET', KEYS[2], 'q:' .. own) or '0') or 0
if last == seq then return redis.call('HGET', KEYS[2], 'r:' .. own) end
if last ~= seq - 1 then return '{"status":"seed"}' end
local paid, back, wanted, needed, most = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

local spent, leased, oldest, lent = 0, {}, slot, 0
local all = redis.call('HGETALL', KEYS[2])
local seen = {}
for i = 1, #all, 2 do
  local field, value = all[i], tonumber(all[i + 1]) or 0
  local kind = string.sub(field, 1, 2)
  if kind == 's:' then
    local at = tonumber(string.match(field, ':(%d+)$')) or 0
    if at <= slot - 20 then redis.call('HDEL', KEYS[2], field)
    else spent = spent + value; oldest = math.min(oldest, at) end
  elseif kind == 'l:' then leased[string.sub(field, 3)] = value
  elseif kind == 't:' then seen[string.sub(field, 3)] = value end
end
for id, value in pairs(leased) do
  if id ~= own and now - (seen[id] or 0) > tonumber(ARGV[11]) then
    redis.call('HINCRBY', KEYS[2], 's:' .. id .. ':' .. int(slot), int(value))
    redis.call('HDEL', KEYS[2], 'l:' .. id, 't:' .. id, 'q:' .. id, 'r:' .. id)
    spent = spent + value
  elseif id ~= own then lent = lent + value end
end
local mine = math.max(0, (leased[own] or 0) - paid - back)
if paid > 0 then redis.call('HINCRBY', KEYS[2], 's:' .. own .. ':' .. int(slot), int(paid)) end

local unspent = most - spent - paid
local free = unspent - lent - mine
local least, alone = tonumber(ARGV[12]), ARGV[13] == '1'
local status, grant = 'ok', 0
if wanted > 0 then
  if redis.call('EXISTS', KEYS[3]) == 1 then status = 'rejoining'
  elseif free >= needed and free > 0 then
    grant = math.min(wanted, math.max(needed, math.floor(free / tonumber(ARGV[10]))))
    grant = math.min(grant, free)
  elseif unspent <= 0 or unspent < least then status = 'exceeded'
  elseif lent > 0 or mine > 0 then status = 'lent'
  elseif alone then grant = needed
  else status = 'exceeded' end
end
local wait = math.max(1, math.ceil((oldest + 20) * slotMs - now))
-- As text: the encoder keeps 14 digits only.
local reply = cjson.encode({status = status, grant = int(grant), wait = wait})
redis.call('HSET', KEYS[2], 'l:' .. own, int(mine + grant), 't:' .. own, int(now), 'q:' .. own, int(seq), 'r:' .. own, reply)
redis.call('PEXPIRE', KEYS[2], int(tonumber(ARGV[4]) * 2 + 60000))
return reply
`);

/**
 * A process tells anew what it knows of a purse, after the server lost its memory. What it said before is replaced.
 *
 * KEYS epoch, purse / ARGV epoch, own id, number, window ms, leased, spent by age (JSON list of [age ms, amount])
 */
export const SEED = script(`${PURSE}
local all = redis.call('HKEYS', KEYS[2])
for i = 1, #all do
  if string.sub(all[i], 1, 3 + #own) == 's:' .. own .. ':' then redis.call('HDEL', KEYS[2], all[i]) end
end
for _, entry in ipairs(decode(ARGV[6]) or {}) do
  redis.call('HINCRBY', KEYS[2], 's:' .. own .. ':' .. int(math.floor((now - entry[1]) / slotMs)), int(entry[2]))
end
local reply = '{"status":"ok","grant":"0","wait":1}'
redis.call('HSET', KEYS[2], 'l:' .. own, ARGV[5], 't:' .. own, int(now), 'q:' .. own, int(seq), 'r:' .. own, reply)
redis.call('PEXPIRE', KEYS[2], int(tonumber(ARGV[4]) * 2 + 60000))
return reply
`);
