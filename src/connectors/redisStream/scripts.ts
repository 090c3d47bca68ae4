import { script } from './script.ts';

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
export const countLost = script(`
local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end
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
 * Writes a dead letter unless it is there. KEYS: stream, mark. ARGV: seconds the mark lasts, fields. The mark is set last: a
 * failed write leaves none, so that the next try writes.
 */
export const writeOnce = script(`
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
redis.call('SET', KEYS[2], '', 'EX', ARGV[1])
return 1
`);
