import { script } from '../redis/script.ts';

/** Makes a table of what XINFO answers as names and values in turn. */
const fields = `
local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end`;

/**
 * Takes pending entries once more for their present owner. KEYS: stream. ARGV: group, consumer, `JUSTID` or `ENTRY`, ids.
 * Answers the entries (or, with JUSTID, ids) of which the consumer is still the owner, the ids that others own, and how many the
 * consumer owned: those that are not answered were trimmed away, and Redis has forgotten them now. JUSTID
 * resets the idle time and leaves the delivery count; ENTRY counts a delivery. Asking and claiming are one step, so that work
 * which another reader has claimed meanwhile is not taken back from it.
 */
export const claimOwned = script(`
local own, others = {}, {}
for i = 4, #ARGV do
  local found = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if found and found[2] == ARGV[2] then own[#own + 1] = ARGV[i]
  elseif found then others[#others + 1] = ARGV[i] end
end
local count = #own
if count == 0 then return { {}, others, 0 } end
if ARGV[3] == 'JUSTID' then own[#own + 1] = 'JUSTID' end
return { redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, unpack(own)), others, count }
`);

/** Removes a consumer that owns nothing and was not used for a while. KEYS: stream. ARGV: group, consumer, idle ms. Answers 1 or 0. */
export const removeConsumer = script(`
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #flat, 2 do consumer[flat[i]] = flat[i + 1] end
  if consumer.name == ARGV[2] then
    if consumer.pending > 0 or consumer.idle < tonumber(ARGV[3]) then return 0 end
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    return 1
  end
end
return 0
`);

/**
 * Trims what every group has acknowledged. KEYS: stream. ARGV: age to keep in ms, most entries to remove. Answers how many were
 * removed. The bound is the lowest of each group's oldest pending id and last delivered id, found in the same step, so that no
 * read comes between. Ids are compared as text: their parts may exceed what Lua's numbers hold. Without a group nothing is
 * trimmed: nobody has read. Only whole nodes go, and only so many, so that Redis is not held up.
 */
export const trim = script(`
local function below(a, b)
  local ams, aseq = a:match('^(%d+)-(%d+)$')
  local bms, bseq = b:match('^(%d+)-(%d+)$')
  if ams ~= bms then
    if #ams ~= #bms then return #ams < #bms end
    return ams < bms
  end
  if #aseq ~= #bseq then return #aseq < #bseq end
  return aseq < bseq
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local now = redis.call('TIME')
local bound = string.format('%.0f-0', math.max(0, tonumber(now[1]) * 1000 - tonumber(ARGV[1])))
local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
if #groups == 0 then return 0 end
for _, flat in ipairs(groups) do
  local group = {}
  for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
  local needed = group['last-delivered-id']
  if group.pending > 0 then needed = redis.call('XPENDING', KEYS[1], group.name)[2] end
  if below(needed, bound) then bound = needed end
end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', bound, 'LIMIT', ARGV[2])
`);

/**
 * Counts entries that were trimmed away before a group had read them, each once. KEYS: stream. ARGV: group. Redis counts what was
 * ever added and what the group has read; where the group stands before the first entry that is left, or behind the last, the
 * difference to what is left is lost. The group's count is then set right, which also makes its lag true again.
 */
export const countLost = script(`${fields}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local stream = fields(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = fields(flat)
  if group.name == ARGV[1] and group['entries-read'] then
    local last = group['last-delivered-id']
    local left
    if last == stream['last-generated-id'] then left = 0
    elseif #redis.call('XRANGE', KEYS[1], '-', last, 'COUNT', 1) == 0 then left = stream.length
    else return 0 end
    local lost = stream['entries-added'] - group['entries-read'] - left
    if lost <= 0 then return 0 end
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], last, 'ENTRIESREAD', string.format('%.0f', stream['entries-added'] - left))
    return lost
  end
end
return 0
`);

/**
 * Where a group stands. KEYS: stream. ARGV: group. Answers one number, the entries that were never delivered, where Redis knows it;
 * else -1, the last delivered id, the last id of the stream, how many entries there are, and how many were ever added.
 */
export const standing = script(`${fields}
if redis.call('EXISTS', KEYS[1]) == 0 then return { 0 } end
local stream = fields(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = fields(flat)
  if group.name == ARGV[1] then
    if group.lag then return { group.lag } end
    return { -1, group['last-delivered-id'], stream['last-generated-id'], stream.length, stream['entries-added'] }
  end
end
return { stream.length }
`);

/**
 * Ids of which the lowest is the oldest entry that a group has not acknowledged: the first it has not read, and its lowest pending
 * one. KEYS: stream. ARGV: group. None where there are none; a group that is missing would read from the first entry. Asked in one
 * step, so that an entry which is delivered meanwhile is not missed. Writes nothing.
 */
export const oldestUnsettled = script(`${fields}
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local from, ids = '-', {}
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = fields(flat)
  if group.name == ARGV[1] then
    from = '(' .. group['last-delivered-id']
    if group.pending > 0 then ids[1] = redis.call('XPENDING', KEYS[1], ARGV[1])[2] end
  end
end
local undelivered = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
if undelivered then ids[#ids + 1] = undelivered[1] end
return ids
`);

/**
 * Counts up to some entries. KEYS: stream. ARGV: XRANGE or XREVRANGE, first id, last id, how many. Answers their number and the last
 * one's id. Asked backwards from an id below its first entry Redis walks over the whole stream to find nothing: so that is found out
 * forwards.
 */
export const countPage = script(`
if ARGV[1] == 'XREVRANGE' and #redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[2], 'COUNT', 1) == 0 then return { 0, '' } end
local entries = redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3], 'COUNT', ARGV[4])
if #entries == 0 then return { 0, '' } end
return { #entries, entries[#entries][1] }
`);

/**
 * Tells Redis again how many entries a group has read, which it forgets in a restart: then it keeps count by itself. KEYS: stream.
 * ARGV: group, an id that it had read up to, how many entries that were, how many it may have read since. Answers 1 when it did.
 */
export const restoreCount = script(`${fields}
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = fields(flat)
  local last = group['last-delivered-id']
  if group.name == ARGV[1] and not group['entries-read'] then
    local since = #redis.call('XRANGE', KEYS[1], '(' .. ARGV[2], last, 'COUNT', ARGV[4])
    if since == tonumber(ARGV[4]) or (since == 0 and last ~= ARGV[2]) then return 0 end
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], last, 'ENTRIESREAD', string.format('%.0f', tonumber(ARGV[3]) + since))
    return 1
  end
end
return 0
`);

/**
 * Writes a dead letter unless it is there. KEYS: stream, mark. ARGV: seconds the mark lasts, fields. The mark is set last: a
 * failed write leaves none, so that the next try writes.
 */
export const writeOnce = script(`
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
redis.call('SET', KEYS[2], '', 'EX', ARGV[1])
return 1
`);
