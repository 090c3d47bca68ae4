// The Lua that Redis runs of deposits. The keys of a user are made from his number, as `stagedKey.ts` has them: one Redis holds them all.

/** `text(key)`: what stands under a key, at most a kilobyte; nothing where it is missing; of what is no string its type in brackets. */
const text = `
local function text(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return nil end
  if kind ~= 'string' then return '(' .. kind .. ')' end
  return redis.call('GETRANGE', key, 0, 1023)
end
local function staged(day) return 'user:' .. ARGV[1] .. ':batch_balance:' .. day end
`;

/**
 * Makes what stands of a user in Redis what the ledger says: his balance, and one key for each day from which on it will be another; each
 * key in the index of its day. KEYS: projection, days. ARGV: user, version, balance, its time to live in seconds, how many days are
 * staged, a day and a balance for each, then a day and a value for each that was taken over from another program and may be overwritten.
 *
 * Answers the version that stands there where that is newer: nothing was changed. Else `-1` and, in turn, days and values of other
 * programs under keys that are needed: nothing was changed either. Else `0`. What is not staged any more is unlinked last, where nobody
 * has overwritten it.
 */
export const projectScript = `${text}
local held, all = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do held[all[i]] = all[i + 1] end
local version = held.version
held.version = nil
if version and tonumber(version) > tonumber(ARGV[2]) then return { version } end
local count = tonumber(ARGV[5])
local taken = {}
for i = 6 + 2 * count, #ARGV, 2 do taken[ARGV[i]] = ARGV[i + 1] end
local wanted, foreign = {}, { '-1' }
for i = 6, 4 + 2 * count, 2 do
  local day = ARGV[i]
  wanted[day] = ARGV[i + 1]
  local there = text(staged(day))
  if there and there ~= held[day] and there ~= wanted[day] and there ~= taken[day] then
    foreign[#foreign + 1] = day
    foreign[#foreign + 1] = there
  end
end
if #foreign > 1 then return foreign end
redis.call('SET', 'user:' .. ARGV[1] .. ':balance', ARGV[3], 'EX', ARGV[4])
local written = { 'version', ARGV[2] }
for day, value in pairs(wanted) do
  redis.call('SET', staged(day), value)
  redis.call('ZADD', 'deposits:staged:' .. day, 0, ARGV[1])
  redis.call('ZADD', KEYS[2], 0, day)
  written[#written + 1] = day
  written[#written + 1] = value
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(written))
if count == 0 then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
local function leave(day, ours)
  if wanted[day] then return end
  local there = text(staged(day))
  if there and there ~= ours then return end
  redis.call('UNLINK', staged(day))
  redis.call('ZREM', 'deposits:staged:' .. day, ARGV[1])
  if redis.call('EXISTS', 'deposits:staged:' .. day) == 0 then redis.call('ZREM', KEYS[2], day) end
end
for day, value in pairs(taken) do leave(day, value) end
for day, value in pairs(held) do if not taken[day] then leave(day, value) end end
return { '0' }
`;

/**
 * Finds what other programs have staged for a user. KEYS: projection. ARGV: user, days to look at. Answers, in turn, the days and values
 * that are not what we have written there.
 */
export const foreignScript = `${text}
local found = {}
for i = 2, #ARGV do
  local there = text(staged(ARGV[i]))
  if there and there ~= redis.call('HGET', KEYS[1], ARGV[i]) then
    found[#found + 1] = ARGV[i]
    found[#found + 1] = there
  end
end
return found
`;

/**
 * Removes what is staged for a user and a day, and the user from the index of that day, unless something else stands there than what is
 * given. KEYS: days. ARGV: user, day, the value that may be removed (empty: none).
 */
export const forgetScript = `${text}
local there = text(staged(ARGV[2]))
if there and there ~= ARGV[3] then return 0 end
redis.call('UNLINK', staged(ARGV[2]))
redis.call('ZREM', 'deposits:staged:' .. ARGV[2], ARGV[1])
if redis.call('EXISTS', 'deposits:staged:' .. ARGV[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[2]) end
return 1
`;
