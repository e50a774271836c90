-- Entries of a feed that have not ended, as id, edge, body. KEYS: its stream. ARGV: from, how many.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local from, most, found = ARGV[1], tonumber(ARGV[2]), {}
while #found < 3 * most do
  local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', most)
  for _, entry in ipairs(page) do
    local fields = entry[2]
    if tonumber(fields[6]) > now and #found < 3 * most then
      found[#found + 1] = entry[1]
      found[#found + 1] = fields[2]
      found[#found + 1] = fields[4]
    end
  end
  if #page < most then
    break
  end
  from = '(' .. page[#page][1]
end
return found
