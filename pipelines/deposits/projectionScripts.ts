// The Lua that Redis runs of deposits. The keys of a user are made from his number, as `stagedKey.ts` has them: one Redis holds them all.
// `deposits:projection:{id}` is what we have written of a user: the version of the ledger, and each staged day with its value.

/** `text(key)`: what stands under a key, at most a kilobyte; nothing where it is missing; of what is no string its type in brackets. */
const text = `
local function text(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return nil end
  if kind ~= 'string' then return '(' .. kind .. ')' end
  return redis.call('GETRANGE', key, 0, 1023)
end
local function projection(user) return 'deposits:projection:' .. user end
local function shown(user, field)
  if redis.call('TYPE', projection(user)).ok ~= 'hash' then return nil end
  return redis.call('HGET', projection(user), field) or nil
end
local function staged(user, day) return 'user:' .. user .. ':batch_balance:' .. day end
-- An index, without what another program has put in its place.
local function index(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'zset' and kind ~= 'none' then redis.call('UNLINK', key) end
  return key
end
local function forget(user, day)
  redis.call('UNLINK', staged(user, day))
  redis.call('ZREM', index('deposits:staged:' .. day), user)
  if redis.call('EXISTS', 'deposits:staged:' .. day) == 0 then redis.call('ZREM', index('deposits:staged'), day) end
end
`;

/**
 * Makes what stands of users in Redis what the ledger says: a balance each, and one key for each day from which on it will be another; each
 * key in the index of its day. KEYS: days. ARGV: time to live of balances in seconds, then for each user: number, version, balance, how
 * many days are staged, how many were found, a day and a balance for each that is staged, a day and a value for each that was found: what
 * was taken over from another program and may be overwritten (empty: nothing).
 *
 * Answers those that were not written: user, then the version that stands there where that is newer, or `-1` and, in turn, days and values
 * of other programs under keys that are needed; nothing of theirs was changed. What is not staged any more is unlinked last, where nobody has
 * overwritten it.
 */
export const projectScript = `${text}
local refused = {}
local function project(user, version, balance, wanted, taken)
  local key, held, isStaged = projection(user), {}, false
  local all = redis.call('TYPE', key).ok == 'hash' and redis.call('HGETALL', key) or {}
  for i = 1, #all, 2 do held[all[i]] = all[i + 1] end
  if (tonumber(held.version) or 0) > tonumber(version) then
    refused[#refused + 1] = { user, held.version }
    return
  end
  held.version = nil
  local foreign, strange = { user, '-1' }, {}
  for day, value in pairs(wanted) do
    isStaged = true
    local there = text(staged(user, day))
    if there and there ~= held[day] and there ~= value and there ~= taken[day] then
      foreign[#foreign + 1] = day
      foreign[#foreign + 1] = there
    end
    strange[day] = there and string.sub(there, 1, 1) == '('
  end
  if #foreign > 2 then
    refused[#refused + 1] = foreign
    return
  end
  redis.call('SET', 'user:' .. user .. ':balance', balance, 'EX', ARGV[1])
  local written = { 'version', version }
  for day, value in pairs(wanted) do
    -- SET would free what is large at once.
    if strange[day] then redis.call('UNLINK', staged(user, day)) end
    redis.call('SET', staged(user, day), value)
    redis.call('ZADD', index('deposits:staged:' .. day), 0, user)
    redis.call('ZADD', index(KEYS[1]), 0, day)
    written[#written + 1] = day
    written[#written + 1] = value
  end
  redis.call('DEL', key)
  redis.call('HSET', key, unpack(written))
  if not isStaged then redis.call('EXPIRE', key, ARGV[1]) end
  for day in pairs(held) do if taken[day] == nil then taken[day] = '' end end
  for day, value in pairs(taken) do
    if not wanted[day] then
      local there = text(staged(user, day))
      if not there or there == value or there == held[day] then forget(user, day) end
    end
  end
end
local at = 2
while at <= #ARGV do
  local wanted, taken, from = {}, {}, at + 5
  local middle = from + 2 * tonumber(ARGV[at + 3])
  local to = middle + 2 * tonumber(ARGV[at + 4])
  for i = from, middle - 2, 2 do wanted[ARGV[i]] = ARGV[i + 1] end
  for i = middle, to - 2, 2 do taken[ARGV[i]] = ARGV[i + 1] end
  project(ARGV[at], ARGV[at + 1], ARGV[at + 2], wanted, taken)
  at = to
end
return refused
`;

/**
 * Finds what other programs have staged for users. KEYS: days. ARGV: for each user: number, how many days to look at, the days. Answers, in
 * turn, users, days and values that are not what we have written there.
 */
export const foreignScript = `${text}
local found, at = {}, 1
while at <= #ARGV do
  local user, to = ARGV[at], at + 1 + tonumber(ARGV[at + 1])
  for i = at + 2, to do
    local there = text(staged(user, ARGV[i]))
    if there and there ~= shown(user, ARGV[i]) then
      found[#found + 1] = user
      found[#found + 1] = ARGV[i]
      found[#found + 1] = there
    end
  end
  at = to + 1
end
return found
`;

/**
 * Removes what is staged for users and days, and the users from the indexes of those days, unless we have written that day, or something
 * else stands there than what is given. KEYS: days. ARGV, in turn: user, day, the value that may be removed (empty: none).
 */
export const forgetScript = `${text}
for at = 1, #ARGV, 3 do
  local there = text(staged(ARGV[at], ARGV[at + 1]))
  if not shown(ARGV[at], ARGV[at + 1]) and (not there or there == ARGV[at + 2]) then forget(ARGV[at], ARGV[at + 1]) end
end
return {}
`;

/** Finds users whose projection is older than the ledger, or gone. ARGV, in turn: user, version. Answers the users. */
export const behindScript = `${text}
local behind = {}
for at = 1, #ARGV, 2 do
  if (tonumber(shown(ARGV[at], 'version')) or -1) < tonumber(ARGV[at + 1]) then behind[#behind + 1] = ARGV[at] end
end
return behind
`;

/**
 * Reads what is shown of users. ARGV: for each user: number, how many days are staged, the days. Answers for each: the version of the ledger that
 * we have written, the balance, what stands for each day.
 */
export const shownScript = `${text}
local found, at = {}, 1
while at <= #ARGV do
  local user, to = ARGV[at], at + 1 + tonumber(ARGV[at + 1])
  found[#found + 1] = shown(user, 'version') or false
  found[#found + 1] = text('user:' .. user .. ':balance') or false
  for i = at + 2, to do found[#found + 1] = text(staged(user, ARGV[i])) or false end
  at = to + 1
end
return found
`;
